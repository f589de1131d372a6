"""Recurrence rules of RFC 5545, by days: which dates of a year a rule means, in bounded time for every rule.

Evaluates one year at a time, period by period (a day, week, month or year), so that a rule that no date fulfils ends
too. Knows no time of day: it refuses a rule that recurs within a day. `rule_text` owns what a rule's text may say.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from preheat.domain.calendar.rule_text import INTERVAL_MAX, TEXT_MAX, RuleParts, read_parts

__all__ = ["INTERVAL_MAX", "TEXT_MAX", "RecurrenceRule", "comes_true", "find_dates", "find_last"]

YEARS_SEARCHED: Final = 100
_YEARS_KEPT: Final = 1_024
_PLACES_KEPT: Final = 128  # years, of some 100 kB each
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


class _Place(NamedTuple):
    """A date, and where it lies in its month and year: the n-th day from the front, and from the back the -n-th."""

    day: date
    month: int
    weekday: int
    in_month: int
    in_month_back: int
    in_year: int
    in_year_back: int


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
    found = (place.day for period in _cut_periods(parts, rule.anchor, year) for place in _choose(parts, period))
    return frozenset(day for day in found if day.year == year and day >= rule.anchor)


@lru_cache(maxsize=_PLACES_KEPT)
def _places(year: int) -> Sequence[_Place]:
    """Return the dates of a year."""
    first = date(year, 1, 1)
    length = (date(year + 1, 1, 1) - first).days
    found: list[_Place] = []
    for number in range(length):
        day = first + number * _DAY
        back = day.day - _month_length(day) - 1
        found.append(_Place(day, day.month, day.weekday(), day.day, back, number + 1, number - length))
    return found


def _places_from(first: date, count: int) -> Sequence[_Place]:
    at = first.toordinal() - date(first.year, 1, 1).toordinal()
    found = _places(first.year)[at : at + count]
    return found if len(found) == count else [*found, *_places(first.year + 1)[: count - len(found)]]


def _cut_periods(parts: RuleParts, anchor: date, year: int) -> Iterator[Sequence[_Place]]:
    """Yield the days of each period of the rule that has days in a year: whole periods, as BYSETPOS counts in them."""
    interval = parts.interval
    first, after = date(year, 1, 1), date(year + 1, 1, 1)
    if parts.frequency == "YEARLY":
        if (year - anchor.year) % interval == 0:
            yield _places(year)
    elif parts.frequency == "MONTHLY":
        for month in range(1, 13):
            if (12 * (year - anchor.year) + month - anchor.month) % interval == 0:
                begin = date(year, month, 1)
                yield _places_from(begin, _month_length(begin))
    elif parts.frequency == "WEEKLY":
        week = anchor - (anchor.weekday() - parts.week_start) % 7 * _DAY
        week += (max((first - week).days, 0) // 7 // interval * interval) * 7 * _DAY
        while week < after:
            yield _places_from(week, 7)
            week += 7 * interval * _DAY
    else:
        day = anchor + -(-max((first - anchor).days, 0) // interval) * interval * _DAY
        yield from ((place,) for place in _places(year)[(day - first).days :: interval])


def _choose(parts: RuleParts, period: Sequence[_Place]) -> Iterable[_Place]:
    """Return the days of one period that the rule means, by all its BY parts and then by BYSETPOS."""
    found = [place for place in period if _holds(parts, place)]
    if not parts.positions:
        return found
    count = len(found)
    return [found[at - 1 if at > 0 else count + at] for at in parts.positions if 0 < abs(at) <= count]


def _holds(parts: RuleParts, place: _Place) -> bool:
    if parts.months and place.month not in parts.months:
        return False
    if (parts.weekdays or parts.numbered) and not _is_weekday(parts, place):
        return False
    month_days, year_days = parts.month_days, parts.year_days
    if month_days and place.in_month not in month_days and place.in_month_back not in month_days:
        return False
    if year_days and place.in_year not in year_days and place.in_year_back not in year_days:
        return False
    return not parts.weeks or _is_in_weeks(parts, place.day)


def _is_weekday(parts: RuleParts, place: _Place) -> bool:
    """Return whether a day is one of BYDAY's: plain and numbered ones together, as in WE,-1FR."""
    return place.weekday in parts.weekdays or (bool(parts.numbered) and _is_numbered(parts, place))


def _is_numbered(parts: RuleParts, place: _Place) -> bool:
    """Return whether a day is the n-th such weekday, from the front or the back, of its month or else its year."""
    if parts.counts_in_months:
        number, back = place.in_month, place.in_month_back
    else:
        number, back = place.in_year, place.in_year_back
    nth, from_back = (number - 1) // 7 + 1, -((-back - 1) // 7) - 1
    return (place.weekday, nth) in parts.numbered or (place.weekday, from_back) in parts.numbered


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
