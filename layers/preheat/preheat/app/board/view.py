"""The contents of the board, as values: a pure function of the facts about each model at one moment.

Owns which spans a timeline has, and the order of the rows. Knows no HTML, no store and no clock.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.request import Kind
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.verdict.causes import URGENCY, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.rivals import add_rivals
from preheat.domain.verdict.verdict import Verdict

BEHIND: Final = timedelta(hours=2)
AHEAD: Final = timedelta(hours=12)


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


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """The facts about one model, and what ran of it lately."""

    facts: VerdictFacts
    paid: tuple[Stretch, ...] = ()
    on_time: int = 0  # starts of the last seven days that were in time
    late: int = 0  # and those that were not

    @property
    def zone(self) -> str:
        """The time zone of its plant."""
        model = self.facts.model
        return model.schedules[0].zone if model is not None and model.schedules else "UTC"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One model on the board."""

    verdict: Verdict
    zone: str
    group: str  # the schedule that the board groups it under
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of the board; None: not known here."""

    on_time: int = 0
    late: int = 0
    paid_today: str | None = None
    paid_week: str | None = None
    saved_week: str | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """The whole board at one moment. Rows: the most urgent first."""

    at: datetime
    begin: datetime
    end: datetime
    title: str
    zone: str
    rows: tuple[BoardRow, ...]
    figures: Figures
    next_ready_at: datetime | None

    @property
    def trouble(self) -> tuple[BoardRow, ...]:
        """The models that somebody has to look at."""
        return tuple(row for row in self.rows if row.verdict.is_trouble)

    @property
    def calm(self) -> tuple[BoardRow, ...]:
        """All others."""
        return tuple(row for row in self.rows if not row.verdict.is_trouble)

    def counts(self) -> dict[VerdictState, int]:
        """Return how many models have each state, the most urgent first; without states that no model has."""
        found = Counter(row.verdict.state for row in self.rows)
        return {state: found[state] for state in URGENCY if found[state]}


def make_board(found: Sequence[BoardFacts], at: datetime, title: str, figures: Figures | None = None) -> Board:
    """Return the board at a moment; `title` names the stack."""
    begin, end = at - BEHIND, at + AHEAD
    facts = add_rivals(each.facts for each in found)
    rows = []
    for each, its in zip(found, facts, strict=True):
        verdict = judge(its)
        rows.append(
            BoardRow(verdict, each.zone, verdict.schedule or "no demand", tuple(_make_spans(each, verdict, begin, end)))
        )
    rows.sort(key=lambda row: (*row.verdict.urgency, row.verdict.model_id))
    zones = Counter(each.zone for each in found)
    ahead = [row.verdict.ready_at for row in rows if row.verdict.ready_at is not None and row.verdict.ready_at > at]
    late, on_time = sum(each.late for each in found), sum(each.on_time for each in found)
    return Board(
        at,
        begin,
        end,
        title,
        zones.most_common(1)[0][0] if zones else "UTC",
        tuple(rows),
        figures or Figures(on_time, late),
        min(ahead, default=None),
    )


def _make_spans(each: BoardFacts, verdict: Verdict, begin: datetime, end: datetime) -> Iterator[Span]:
    facts = each.facts
    for span in _find_spans(each, verdict, begin, end):
        shown = Span(span.kind, max(span.begin, begin), min(span.end, end))
        if shown.begin < shown.end:
            yield shown
    for one in facts.requests:
        if one.kind is Kind.BLOCK and one.begin < end and begin < one.end:
            yield Span(SpanKind.BLOCK, max(one.begin, begin), min(one.end, end))


def _find_spans(each: BoardFacts, verdict: Verdict, begin: datetime, end: datetime) -> Iterator[Span]:
    facts = each.facts
    for demand in _find_demands(facts, begin, end):
        yield Span(SpanKind.LEAD, demand.start_at, demand.begin)
        yield Span(SpanKind.SHIFT, demand.begin, demand.end)
        yield from (Span(SpanKind.BRIDGED, gap.start, gap.end) for gap in demand.bridged)
        yield from (Span(SpanKind.HOLD, piece.begin, piece.end) for piece in demand.holds)
    for stretch in each.paid:
        if stretch.cause is not Cause.LEAD:
            yield Span(SpanKind.HOSTED, stretch.begin, stretch.end)
    if verdict.state is VerdictState.LATE and verdict.since is not None:
        yield Span(SpanKind.LATE, verdict.since, facts.now)


def _find_demands(facts: VerdictFacts, begin: datetime, end: datetime) -> list[Demand]:
    if facts.model is None:
        return []
    try:
        return find_demands(facts.model, begin, end + facts.model.lead, facts.requests)
    except ScheduleError:
        return []  # The verdict and an alarm report this.
