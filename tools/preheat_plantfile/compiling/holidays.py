"""Closed days, half days and make-up workdays of the plant file's calendars, as dates.

A schedule's closed days are the union of its calendars. Knows no library: `holiday_library` answers for a country.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from preheat.domain.calendar.schedule import HalfDay, Weekday
from preheat_plantfile.holiday_library import Country, country_of
from preheat_plantfile.schema.calendars import CalendarEntry, HolidaysEntry

AHEAD_MONTHS: Final = 24
# A window that began so long ago may still run: keep its day's exceptions.
BEHIND: Final = timedelta(days=40)
HALF_DAY: Final = "half_day"  # the library's category
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Range:
    """The local dates with resolved closed days: from `first` up to, not including, `before`."""

    first: date
    before: date

    def __contains__(self, day: date) -> bool:
        """Return whether `day` is one of them."""
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


def find_closed_days(calendars: Iterable[CalendarEntry], span: Range) -> frozenset[date]:
    """Return the closed dates of several calendars within `span`; a half day that is closed whole is one."""
    several = list(calendars)
    whole = {day for calendar in several for day in _find_closed(calendar, span)}
    whole |= {day for calendar in several if calendar.half_days.closed_from == time() for day in _half(calendar, span)}
    return frozenset(day for day in whole if day in span)


def half_days(calendars: Iterable[CalendarEntry], span: Range, closed: frozenset[date]) -> frozenset[HalfDay]:
    """Return the dates within `span`, but not in `closed`, that are closed from a time on: the earliest of several."""
    found: dict[date, time] = {}
    for calendar in calendars:
        since = calendar.half_days.closed_from
        for day in _half(calendar, span) if since else ():
            if since is not None and day in span and day not in closed:
                found[day] = min(since, found.get(day, since))
    return frozenset(HalfDay(day, until) for day, until in found.items())


def make_up_days(calendars: Iterable[CalendarEntry], span: Range) -> Mapping[date, Weekday]:
    """Return the weekend days within `span` that people work for a holiday, each with the weekday that it replaces."""
    found: dict[date, Weekday] = {}
    for calendar in calendars:
        if calendar.make_up_days:
            for entry in calendar.holidays:
                made_up = _country(entry, span.years).make_up_days
                found |= {day: Weekday(weekday) for day, weekday in made_up if day in span}
    return found


def needs_resolving(calendars: Iterable[CalendarEntry]) -> bool:
    """Return whether any of them has holidays, which are known for a span of dates only."""
    return any(calendar.holidays for calendar in calendars)


def bridges(
    holidays: frozenset[date], weekend: frozenset[int], worked: frozenset[date] = frozenset()
) -> frozenset[date]:
    """Return the single working days that lie between a holiday and a day off, which may be a holiday too.

    `worked` are the dates of weekends that make up for a holiday, and so are no days off.
    """

    def is_off(day: date) -> bool:
        return day in holidays or (day.weekday() in weekend and day not in worked)

    beside = {(holiday + step * _DAY, holiday + 2 * step * _DAY) for holiday in holidays for step in (-1, 1)}
    return frozenset(day for day, beyond in beside if not is_off(day) and is_off(beyond))


def _find_closed(calendar: CalendarEntry, span: Range) -> Iterator[date]:
    if calendar.dates is not None:
        yield from calendar.dates
    for shutdown in calendar.shutdowns:
        day = max(shutdown.from_, span.first)
        while day <= min(shutdown.until, span.before):
            yield day
            day += _DAY
    for entry in calendar.holidays:
        country = _country(entry, span.years)
        found = country.without(entry.without)
        yield from found
        if calendar.bridge_days:
            worked = frozenset(day for day, _ in country.make_up_days) if calendar.make_up_days else frozenset[date]()
            yield from bridges(found, country.weekend, worked)


def _half(calendar: CalendarEntry, span: Range) -> Iterator[date]:
    for entry in calendar.holidays:
        yield from country_of(entry.country, entry.subdivision, (HALF_DAY,), span.years).without(entry.without)


def _country(entry: HolidaysEntry, years: Iterable[int]) -> Country:
    return country_of(entry.country, entry.subdivision, entry.categories, years)
