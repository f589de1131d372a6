"""The bars of a timeline: its needs, what keeps it off, and when it ran or was late.

Pure. Knows no HTML.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preheat.app.board.facts import BoardFacts
from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.request import Kind
from preheat.domain.record.paid import Cause
from preheat.domain.record.record import LedgerEntry, Phase
from preheat.domain.verdict.causes import VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.verdict import Verdict


class SpanKind(StrEnum):
    """The meaning of a span of a timeline."""

    SHIFT = "shift"  # a window that needs the model
    HOLD = "hold"
    BLOCK = "block"
    LEAD = "lead"  # the start is to run
    BRIDGED = "bridged"
    HOSTED = "hosted"  # it ran
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Span:
    """One bar of a timeline: [begin, end), within the board's range."""

    kind: SpanKind
    begin: datetime
    end: datetime


def make_spans(each: BoardFacts, verdict: Verdict, begin: datetime, end: datetime) -> tuple[Span, ...]:
    """Return the spans of [begin, end), each once, in the order of drawing."""
    found = _find_spans(each, verdict, begin, end)
    cut = (Span(span.kind, max(span.begin, begin), min(span.end, end)) for span in found)
    return tuple(dict.fromkeys(span for span in cut if span.begin < span.end))


def _find_spans(each: BoardFacts, verdict: Verdict, begin: datetime, end: datetime) -> Iterator[Span]:
    facts = each.facts
    for demand in _find_demands(facts, begin, end):
        yield Span(SpanKind.LEAD, demand.start_at, demand.begin)
        yield Span(SpanKind.SHIFT, demand.begin, demand.end)
        yield from (Span(SpanKind.BRIDGED, gap.start, gap.end) for gap in demand.bridged)
        yield from (Span(SpanKind.HOLD, piece.begin, piece.end) for piece in demand.holds)
    yield from (Span(SpanKind.BLOCK, one.begin, one.end) for one in facts.requests if one.kind is Kind.BLOCK)
    for paid in each.paid:
        if paid.stretch.cause is not Cause.LEAD:
            yield Span(SpanKind.HOSTED, paid.stretch.begin, paid.stretch.end)
    yield from _find_late(each.entries)
    if verdict.state is VerdictState.LATE and verdict.since is not None:
        yield Span(SpanKind.LATE, verdict.since, facts.now)


def _find_late(entries: Sequence[LedgerEntry]) -> Iterator[Span]:
    """Yield when it was late, and is so no longer: from the ready time to the entry that shows it ready."""
    since: datetime | None = None
    for entry in entries:
        if entry.late and entry.ready_at is not None:
            since = entry.ready_at
        if since is not None and (entry.margin is not None or entry.to_phase is Phase.HOSTED):
            yield Span(SpanKind.LATE, since, max(entry.at, since))
            since = None


def _find_demands(facts: VerdictFacts, begin: datetime, end: datetime) -> list[Demand]:
    if facts.model is None:
        return []
    try:
        return find_demands(facts.model, begin, end + facts.model.lead + facts.model.slack, facts.requests)
    except ScheduleError:
        return []  # The row's problem reports this.
