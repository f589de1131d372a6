"""An iCalendar file, read into a plant: its events become the windows of one model, or the dates of closed days.

Owns the file: its zones, the choice of events, and the report. `ics_event` knows the meaning of one event, and
`ics_overrides` that of several with one UID.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from preheat.domain.calendar.recurrence_rule import find_dates
from preheat.domain.printable import printable
from preheat_plantfile.importing.hours import DAY
from preheat_plantfile.importing.ics_event import CalendarEvent, EventReader, Lost
from preheat_plantfile.importing.ics_lines import Component, Content, NoCalendarError, read_content
from preheat_plantfile.importing.ics_overrides import Family, Mover, families_of, find_named_start, is_cancelled
from preheat_plantfile.importing.ics_values import Moment, UnreadableValue
from preheat_plantfile.importing.ics_zones import Zones, definitions_of
from preheat_plantfile.importing.merging import DATES_MAX, ImportedDemand, Recurring, plant_of
from preheat_plantfile.importing.report import ImportReport
from preheat_plantfile.importing.rules import pattern_of
from preheat_plantfile.writing import PlantText, plain_name

__all__ = ["Choice", "NoCalendarError", "read_closed_days", "read_shifts"]

TITLE_MAX: Final = 40  # characters shown
_CLOSED_AHEAD: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Choice:
    """The events to import: it looks for each text in titles and categories, in any case."""

    only: Sequence[str] = ()
    without: Sequence[str] = ()

    def takes(self, title: str, categories: str) -> bool:
        """Return whether the caller asks for an event."""
        text = f"{title}\n{categories}".casefold()
        if self.only and not any(each.casefold() in text for each in self.only):
            return False
        return not any(each.casefold() in text for each in self.without)


def read_shifts(
    data: bytes, model: str, *, today: date, zone: str | None = None, choice: Choice | None = None
) -> tuple[PlantText, ImportReport]:
    """Return the plant of a calendar, with one model that needs all its events, and the report.

    Raises:
        NoCalendarError: it is no iCalendar file.
    """
    file = _File(read_content(data), zone, today, choice or Choice())
    demand = ImportedDemand()
    for title, event in file.events():
        recurring = [
            Recurring(
                event.zone,
                pattern_of(each.text, each.anchor),
                each.hours,
                each.first,
                each.last,
                frozenset(each.excluded),
                title,
            )
            for each in event.series
        ]
        singles = [(event.zone, hours, day, title) for day, hours in event.single_starts()]
        demand.add(recurring, singles, today)
        file.report.count(title, recurring, singles)
    file.report.over = demand.over
    return plant_of(plain_name(model, ()), demand, today), file.report


def read_closed_days(
    data: bytes, name: str, *, today: date, zone: str | None = None, choice: Choice | None = None
) -> tuple[PlantText, ImportReport]:
    """Return a plant file with one calendar of closed days: every date of every whole-day event, 24 months ahead.

    Raises:
        NoCalendarError: it is no iCalendar file.
    """
    file = _File(read_content(data), zone, today, choice or Choice())
    closed: set[date] = set()
    end = today + _CLOSED_AHEAD
    for title, event in file.events():
        if not event.hours.is_whole_days:
            file.report.lose(f"{title or 'an event'}: it is no whole day; only whole days are closed days")
            file.report.kept -= 1
            continue
        days = {day + number * DAY for day, hours in event.single_starts() for number in range(hours.days)}
        recurs = False
        for series in event.series:
            years = range(max(series.first.year, today.year - 1), end.year + 1)
            starts = {day for year in years for day in find_dates(series.rule, year) if series.starts_on(day)}
            days |= {day + number * DAY for day in starts - series.excluded for number in range(series.hours.days)}
            recurs = recurs or series.last is None or series.last >= end
        kept = {day for day in days if today <= day < end}
        file.report.over += not kept
        if recurs:
            file.report.note(f"{title or 'an event'}: it recurs; its dates up to {end} are listed")
        closed |= kept
    listed = sorted(closed)
    if len(listed) > DATES_MAX:
        file.report.lose(f"{len(listed) - DATES_MAX} dates after {listed[DATES_MAX - 1]}: a calendar lists {DATES_MAX}")
    dates = [str(day) for day in listed[:DATES_MAX]]
    return PlantText({}, {}, calendars={plain_name(name, ()): dates} if dates else {}), file.report


class _File:
    """One file during its reading."""

    def __init__(self, content: Content, given: str | None, today: date, choice: Choice) -> None:
        self._content = content
        self._given = given
        self._zones = Zones(definitions_of(content.zones), today)
        self._today = today
        self._choice = choice
        self._floating = False
        named = content.calendar.text("X-WR-TIMEZONE")
        self._calendar = (self._zones.find(named) if named else None) or self._only_zone()
        self.report = ImportReport(total=len(content.events), noun="event")

    def events(self) -> Iterator[tuple[str, CalendarEvent]]:
        """Yield each requested event with its title; the report gets all others."""
        report = self.report
        for family in families_of(self._content.events):
            yield from self._family(family)
        counted = self._content.others
        report.losses += [f"{count} {name}: only events are shifts" for name, count in sorted(counted.items())]
        report.notes += [
            f"the import reads the zone {name[:60]!r} as {zone}: its rules agree over the years ahead"
            for name, zone in self._zones.matched.items()
        ]
        if self._floating:
            report.note("the import takes UTC as the zone of events that name none; choose another with --zone")

    def _family(self, family: Family) -> Iterator[tuple[str, CalendarEvent]]:
        masters: list[tuple[str, str, CalendarEvent]] = []
        cancelled = False
        self._leave_out(family.keep_latest_series())
        for component in family.masters:
            if is_cancelled(component):
                cancelled = True
                self._lose(component, "its STATUS is CANCELLED")
            elif (event := self._read(component)) is not None:
                masters.append((_title(component), component.text("CATEGORIES"), event))
        events = [event for _, _, event in masters]
        named = {id(each): find_named_start(each, events, self._reader(each)) for each in family.overrides}
        self._leave_out(family.keep_latest_overrides(lambda each: named[id(each)]))
        for component in family.overrides:
            if cancelled and not masters:
                self._lose(component, "the STATUS of its series is CANCELLED")
                continue
            # An override that names no start of any series belongs to the first of the same UID.
            title, categories, master = masters[named[id(component)].series or 0] if masters else ("", "", None)
            moved = self._move(component, master)
            title, categories = _title(component) or title, component.text("CATEGORIES") or categories
            if moved is not None:
                moved.add(moved.day, moved.hours)
                yield from self._choose(title, categories, moved)
            else:
                self.report.changes += 1
        for title, categories, event in masters:
            yield from self._choose(title, categories, event)

    def _leave_out(self, older: int) -> None:
        self.report.total -= older
        self.report.older += older

    def _choose(self, title: str, categories: str, event: CalendarEvent) -> Iterator[tuple[str, CalendarEvent]]:
        if self._choice.takes(title, categories):
            self.report.kept += 1
            yield title, event
        else:
            self.report.left_out[title or "(no title)"] += 1

    def _read(self, component: Component) -> CalendarEvent | None:
        try:
            return self._reader(component).read(component)
        except OverflowError:
            self._lose(component, "its start or end is out of range; accepted: years that a plant file may name")
            return None
        except (Lost, UnreadableValue, ValueError) as error:
            self._lose(component, str(error))
            return None

    def _move(self, component: Component, master: CalendarEvent | None) -> CalendarEvent | None:
        def tell(reason: str) -> None:
            self._lose(component, reason)

        try:
            return Mover(self._reader(component), tell, self._today).apply(master, component)
        except OverflowError:
            self._lose(component, "its start or end is out of range; accepted: years that a plant file may name")
            return None
        except (Lost, UnreadableValue, ValueError) as error:
            self._lose(component, str(error))
            return None

    def _reader(self, component: Component) -> EventReader:
        return EventReader(
            self._zone_of,
            lambda reason: self._lose(component, reason),
            lambda text: self.report.note(f"{_where(component)}: {text}"),
        )

    def _lose(self, component: Component, reason: str) -> None:
        self.report.lose(f"{_where(component)}: {reason}")

    def _zone_of(self, moment: Moment) -> str:
        if moment.is_utc:
            return "UTC"
        if moment.zone is not None:
            found = self._zones.find(moment.zone)
            if found is None:
                raise Lost(f"its zone {moment.zone[:60]!r} is none of IANA's{self._zones.describe(moment.zone)}")
            return found
        if self._given is None and self._calendar is None:
            self._floating = True
        return self._given or self._calendar or "UTC"

    def _only_zone(self) -> str | None:
        """Return the one zone that events name, if it is one."""
        starts = [component.first("DTSTART") for component in self._content.events]
        named = Counter(start.params["TZID"] for start in starts if start is not None and start.params.get("TZID"))
        return self._zones.find(next(iter(named))) if len(named) == 1 else None


def _where(component: Component) -> str:
    title = _title(component)[:TITLE_MAX]
    return f"line {component.line}: VEVENT{f' ({title})' if title else ''}"


def _title(component: Component) -> str:
    text = component.text("SUMMARY")
    return printable(text).strip()
