"""A model's stored history, and the stretches of paid units in it: all of them, or those within a range.

Knows no money. The pass that notes an instant settles its meaning for the bill, see `domain.accounting`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend, ModelId
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import LedgerEntry, ModelRecord, Phase

# The ledger does not know the cause of what runs now yet: the phase shows what it will most likely be.
BY_PHASE = {
    Phase.STARTING: Cause.LEAD,
    Phase.DRAINING: Cause.DRAIN,
    Phase.STOPPING: Cause.DRAIN,
    Phase.UNSCHEDULED: Cause.UNSCHEDULED,
}


@dataclass(frozen=True, slots=True)
class History:
    """One model's ledger, oldest first, and its record, read before it. None: nobody asked for it."""

    model_id: ModelId
    entries: Sequence[LedgerEntry]
    record: ModelRecord | None = None


@dataclass(frozen=True, slots=True)
class Paid:
    """A stretch with the service that billed it."""

    stretch: Stretch
    backend: Backend


def all_paid(history: History, as_of: datetime) -> list[Paid]:
    """Return every stretch in a history, in order; assume that what runs now ran on until `as_of`."""
    found = [Paid(stretch, entry.target.backend) for entry in history.entries for stretch in entry.paid]
    record = history.record
    last = history.entries[-1].sequence if history.entries else 0
    if record is None or record.sequence != last:
        return found  # An entry came between the two reads, with what the record had noted.
    backend = record.target.backend
    found += [Paid(stretch, backend) for stretch in record.paid]
    run = record.run
    if run is not None and run.counted_to <= as_of:
        cause = Cause.UNSCHEDULED if run.unscheduled else BY_PHASE.get(record.phase, Cause.SHIFT)
        lasts = Stretch(run.counted_to, as_of, run.units, cause, run.begun_after, ended_after=run.counted_to)
        found.append(Paid(lasts, backend))
    return found


def within(paid: Sequence[Paid], asked: Window) -> Iterator[Paid]:
    """Yield what of the stretches lies in the range, cut at its edges."""
    for each in paid:
        begin, end = max(each.stretch.begin, asked.start), min(each.stretch.end, asked.end)
        if begin < end:
            yield replace(each, stretch=Stretch(begin, end, each.stretch.units, each.stretch.cause))


@dataclass(frozen=True, slots=True)
class Bracket:
    """Where an end of a run lies: after one instant and by another, and the second one counts."""

    begins: bool
    after: datetime
    by: datetime
    units: int

    @property
    def unit_time(self) -> timedelta:
        """How far off the sum may be for it."""
        return self.units * (self.by - self.after)


def brackets(paid: Sequence[Paid], asked: Window) -> list[Bracket]:
    """Return what of the range is not known for sure: of each begin and end, if it was not known to the instant."""
    found = []
    for stretch in (each.stretch for each in paid):
        ends = ((True, stretch.begun_after, stretch.begin), (False, stretch.ended_after, stretch.end))
        for begins, since, seen_at in ends:
            after, by = max(since or seen_at, asked.start), min(seen_at, asked.end)
            if after < by:
                found.append(Bracket(begins, after, by, stretch.units))
    return found


def unknown_begins(paid: Sequence[Paid], asked: Window) -> int:
    """Return how many runs in the range have no record of when they began."""
    found, before = 0, None
    for stretch in (each.stretch for each in paid):
        goes_on = before is not None and before.end == stretch.begin and before.ended_after is None
        unknown = stretch.begun_after is None and stretch.begin < stretch.end and not goes_on
        found += unknown and stretch.begin in asked
        before = stretch
    return found
