"""Revisions and moved starts: which of several VEVENTs with one UID holds, and what a RECURRENCE-ID changes.

Owns SEQUENCE, RECURRENCE-ID and RANGE=THISANDFUTURE. A RECURRENCE-ID without RANGE is one start, whatever rule it
carries. Knows no file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from preheat.domain.calendar.recurrence_rule import find_dates
from preheat.domain.calendar.rule_text import RuleParts, read_parts
from preheat_plantfile.importing.hours import DAY, Hours
from preheat_plantfile.importing.ics_event import CalendarEvent, EventReader, Lost, Series, plain_rule, wall
from preheat_plantfile.importing.ics_lines import Component
from preheat_plantfile.importing.ics_values import Moment, UnreadableValue, moment_of
from preheat_plantfile.importing.rules import rule_text_of

LISTED_MAX: Final = 1_000  # starts of a moved series that no rule can say
AHEAD: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class NamedStart:
    """The start that a RECURRENCE-ID names: the number of its series, and the local date and time.

    `series` is None if no series has that start, and `text` then holds what the file says.
    """

    series: int | None
    day: date | None = None
    at: time | None = None
    text: str = ""

    @property
    def order(self) -> tuple[str, str, str]:
        """A key that sorts by time, as far as it is known."""
        return f"{self.day or ''}", f"{self.at or ''}", self.text


@dataclass(slots=True)
class Family:
    """The VEVENTs of one UID: those without a RECURRENCE-ID, and those with one."""

    masters: list[Component] = field(default_factory=list)
    overrides: list[Component] = field(default_factory=list)

    def keep_latest_series(self) -> int:
        """Leave out the series that a later revision replaces; return how many."""
        before = len(self.masters)
        latest = max(map(_age, self.masters), default=None)
        self.masters = [each for each in self.masters if _age(each) == latest]
        return before - len(self.masters)

    def keep_latest_overrides(self, named: Callable[[Component], NamedStart]) -> int:
        """Leave out the overrides that a later revision replaces, and order the others; return how many it leaves out.

        All that name an original start come first: the single ones, then those with RANGE, the last start first. Each
        then finds its start where the series has it, whatever the others move.
        """
        latest: dict[tuple[object, ...], Component] = {}
        for each in self.overrides:
            key = (named(each), _is_range(each))
            if key not in latest or _age(each) >= _age(latest[key]):
                latest[key] = each
        dropped = len(self.overrides) - len(latest)
        kept = sorted(latest.values(), key=lambda each: named(each).order)
        singles = [each for each in kept if not _is_range(each)]
        self.overrides = [
            *(each for each in singles if named(each).series is not None),
            *reversed([each for each in kept if _is_range(each)]),
            *(each for each in singles if named(each).series is None),
        ]
        return dropped


def find_named_start(component: Component, series: Sequence[CalendarEvent], reader: EventReader) -> NamedStart:
    """Return which start an override names, in whatever zone or form it says so."""
    prop = component.first("RECURRENCE-ID")
    if prop is None:
        return NamedStart(None)
    for number, event in enumerate(series):
        try:
            day, at = reader.find_named_start(event, moment_of(prop))
        except (Lost, UnreadableValue, OverflowError):
            continue
        if event.starts_on(day, at):
            return NamedStart(number, day, at or event.only_time_on(day))
    value = prop.value.upper().removesuffix("T000000")
    zone = prop.params.get("TZID", "") if "T" in value and not value.endswith("Z") else ""
    return NamedStart(None, text=f"{value} {zone}")


def families_of(events: Sequence[Component]) -> list[Family]:
    """Return the events by their UID, in the order of the file; one without a UID is alone."""
    found: dict[str, Family] = {}
    for number, component in enumerate(events):
        family = found.setdefault(component.text("UID") or f"\0{number}", Family())
        (family.overrides if component.first("RECURRENCE-ID") is not None else family.masters).append(component)
    return list(found.values())


def is_cancelled(component: Component) -> bool:
    """Return whether an event does not take place."""
    return component.text("STATUS").strip().upper() == "CANCELLED"


@dataclass(frozen=True, slots=True)
class Mover:
    """Applies overrides to the event that they change."""

    reader: EventReader
    report: Callable[[str], None]
    today: date

    def apply(self, master: CalendarEvent | None, component: Component) -> CalendarEvent | None:
        """Take out of `master` what an override changes; return the start that it has instead, if it is one start.

        Raises:
            Lost: nothing of it can be carried over.
            UnreadableValue: a value of it is not of its form.
        """
        prop = component.first("RECURRENCE-ID")
        scope = prop.params.get("RANGE", "").upper() if prop is not None else ""
        moment = None
        try:
            moment = moment_of(prop) if prop is not None else None
        except UnreadableValue as error:
            self.report(str(error))
        if scope and scope != "THISANDFUTURE":
            self.report(f"its RANGE={scope[:20]}: the import moves only this start")
        if master is not None and moment is not None and scope == "THISANDFUTURE":
            day, at = self.reader.find_named_start(master, moment)
            if self._split(master, component, day, at):
                return None
            self.report(f"its RECURRENCE-ID {moment}: nothing of it starts then; the import moves only this start")
        elif master is not None and moment is not None:
            self.reader.exclude(master, moment, "RECURRENCE-ID")
        if is_cancelled(component):
            return None
        return self.reader.read_once(component, master.hours if master is not None else None)

    def _split(self, master: CalendarEvent, component: Component, day: date, at: time | None) -> bool:
        """Let every start from `day` on be as an override says; False if nothing of the event starts on that date.

        Of single starts on that date, those before the wall time `at` stay, if one starts then.
        """
        later = [series for series in master.series if series.starts_on(day)]
        named = master.singles_on(day, at) or master.singles_on(day, None)
        if not later and not named:
            return False
        since = (day, min((hours.start for hours in named), default=time()))
        singles = [
            (each, hours)
            for each, some in master.singles.items()
            for hours in some
            if (each, hours.start) >= since and (each, hours) not in master.settled
        ]
        moved = None if is_cancelled(component) else self.reader.read_once(component, master.hours)
        own = component.first("RRULE")
        if moved is not None and own is not None and plain_rule(own) not in master.rules:
            self.report(f"its rule {own.value[:60]}: a change of later starts keeps the rule of its series")
        begin = None
        if moved is not None:
            begin = wall(Moment(moved.day, moved.hours.start), master.zone, moved.zone)
        for series in later:
            if begin is not None and moved is not None:
                hours = Hours(begin.time(), moved.hours.span + (begin - _midnight(begin)))
                self._continue(master, series, day, (begin.date() - day).days, hours)
            series.last = day - DAY
            series.excluded = {each for each in series.excluded if each < day}
        for each, hours in singles:
            master.remove(each, {hours})
        for each, hours in singles:
            if begin is not None and moved is not None:
                changed = Hours(begin.time(), moved.hours.span + (begin - _midnight(begin)))
                is_changed = hours == master.hours or (each == day and hours in named)
                to = (each + (begin.date() - day), changed if is_changed else hours)
                master.add(*to)
                master.settled.add(to)
        return True

    def _continue(self, master: CalendarEvent, series: Series, day: date, shift: int, hours: Hours) -> None:
        """Add what a series becomes from `day` on: `shift` days later, at other hours."""
        last = None if series.last is None else series.last + shift * DAY
        excluded = {each + shift * DAY for each in series.excluded if each >= day}
        if shift == 0:
            master.series.append(replace(series, hours=hours, first=day, excluded=excluded))
            return
        parts = shift_parts(read_parts(series.text).complete(series.anchor), shift)
        if parts is not None:
            text, anchor, first = rule_text_of(parts), series.anchor + shift * DAY, day + shift * DAY
            master.series.append(Series(text, anchor, hours, first, last, excluded))
            return
        until = min(series.last or date.max, max(day, self.today) + AHEAD)
        years = range(day.year, until.year + 1)
        days = [each for year in years for each in sorted(find_dates(series.rule, year)) if day <= each <= until]
        for each in [each for each in days if each not in series.excluded][:LISTED_MAX]:
            master.add(each + shift * DAY, hours)
        if series.last is None or series.last > until:
            self.report(f"its starts after {until}: moved by {shift} days, no rule can say them")


def shift_parts(parts: RuleParts, days: int) -> RuleParts | None:
    """Return the parts of the same rule some days later; None if no rule means these dates."""
    if parts.months or parts.month_days or parts.numbered or parts.frequency not in ("DAILY", "WEEKLY"):
        return None
    weekdays = frozenset((day + days) % 7 for day in parts.weekdays)
    return replace(parts, weekdays=weekdays, week_start=(parts.week_start + days) % 7)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _is_range(component: Component) -> bool:
    prop = component.first("RECURRENCE-ID")
    return prop is not None and prop.params.get("RANGE", "").upper() == "THISANDFUTURE"


def _age(component: Component) -> tuple[int, str, str]:
    stamp = component.text("DTSTAMP")
    return _sequence(component), component.text("LAST-MODIFIED") or stamp, stamp


def _sequence(component: Component) -> int:
    text = component.text("SEQUENCE").strip()
    return int(text[:9]) if text.isascii() and text.isdigit() else 0
