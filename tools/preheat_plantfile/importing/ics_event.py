"""One event of an iCalendar file: its zone, its hours, its rules and its single dates, in the plant file's words.

Owns what of RFC 5545 can be said and why the rest cannot: a `Lost` carries the reason. Wall times are kept, as people
read them: an event from 22:00 to 06:00 ends at 06:00 whatever the clock does that night. Knows no schedule and no file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, comes_true, dates_in
from preheat_plantfile.schema.dates import YEARS, read_rule
from preheat_plantfile.writing import Fields, Value

DAYS_MAX: Final = 31  # that one window spans; a longer single event becomes a window for each day
LONGEST: Final = timedelta(days=1_000)
DAY: Final = timedelta(days=1)
TIMED: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
_OF_TIME: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")


class Lost(Exception):
    """Something cannot be carried over; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A wall time of start, and how long after the midnight of that date it ends, to the minute."""

    start: time
    length: timedelta  # from the midnight before the start to the end

    def fields(self) -> Fields:
        """Return them as a window has them."""
        midnights, rest = divmod(self.length, DAY)
        if not rest:
            midnights, rest = midnights - 1, DAY
        minutes = rest // timedelta(minutes=1)
        found: dict[str, Value] = {"start": f"{self.start:%H:%M}", "end": f"{minutes // 60:02}:{minutes % 60:02}"}
        start = timedelta(hours=self.start.hour, minutes=self.start.minute)
        if midnights != int(rest <= start):
            found["end_day"] = midnights
        return found


@dataclass(slots=True)
class Event:
    """An event as windows: rules from an anchor, single starts, and starts that do not take place."""

    zone: str
    hours: Hours
    anchor: date
    rules: list[str] = field(default_factory=list)
    singles: dict[date, Hours] = field(default_factory=dict)
    more: list[tuple[date, Hours]] = field(default_factory=list)  # singles on a date that has one already
    excluded: set[date] = field(default_factory=set)

    def add(self, day: date, hours: Hours) -> None:
        """Let it start once more."""
        if self.singles.setdefault(day, hours) != hours:
            self.more.append((day, hours))

    def exclude(self, day: date, at: time | None) -> bool:
        """Let a start not take place; False if nothing starts then. `at` None: whatever starts on that date."""
        found = False
        if day in self.singles and at in (None, self.singles[day].start):
            del self.singles[day]
            found = True
        if at in (None, self.hours.start) and any(
            day in dates_in(_rule(text, self.anchor), day.year) for text in self.rules
        ):
            self.excluded.add(day)
            found = True
        return found

    def single_windows(self) -> Iterator[tuple[date, Hours]]:
        """Yield its single starts; one that lasts longer than a window may comes as a window for each day."""
        for day, hours in [*self.singles.items(), *self.more]:
            rest, at = hours, day
            while rest.length > DAYS_MAX * DAY:
                yield at, Hours(rest.start, DAY)
                at, rest = at + DAY, Hours(time(), rest.length - DAY)
            yield at, rest


def read_event(component: Any, zone_of: Callable[[Any], str], tell: Callable[[str], None]) -> Event:
    """Return what a VEVENT means; `zone_of` names the zone of a date or time, `tell` hears what is lost of it.

    Raises:
        Lost: nothing of it can be carried over.
    """
    broken = [str(reason) for name, reason in component.errors if name in TIMED]
    if broken:
        raise Lost(f"it cannot be read: {broken[0]}")
    for reason in (reason for name, reason in component.errors if not name):
        tell(f"a line of it that cannot be read: {str(reason)[:120]}")
    start = _one(component, "DTSTART")
    if start is None:
        raise Lost("it has no DTSTART")
    zone = zone_of(start)
    hours, day = _hours(component, start.dt, zone, tell)
    event = Event(zone, hours, day)
    rules = _several(component, "RRULE")
    for rule in rules:
        _add_rule(event, rule, tell)
    if event.rules and not any(day in dates_in(_rule(text, day), day.year) for text in event.rules):
        tell(f"its first start, {day}, is none of its rule; it stands as a single date beside it")
        event.add(day, hours)
    elif not rules:
        event.add(day, hours)
    for one in (each for dates in _several(component, "RDATE") for each in dates.dts):
        _add_date(event, one, tell)
    for one in (each for dates in _several(component, "EXDATE") for each in dates.dts):
        exclude(event, one, tell, "EXDATE")
    if component.get("EXRULE") is not None:
        tell("its EXRULE, which is no longer part of the standard; EXDATE excludes dates")
    return event


def exclude(event: Event, value: Any, tell: Callable[[str], None], name: str) -> None:
    """Let the start that an EXDATE or RECURRENCE-ID names not take place."""
    if isinstance(value.dt, datetime):
        at = wall(value.dt, event.zone)
        done = event.exclude(at.date(), at.time().replace(second=0))
    else:
        done = isinstance(value.dt, date) and event.exclude(value.dt, None)
    if not done:
        tell(f"its {name} {value.dt}: nothing of it starts then")


def wall(at: datetime, zone: str) -> datetime:
    """Return a date-time as the clocks in `zone` show it; one without a zone is taken to be theirs."""
    return at.replace(tzinfo=None) if at.tzinfo is None else at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def _hours(component: Any, start: Any, zone: str, tell: Callable[[str], None]) -> tuple[Hours, date]:
    end, duration = _one(component, "DTEND"), _one(component, "DURATION")
    if isinstance(start, datetime):
        begin = wall(start, zone)
        if end is not None and isinstance(end.dt, datetime):
            over = wall(end.dt, zone)
            if end.dt.tzinfo is not None and start.tzinfo is not None and end.dt <= start:
                over = begin
        elif end is None and duration is not None:
            over = begin + _length(duration)
        else:
            raise Lost("it has no end: give it a DTEND or DURATION" if end is None else "its DTEND is a date alone")
    elif isinstance(start, date):
        begin = datetime.combine(start, time())
        over = begin + DAY
        if end is not None and isinstance(end.dt, date):
            over = max(over, datetime.combine(end.dt, time())) if end.dt >= start else begin
        elif duration is not None:
            over = begin + _length(duration)
    else:
        raise Lost("its DTSTART is neither a date nor a time")
    return hours_between(begin, over, tell), begin.date()


def hours_between(begin: datetime, over: datetime, tell: Callable[[str], None]) -> Hours:
    """Return the hours between two wall times, in whole minutes.

    Raises:
        Lost: no plant file holds them.
    """
    if over <= begin:
        raise Lost("it has no length: its end does not come after its start")
    if not YEARS[0] <= begin.year <= YEARS[1]:
        raise Lost(f"it starts in the year {begin.year}; accepted: {YEARS[0]} to {YEARS[1]}")
    if over - begin > LONGEST:
        raise Lost(f"it lasts {(over - begin).days} days; at most {LONGEST.days}")
    if begin.second or begin.microsecond or over.second or over.microsecond:
        tell("its seconds; it is widened to whole minutes")
        begin = begin.replace(second=0, microsecond=0)
        over = (over + timedelta(seconds=59, microseconds=999_999)).replace(second=0, microsecond=0)
    return Hours(begin.time(), over - datetime.combine(begin.date(), time()))


def _add_rule(event: Event, rule: Any, tell: Callable[[str], None]) -> None:
    text = rule.to_ical().decode()
    at = dict(zip(_OF_TIME, (event.hours.start.hour, event.hours.start.minute, 0), strict=True))
    parts = [part for part in text.split(";") if part not in {f"{name}={value}" for name, value in at.items()}]
    try:
        rule_by_days = _rule(";".join(parts), event.anchor)
    except ValueError as error:
        tell(f"its rule {text}: accepted: {error}")
        return
    if not comes_true(rule_by_days):
        tell(f"its rule {text}: no date fulfils it")
        return
    if event.hours.length > DAYS_MAX * DAY:
        tell(f"its rule {text}: each lasts {event.hours.length.days} days; at most {DAYS_MAX}")
        return
    event.rules.append(";".join(parts))


def _add_date(event: Event, value: Any, tell: Callable[[str], None]) -> None:
    """Let it start on an RDATE: a date, a time, or a period with an end of its own."""
    found, end = value.dt, None
    if isinstance(found, tuple):
        found, end = found
    if not isinstance(found, datetime):
        if not isinstance(found, date) or event.hours.start != time():
            tell(f"its RDATE {found}: it says no time")
            return
        found = datetime.combine(found, time())
    begin = wall(found, event.zone)
    usual = event.hours.length - timedelta(hours=event.hours.start.hour, minutes=event.hours.start.minute)
    over = wall(end, event.zone) if isinstance(end, datetime) else begin + (usual if end is None else end)
    try:
        event.add(begin.date(), hours_between(begin, over, tell))
    except Lost as lost:
        tell(f"its RDATE {found}: {lost}")


def _rule(text: str, anchor: date) -> RecurrenceRule:
    return RecurrenceRule(read_rule(text).text, anchor)


def _length(duration: Any) -> timedelta:
    if not isinstance(duration.dt, timedelta):
        raise Lost("its DURATION is none")
    return duration.dt


def _one(component: Any, name: str) -> Any:
    found = _several(component, name)
    if len(found) > 1:
        raise Lost(f"it has {len(found)} {name}")
    return found[0] if found else None


def _several(component: Any, name: str) -> list[Any]:
    found = component.get(name)
    return [] if found is None else found if isinstance(found, list) else [found]
