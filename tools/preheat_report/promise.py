"""The promise kept: starts on time and late, the distribution of their margins, attempts, and late stops."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from preheat.domain.bill.history import Paid
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.paid import Cause
from preheat.domain.record.record import Action, LedgerEntry

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True, slots=True)
class LateDemand:
    """A demand whose model was late: by when it was needed, when it was ready (None: never), and why it was late."""

    model_id: ModelId
    needed_at: datetime
    ready_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Promise:
    """The verdicts in a range. Margins are ready_at minus the first look that showed it ready: positive is early."""

    on_time: int = 0
    late: int = 0
    starts: int = 0  # intended, each under a token of its own
    failures: int = 0  # of starts that used all attempts
    margins: tuple[timedelta, ...] = ()  # in order of size
    late_demands: tuple[LateDemand, ...] = ()
    stop_delays: tuple[timedelta, ...] = ()  # from the end of the demand to the accepted stop, in order of size

    @property
    def never_ready(self) -> int:
        """How many demands ended before their model was ready, or have not seen it ready yet."""
        return sum(one.ready_at is None for one in self.late_demands)

    @property
    def on_time_rate(self) -> float | None:
        """The share of the judged starts that were on time; None without a judged start."""
        judged = self.on_time + self.late
        return self.on_time / judged if judged else None

    def margin(self, share: float) -> timedelta | None:
        """Return the margin that this share of the starts does not exceed (nearest rank); 0 is the least of all."""
        return find_quantile(self.margins, share)

    def __add__(self, other: "Promise") -> "Promise":
        return Promise(
            self.on_time + other.on_time,
            self.late + other.late,
            self.starts + other.starts,
            self.failures + other.failures,
            tuple(sorted((*self.margins, *other.margins))),
            (*self.late_demands, *other.late_demands),
            tuple(sorted((*self.stop_delays, *other.stop_delays))),
        )


def find_quantile(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    """Return the nearest-rank quantile of values in order; None if there are none.

    >>> quantile([timedelta(1), timedelta(2), timedelta(3)], 0.5)
    datetime.timedelta(days=2)
    """
    return ordered[max(ceil(share * len(ordered)), 1) - 1] if ordered else None


def judge_promise(entries: Sequence[LedgerEntry], paid: Sequence[Paid], asked: Window) -> Promise:
    """Return what the entries of a range say; stop delays are of the runs that ended in it."""
    judged = [entry for entry in entries if entry.at in asked]
    return Promise(
        on_time=sum(entry.late is False for entry in judged),
        late=sum(entry.late is True for entry in judged),
        starts=sum(entry.action is Action.START for entry in judged),
        failures=sum(entry.action is Action.FAIL for entry in judged),
        margins=tuple(sorted(entry.margin for entry in judged if entry.margin is not None)),
        late_demands=tuple(_find_late(entries, judged)),
        stop_delays=tuple(sorted(_stop_delays(paid, asked))),
    )


def _find_late(entries: Sequence[LedgerEntry], judged: Sequence[LedgerEntry]) -> Iterator[LateDemand]:
    """Yield the demands of a range with the verdict late."""
    ready = {entry.needed_from: entry.at for entry in entries if entry.margin is not None}
    for entry in judged:
        if entry.late:
            needed_at = entry.ready_at or entry.needed_from or entry.at
            yield LateDemand(entry.model_id, needed_at, ready.get(entry.needed_from), entry.reason)


def _stop_delays(paid: Sequence[Paid], asked: Window) -> list[timedelta]:
    found = []
    delay = timedelta()
    for stretch in (each.stretch for each in paid):
        drains = stretch.cause is Cause.DRAIN
        delay = delay + (stretch.end - stretch.begin) if drains else timedelta()
        if drains and stretch.ended_after is not None and stretch.end in asked:
            found.append(delay)
        if stretch.ended_after is not None:
            delay = timedelta()
    return found
