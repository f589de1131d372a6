"""Finds the clock changes of a time zone in a range of time, by bisection. Depends on no schedules."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from preheat.domain.calendar.windows import Window

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """The clocks of `zone` go forward (or back, if negative) by `by` at the instant `at`, in UTC."""

    zone: str
    at: datetime
    by: timedelta
    before: str  # how the zone calls its time up to then
    after: str


def clock_changes(zone: str, asked: Window) -> Iterator[ClockChange]:
    """Yield the changes of a zone's offset from UTC within a range, in order; two within one day count as one."""
    rules = ZoneInfo(zone)
    low = asked.start
    while low < asked.end:
        high = min(low + DAY, asked.end)
        if _offset(low, rules) != _offset(high, rules):
            at = _change(low, high, rules)
            if at < asked.end:
                old, new = (at - SECOND).astimezone(rules), at.astimezone(rules)
                by = (new.utcoffset() or timedelta()) - (old.utcoffset() or timedelta())
                yield ClockChange(zone, at, by, old.strftime("%Z"), new.strftime("%Z"))
        low = high


def _change(low: datetime, high: datetime, rules: ZoneInfo) -> datetime:
    first = _offset(low, rules)
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        if _offset(middle, rules) == first:
            low = middle
        else:
            high = middle
    return high


def _offset(at: datetime, rules: ZoneInfo) -> timedelta | None:
    return at.astimezone(rules).utcoffset()
