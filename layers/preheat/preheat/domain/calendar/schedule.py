"""Schedules: shift windows that recur in an IANA time zone, their exceptions, and what takes precedence on a date.

A replaced day is what it was replaced by; else added windows come on top, and a closed day takes away what recurs. The
local date on which a window starts decides. Values only: what they mean in time is `timetable`'s affair.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from preheat.domain.calendar.days import DayRule, Weekday

__all__ = ["DayRule", "Schedule", "ShiftWindow", "Weekday"]

END_DAY_MAX: Final = 31
WINDOWS_MAX: Final = 1_000
CLOSED_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class ShiftWindow:
    """A local start and a local end on chosen dates; `end_day` days (0 to 31) lie between the two dates.

    It starts on the weekdays `days`, and of them only where `only` holds too. An overnight shift 22:00-06:00 is one
    window with `end_day` 1, named after the weekday on which it starts.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    end_day: int = 0
    only: DayRule | None = None

    def __post_init__(self) -> None:
        if not self.days and (self.only is None or not self.only.nth):
            raise ValueError("a shift window needs at least one weekday")
        if not 0 <= self.end_day <= END_DAY_MAX:
            raise ValueError(
                f"end_day {self.end_day} is out of range; a shift window spans 0 to {END_DAY_MAX} midnights"
            )
        if self.end_day == 0 and self.end <= self.start:
            raise ValueError(
                f"shift window {self.start}-{self.end} ends before it starts; an overnight one has end_day 1"
            )

    def starting_among(self, days: Sequence[date]) -> list[date]:
        """Return those of the local dates `days`, in order, on which it starts, exceptions apart."""
        only, weekdays = self.only, self.days
        if only is None:
            return [day for day in days if day.weekday() in weekdays]
        if only.dates and days:
            days = sorted(day for day in only.dates if days[0] <= day <= days[-1] and day in days)
        return [day for day in days if only.holds(day, weekdays)]


@dataclass(frozen=True, slots=True)
class Schedule:
    """Shift windows in one IANA time zone (a key that `zoneinfo` knows), and the exceptions from them.

    `closed` dates take away what recurs; `added` windows come even then; on `replaced_days` only `replaced` ones start.
    `first` and `last`, both within, bound the local dates on which anything starts. `closed_until` is the date before
    which the holidays of its calendars are known, None if it has none: from then on nothing is closed.
    """

    name: str
    zone: str
    shift_windows: tuple[ShiftWindow, ...]
    closed: frozenset[date] = frozenset()
    added: tuple[ShiftWindow, ...] = ()
    replaced_days: frozenset[date] = frozenset()
    replaced: tuple[ShiftWindow, ...] = ()
    first: date | None = None
    last: date | None = None
    closed_until: date | None = None

    def __post_init__(self) -> None:
        if len(self.every_window) > WINDOWS_MAX:
            raise ValueError(f"{self.name}: {len(self.every_window)} windows are too many; at most {WINDOWS_MAX}")
        if len(self.closed) + len(self.replaced_days) > CLOSED_MAX:
            raise ValueError(f"{self.name}: more than {CLOSED_MAX} closed and replaced days")

    def __hash__(self) -> int:
        """Hash what is cheap to hash: schedules are keys of the caches that make evaluation quick."""
        return hash((self.name, self.zone))

    @property
    def every_window(self) -> tuple[ShiftWindow, ...]:
        """Its windows, those of its exceptions too."""
        return (*self.shift_windows, *self.added, *self.replaced)

    @property
    def longest(self) -> int:
        """The most midnights that one of its windows spans."""
        return max((window.end_day for window in self.every_window), default=0)

    def starting_among(self, days: Iterable[date]) -> Iterator[tuple[date, ShiftWindow]]:
        """Yield each window with each of the local dates `days` on which it starts, by the precedence above."""
        first, last = self.first or date.min, self.last or date.max
        in_force = [day for day in days if first <= day <= last]
        ordinary = [day for day in in_force if day not in self.replaced_days]
        for windows, chosen in (
            (self.replaced, [day for day in in_force if day in self.replaced_days]),
            (self.added, ordinary),
            (self.shift_windows, [day for day in ordinary if day not in self.closed]),
        ):
            for window in windows:
                for day in window.starting_among(chosen):
                    yield day, window
