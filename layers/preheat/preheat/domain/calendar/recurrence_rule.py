"""Recurrence rules of RFC 5545, by days: which dates of a year a rule means, in bounded time for every rule.

Evaluates one year at a time, period by period (a day, week, month or year), so that a rule that no date fulfils ends
too. Knows no time of day: it refuses a rule that recurs within a day. `rule_text` owns what a rule's text may say.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from preheat.domain.calendar.rule_text import INTERVAL_MAX, TEXT_MAX, RuleParts, read_parts

__all__ = ["INTERVAL_MAX", "TEXT_MAX", "RecurrenceRule", "comes_true", "find_dates", "find_last"]

YEARS_SEARCHED: Final = 100
_YEARS_KEPT: Final = 1_024
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """A rule without end: `FREQ=MONTHLY;BYDAY=-1FR`, counted from its anchor (DTSTART's date).

    The anchor gives the parts that the text leaves open, as RFC 5545 and RFC 8984 (4.3.3.1) say. It refuses COUNT and
    UNTIL: the compiler of a rule turns them into the last date of its window.

    Raises:
        ValueError: it says what is accepted instead.
    """

    text: str
    anchor: date

    def __post_init__(self) -> None:
        read_parts(self.text)


def find_dates(rule: RecurrenceRule, year: int) -> frozenset[date]:
    """Return the dates of a year on which `rule` comes true, none before its anchor."""
    return _find_dates(rule, year)


def find_last(rule: RecurrenceRule, count: int) -> date | None:
    """Return the date of the `count`-th occurrence; None if it comes later than 100 years after the anchor."""
    for year in range(rule.anchor.year, min(rule.anchor.year + YEARS_SEARCHED, 9_000)):
        found = sorted(find_dates(rule, year))
        if len(found) >= count:
            return found[count - 1]
        count -= len(found)
    return None


def comes_true(rule: RecurrenceRule) -> bool:
    """Return whether a rule means any date within 100 years of its anchor."""
    return find_last(rule, 1) is not None


@lru_cache(maxsize=_YEARS_KEPT)
def _find_dates(rule: RecurrenceRule, year: int) -> frozenset[date]:
    if year < rule.anchor.year:
        return frozenset()
    parts = read_parts(rule.text).complete(rule.anchor)
    found = (day for period in _cut_periods(parts, rule.anchor, year) for day in _choose(parts, period))
    return frozenset(day for day in found if day.year == year and day >= rule.anchor)


def _cut_periods(parts: RuleParts, anchor: date, year: int) -> Iterator[Sequence[date]]:
    """Yield the days of each period of the rule that has days in a year: whole periods, as BYSETPOS counts in them."""
    interval = parts.interval
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    if parts.frequency == "YEARLY":
        if (year - anchor.year) % interval == 0:
            yield _days(first, after)
    elif parts.frequency == "MONTHLY":
        for month in range(1, 13):
            if (12 * (year - anchor.year) + month - anchor.month) % interval == 0:
                yield _days(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))
    elif parts.frequency == "WEEKLY":
        week = anchor - (anchor.weekday() - parts.week_start) % 7 * _DAY
        week += (max((first - week).days, 0) // 7 // interval * interval) * 7 * _DAY
        while week < after:
            yield _days(week, week + 7 * _DAY)
            week += 7 * interval * _DAY
    else:
        day = anchor + -(-max((first - anchor).days, 0) // interval) * interval * _DAY
        while day < after:
            yield (day,)
            day += interval * _DAY


def _days(first: date, after: date) -> Sequence[date]:
    return [first + number * _DAY for number in range((after - first).days)]


def _choose(parts: RuleParts, period: Sequence[date]) -> Iterable[date]:
    """Return the days of one period that the rule means, by all its BY parts and then by BYSETPOS."""
    found = [day for day in period if _holds(parts, day)]
    if not parts.positions:
        return found
    count = len(found)
    return [found[at - 1 if at > 0 else count + at] for at in parts.positions if 0 < abs(at) <= count]


def _holds(parts: RuleParts, day: date) -> bool:
    if parts.months and day.month not in parts.months:
        return False
    if (parts.weekdays or parts.numbered) and not _is_weekday(parts, day):
        return False
    if parts.month_days and not {day.day, day.day - _month_length(day) - 1} & parts.month_days:
        return False
    if parts.year_days:
        number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
        if not {number, number - length - 1} & parts.year_days:
            return False
    return not parts.weeks or _is_in_weeks(parts, day)


def _is_weekday(parts: RuleParts, day: date) -> bool:
    """Return whether a day is one of BYDAY's: plain and numbered ones together, as in WE,-1FR."""
    return day.weekday() in parts.weekdays or (bool(parts.numbered) and _is_numbered(parts, day))


def _is_numbered(parts: RuleParts, day: date) -> bool:
    """Return whether a day is the n-th such weekday, from the front or the back, of its month or else its year."""
    if parts.counts_in_months:
        number, length = day.day, _month_length(day)
    else:
        number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    weekday = day.weekday()
    return bool({(weekday, (number - 1) // 7 + 1), (weekday, -((length - number) // 7) - 1)} & parts.numbered)


def _is_in_weeks(parts: RuleParts, day: date) -> bool:
    """Return whether a day lies in one of the rule's numbered weeks; week 1 has at least four days of its year."""
    first = day - (day.weekday() - parts.week_start) % 7 * _DAY
    year = (first + 3 * _DAY).year  # the fourth day of a week decides whose it is
    begins = _first_week(year, parts.week_start)
    number, count = (first - begins).days // 7 + 1, (_first_week(year + 1, parts.week_start) - begins).days // 7
    return bool({number, number - count - 1} & parts.weeks)


@lru_cache(maxsize=_YEARS_KEPT)
def _first_week(year: int, week_start: int) -> date:
    fourth = date(year, 1, 4)
    return fourth - (fourth.weekday() - week_start) % 7 * _DAY


def _month_length(day: date) -> int:
    return (date(day.year + day.month // 12, day.month % 12 + 1, 1) - _DAY).day
