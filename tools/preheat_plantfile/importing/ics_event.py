"""One event of an iCalendar file: its zone, its hours, its series and its single starts.

Owns which parts of RFC 5545 carry over and why the rest do not: a `Lost` carries the reason. It keeps wall times, as
people read them: an event from 22:00 to 06:00 ends at 06:00, also in a night with a clock change. Knows no other event.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, comes_true, find_dates
from preheat.domain.calendar.rule_text import read_parts
from preheat_plantfile.compiling.schedules import last_start
from preheat_plantfile.importing.hours import DAY, DAYS_MAX, LONGEST, Hours
from preheat_plantfile.importing.ics_lines import TIMED, Component, Property
from preheat_plantfile.importing.ics_values import Moment, UnreadableValue, duration_of, moment_of, period_of, show
from preheat_plantfile.schema.dates import A_RULE, YEARS, read_rule

_LAST_DAY: Final = date(YEARS[1], 12, 31)
_OF_TIME: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")
_EXCLUDED: Final = "its EXDATE excludes all its starts, and so it never takes place"
# An addition of RFC 7529 that only repeats the default.
_IDLE: Final = ("", "RSCALE=GREGORIAN", "SKIP=OMIT")


class Lost(Exception):
    """Something does not carry over; the message is the reason."""


@dataclass(slots=True)
class Series:
    """Starts by a rule, from `first` to `last` (None: without end), except on the excluded dates."""

    text: str
    anchor: date
    hours: Hours
    first: date
    last: date | None = None
    excluded: set[date] = field(default_factory=set)

    @property
    def rule(self) -> RecurrenceRule:
        """The rule, counted from its anchor."""
        return RecurrenceRule(self.text, self.anchor)

    def starts_on(self, day: date) -> bool:
        """Return whether the rule means a start on a date, excluded or not."""
        return self.first <= day <= (self.last or _LAST_DAY) and day in find_dates(self.rule, day.year)

    @property
    def is_excluded(self) -> bool:
        """Whether it ends, and its dates exclude every one of its starts."""
        if self.last is None or not self.excluded:
            return False
        days = (day for year in range(self.first.year, self.last.year + 1) for day in find_dates(self.rule, year))
        return all(day in self.excluded for day in days if self.first <= day <= self.last)


@dataclass(slots=True)
class CalendarEvent:
    """An event as what recurs and what does not."""

    zone: str
    hours: Hours
    day: date
    series: list[Series] = field(default_factory=list)
    singles: dict[date, set[Hours]] = field(default_factory=dict)
    settled: set[tuple[date, Hours]] = field(default_factory=set)  # singles that a change of all later starts has moved
    rules: set[str] = field(default_factory=set)  # as written

    def add(self, day: date, hours: Hours) -> None:
        """Let it start once more."""
        self.singles.setdefault(day, set()).add(hours)

    def singles_on(self, day: date, at: time | None) -> set[Hours]:
        """Return the hours of its single starts on a date, at a wall time or (None) at any."""
        return {hours for hours in self.singles.get(day, ()) if at in (None, hours.start)}

    def remove(self, day: date, some: set[Hours]) -> None:
        """Let single starts on a date not take place."""
        rest = self.singles.pop(day, set()) - some
        if rest:
            self.singles[day] = rest

    def starts_on(self, day: date, at: time | None) -> bool:
        """Return whether it starts on a date, at a wall time or (None) at any."""
        return bool(self.singles_on(day, at)) or any(
            at in (None, series.hours.start) and series.starts_on(day) for series in self.series
        )

    def only_time_on(self, day: date) -> time | None:
        """Return the wall time of its start on a date; None if it has none or several."""
        times = {series.hours.start for series in self.series if series.starts_on(day)}
        times |= {hours.start for hours in self.singles_on(day, None)}
        return times.pop() if len(times) == 1 else None

    def exclude(self, day: date, at: time | None) -> bool:
        """Let a start not take place; False if nothing starts then. `at` None: whatever starts on that date."""
        singles = self.singles_on(day, at)
        self.remove(day, singles)
        found = bool(singles)
        for series in self.series:
            if at in (None, series.hours.start) and series.starts_on(day):
                series.excluded.add(day)
                found = True
        return found

    def single_starts(self) -> Iterator[tuple[date, Hours]]:
        """Yield its single starts; one that lasts longer than a window may comes as several in a row."""
        for day, hours in [(day, hours) for day, some in self.singles.items() for hours in sorted(some)]:
            rest, at = hours, day
            while rest.length > DAYS_MAX * DAY:
                yield at, Hours(rest.start, DAYS_MAX * DAY)
                at, rest = at + DAYS_MAX * DAY, Hours(time(), rest.length - DAYS_MAX * DAY)
            yield at, rest


@dataclass(frozen=True, slots=True)
class EventReader:
    """Reads events. `zone_of` names the zone of a moment or raises Lost.

    `report` gets the losses of an event, `note` the assumptions about it.
    """

    zone_of: Callable[[Moment], str]
    report: Callable[[str], None]
    note: Callable[[str], None]

    def read(self, component: Component) -> CalendarEvent:
        """Return what a VEVENT means, with all its starts.

        Raises:
            Lost: nothing of it can be carried over.
            UnreadableValue: a value that decides when it starts is not of its form.
        """
        event = self.read_once(component, None)
        rules = component.properties.get("RRULE", [])
        for prop in rules:
            event.rules.add(plain_rule(prop))
            self._add_rule(event, prop)
        day, hours = event.day, event.hours
        if rules and not event.series:
            # The meaning of its rule is unknown; its start is known.
            event.add(day, hours)
        elif event.series and not any(day in find_dates(series.rule, day.year) for series in event.series):
            self.note(f"its first start, {day}, is none of its rule; the import keeps it as a single date")
            event.add(day, hours)
        elif not rules:
            event.add(day, hours)
        for prop in component.properties.get("RDATE", ()):
            self._each(prop, partial(self._add_date, event, prop))
        for prop in component.properties.get("EXDATE", ()):
            self._each(prop, partial(self._exclude_date, event, prop))
        if not event.singles and all(series.last is not None and series.last < day for series in event.series):
            ended = "its rule ends before its first start, and so it never takes place"
            raise Lost(ended if event.series else _EXCLUDED)
        if not event.singles and all(series.is_excluded for series in event.series):
            raise Lost(_EXCLUDED)
        if component.first("EXRULE") is not None:
            self.report("its EXRULE, which is no longer part of the standard; exclude dates by EXDATE")
        return event

    def read_once(self, component: Component, usual: Hours | None) -> CalendarEvent:
        """Return the first start of a VEVENT alone; `usual` are the hours of one that states no end."""
        damaged = next(((line, name) for line, name in component.damaged if name in TIMED), None)
        if damaged is not None:
            self.report(f"its {damaged[1]} (line {damaged[0]}): it has no value")
        start = _only(component, "DTSTART")
        if start is None:
            raise Lost("it has no DTSTART")
        begin, over, zone = self._span(component, moment_of(start), usual)
        return CalendarEvent(zone, self._hours(begin, over), begin.date())

    def exclude(self, event: CalendarEvent, moment: Moment, name: str) -> bool:
        """Let the start that an EXDATE or RECURRENCE-ID names not take place; False if nothing starts then."""
        day, at = self.find_named_start(event, moment)
        done = event.exclude(day, at)
        if not done:
            self.report(f"its {name} {moment}: nothing of it starts then")
        return done

    def find_named_start(self, event: CalendarEvent, moment: Moment) -> tuple[date, time | None]:
        """Return the local date and time that a moment names in an event; only the date if either is a date."""
        if moment.at is None:
            return moment.day, None
        whole_day = event.hours.is_whole_days
        if whole_day and not moment.is_utc:
            return moment.day, None
        at = wall(moment, event.zone, self.zone_of(moment))
        if whole_day:
            return (at + DAY / 2).date(), None  # the nearest midnight: the zone of a date is a guess
        return at.date(), at.time().replace(second=0)

    def _span(self, component: Component, start: Moment, usual: Hours | None) -> tuple[datetime, datetime, str]:
        """Return the wall times of a begin and an end, and their zone."""
        ending, lasting = _only(component, "DTEND"), _only(component, "DURATION")
        end = moment_of(ending) if ending is not None else None
        zone = self.zone_of(start)
        if end is not None and (end.at is None) != (start.at is None):
            dated, timed = ("DTSTART", "DTEND") if start.at is None else ("DTEND", "DTSTART")
            self.note(f"its {dated} is a date and its {timed} a time; the import reads the date as its midnight")
            zone = self.zone_of(end) if start.at is None else zone
        begin = wall(start, zone, zone if start.at is None else self.zone_of(start))
        if end is not None:
            over = wall(end, zone, zone if end.at is None else self.zone_of(end))
            if start.at is None and end.at is None and end.day == start.day:
                over = begin + DAY  # a day that ends when it begins means that day
            elif start.at is not None and end.at is not None and self._instant(end) <= self._instant(start):
                over = begin
        elif lasting is not None:
            over = begin + duration_of(lasting)
        elif start.at is None:
            over = begin + DAY
        elif usual is not None:
            over = begin + usual.span
        else:
            raise Lost("it has no end: give it a DTEND or DURATION")
        return begin, over, zone

    def _instant(self, moment: Moment) -> datetime:
        return moment.wall.replace(tzinfo=ZoneInfo(self.zone_of(moment))).astimezone(UTC)

    def _hours(self, begin: datetime, over: datetime) -> Hours:
        """Return the hours between two wall times, in whole minutes; raises Lost if no plant file holds them."""
        if over <= begin:
            raise Lost("it has no length: its end does not come after its start")
        if not YEARS[0] <= begin.year <= YEARS[1]:
            raise Lost(f"it starts in the year {begin.year}; accepted: {YEARS[0]} to {YEARS[1]}")
        if over - begin > LONGEST:
            raise Lost(f"it lasts {(over - begin).days} days; at most {LONGEST.days}")
        if begin.second or over.second:
            self.note("the import ignores its seconds and widens it to whole minutes")
            begin, over = begin.replace(second=0), (over + timedelta(seconds=59)).replace(second=0)
        return Hours(begin.time(), over - datetime.combine(begin.date(), time()))

    def _exclude_date(self, event: CalendarEvent, prop: Property, text: str) -> None:
        moment = moment_of(prop, text)
        if moment.day.year <= YEARS[1]:  # nothing starts later
            self.exclude(event, moment, "EXDATE")

    def _each(self, prop: Property, take: Callable[[str], object]) -> None:
        """Hand on each value of a list, an equal one once; one that cannot be read is lost alone."""
        for text in filter(None, dict.fromkeys(each.strip() for each in prop.value.split(","))):
            try:
                take(text)
            except Lost as lost:
                said = str(lost)
                self.report(said if prop.name in said else f"its {prop.name} {show(text)}: {said}")
            except (UnreadableValue, OverflowError) as error:
                self.report(str(error))

    def _add_rule(self, event: CalendarEvent, prop: Property) -> None:
        at = dict(zip(_OF_TIME, (event.hours.start.hour, event.hours.start.minute, 0), strict=True))
        same = {f"{name}={value}" for name, value in at.items()} | {f"{name}={value:02}" for name, value in at.items()}
        parts = ";".join(part for part in plain_rule(prop).split(";") if part not in same and part not in _IDLE)
        kept = "; only its first start carries over" if not event.series else ""
        try:
            choice = read_rule(parts)
            rule = RecurrenceRule(choice.text, event.day)
            last = last_start(choice, rule, event.hours.start, event.zone)
        except (ValueError, OverflowError) as error:
            accepted = str(error).removeprefix(f"{A_RULE}: ")
            self.report(f"its rule {prop.value[:60]}{kept}; accepted: {accepted}")
            return
        if not comes_true(rule):
            self.report(f"its rule {prop.value[:60]}: no date fulfils it{kept}")
        elif event.hours.length > DAYS_MAX * DAY:
            self.report(
                f"its rule {prop.value[:60]}: each lasts {event.hours.length.days} days; at most {DAYS_MAX}{kept}"
            )
        else:
            if read_parts(choice.text).leaves_month_open:
                self.note(f"its yearly rule names no month; the import takes month {event.day.month} from its start")
            event.series.append(Series(choice.text, event.day, event.hours, event.day, last))

    def _add_date(self, event: CalendarEvent, prop: Property, text: str) -> None:
        """Let it start on an RDATE: a date, a time, or a period with an end of its own."""
        begins, ends = period_of(prop, text)
        if begins.at is None and event.hours.start != time():
            raise Lost(f"its RDATE {begins}: it says no time")
        begin = wall(begins, event.zone, event.zone if begins.at is None else self.zone_of(begins))
        if isinstance(ends, Moment):
            over = wall(ends, event.zone, self.zone_of(ends))
        else:
            over = begin + (event.hours.span if ends is None else ends)
        try:
            event.add(begin.date(), self._hours(begin, over))
        except Lost as lost:
            raise Lost(f"its RDATE {begins}: {lost}") from lost


def plain_rule(prop: Property) -> str:
    """Return the text of a rule without what makes no difference: small letters and blanks."""
    return prop.value.upper().replace(" ", "").strip(";")


def wall(moment: Moment, zone: str, of: str) -> datetime:
    """Return a moment of the zone `of` as the clocks in `zone` show it."""
    if moment.at is None or of == zone:
        return moment.wall
    return moment.wall.replace(tzinfo=ZoneInfo(of)).astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _only(component: Component, name: str) -> Property | None:
    found = component.properties.get(name, [])
    if len({(prop.value, tuple(prop.params.items())) for prop in found}) > 1:
        raise Lost(f"it has {len(found)} {name}")
    return found[0] if found else None
