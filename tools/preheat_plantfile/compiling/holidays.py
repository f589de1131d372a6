"""Closed days of the plant file's calendars, as dates: holidays, bridge days, shutdowns and single dates.

The only place that knows the library of holidays, which it asks for a span of dates at a time. What is closed for a
schedule is the union of its calendars.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

from preheat_plantfile.schema.calendars import CalendarEntry, HolidaysEntry

AHEAD_MONTHS: Final = 24
# A window that began so long ago may still run: its day's exceptions are kept.
BEHIND: Final = timedelta(days=40)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Range:
    """The local dates for which closed days are resolved: from `first` up to, not including, `before`."""

    first: date
    before: date

    def __contains__(self, day: date) -> bool:
        """Tell whether `day` is one of them."""
        return self.first <= day < self.before

    @property
    def years(self) -> range:
        """The years that its dates and their neighbours fall into."""
        return range((self.first - 7 * _DAY).year, (self.before + 7 * _DAY).year + 1)


def ahead_of(today: date) -> Range:
    """Return what a plan resolves: 24 months ahead, and a little of what is past."""
    month = today.month - 1 + AHEAD_MONTHS
    before = date(today.year + month // 12, month % 12 + 1, 1) + (today.day - 1) * _DAY
    return Range(today - BEHIND, before)


def closed_days(calendars: Iterable[CalendarEntry], span: Range) -> frozenset[date]:
    """Return the closed dates of several calendars within `span`."""
    return frozenset(day for calendar in calendars for day in _closed(calendar, span) if day in span)


def needs_resolving(calendars: Iterable[CalendarEntry]) -> bool:
    """Tell whether any of them has holidays, which are known for a span of dates only."""
    return any(calendar.holidays for calendar in calendars)


def _closed(calendar: CalendarEntry, span: Range) -> Iterator[date]:
    if calendar.dates is not None:
        yield from calendar.dates
    for shutdown in calendar.shutdowns:
        day = max(shutdown.from_, span.first)
        while day <= min(shutdown.until, span.before):
            yield day
            day += _DAY
    for entry in calendar.holidays:
        found, weekend = holidays_of(entry, span.years)
        yield from found
        if calendar.bridge_days:
            yield from bridges(found, weekend)


def bridges(holidays: frozenset[date], weekend: frozenset[int]) -> frozenset[date]:
    """Return the single working days that lie between a holiday and a day off, which may be a holiday too."""

    def is_off(day: date) -> bool:
        return day in holidays or day.weekday() in weekend

    beside = {(holiday + step * _DAY, holiday + 2 * step * _DAY) for holiday in holidays for step in (-1, 1)}
    return frozenset(day for day, beyond in beside if not is_off(day) and is_off(beyond))


def holidays_of(entry: HolidaysEntry, years: Iterable[int]) -> tuple[frozenset[date], frozenset[int]]:
    """Return the holidays of an entry in some years, and the weekend of its country."""
    named, weekend = _named(entry.country, entry.subdivision, tuple(sorted(set(entry.categories))), tuple(years))
    without = set(entry.without)
    return frozenset(day for day, name in named if name not in without), weekend


def names_of(country: str, subdivision: str | None, categories: Iterable[str], years: Iterable[int]) -> frozenset[str]:
    """Return what the holidays of some years are called, in the country's own language."""
    named, _ = _named(country, subdivision, tuple(sorted(set(categories))), tuple(years))
    return frozenset(name for _, name in named)


def categories_of(country: str) -> frozenset[str]:
    """Return the kinds of holidays that are known of a country."""
    import holidays  # noqa: PLC0415 - only files that name holidays wait for it

    return frozenset(holidays.country_holidays(country).supported_categories)


@lru_cache(maxsize=256)
def _named(
    country: str, subdivision: str | None, categories: tuple[str, ...], years: tuple[int, ...]
) -> tuple[frozenset[tuple[date, str]], frozenset[int]]:
    import holidays  # noqa: PLC0415 - only files that name holidays wait for it

    found = holidays.country_holidays(country, subdiv=subdivision, years=years, expand=False, categories=categories)
    return (
        frozenset((day, name) for day in found for name in found.get_list(day)),
        frozenset(found.weekend),
    )
