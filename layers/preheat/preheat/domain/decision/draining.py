"""Delays a stop until the queue behind the model is empty and its gate is closed. Both within bounds.

Owns when a queue counts as drained, and how long a stop may wait. A reading that failed never counts as empty. In the
end Preheat stops the model in any case, and the entry says why.
"""

from datetime import datetime, timedelta

from preheat.domain.decision import gating
from preheat.domain.decision.situation import Move, Situation, pick_wake
from preheat.domain.decision.sizing import is_outgrown
from preheat.domain.demand.pieces import STOP_TIME
from preheat.domain.plan.hosted_model import Drain
from preheat.domain.plan.plan import Mode
from preheat.domain.record import looks
from preheat.domain.record.attempt import REACTIONS, Answer, Call, pause_before_retry
from preheat.domain.record.gate import Draining, Gate
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import Action, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import change

EMPTIES = 3  # readings that must find a queue empty, over at least this: SQS counts messages, but only roughly at once
EMPTY_FOR = timedelta(seconds=60)
# After this, a gate that is not known to be closed no longer delays the stop: you would pay for a model that does
# nothing.
CLOSED_WITHIN = timedelta(minutes=5)
OVER = (Observed.STOPPED, Observed.STOPPING, Observed.FAILED, Observed.UNFIT, Observed.GONE)


def find_drain(situation: Situation) -> Drain | None:
    """Return the drain that applies now: that of a model that serves at the end of its demand, not during it.

    One that serves in part is not ready, but its messages are on their way all the same.
    """
    seen = situation.observation
    serves = seen.observed is Observed.HOSTED or bool(seen.serving)
    return (
        situation.model.drain if situation.model is not None and serves and situation.outlook.current is None else None
    )


def is_over(situation: Situation) -> bool:
    """Return whether the stop no longer waits for its queue."""
    return find_drain(situation) is None or (
        situation.record.draining is not None and situation.record.draining.over_at is not None
    )


def ends_with(situation: Situation, drain: Drain) -> bool:
    """Return whether the reading of this pass is the last."""
    return _apply_reading(situation, situation.record.draining or Draining(situation.now), drain).over_at is not None


def is_reading_due(situation: Situation) -> bool:
    """Return whether this pass must read the queue."""
    return (
        situation.mode is Mode.ACT
        and not situation.refuses(Call.STOP)
        and not is_over(situation)
        and gating.may_stop(situation)
    )


def note_end(situation: Situation) -> Situation:
    """End the wait of a stop if the model is needed again, or stopped already."""
    observed = situation.observation.observed
    waits = (
        is_outgrown(situation)
        or observed in gating.UNTELLING
        or (situation.desired is Desired.REST and observed not in OVER)
    )
    if situation.record.draining is None or (waits and not _has_a_drain_now(situation, situation.record.draining)):
        return situation
    return change(situation, record=change(situation.record, draining=None))


def _has_a_drain_now(situation: Situation, draining: Draining) -> bool:
    """Return whether no drain applied when the wait ended, and one applies now: no pass has seen its queue empty.

    Behind a closed gate, nothing would process it.
    """
    gate = situation.record.gate
    due = draining.undrained and find_drain(situation) is not None
    return due and (gate is None or not gate.is_shut(situation.now))


def stops_what_may_serve(situation: Situation, move: Move) -> bool:
    """Return whether a move is the first call of a stop, of a model that may be serving somebody."""
    attempt, before = move.record.attempt, situation.record.attempt
    stops = move.calls and attempt is not None and attempt.call is Call.STOP
    serves = situation.observation.observed is Observed.HOSTED or situation.desired is Desired.REST
    return stops and serves and not (before is not None and before.call is Call.STOP)


def prepare_stop(situation: Situation, stop: Move) -> Move:
    """Return the stop, once its queue is empty and its gate closed; or else the step towards that.

    A stop that would not be over when the next start is due does not come any more: the model stays for that demand.
    """
    again_at = _find_needed_again(situation)
    if again_at is not None:
        return _stay(situation, again_at)
    draining, drain = situation.record.draining or Draining(situation.now), find_drain(situation)
    if draining.over_at is None and drain is not None:
        draining = _apply_reading(situation, draining, drain)
        if draining.over_at is None:
            return _wait_for_queue(situation, draining, drain)
    if draining.over_at is None:
        draining = change(draining, over_at=situation.now, undrained=drain is None)
    came_to, gate = draining.came_to, situation.record.gate
    # A model that serves nobody yet needs no new look at a gate if the last one showed it closed.
    needs_look = situation.observation.observed is Observed.HOSTED or gating.is_look_due(situation)
    unseen = situation.gate_look is None and needs_look
    if gate is not None and (unseen or not gate.is_shut(situation.now)):
        closed_by = (draining.over_at or situation.now) + CLOSED_WITHIN
        if situation.now < closed_by or gate.may_be_opened(situation.now):
            return _close_gate(situation, stop, draining, closed_by)
        came_to += _describe_unclosed(gate)
    record = change(stop.record, draining=None)
    return change(stop, record=record, reason=f"{came_to}{stop.reason}")


def _find_needed_again(situation: Situation) -> datetime | None:
    """Return when the next start of this model is due, if a stop that begins now would delay it."""
    outlook, model = situation.outlook, situation.model
    if outlook.current is not None or outlook.upcoming is None or outlook.block is not None:
        return None
    planned = model is not None and model.target == situation.record.target
    serves = situation.observation.observed is Observed.HOSTED
    start_at = outlook.upcoming.start_at
    return start_at if planned and serves and start_at < situation.now + STOP_TIME else None


def _stay(situation: Situation, again_at: datetime) -> Move:
    """The wait for a queue or a gate, or a fault, has delayed the stop until it is too late for one."""
    draining = situation.record.draining or Draining(situation.now)
    action = Action.LOOK if draining.stays else Action.DRAIN
    draining = change(draining, stays=True)
    reason = f"Not stopping any more: the next start is due at {format_instant(again_at, situation.zone)}"
    return Move(
        change(situation.record, draining=draining), Phase.DRAINING, reason, pick_wake(situation, again_at), action
    )


def _apply_reading(situation: Situation, draining: Draining, drain: Drain) -> Draining:
    """Add the reading of this pass; the drain is over if the queue stays empty, or if it has taken too long."""
    reading = situation.reading
    if reading is not None and reading.backlog is None:
        draining = change(draining, unreadable=draining.unreadable + 1)
    elif reading is not None and reading.backlog is not None:
        left = reading.backlog.left
        draining = change(
            draining,
            empties=0 if left else draining.empties + 1,
            empty_since=None if left else draining.empty_since or situation.now,
            left=left,
            unreadable=0,
        )
    taken = (situation.now - draining.since) // timedelta(seconds=1)
    empty_since = draining.empty_since
    shown = reading is not None and reading.backlog is not None and draining.empties >= EMPTIES
    if shown and empty_since is not None and situation.now - empty_since >= EMPTY_FOR:
        return change(draining, over_at=situation.now, came_to=f"Drained after {taken} s. ")
    if situation.now >= draining.since + drain.limit:
        left_behind = "an unknown number of" if draining.left is None else draining.left
        came_to = f"Drain limit reached after {taken} s with {left_behind} messages left. "
        return change(draining, over_at=situation.now, came_to=came_to)
    return draining


def _wait_for_queue(situation: Situation, draining: Draining, drain: Drain) -> Move:
    """The queue is not known to be empty yet: read it again."""
    until, reading = draining.since + drain.limit, situation.reading
    failure = None if reading is None or reading.backlog is not None else reading.failure or Answer.LOST
    wait: timedelta | None
    if failure is not None:
        wait = pause_before_retry(failure, draining.unreadable, situation.record.model_id)
        seen = f"cannot read the queue ({reading.detail if reading is not None else failure})"
    elif draining.left:
        wait = looks.wait_while_draining(
            situation.now - draining.since, situation.record.target.backend.calls_a_look + 1
        )
        seen = f"the queue has {draining.left} messages"
    else:
        wait, seen = (
            looks.READINGS_APART,
            "the queue looks empty" if draining.left == 0 else "Preheat has not read the queue yet",
        )
    wake_at = until if wait is None else min(situation.now + wait, until)
    reason = f"Draining: {seen}; stopping at {format_instant(until, situation.zone)} at the latest"
    refused = failure is not None and REACTIONS[failure].told_from is not None and draining.unreadable == 1
    action = Action.DRAIN if situation.record.draining is None else Action.REFUSE if refused else Action.LOOK
    return Move(
        change(situation.record, draining=draining), Phase.DRAINING, reason, pick_wake(situation, wake_at), action
    )


def _close_gate(situation: Situation, stop: Move, draining: Draining, closed_by: datetime) -> Move:
    """The stop no longer waits for the queue, but the gate is not known to be closed: close it, then check it."""
    wake_at = pick_wake(situation, closed_by)
    why = "Stopping after the gate closes: no demand" if situation.desired is Desired.REST else stop.reason
    reason = f"{draining.came_to}{why}"
    before = situation.record  # keep what the stop noted of the look, but not its call yet
    record = change(
        stop.record,
        attempt=before.attempt,
        stop_generation=before.stop_generation,
        ownership=before.ownership,
        draining=draining,
    )
    waits = Move(record, Phase.DRAINING, reason, wake_at)
    return gating.switch(situation, waits, Call.CLOSE)


def _describe_unclosed(gate: Gate) -> str:
    answer = gate.attempt.answer if gate.attempt is not None else None
    seen = f"observed {gate.observed}" + (f", close call {answer}" if answer is not None else "")
    return f"Gate not confirmed closed after {CLOSED_WITHIN // timedelta(minutes=1)} min ({seen}). "
