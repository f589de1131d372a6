"""The result of the demo: a pure function of the ledger, the service's log and bill, and the metrics.

Compares each source with the others. Owns the form of the last line. Depends on no AWS.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from preheat.domain.record.attempt import Call
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat_cli.demo.facts import DemoFacts, DemoShift, ServiceCall
from preheat_cli.views import show

# A stop this long after the end still keeps the promise: a tick and a pass.
STOPPED_WITHIN = timedelta(minutes=2)
ROUNDING = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class DemoVerdict:
    """Whether every promise holds, the last line, and each error as a sentence."""

    holds: bool
    line: str
    errors: tuple[str, ...]


def verdict(shifts: Sequence[DemoShift], facts: DemoFacts) -> DemoVerdict:
    """Check the demo. `errors` are broken promises, failed attempts and dead letters."""
    errors = tuple(_errors(shifts, facts))
    on_time = sum(_is_on_time(shift, facts) for shift in shifts)
    starts, stops = _find_changes(facts, Call.START), _find_changes(facts, Call.STOP)
    delay = _stop_delay(shifts, facts)
    margins = " ".join(_show(margin(facts.ledger[shift.model_id])) for shift in shifts)
    stopped = "not stopped" if delay is None else f"stopped {show.clock(delay)}"
    if delay is not None and delay < timedelta():
        stopped = f"stopped {show.format_margin(delay)}"
    line = (
        f"demo: {on_time} of {len(shifts)} shifts ready on time; margin {margins}; {stopped} after the end;"
        f" {len(starts)} starts, {len(stops)} stops, {len(errors)} errors"
    )
    promptly = delay is not None and timedelta() <= delay <= STOPPED_WITHIN
    once = len(starts) == len(stops) == len(shifts)
    return DemoVerdict(on_time == len(shifts) and promptly and once and not errors, line, errors)


def margin(entries: Sequence[LedgerEntry]) -> timedelta | None:
    """Return the margin of the start that became hosted, or None."""
    return next((entry.margin for entry in entries if entry.margin is not None), None)


def _is_on_time(shift: DemoShift, facts: DemoFacts) -> bool:
    entries = facts.ledger[shift.model_id]
    return [entry.late for entry in entries if entry.late is not None] == [False] and margin(entries) is not None


def _stop_delay(shifts: Sequence[DemoShift], facts: DemoFacts) -> timedelta | None:
    """Return how long after its end the last model stopped; negative if one stopped before, None if one did not."""
    delays = []
    for shift in shifts:
        stops = [call.at for call in _find_changes(facts, Call.STOP) if call.project == shift.target.project]
        if not stops:
            return None
        delays += [at - shift.end for at in stops]
    early = min(delays, default=timedelta())
    return early if early < timedelta() else max(delays, default=None)


def _errors(shifts: Sequence[DemoShift], facts: DemoFacts) -> Iterator[str]:
    for shift in shifts:
        yield from _ledger_errors(shift, facts.ledger[shift.model_id])
        yield from _service_errors(shift, facts)
    yield from _metric_errors(shifts, facts)
    for _ in range(facts.dead_letters):
        yield "a dead-letter queue has a message"


def _ledger_errors(shift: DemoShift, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    name = shift.model_id
    if [entry.sequence for entry in entries] != list(range(1, len(entries) + 1)):
        yield f"{name}: the ledger has a gap"
    for before, after in pairwise(entries):
        if before.to_phase is not after.from_phase:
            yield f"{name}: ledger entry {after.sequence} begins with {after.from_phase}, not {before.to_phase}"
    for entry in entries:
        if entry.action is Action.FAIL or entry.to_phase in (Phase.REFUSED, Phase.GONE):
            yield f"{name}: a failed attempt: {entry.reason}"


def _service_errors(shift: DemoShift, facts: DemoFacts) -> Iterator[str]:
    name, project, service = shift.model_id, shift.target.project, facts.service
    yield from _find_unexplained_effects(shift, facts)
    if _is_on_time(shift, facts) and not shift.is_hosted(service.status(project, shift.begin)):
        yield f"{name}: the ledger says on time, the service says {service.status(project, shift.begin)} at the begin"
    intervals = service.bill.get(project, ())
    if any(interval.end is None for interval in intervals):
        yield f"{name}: the bill still runs"
    starts = sum(call.project == project for call in _find_changes(facts, Call.START))
    if len(intervals) != starts:
        yield f"{name}: the bill has {len(intervals)} intervals for {starts} starts"


def _find_unexplained_effects(shift: DemoShift, facts: DemoFacts) -> Iterator[str]:
    """Yield each effect that the ledger does not explain: by token, or by number if the service takes no token."""
    name, entries = shift.model_id, facts.ledger[shift.model_id]
    known = {entry.client_token for entry in entries}
    seen: set[str | None] = set()
    for kind, action in ((Call.START, Action.START), (Call.STOP, Action.STOP)):
        calls = [call for call in _find_changes(facts, kind) if call.project == shift.target.project]
        for call in calls:
            if call.by != "api":
                yield f"{name}: a {call.operation} of somebody else took effect"
            elif shift.target.tokenless:
                continue
            elif call.token not in known:
                yield f"{name}: a {call.operation} took effect with a token that the ledger does not know"
            elif call.token in seen:
                yield f"{name}: the token {call.token} took effect twice"
            seen.add(call.token)
        intended = sum(entry.action is action for entry in entries)
        if len(calls) > intended:
            yield f"{name}: {len(calls)} {kind} calls took effect, the ledger has {intended}"


def _metric_errors(shifts: Sequence[DemoShift], facts: DemoFacts) -> Iterator[str]:
    entries = [entry for shift in shifts for entry in facts.ledger[shift.model_id]]
    margins = [entry.margin for entry in entries if entry.margin is not None]
    metrics = facts.metrics
    for name, seen, recorded in (
        ("StartsOnTime", metrics.starts_on_time, sum(entry.late is False for entry in entries)),
        ("StartsLate", metrics.starts_late, sum(entry.late is True for entry in entries)),
        ("HostedMargin", metrics.margins, len(margins)),
    ):
        if seen != recorded:
            yield f"the metric {name} has {seen} values, the ledger has {recorded}"
    if metrics.margins == len(margins) and abs(metrics.margin_sum - sum(margins, timedelta())) > ROUNDING:
        yield f"the sum of the metric HostedMargin is {metrics.margin_sum}; the ledger has another sum"


def _find_changes(facts: DemoFacts, kind: Call) -> list[ServiceCall]:
    return [call for call in facts.service.calls if call.call is kind and call.changed_state]


def _show(found: timedelta | None) -> str:
    return "none" if found is None else show.format_margin(found)
