"""The savings against a model that never stops, and against one that starts a fixed time ahead, for the same demand.

The demands are those that the ledger names, bridged gaps included, so that both are compared on the same ground.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from preheat.domain.calendar.windows import Window, merge
from preheat.domain.record.record import LedgerEntry

FIXED_LEAD = timedelta(minutes=30)


def find_needed(entries: Sequence[LedgerEntry]) -> list[Window]:
    """Return the demands that a ledger names, each until its end as last seen."""
    found: dict[datetime, datetime] = {}
    for entry in entries:
        if entry.needed_from is not None and entry.needed_until is not None:
            found[entry.needed_from] = entry.needed_until
    return [Window(begin, end) for begin, end in sorted(found.items()) if begin < end]


def count_units(entries: Sequence[LedgerEntry]) -> int:
    """Return the units that the model was last asked to run with; 1 if it was never started."""
    return next((entry.units for entry in reversed(entries) if entry.units is not None), 1)


def compute_around_the_clock(entries: Sequence[LedgerEntry], asked: Window) -> timedelta:
    """Return the unit time of a model that runs through the range, from its first entry on."""
    if not entries or entries[0].at >= asked.end:
        return timedelta()
    return count_units(entries) * (asked.end - max(asked.start, entries[0].at))


def compute_with_fixed_lead(entries: Sequence[LedgerEntry], asked: Window) -> timedelta:
    """Return the unit time of a model that is started 30 minutes ahead of each demand, and stopped at its end."""
    ahead = merge(Window(each.start - FIXED_LEAD, each.end) for each in find_needed(entries))
    spans = (min(each.end, asked.end) - max(each.start, asked.start) for each in ahead)
    return count_units(entries) * sum((span for span in spans if span > timedelta()), timedelta())
