"""Which local dates a window starts on: weekdays, n-th weekdays, month days, months, spans, dates, cycles and rules.

Dates only. Knows no time of day, no zone and no schedule.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, find_dates

LAST: Final = -1  # the last day, or the last such weekday, of a month
CYCLE_MAX: Final = 366
DATES_MAX: Final = 1_000
YEARS_SEARCHED: Final = 40  # the longest wait for a 29 February on a given weekday
_DAY: Final = timedelta(days=1)


class Weekday(IntEnum):
    """Days as `date.weekday()` counts them."""

    MON = 0
    TUE = 1
    WED = 2
    THU = 3
    FRI = 4
    SAT = 5
    SUN = 6


@dataclass(frozen=True, slots=True, order=True)
class NthWeekday:
    """The n-th such weekday of a month (1 to 5), or its last one (-1). A fifth one exists in some months only."""

    day: Weekday
    nth: int

    def __post_init__(self) -> None:
        if self.nth != LAST and not 1 <= self.nth <= 5:
            raise ValueError(f"a month has no {self.nth}. {self.day.name.lower()}; 1 to 5, or -1 for the last")


@dataclass(frozen=True, slots=True)
class Cycle:
    """Days that come round every `length` days: those of `days`, counted from 0, which is the anchor's."""

    anchor: date
    length: int
    days: frozenset[int]

    def __post_init__(self) -> None:
        if not 1 <= self.length <= CYCLE_MAX:
            raise ValueError(f"a cycle of {self.length} days is out of range; 1 to {CYCLE_MAX}")
        if not self.days or not all(0 <= day < self.length for day in self.days):
            raise ValueError(f"days {sorted(self.days)} of a cycle: at least one, each from 0 to {self.length - 1}")

    def __contains__(self, day: date) -> bool:
        """Return whether the local date `day`, before the anchor or after it, is one of the cycle's days."""
        return (day - self.anchor).days % self.length in self.days


@dataclass(frozen=True, slots=True)
class DayRule:
    """The conditions on a local date, in addition to its weekday: every field with a value must apply.

    `nth` adds to a window's plain weekdays. `month_days` (1 to 31, -1 the last) and `nearest` add to each other.
    `nearest` is the day from Monday to Friday nearest to that day, in the same month; -1 the last of the month. `first`
    and `last` are within.
    """

    nth: frozenset[NthWeekday] = frozenset()
    month_days: frozenset[int] = frozenset()
    nearest: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    first: date | None = None
    last: date | None = None
    dates: frozenset[date] = frozenset()
    cycle: Cycle | None = None
    rule: RecurrenceRule | None = None

    def __post_init__(self) -> None:
        for name, days in (("month_days", self.month_days), ("nearest", self.nearest)):
            if not all(day == LAST or 1 <= day <= 31 for day in days):
                raise ValueError(f"{name} {sorted(days)}: each is 1 to 31, or -1 for the last")
        if not all(1 <= month <= 12 for month in self.months):
            raise ValueError(f"months {sorted(self.months)}: each is 1 to 12")
        if self.first is not None and self.last is not None and self.last < self.first:
            raise ValueError(f"a last day {self.last} before the first, {self.first}, leaves no day")
        if len(self.dates) > DATES_MAX:
            raise ValueError(f"{len(self.dates)} dates are too many for one window; at most {DATES_MAX}")

    def holds(self, day: date, weekdays: frozenset[Weekday]) -> bool:
        """Return whether a window with these plain `weekdays` starts on the local date `day`."""
        if (self.first is not None and day < self.first) or (self.last is not None and day > self.last):
            return False
        if self.dates and day not in self.dates:
            return False
        if self.months and day.month not in self.months:
            return False
        if day.weekday() not in weekdays and not self._is_nth(day):
            return False
        if (self.month_days or self.nearest) and not self._is_month_day(day):
            return False
        if self.cycle is not None and day not in self.cycle:
            return False
        return self.rule is None or day in find_dates(self.rule, day.year)

    def comes_true(self, weekdays: frozenset[Weekday]) -> bool:
        """Return whether a window with these plain `weekdays` ever starts, within its bounds."""
        first, last = self.first or date(2000, 1, 1), self.last or date.max
        years = range(first.year, min(first.year + YEARS_SEARCHED, last.year) + 1)
        months = [date(year, month, 1) for year in years for month in sorted(self.months) or range(1, 13)]
        return any(self.holds(begin + number * _DAY, weekdays) for begin in months for number in range(31))

    def _is_nth(self, day: date) -> bool:
        if not self.nth:
            return False
        weekday = Weekday(day.weekday())
        if NthWeekday(weekday, (day.day - 1) // 7 + 1) in self.nth:
            return True
        return NthWeekday(weekday, LAST) in self.nth and (day + 7 * _DAY).month != day.month

    def _is_month_day(self, day: date) -> bool:
        if day.day in self.month_days or (LAST in self.month_days and (day + _DAY).month != day.month):
            return True
        return any(find_nearest_weekday(day.year, day.month, wanted) == day for wanted in self.nearest)


def find_nearest_weekday(year: int, month: int, day: int) -> date | None:
    """Return the day from Monday to Friday nearest to a day of a month, within that month; None if it has no such day.

    >>> find_nearest_weekday(2026, 8, 1)  # a Saturday; the Friday before is in July
    datetime.date(2026, 8, 3)
    """
    last = (date(year + month // 12, month % 12 + 1, 1) - _DAY).day
    if day > last:
        return None
    if day == LAST:
        found = date(year, month, last)
        return found - max(0, found.weekday() - Weekday.FRI) * _DAY
    found = date(year, month, day)
    if found.weekday() == Weekday.SAT:
        return found - _DAY if day > 1 else found + 2 * _DAY
    if found.weekday() == Weekday.SUN:
        return found + _DAY if day < last else found - 2 * _DAY
    return found
