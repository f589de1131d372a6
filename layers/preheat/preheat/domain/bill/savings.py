"""The savings against a model that never stops, and against one that starts a fixed time ahead, for the same demand.

The demands are those that the ledger names, bridged gaps included, so that both have the same base. The
time in which a model was needed and not ready is no saving: it counts for neither. Nor does the time before the first
entry of the ledger. Preheat did not know the model then, and its shift may have begun hours before.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from preheat.domain.calendar.windows import Window, merge
from preheat.domain.record.paid import Stretch
from preheat.domain.record.record import LedgerEntry, Phase

FIXED_LEAD = timedelta(minutes=30)


def find_needed(entries: Sequence[LedgerEntry]) -> list[Window]:
    """Return the demands that a ledger names, each until its end as last seen."""
    found: dict[datetime, datetime] = {}
    for entry in entries:
        if entry.needed_from is not None and entry.needed_until is not None:
            found[entry.needed_from] = entry.needed_until
    return [Window(begin, end) for begin, end in sorted(found.items()) if begin < end]


def count_units(entries: Sequence[LedgerEntry]) -> int:
    """Return the units of the model's last start; 1 if there was none."""
    return next((entry.units for entry in reversed(entries) if entry.units is not None), 1)


def find_first_ready(entries: Sequence[LedgerEntry]) -> dict[datetime, datetime]:
    """Return from when the model was ready for each demand, by the demand's begin; none for one it never was.

    A demand counts from its begin unless its verdict is late.
    """
    found: dict[datetime, datetime] = {}
    late = {entry.needed_from for entry in entries if entry.late}
    for entry in entries:
        if entry.needed_from is None:
            continue
        if entry.needed_from not in late:
            found[entry.needed_from] = entry.needed_from
        elif entry.margin is not None or entry.to_phase is Phase.HOSTED:
            found.setdefault(entry.needed_from, entry.at)
    return found


def compute_undelivered(entries: Sequence[LedgerEntry], paid: Sequence[Stretch], asked: Window) -> timedelta:
    """Return the unit time in which a model was needed, and was not ready or did not run."""
    ready, missing, known = find_first_ready(entries), timedelta(), _clip(entries, asked)
    for demand in find_needed(entries):
        first = ready.get(demand.start, demand.end)
        runs = (
            Window(max(each.begin, first), min(each.end, demand.end)) for each in paid if _overlaps(each, first, demand)
        )
        missing += _measure([demand], known) - _measure(runs, known)
    return count_units(entries) * missing


def compute_around_the_clock(entries: Sequence[LedgerEntry], asked: Window) -> timedelta:
    """Return the unit time of a model that runs through the range; none without an entry."""
    known = _clip(entries, asked) if entries else None
    return count_units(entries) * (known.end - known.start) if known is not None else timedelta()


def compute_with_fixed_lead(entries: Sequence[LedgerEntry], asked: Window) -> timedelta:
    """Return the unit time of a model that starts 30 minutes ahead of each demand, and stops at its end."""
    ahead = (Window(each.start - FIXED_LEAD, each.end) for each in find_needed(entries))
    return count_units(entries) * _measure(ahead, _clip(entries, asked, FIXED_LEAD))


def compute_vain_lead(entries: Sequence[LedgerEntry], asked: Window) -> timedelta:
    """Return the part of that which lies ahead of demands for which the model was never ready: no saving either."""
    ready, needed = find_first_ready(entries), find_needed(entries)
    served = [Window(each.start - FIXED_LEAD, each.end) for each in needed if each.start in ready]
    every = [Window(each.start - FIXED_LEAD, each.end) for each in needed if each.start not in ready]
    demands = [each for each in needed if each.start not in ready]
    known = _clip(entries, asked, FIXED_LEAD)
    both = _measure([*served, *every], known) - _measure([*served, *demands], known)
    return count_units(entries) * both


def _overlaps(paid: Stretch, first: datetime, demand: Window) -> bool:
    return max(paid.begin, first) < min(paid.end, demand.end)


def _clip(entries: Sequence[LedgerEntry], asked: Window, ahead: timedelta = timedelta()) -> Window | None:
    """Return the range from `ahead` before the first entry of the ledger on; older entries than these may exist."""
    known_at = entries[0].at - ahead if entries and entries[0].sequence == 1 else asked.start
    begin = max(asked.start, known_at)
    return Window(begin, asked.end) if begin < asked.end else None


def _measure(windows: Iterable[Window], asked: Window | None) -> timedelta:
    """Return how much of the range the windows cover; what two of them cover counts once."""
    if asked is None:
        return timedelta()
    spans = (min(each.end, asked.end) - max(each.start, asked.start) for each in merge(windows))
    return sum((span for span in spans if span > timedelta()), timedelta())
