"""Schedules: shift windows that recur by weekday in an IANA time zone, and the instants they mean.

Owns the clock-change contract: a wall time in the spring gap moves to the first valid instant after it; an ambiguous
start means its first occurrence and an ambiguous end its second, so that a shift is never left uncovered.
Does not know which model needs the shift, nor when it must be started.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from preheat.domain.windows import Window

DAY = timedelta(days=1)


class Weekday(IntEnum):
    """Days as `date.weekday()` counts them."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


@dataclass(frozen=True, slots=True)
class ShiftWindow:
    """A local start and a local end on weekdays; `end_day` days (0 to 7) lie between the two dates.

    An overnight shift 22:00-06:00 is one window with `end_day` 1, named after the weekday on which it starts.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    end_day: int = 0

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueError("a shift window needs at least one weekday")
        if not 0 <= self.end_day <= 7:
            raise ValueError(f"end_day {self.end_day} is out of range; a shift window spans 0 to 7 midnights")
        if self.end_day == 0 and self.end <= self.start:
            raise ValueError(
                f"shift window {self.start}-{self.end} ends before it starts; an overnight one has end_day 1"
            )


@dataclass(frozen=True, slots=True)
class Schedule:
    """Shift windows in one IANA time zone (a key that `zoneinfo` knows)."""

    name: str
    zone: str
    shift_windows: tuple[ShiftWindow, ...]

    def windows(self, after: datetime, before: datetime) -> Iterator[Window]:
        """Yield the windows that overlap [after, before), unmerged, at most 7 days of local dates beyond either end."""
        longest = max((window.end_day for window in self.shift_windows), default=0)
        day = after.date() - (longest + 1) * DAY
        while day <= before.date() + DAY:
            for window in windows_starting_on(self, day):
                if window.end > after and window.start < before:
                    yield window
            day += DAY


@lru_cache(maxsize=16_384)
def windows_starting_on(schedule: Schedule, day: date) -> tuple[Window, ...]:
    """Return the windows whose local start falls on the local date `day`; one swallowed by a spring gap is left out."""
    zone = ZoneInfo(schedule.zone)
    found = []
    for shift in schedule.shift_windows:
        if Weekday(day.weekday()) in shift.days:
            start = instant(datetime.combine(day, shift.start), zone, fold=0)
            end = instant(datetime.combine(day + shift.end_day * DAY, shift.end), zone, fold=1)
            if start < end:
                found.append(Window(start, end))
    return tuple(found)


def instant(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    """Return the UTC instant of a naive wall time; `fold` picks the reading of an ambiguous one.

    >>> instant(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin"), fold=0).isoformat()
    '2026-03-29T01:00:00+00:00'
    """
    first = wall.replace(tzinfo=zone, fold=0)
    second = wall.replace(tzinfo=zone, fold=1)
    offset, other = first.utcoffset(), second.utcoffset()
    if offset == other or offset is None or other is None:
        return first.astimezone(UTC)
    if offset > other:  # The clock went back: both readings exist.
        return (second if fold else first).astimezone(UTC)
    # The clock went forward over this wall time: the change lies between the two readings; find its second.
    low, high = int(second.astimezone(UTC).timestamp()), int(first.astimezone(UTC).timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
