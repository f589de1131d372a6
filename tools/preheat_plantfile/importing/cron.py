"""Cron expressions as times of a day on chosen dates: those of AWS (six fields, Sunday is 1) and of Unix (five, 0).

Owns what a field may say. Knows no schedule: `pairing` makes windows of what starts and what stops.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from preheat.domain.calendar.days import DayRule, NthWeekday, Weekday

LAST: Final = -1
TIMES_MAX: Final = 48  # a day; more is no plan of shifts
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PART: Final = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/([0-9]{1,4}))?")
_NTH: Final = re.compile(r"([a-z0-9]+)#([1-5])")
_LAST_DAY: Final = re.compile(r"([a-z0-9]+)l")
_NEAREST: Final = re.compile(r"([0-9]{1,2})w")
_AWS: Final = re.compile(r"cron\((.*)\)", re.IGNORECASE)


class UnreadableCron(Exception):
    """The import cannot carry an expression over; the message says what it accepts."""


@dataclass(frozen=True, slots=True)
class Days:
    """The dates of an expression; an empty set means every one. Monday is 0, -1 the last day or the last such day."""

    weekdays: frozenset[int] = frozenset()
    nth: frozenset[tuple[int, int]] = frozenset()
    month_days: frozenset[int] = frozenset()
    nearest: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    years: frozenset[int] = frozenset()
    dates: frozenset[date] = frozenset()

    @property
    def is_weekly(self) -> bool:
        """Whether the weekday decides it, within its months and years."""
        return not (self.nth or self.month_days or self.nearest or self.dates)

    def bounds(self, first: date | None, last: date | None) -> tuple[date | None, date | None]:
        """Return two bounds, both within, that keep to its years too; its years have no gap."""
        if not self.years:
            return first, last
        begin, end = date(min(self.years), 1, 1), date(max(self.years), 12, 31)
        return max(first or begin, begin), min(last or end, end)

    def comes_true(self, first: date | None = None, last: date | None = None) -> bool:
        """Return whether it means any date within two bounds."""
        first, last = self.bounds(first, last)
        if first is not None and last is not None and last < first:
            return False
        weekdays = self.weekdays if self.weekdays or self.nth else range(7)
        return DayRule(
            nth=frozenset(NthWeekday(Weekday(day), nth) for day, nth in self.nth),
            month_days=self.month_days,
            nearest=self.nearest,
            months=self.months,
            dates=self.dates,
            first=first or min(self.dates, default=None),
            last=last,
        ).comes_true(frozenset(map(Weekday, weekdays)))


@dataclass(frozen=True, slots=True)
class Moments:
    """Times of a day on some dates."""

    days: Days
    times: tuple[time, ...]


def read_aws(expression: str) -> Moments:
    """Return what `cron(minute hour day-of-month month day-of-week year)` means.

    Raises:
        UnreadableCron: it is none.
    """
    inner = _AWS.fullmatch(expression.strip())
    fields = inner[1].lower().split() if inner is not None else []
    if len(fields) != 6:
        raise UnreadableCron("cron(minute hour day-of-month month day-of-week year)")
    minute, hour, month_day, month, weekday, year = fields
    names = {name: number for number, name in enumerate(_WEEKDAYS)}
    numbered = {str(number): (number - 2) % 7 for number in range(1, 8)}  # 1 is Sunday
    days = _days_of(month_day, weekday, names | numbered)
    years = frozenset() if year == "*" else _numbers(year, {str(each): each for each in range(1970, 2200)}, "a year")
    return Moments(Days(months=_months(month), years=years, **days), _times(minute, hour))


def read_unix(expression: str) -> tuple[Moments, ...]:
    """Return what `minute hour day-of-month month day-of-week` means; of both days named, either counts.

    Raises:
        UnreadableCron: it is none.
    """
    fields = expression.lower().split()
    if len(fields) != 5:
        raise UnreadableCron("minute hour day-of-month month day-of-week")
    minute, hour, month_day, month, weekday = fields
    names = {name: number for number, name in enumerate(_WEEKDAYS)}
    numbered = {str(number): (number - 1) % 7 for number in range(8)}  # 0 and 7 are Sunday
    several = [(month_day, "*")] if weekday in ("*", "?") else [("*", weekday)]
    if weekday not in ("*", "?") and month_day not in ("*", "?"):
        several = [(month_day, "*"), ("*", weekday)]
    times, months = _times(minute, hour), _months(month)
    return tuple(
        Moments(Days(months=months, **_days_of(one, other, names | numbered)), times) for one, other in several
    )


def _days_of(month_day: str, weekday: str, names: Mapping[str, int]) -> dict[str, frozenset]:  # type: ignore[type-arg]
    plain: set[int] = set()
    nth: set[tuple[int, int]] = set()
    days: set[int] = set()
    nearest: set[int] = set()
    for text in weekday.split(",") if weekday not in ("*", "?") else ():
        if found := _NTH.fullmatch(text):
            nth.add((_value(found[1], names, "a weekday"), int(found[2])))
        elif text == "l":
            plain.add(5)
        elif text not in names and (found := _LAST_DAY.fullmatch(text)):
            nth.add((_value(found[1], names, "a weekday"), LAST))
        else:
            plain |= _weekday_range(text, names)
    for text in month_day.split(",") if month_day not in ("*", "?") else ():
        if text in ("l", "lw"):
            (days if text == "l" else nearest).add(LAST)
        elif found := _NEAREST.fullmatch(text):
            nearest.add(int(found[1]))
        else:
            days |= _numbers(text, {str(day): day for day in range(1, 32)}, "a day of the month")
    weekdays = frozenset() if len(plain) == 7 else frozenset(plain)
    return {
        "weekdays": weekdays,
        "nth": frozenset((day, number) for day, number in nth if day not in plain),
        "month_days": frozenset(days),
        "nearest": frozenset(nearest),
    }


def _weekday_range(text: str, names: Mapping[str, int]) -> set[int]:
    """Return weekdays; a range goes on over the week's end, as both dialects number their weeks from Sunday."""
    found = _PART.fullmatch(text)
    if found is None or (found[1] != "*" and found[1] not in names):
        raise UnreadableCron(f"a weekday such as MON or MON-FRI, not {text[:20]!r}")
    step = int(found[3] or 1)
    if step < 1:
        raise UnreadableCron(f"a step from 1, not {text[:20]!r}")
    if found[1] == "*":
        return {(day - 1) % 7 for day in range(0, 7, step)}
    first = names[found[1]]
    last = _value(found[2], names, "a weekday") if found[2] else first
    if found[3] and not found[2]:
        last = 5  # to the end of the week, a Saturday
    return {(first + passed) % 7 for passed in range(0, (last - first) % 7 + 1, step)}


def _months(text: str) -> frozenset[int]:
    names = {name: number for number, name in enumerate(_MONTHS, 1)} | {str(number): number for number in range(1, 13)}
    found = frozenset() if text in ("*", "?") else _numbers(text, names, "a month")
    return frozenset() if len(found) == 12 else found


def _times(minute: str, hour: str) -> tuple[time, ...]:
    minutes = _numbers(minute, {text: int(text) for text in _digits(60)}, "a minute")
    hours = _numbers(hour, {text: int(text) for text in _digits(24)}, "an hour")
    if len(minutes) * len(hours) > TIMES_MAX:
        raise UnreadableCron(f"at most {TIMES_MAX} times a day")
    return tuple(sorted(time(each, one) for each in hours for one in minutes))


def _digits(count: int) -> list[str]:
    return [str(number) for number in range(count)] + [f"{number:02}" for number in range(min(count, 10))]


def _numbers(text: str, names: Mapping[str, int], what: str) -> frozenset[int]:
    least, most = min(names.values()), max(names.values())
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise UnreadableCron(f"{what}, not {part[:20]!r}")
        step = int(match[3] or 1)
        first = least if match[1] == "*" else _value(match[1], names, what)
        last = _value(match[2], names, what) if match[2] else most if match[1] == "*" or match[3] else first
        if step < 1 or last < first:
            raise UnreadableCron(f"{what}, not {part[:20]!r}")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _value(text: str, names: Mapping[str, int], what: str) -> int:
    if text not in names:
        raise UnreadableCron(f"{what}, not {text[:20]!r}")
    return names[text]
