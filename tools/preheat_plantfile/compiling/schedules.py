"""From a schedule of the plant file to the value that the functions evaluate.

Owns how to write each form of the file in domain values. Holidays come as dates from `find_closed_days`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from preheat.domain.calendar.days import Cycle, DayRule
from preheat.domain.calendar.recurrence_rule import RecurrenceRule, find_last
from preheat.domain.calendar.rule_text import read_parts
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat_plantfile.compiling.holidays import Range, find_closed_days, half_days, make_up_days, needs_resolving
from preheat_plantfile.schema.calendars import CalendarEntry
from preheat_plantfile.schema.dates import RuleChoice
from preheat_plantfile.schema.leaves import OnClosed
from preheat_plantfile.schema.windows import HoursEntry, ReplacedEntry, RotationEntry, ScheduleEntry, WindowEntry

_DAY: Final = timedelta(days=1)
_EVERY_DAY: Final = frozenset(Weekday)


def schedule(name: str, entry: ScheduleEntry, calendars: Mapping[str, CalendarEntry], span: Range) -> Schedule:
    """Return the schedule that an entry describes, its closed days resolved within `span`."""
    named = [calendars[each] for each in dict.fromkeys(entry.closed)]
    closed = find_closed_days(named, span)
    windows = [_window(window, entry.zone) for window in entry.windows]
    made_up = {day: weekday for day, weekday in make_up_days(named, span).items() if day not in closed}
    return Schedule(
        name,
        entry.zone,
        (*windows, *(shift for rotation in entry.rotations for shift in _shifts(rotation))),
        closed=closed,
        half_days=half_days(named, span, closed),
        added=(*(_window(window, entry.zone) for window in entry.added), *_make_up(windows, made_up)),
        replaced_days=frozenset(day for replaced in entry.replaced for day in replaced.dates),
        replaced=tuple(window for replaced in entry.replaced for window in _instead(replaced)),
        first=entry.from_,
        last=entry.until,
        closed_until=span.before if needs_resolving(named) else None,
    )


def _window(entry: WindowEntry, zone: str) -> ShiftWindow:
    rule, last = None, entry.until
    if entry.rrule is not None and entry.anchor is not None:
        rule = RecurrenceRule(entry.rrule.text, entry.anchor)
        last = min(filter(None, (last, last_start(entry.rrule, rule, entry.start, zone))), default=None)
    only = DayRule(
        nth=entry.days.nth if entry.days else frozenset(),
        month_days=entry.month_days.days if entry.month_days else frozenset(),
        nearest=entry.month_days.nearest if entry.month_days else frozenset(),
        months=entry.months or frozenset(),
        first=entry.from_,
        last=last,
        dates=entry.dates or frozenset(),
        rule=rule,
    )
    days = entry.days.plain if entry.days else _EVERY_DAY
    found = _hours(entry, days, only if only != DayRule() else None)
    return found if entry.on_closed is None else replace(found, cut_closed=entry.on_closed is OnClosed.CUT)


def _make_up(windows: Sequence[ShiftWindow], made_up: Mapping[date, Weekday]) -> Iterator[ShiftWindow]:
    """Yield what starts on make-up days: each window on those that stand for one of its weekdays, and only then."""
    for window in windows:
        only = window.only or DayRule()
        weekdays, bounds = _every_week(window, only)
        days = frozenset(
            day
            for day, weekday in made_up.items()
            if weekday in weekdays and not only.holds(day, window.days) and bounds.holds(day, _EVERY_DAY)
        )
        if days:
            yield replace(window, days=_EVERY_DAY, only=DayRule(dates=days), cut_closed=False)


def _every_week(window: ShiftWindow, only: DayRule) -> tuple[frozenset[int], DayRule]:
    """Return the weekdays that a window goes by in every week, none if it does not, and what else bounds it.

    A rule of every week means the same as `days`. Dates, and rules of other kinds, say their days themselves.
    """
    if only.dates or (only.rule is None and window.days == _EVERY_DAY):
        return frozenset(), only
    if only.rule is None:
        return frozenset(window.days), only
    parts = read_parts(only.rule.text).complete(only.rule.anchor)
    others = parts.interval > 1 or parts.positions or parts.month_days
    if parts.frequency not in ("DAILY", "WEEKLY") or others or len(parts.weekdays) == len(Weekday):
        return frozenset(), only
    first = max(filter(None, (only.first, only.rule.anchor)))
    return parts.weekdays, replace(only, rule=None, first=first, months=parts.months)


def _shifts(entry: RotationEntry) -> Iterator[ShiftWindow]:
    """Yield one window for each shift: on the days of the cycle on which any crew works it."""
    for name, hours in entry.shifts.items():
        days = frozenset(
            (day + (crew.later or 0)) % entry.cycle
            for crew in entry.crews.values()
            for day in crew.shifts.get(name, ())
        )
        if days:
            only = DayRule(cycle=Cycle(entry.anchor, entry.cycle, days), first=entry.from_, last=entry.until)
            yield _hours(hours, _EVERY_DAY, only)


def _instead(entry: ReplacedEntry) -> Iterator[ShiftWindow]:
    return (_hours(hours, _EVERY_DAY, DayRule(dates=entry.dates)) for hours in entry.windows)


def _hours(entry: HoursEntry, days: frozenset[Weekday], only: DayRule | None) -> ShiftWindow:
    midnight = datetime.combine(date.min, time())
    begins = datetime.combine(date.min, entry.start) - midnight
    # An end that is not after the start is on the next day; 24:00 is the midnight with which its date ends.
    end_day = int(entry.end <= begins) if entry.end_day is None else entry.end_day
    return ShiftWindow(
        days,
        entry.start,
        (midnight + entry.end % _DAY).time(),
        end_day + entry.end // _DAY,
        only,
        cut_closed=end_day * _DAY + entry.end - begins > _DAY,
    )


def last_start(choice: RuleChoice, rule: RecurrenceRule, start: time, zone: str) -> date | None:
    """Return the last date on which COUNT or UNTIL lets a rule start at a wall time; None if neither bounds it."""
    if choice.times is not None:
        return find_last(rule, choice.times)
    if choice.until is None:
        return None
    day, at, is_utc = choice.until
    if at is None or day.year == date.min.year:  # no schedule begins then, and not every zone has a day before
        return day
    until = datetime.combine(day, at)
    if is_utc:
        until = until.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return until.date() if start <= until.time() else until.date() - _DAY
