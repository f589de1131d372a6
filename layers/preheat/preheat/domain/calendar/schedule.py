"""Schedules: shift windows that recur in an IANA time zone, their exceptions, and what takes precedence on a date.

A replaced day has only its own windows. On any other day, added windows come on top of what recurs, and a closed day
takes away what recurs. The local date on which a window starts decides, unless the window has its closed dates cut out.
Values only: `timetable` owns what they mean in time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from preheat.domain.calendar.days import DayRule, Weekday

__all__ = ["DayRule", "HalfDay", "Schedule", "ShiftWindow", "Weekday"]

END_DAY_MAX: Final = 31
WINDOWS_MAX: Final = 1_000
CLOSED_MAX: Final = 4_000
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ShiftWindow:
    """A local start and a local end on chosen dates; `end_day` days (0 to 31) lie between the two dates.

    It starts on the weekdays `days`, and of them only where `only` holds too. An overnight shift 22:00-06:00 is one
    window with `end_day` 1, named after the weekday on which it starts. With `cut_closed` it may start on a closed date
    and loses every closed date inside it. Without, it starts on no closed date, and runs through one.
    """

    days: frozenset[Weekday]
    start: time
    end: time
    end_day: int = 0
    only: DayRule | None = None
    cut_closed: bool = False

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

    def find_starts(self, days: Sequence[date]) -> list[date]:
        """Return those of the local dates `days`, in order, on which it starts, exceptions apart."""
        only, weekdays = self.only, self.days
        if only is None:
            return [day for day in days if day.weekday() in weekdays]
        if only.dates and days:
            days = sorted(day for day in only.dates if days[0] <= day <= days[-1] and day in days)
        return [day for day in days if only.holds(day, weekdays)]


@dataclass(frozen=True, slots=True, order=True)
class HalfDay:
    """A date that is closed from a wall time on: what recurs ends then at the latest."""

    day: date
    until: time


@dataclass(frozen=True, slots=True)
class Schedule:
    """Shift windows in one IANA time zone (a key that `zoneinfo` knows), and the exceptions from them.

    `closed` dates take away what recurs, and `half_days` its later part; `added` windows come even then; on
    `replaced_days` only `replaced` ones start.
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
    half_days: frozenset[HalfDay] = frozenset()

    def __post_init__(self) -> None:
        if len(self.every_window) > WINDOWS_MAX:
            raise ValueError(f"{self.name}: {len(self.every_window)} windows are too many; at most {WINDOWS_MAX}")
        if len(self.closed) + len(self.half_days) + len(self.replaced_days) > CLOSED_MAX:
            raise ValueError(f"{self.name}: more than {CLOSED_MAX} closed, half and replaced days")
        if len({each.day for each in self.half_days}) < len(self.half_days):
            raise ValueError(f"{self.name}: a date is a half day twice")

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

    def find_starts(self, days: Iterable[date]) -> Iterator[tuple[date, ShiftWindow, bool]]:
        """Yield each local date of `days` with each window that starts on it, by the precedence above.

        The third item says whether the window recurs, so that what `closed_within` yields is cut out of it.
        """
        first, last = self.first or date.min, self.last or date.max
        in_force = [day for day in days if first <= day <= last]
        ordinary = [day for day in in_force if day not in self.replaced_days]
        replaced = [day for day in in_force if day in self.replaced_days]
        for window in self.replaced:
            yield from ((day, window, False) for day in window.find_starts(replaced))
        for window in self.added:
            yield from ((day, window, False) for day in window.find_starts(ordinary))
        open_days = [day for day in ordinary if day not in self.closed]
        for window in self.shift_windows:
            chosen = ordinary if window.cut_closed else open_days
            yield from ((day, window, True) for day in window.find_starts(chosen))

    def find_closures(self, day: date, window: ShiftWindow) -> Iterator[tuple[date, time, date | None]]:
        """Yield what a recurring window loses if it starts on `day`, in order: a date, from when, until when.

        The last is the date at whose beginning it is open again; None: the window ends there.
        """
        half_days = {each.day: each.until for each in self.half_days}
        if not window.cut_closed:
            if day in half_days:
                yield day, half_days[day], None
            return
        for passed in range(window.end_day + 1):
            at = day + passed * _DAY
            if at in self.closed:
                yield at, time(), at + _DAY
            elif at in half_days:
                yield at, half_days[at], at + _DAY
