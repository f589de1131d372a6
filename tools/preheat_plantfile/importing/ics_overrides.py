"""Revisions and moved starts: which of several VEVENTs with one UID holds, and what a RECURRENCE-ID changes.

Owns SEQUENCE, RECURRENCE-ID and RANGE=THISANDFUTURE. A RECURRENCE-ID without RANGE is one start, whatever rule it
carries. Knows no file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from preheat.domain.calendar.recurrence_rule import find_dates
from preheat.domain.calendar.rule_text import RuleParts, read_parts
from preheat_plantfile.importing.hours import DAY, Hours
from preheat_plantfile.importing.ics_event import CalendarEvent, EventReader, Series, wall
from preheat_plantfile.importing.ics_lines import Component
from preheat_plantfile.importing.ics_values import Moment, UnreadableValue, moment_of
from preheat_plantfile.importing.rules import rule_text_of

LISTED_MAX: Final = 1_000  # starts of a moved series that no rule can say
AHEAD: Final = timedelta(days=731)


@dataclass(slots=True)
class Family:
    """The VEVENTs of one UID: those without a RECURRENCE-ID, and those with one."""

    masters: list[Component] = field(default_factory=list)
    overrides: list[Component] = field(default_factory=list)

    def keep_latest(self) -> int:
        """Leave out what a later revision replaces; return how many that are."""
        before = len(self.masters) + len(self.overrides)
        highest = max((_sequence(each) for each in self.masters), default=0)
        self.masters = [each for each in self.masters if _sequence(each) == highest]
        latest: dict[tuple[str, str], Component] = {}
        for each in self.overrides:
            key = _identity(each)
            if key not in latest or _age(each) >= _age(latest[key]):
                latest[key] = each
        self.overrides = list(latest.values())
        return before - len(self.masters) - len(self.overrides)


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
            day, _ = self.reader.find_named_start(master, moment)
            if self._split(master, component, day):
                return None
            self.report(f"its RECURRENCE-ID {moment}: nothing of it starts then; the import moves only this start")
        elif master is not None and moment is not None:
            self.reader.exclude(master, moment, "RECURRENCE-ID")
        if is_cancelled(component):
            return None
        return self.reader.read_once(component, master.hours if master is not None else None)

    def _split(self, master: CalendarEvent, component: Component, day: date) -> bool:
        """Let every start from `day` on be as an override says; False if nothing of the event starts on that date."""
        later = [series for series in master.series if series.starts_on(day)]
        singles = [each for each in master.singles if each >= day]
        if not later and day not in master.singles:
            return False
        moved = None if is_cancelled(component) else self.reader.read_once(component, master.hours)
        begin = None
        if moved is not None:
            at = Moment(moved.day, moved.hours.start)
            begin = wall(at, master.zone, moved.zone)
        for series in later:
            if begin is not None and moved is not None:
                hours = Hours(begin.time(), moved.hours.span + (begin - _midnight(begin)))
                self._continue(master, series, day, (begin.date() - day).days, hours)
            series.last = day - DAY
            series.excluded = {each for each in series.excluded if each < day}
        for each in singles:
            hours = master.singles.pop(each)
            if begin is not None and moved is not None:
                changed = Hours(begin.time(), moved.hours.span + (begin - _midnight(begin)))
                master.add(each + (begin.date() - day), changed if hours == master.hours else hours)
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


def order_of(component: Component) -> tuple[bool, str]:
    """Return what orders the overrides of an event: those that change all later starts first, the earliest first."""
    prop = component.first("RECURRENCE-ID")
    is_range = prop is not None and prop.params.get("RANGE", "").upper() == "THISANDFUTURE"
    return (not is_range, prop.value if prop is not None else "")


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _identity(component: Component) -> tuple[str, str]:
    """Return which start an override names; a date and a time at midnight name the same one."""
    prop = component.first("RECURRENCE-ID")
    if prop is None:
        return "", ""
    value = prop.value.upper().removesuffix("T000000")
    zone = prop.params.get("TZID", "") if "T" in value and not value.endswith("Z") else ""
    return f"{value} {zone}", prop.params.get("RANGE", "").upper()


def _age(component: Component) -> tuple[int, str]:
    return _sequence(component), component.text("LAST-MODIFIED") or component.text("DTSTAMP")


def _sequence(component: Component) -> int:
    text = component.text("SEQUENCE").strip()
    return int(text[:9]) if text.isascii() and text.isdigit() else 0
