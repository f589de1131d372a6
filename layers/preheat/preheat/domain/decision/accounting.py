"""Accounting: notes billed runs in the record, from each look and each accepted call, until the next entry.

Billing runs from the accepted start to the accepted stop. If a run began or ended without a call by Preheat, its date
is the look that shows it, never earlier than the look before. A look that failed, or that shows the service at work,
says nothing. No decision reads any of this.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from preheat.domain.calendar.windows import Window
from preheat.domain.decision.situation import Situation, disown
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.paid import Cause, Run, Stretch
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat.domain.values import change

RUNS = (Observed.STARTING, Observed.HOSTED)
TELLS_NOTHING = (Observed.UNKNOWN, Observed.BUSY)
# An entry comes with each start and stop; only a long demand of many gaps collects more. Beyond it, neighbours become
# one, under the cause of the longer.
STRETCHES_MOST = 60


def note_run(situation: Situation) -> Situation:
    """Note in the record what this pass's look shows about billing."""
    record, observed = situation.record, situation.observation.observed
    if not situation.observation.asked or observed in TELLS_NOTHING:
        return situation
    run, paid, runs = record.run, record.paid, observed in RUNS
    units = situation.observation.units or (run.units if run is not None else _find_units(situation))
    if run is not None:
        # One that was hosted and is starting has ended in between, and begun again; so has one of other units.
        again = runs and ((run.hosted and observed is Observed.STARTING) or units != run.units)
        run, paid = _count(situation, run, paid, situation.now)
        if again or not runs:
            paid, run = _end(run, paid, record.looked_at), None
    if runs:
        ours = disown(record).is_engaged()
        run = run or Run(situation.now, situation.now, units, begun_after=_limit_to(record.looked_at, situation.now))
        strange = (run.unscheduled or not ours) and situation.desired is Desired.REST
        run = change(run, hosted=observed is Observed.HOSTED, unscheduled=strange)
    return change(situation, record=change(record, run=run, paid=paid, looked_at=situation.now))


def note_accepted(situation: Situation, record: ModelRecord, attempt: Attempt, now: datetime) -> ModelRecord:
    """Return the record with what the acceptance of a call at `now` says: a start opens the bill, a stop closes it."""
    run = record.run
    if attempt.call is Call.START and run is None:
        run = Run(now, now, attempt.units.minimum, begun_after=_limit_to(record.looked_at, now))
        return change(record, run=run)
    if attempt.call is Call.STOP and run is not None:
        return change(record, run=None, paid=_end(*_count(situation, run, record.paid, now), record.looked_at))
    return record


def hand_over(record: ModelRecord, entry: LedgerEntry) -> tuple[ModelRecord, LedgerEntry]:
    """Move what the record has noted into the entry; return both."""
    return change(record, paid=()), change(entry, paid=record.paid)


def _find_units(situation: Situation) -> int:
    """Return the units of a run if the service reports none: those of the last start, or else the planned ones."""
    attempt = disown(situation.record).attempt
    if attempt is not None and attempt.call is Call.START:
        return attempt.units.minimum
    return situation.model.units.minimum if situation.model is not None else 1


def _limit_to(looked_at: datetime | None, at: datetime) -> datetime | None:
    """Return the earlier look; a clock that went back must not put it after `at`."""
    return min(looked_at, at) if looked_at is not None else None


def _count(situation: Situation, run: Run, paid: tuple[Stretch, ...], now: datetime) -> tuple[Run, tuple[Stretch, ...]]:
    """Note what ran since it was last counted; a clock that went back counts nothing."""
    if now < run.counted_to or (now == run.counted_to and run.begun_after is None):
        return run, paid
    noted, begun_after = list(paid), run.begun_after
    for begin, end, cause in _split(situation, run, run.counted_to, now):
        _note(noted, Stretch(begin, end, run.units, cause, begun_after=begun_after))
        begun_after = None
    return change(run, counted_to=now, begun_after=None), tuple(_bound(noted))


def _end(run: Run, paid: tuple[Stretch, ...], after: datetime | None) -> tuple[Stretch, ...]:
    """Note that the run has ended: no later than the instant it counts to, and after the look before."""
    ended_after = _limit_to(max(after, run.begun_at) if after is not None else None, run.counted_to)
    if paid and paid[-1].end == run.counted_to and paid[-1].ended_after is None:
        return (*paid[:-1], change(paid[-1], ended_after=ended_after))
    cause = Cause.UNSCHEDULED if run.unscheduled else Cause.DRAIN
    end = Stretch(run.counted_to, run.counted_to, run.units, cause, run.begun_after, ended_after=ended_after)
    return (*paid, end)


def _split(
    situation: Situation, run: Run, begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, Cause]]:
    """Yield [begin, end) cut where its cause changes; once as a whole if it is empty."""
    wanted, bridged = [], []
    effort, coming = situation.record.effort, situation.outlook.current
    if effort is not None and effort.demand_start < effort.until:
        wanted.append(Window(effort.demand_start, effort.until))
    for demand in (*situation.outlook.ended, *((coming,) if coming is not None else ())):
        if demand.end > begin and demand.begin < end:
            wanted.append(Window(demand.begin, demand.end))
            bridged += demand.bridged
    ahead = [Window(coming.start_at, coming.begin)] if coming is not None and coming.start_at < coming.begin else []
    if effort is not None and effort.demand_start > begin:
        ahead.append(Window(begin, effort.demand_start))
    edges = {edge for window in (*wanted, *bridged, *ahead) for edge in (window.start, window.end)}
    cuts = [begin, *sorted(edge for edge in edges if begin < edge < end), end]
    for one, two in pairwise(cuts):
        yield one, two, _find_cause(one, run, wanted, bridged, ahead)


def _find_cause(
    at: datetime, run: Run, wanted: Sequence[Window], bridged: Sequence[Window], ahead: Sequence[Window]
) -> Cause:
    if any(at in window for window in bridged):
        return Cause.BRIDGE
    if any(at in window for window in wanted):
        return Cause.SHIFT
    if any(at in window for window in ahead):
        return Cause.IDLE if run.hosted else Cause.LEAD
    return Cause.UNSCHEDULED if run.unscheduled else Cause.DRAIN


def _note(paid: list[Stretch], stretch: Stretch) -> None:
    """Append a stretch, or let the last one go on if it is the same."""
    last = paid[-1] if paid else None
    same = last is not None and (last.end, last.units, last.cause) == (stretch.begin, stretch.units, stretch.cause)
    if last is not None and same and last.ended_after is None and stretch.begun_after is None:
        paid[-1] = change(last, end=stretch.end)
    else:
        paid.append(stretch)


def _bound(paid: list[Stretch]) -> list[Stretch]:
    """Return at most STRETCHES_MOST stretches: those neighbours become one that give the least time a wrong cause."""
    while len(paid) > STRETCHES_MOST:
        touching = [
            place
            for place, (one, two) in enumerate(pairwise(paid))
            if one.end == two.begin and one.units == two.units and one.ended_after is two.begun_after is None
        ]
        if not touching:
            break
        place = min(touching, key=lambda place: _measure_misnamed(*paid[place : place + 2]))
        one, two = paid[place : place + 2]
        longer = max(one, two, key=lambda each: each.end - each.begin)
        paid[place : place + 2] = [
            Stretch(one.begin, two.end, one.units, longer.cause, one.begun_after, two.ended_after)
        ]
    return paid


def _measure_misnamed(one: Stretch, two: Stretch) -> timedelta:
    """Return how much of two neighbours gets a wrong cause if they become one, under the cause of the longer."""
    return min(one.end - one.begin, two.end - two.begin) if one.cause is not two.cause else timedelta()
