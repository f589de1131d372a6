"""A slow reference for the engine: every minute of a few days, one after the other, with no arithmetic on offsets.

It finds the dates of a window's starts by walking the calendar, and the meaning of a wall time by the minutes that show
it.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from preheat.domain.calendar.days import DayRule, Weekday
from preheat.domain.calendar.schedule import Schedule, ShiftWindow

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
BEFORE, AFTER = 6, 8  # days around the middle whose minutes it reads
LONGEST = 3  # midnights that a window of these tests spans at the most


@lru_cache(maxsize=64)
def clock(zone: str, middle: date) -> dict[datetime, tuple[int, int]]:
    """Return, for each wall time that the zone's clock shows, the first and the last minute at which it does."""
    shown: dict[datetime, tuple[int, int]] = {}
    at = begins(middle)
    for minute in range((BEFORE + AFTER) * 1440):
        wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        shown[wall] = (shown.get(wall, (minute, minute))[0], minute)
        at += MINUTE
    return shown


def begins(middle: date) -> datetime:
    """Return the instant of minute 0."""
    return datetime.combine(middle, time(), UTC) - BEFORE * DAY


def minutes(schedules: tuple[Schedule, ...], middle: date) -> bytearray:
    """Return for every minute whether any schedule wants something; only the middle three days are complete."""
    wanted = bytearray((BEFORE + AFTER) * 1440)
    for schedule in schedules:
        shown = clock(schedule.zone, middle)
        day = middle - 5 * DAY
        while day <= middle + 3 * DAY:
            for window, recurs in _on(schedule, day):
                start = _minute(shown, datetime.combine(day, window.start), last=False)
                end = _minute(shown, datetime.combine(day + window.end_day * DAY, window.end), last=True)
                cut = _cut(schedule, day, window, shown) if recurs else set()
                for minute in range(start, end):
                    if minute not in cut:
                        wanted[minute] = 1
            day += DAY
    return wanted


def _minute(shown: dict[datetime, tuple[int, int]], wall: datetime, *, last: bool) -> int:
    while wall not in shown:  # In the gap: the first that shows again.
        wall += MINUTE
        if wall in shown:
            return shown[wall][0]
    return shown[wall][1 if last else 0]


def _cut(schedule: Schedule, day: date, window: ShiftWindow, shown: dict[datetime, tuple[int, int]]) -> set[int]:
    """Return the minutes at which a recurring window that starts on a date is closed."""
    half_days = {each.day: each.until for each in schedule.half_days}
    found: set[int] = set()
    if not window.cut_closed:
        if day in half_days:
            found.update(range(_minute(shown, datetime.combine(day, half_days[day]), last=False), len(shown) * 2))
        return found
    for passed in range(window.end_day + 1):
        at = day + passed * DAY
        since = time() if at in schedule.closed else half_days.get(at)
        if since is not None:
            begin = _minute(shown, datetime.combine(at, since), last=False)
            found.update(range(begin, _minute(shown, datetime.combine(at + DAY, time()), last=False)))
    return found


def _on(schedule: Schedule, day: date) -> list[tuple[ShiftWindow, bool]]:
    """Return the windows that start on a date, and whether each recurs."""
    if schedule.first is not None and day < schedule.first:
        return []
    if schedule.last is not None and day > schedule.last:
        return []
    if day in schedule.replaced_days:
        return [(window, False) for window in schedule.replaced if starts(window, day)]
    recurring = [
        (window, True)
        for window in schedule.shift_windows
        if starts(window, day) and (window.cut_closed or day not in schedule.closed)
    ]
    return recurring + [(window, False) for window in schedule.added if starts(window, day)]


def starts(window: ShiftWindow, day: date) -> bool:
    """Return whether a window starts on a date, by walking its month."""
    only = window.only or DayRule()
    month = [date(day.year, day.month, one) for one in range(1, calendar.monthrange(day.year, day.month)[1] + 1)]
    by_weekday = {weekday: [one for one in month if one.weekday() == weekday] for weekday in Weekday}
    chosen = {one for weekday in window.days for one in by_weekday[weekday]}
    for each in only.nth:
        some = by_weekday[each.day]
        chosen |= {some[-1]} if each.nth == -1 else set(some[each.nth - 1 : each.nth])
    if only.month_days or only.nearest:
        chosen &= {month[-1] if one == -1 else month[one - 1] for one in only.month_days if one <= len(month)} | {
            _nearest(month, len(month) if one == -1 else one) for one in only.nearest if one <= len(month)
        }
    if only.months:
        chosen = {one for one in chosen if one.month in only.months}
    if only.dates:
        chosen &= only.dates
    if only.cycle is not None:
        chosen = {
            one
            for one in chosen
            if any((one - only.cycle.anchor - number * DAY).days % only.cycle.length == 0 for number in only.cycle.days)
        }
    if only.rule is not None:
        rule = rrulestr(only.rule.text, dtstart=datetime.combine(only.rule.anchor, time()))
        chosen &= {at.date() for at in rule.between(_midnight(month[0]) - DAY, _midnight(month[-1]), inc=True)}
    first, last = only.first or date.min, only.last or date.max
    return day in chosen and first <= day <= last


def _nearest(month: list[date], number: int) -> date:
    working = [one for one in month if one.weekday() < Weekday.SAT]
    # Of two at the same distance (there are none: a weekend is two days long) the earlier.
    return min(working, key=lambda one: (abs(one.day - number), one))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())
