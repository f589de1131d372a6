"""Starts and stops of one thing, made into shift windows: each start runs to the next stop.

Owns how a start finds its stop and the message about one that has none. Knows no file format.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from preheat_plantfile.importing.cron import LAST, Days
from preheat_plantfile.importing.hours import DAY, Hours, hours_of
from preheat_plantfile.importing.report import ImportReport
from preheat_plantfile.importing.rules import spans_of
from preheat_plantfile.writing import Fields, PlantText, ScheduleText, Value, plain_name

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class ActionKind(StrEnum):
    """The effect of an action."""

    START = "start"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """One start or stop of a thing at a time on some dates of a zone, in force between two dates (within)."""

    thing: str
    kind: ActionKind
    days: Days
    at: time
    zone: str
    where: str  # for the report
    first: date | None = None
    last: date | None = None
    group: str = ""  # only actions of one group belong together


def plant_of(actions: Sequence[ScheduledAction], report: ImportReport) -> PlantText:
    """Return the plant of some actions, a model for each thing; the report hears what finds no partner."""
    things: dict[str, list[ScheduledAction]] = defaultdict(list)
    for action in actions:
        things[action.thing].append(action)
    schedules: dict[str, ScheduleText] = {}
    models: dict[str, list[str]] = {}
    for thing, some in things.items():
        model = plain_name(thing, models)
        for zone in dict.fromkeys(action.zone for action in some):
            here = [action for action in some if action.zone == zone]
            windows: list[Fields] = []
            for group in dict.fromkeys(action.group for action in here):
                others = sorted(
                    {each.zone for each in some if each.kind is ActionKind.STOP and each.group == group} - {zone}
                )
                found = _windows([action for action in here if action.group == group], others, report)
                windows += [each for each in found if each not in windows]
            if windows:
                name = plain_name(model, schedules)
                schedules[name] = ScheduleText(zone, windows, notes=[thing])
                models.setdefault(model, []).append(name)
    return PlantText(schedules, models)


def _windows(actions: Sequence[ScheduledAction], others: Sequence[str], report: ImportReport) -> list[Fields]:
    """Return the windows of actions in one zone; `others` are the zones of further stops, for the report."""
    starts = [action for action in actions if action.kind is ActionKind.START]
    stops = [action for action in actions if action.kind is ActionKind.STOP]
    used: set[str] = set()
    found: list[Fields] = []
    for start in starts:
        windows = list(_from(start, stops, used))
        if windows:
            used.add(start.where)
            found += [each for each in windows if each not in found]
        else:
            elsewhere = f"; its stops are in another zone, {', '.join(others)}" if others else ""
            report.lose(f"{start.where}: no stop of {start.thing} follows this start on the same days{elsewhere}")
    for where in dict.fromkeys(action.where for action in stops):
        if where not in used:
            report.lose(f"{where}: no start of it comes before this stop on the same days")
    report.kept += len(used)
    return found


def _from(start: ScheduledAction, stops: Sequence[ScheduledAction], used: set[str]) -> Iterator[Fields]:
    """Yield the windows from a start to the stop that follows it; by weekday, a different one may follow."""
    if start.days.dates:
        yield from _once(start, stops, used)
        return
    if not start.days.is_weekly:
        same = [stop for stop in stops if stop.days == start.days and stop.at > start.at]
        if same:
            stop = min(same, key=lambda each: each.at)
            used.add(stop.where)
            yield _window(start, start.days, hours_of(start.at, stop.at, 0))
        return
    by_hours: dict[Hours, set[int]] = defaultdict(set)
    for weekday in start.days.weekdays or range(7):
        following = _following(start, weekday, stops)
        if following is not None:
            hours, stop = following
            used.add(stop.where)
            by_hours[hours].add(weekday)
    for hours, weekdays in by_hours.items():
        yield _window(start, replace(start.days, weekdays=frozenset(weekdays)), hours)


def _following(
    start: ScheduledAction, weekday: int, stops: Sequence[ScheduledAction]
) -> tuple[Hours, ScheduledAction] | None:
    """Return the hours from a start on a weekday to the first stop after it, within a week."""
    found: list[tuple[int, time, ScheduledAction]] = []
    for stop in stops:
        if not stop.days.is_weekly or stop.days.months != start.days.months or stop.days.years != start.days.years:
            continue
        for later in range(8):
            if (weekday + later) % 7 in (stop.days.weekdays or range(7)) and (later, stop.at) > (0, start.at):
                found.append((later, stop.at, stop))
                break
    if not found:
        return None
    later, at, stop = min(found, key=lambda each: each[:2])
    return hours_of(start.at, at, later), stop


def _once(start: ScheduledAction, stops: Sequence[ScheduledAction], used: set[str]) -> Iterator[Fields]:
    for day in sorted(start.days.dates):
        begin = datetime.combine(day, start.at)
        ends = [
            (datetime.combine(each, stop.at), stop.where)
            for stop in stops
            for each in stop.days.dates
            if timedelta() < datetime.combine(each, stop.at) - begin <= 31 * DAY
        ]
        if ends:
            over, where = min(ends)
            used.add(where)
            yield {"dates": [str(day)], **hours_of(start.at, over.time(), (over.date() - day).days).fields()}


def _window(start: ScheduledAction, days: Days, hours: Hours) -> Fields:
    fields: dict[str, Value] = {}
    if days.weekdays or days.nth:
        plain = spans_of(days.weekdays, _WEEKDAYS) if days.weekdays else []
        listed = [*(plain if isinstance(plain, list) else [plain])]
        listed += [f"{_WEEKDAYS[day]}#{'last' if nth == LAST else nth}" for day, nth in sorted(days.nth)]
        fields["days"] = listed[0] if len(listed) == 1 else listed
    if days.month_days or days.nearest:
        chosen: list[str | int] = [*sorted(days.month_days - {LAST}), *(["last"] if LAST in days.month_days else [])]
        chosen += ["lastw" if day == LAST else f"{day}w" for day in sorted(days.nearest)]
        fields["month_days"] = chosen[0] if len(chosen) == 1 else chosen
    if days.months:
        fields["months"] = spans_of(frozenset(month - 1 for month in days.months), _MONTHS)
    if not fields:
        fields["days"] = "daily"
    first, last = days.bounds(start.first, start.last)
    bounds: dict[str, Value] = {}
    if first is not None:
        bounds["from"] = str(first)
    if last is not None:
        bounds["until"] = str(last)
    return {**fields, **bounds, **hours.fields()}
