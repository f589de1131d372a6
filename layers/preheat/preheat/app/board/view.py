"""The contents of the board, as values: a pure function of the facts about each model at one moment.

Owns the order of the rows, and what needs attention. Knows no HTML, no store and no clock.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from preheat.app.board.facts import BoardFacts
from preheat.app.board.figures import Figures, sum_figures
from preheat.app.board.spans import Span, make_spans
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Mode
from preheat.domain.verdict.causes import URGENCY, VerdictState
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.rivals import add_rivals
from preheat.domain.verdict.verdict import Verdict

STEP: Final = timedelta(minutes=15)

ON_TOP: Final = frozenset({VerdictState.BLOCKED, VerdictState.UNSCHEDULED})  # also where nobody has to act


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of the timelines: from `behind` before now to `ahead` after it, with the time at each `mark`.

    The range moves on by `step`, so that a row stays as it is in between.
    """

    behind: timedelta
    ahead: timedelta
    step: timedelta
    mark: timedelta

    def find_range(self, at: datetime) -> Window:
        """Return the range of the timelines at a moment."""
        begin = at - self.behind - (at - datetime.min.replace(tzinfo=at.tzinfo)) % self.step
        return Window(begin, begin + self.behind + self.ahead + self.step)


PLANT: Final = Scale(timedelta(hours=2), timedelta(hours=12), STEP, timedelta(hours=2))
# Where everything happens within minutes, as in the demo: a shift of a minute is no hair.
SHORT: Final = (
    Scale(timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=1), timedelta(minutes=3)),
    Scale(timedelta(minutes=30), timedelta(hours=1), timedelta(minutes=5), timedelta(minutes=15)),
)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One model on the board. `group`: the schedule that the board groups it under. `problem`: see `BoardFacts`."""

    verdict: Verdict
    zone: str
    group: str
    spans: tuple[Span, ...] = ()
    problem: str = ""

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to look at it."""
        return self.verdict.is_trouble or self.verdict.state in ON_TOP or bool(self.problem)

    @property
    def why(self) -> str:
        """The cause as a sentence, without its full stop."""
        why = f"{self.verdict.why}; {self.problem}" if self.problem else self.verdict.why
        return f"{why[:1].upper()}{why[1:]}".rstrip(".")


@dataclass(frozen=True, slots=True)
class NextShift:
    """The next moment at which models have to be ready: in which zone, for which schedule, and how many."""

    ready_at: datetime
    zone: str
    schedule: str
    models: int


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
    next_shift: NextShift | None
    mode: Mode = Mode.ACT
    mark: timedelta = PLANT.mark

    @property
    def trouble(self) -> tuple[BoardRow, ...]:
        """The models that somebody has to look at."""
        return tuple(row for row in self.rows if row.is_trouble)

    @property
    def calm(self) -> tuple[BoardRow, ...]:
        """All others."""
        return tuple(row for row in self.rows if not row.is_trouble)

    def find_time(self, row: BoardRow) -> PlantTime:
        """Return the clock of a row; its times name their zone if it is not the board's."""
        return PlantTime(self.at, row.zone, row.zone != self.zone)

    def counts(self) -> dict[VerdictState, int]:
        """Return how many models have each state, the most urgent first; without states that no model has."""
        found = Counter(row.verdict.state for row in self.rows)
        return {state: found[state] for state in URGENCY if found[state]}


def make_board(found: Sequence[BoardFacts], at: datetime, title: str, mode: Mode = Mode.ACT) -> Board:
    """Return the board at a moment; `title` names the stack, `mode` is its own.

    It shows a model that no plan names any more only while there is something to say about it.
    """
    seen = PLANT.find_range(at)
    zones = Counter(each.zone for each in found)
    zone = min(zones, key=lambda name: (-zones[name], name)) if zones else "UTC"
    rows = []
    for each, facts in zip(found, add_rivals(each.facts for each in found), strict=True):
        verdict = judge(facts)
        if facts.model is None and verdict.state is VerdictState.OFF:
            continue
        spans = make_spans(each, verdict, seen.start, seen.end)
        rows.append(BoardRow(verdict, each.zone, each.group, spans, each.problem))
    rows.sort(key=lambda row: (*row.verdict.urgency, row.verdict.model_id))
    scale = _choose_scale(rows, at)
    seen = scale.find_range(at)
    figures, coming = sum_figures(found, at, zone), _find_next_shift(rows, at)
    return Board(at, seen.start, seen.end, title, zone, tuple(rows), figures, coming, mode, scale.mark)


def _choose_scale(rows: Sequence[BoardRow], at: datetime) -> Scale:
    """Return the shortest scale that shows every span of the longest; without spans the longest."""
    spans = [span for row in rows for span in row.spans]
    for scale in SHORT:
        seen = scale.find_range(at)
        if spans and all(seen.start <= span.begin and span.end <= seen.end for span in spans):
            return scale
    return PLANT


def _find_next_shift(rows: Sequence[BoardRow], at: datetime) -> NextShift | None:
    ahead = [(row.verdict.ready_at, row) for row in rows if row.verdict.ready_at is not None]
    coming = sorted(((ready_at, row) for ready_at, row in ahead if ready_at > at), key=lambda each: each[0])
    if not coming:
        return None
    ready_at, first = coming[0]
    its = sum(1 for each, row in coming if each == ready_at)
    return NextShift(ready_at, first.zone, first.verdict.schedule or "", its)
