"""When a schedule wants something: the intervals in a range, one instant's answer, and the next edge, asked directly.

Evaluates month by month and keeps what it found, within bounds. Total: it answers for every valid schedule, in every
known zone; dates before 1900 and after 9000 hold nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from preheat.domain.calendar.schedule import Schedule, ShiftWindow
from preheat.domain.calendar.windows import Window
from preheat.domain.calendar.zones import FIRST_DAY, LAST_DAY, find_instant, from_microseconds, to_microseconds

type Span = tuple[int, int]  # [start, end) in microseconds since 1970

LOOKAHEAD: Final = timedelta(days=800)  # the calendars reach 24 months; what is further off can wait for another look
HORIZON_LEAST: Final = timedelta(days=90)  # of holidays ahead; fewer are an alarm
_MONTHS_KEPT: Final = 2_048
_FIRST_MONTH: Final = FIRST_DAY.year * 12
_LAST_MONTH: Final = LAST_DAY.year * 12 + 11
_FIRST: Final = to_microseconds(datetime.combine(FIRST_DAY, time(), UTC))
_LAST: Final = to_microseconds(datetime.combine(LAST_DAY, time(), UTC))
_DAY: Final = timedelta(days=1)


class ScheduleError(Exception):
    """A schedule cannot be evaluated here; the message names it and why. Only its own models suffer."""


def find_windows(schedule: Schedule, after: datetime, before: datetime) -> Iterator[Window]:
    """Yield the windows of a schedule that overlap [after, before), unmerged, whole, by the date of their start.

    Raises:
        ScheduleError: its time zone is not known here.
    """
    for start, end in _find_overlapping(schedule, to_microseconds(after), to_microseconds(before)):
        yield Window(from_microseconds(start), from_microseconds(end))


def find_intervals(schedules: Sequence[Schedule], after: datetime, before: datetime) -> list[Window]:
    """Return when any of `schedules` wants something in [after, before): in order, merged, clipped to the range.

    Raises:
        ScheduleError: a time zone is not known here.
    """
    return [
        Window(from_microseconds(start), from_microseconds(end)) for start, end in find_spans(schedules, after, before)
    ]


def find_spans(schedules: Sequence[Schedule], after: datetime, before: datetime) -> list[Span]:
    """Return the same as `find_intervals`, as spans, for callers that need very many of them."""
    low, high = to_microseconds(after), to_microseconds(before)
    several = (span for schedule in schedules for span in _find_overlapping(schedule, low, high))
    return [(max(start, low), min(end, high)) for start, end in _unite(several)]


def is_wanted(schedules: tuple[Schedule, ...], at: datetime) -> bool:
    """Return whether any of `schedules` wants something at the aware instant `at`.

    Raises:
        ScheduleError: a time zone is not known here.
    """
    now = to_microseconds(at)
    if not _FIRST <= now < _LAST:
        return False
    at = at.astimezone(UTC)
    before, edges = _find_edges(schedules, at.year * 12 + at.month - 1)
    return before ^ (bisect_right(edges, now) & 1 == 1)


def find_next_edge(schedules: tuple[Schedule, ...], at: datetime, *, within: timedelta = LOOKAHEAD) -> datetime | None:
    """Return the next instant after `at` at which the answer of `is_wanted` changes; None if none comes `within`.

    Raises:
        ScheduleError: a time zone is not known here.
    """
    now = to_microseconds(at)
    until = min(now + within // timedelta(microseconds=1), _LAST - 1)
    month = _find_month(now, 0)
    while _find_begin(month) <= until:
        _, edges = _find_edges(schedules, month)
        index = bisect_right(edges, now)
        if index < len(edges):
            return from_microseconds(edges[index]) if edges[index] <= until else None
        month += 1
    return None


def find_closed_until(schedules: Sequence[Schedule]) -> date | None:
    """Return the date from which some of `schedules` no longer know their holidays; None if none has any."""
    return min((each.closed_until for each in schedules if each.closed_until is not None), default=None)


def runs_short(known_until: date | None, now: datetime) -> bool:
    """Return whether resolved holidays end within 90 days: it is time to apply the plan again."""
    return known_until is not None and known_until - now.date() < HORIZON_LEAST


def _unite(several: Iterable[Span]) -> list[Span]:
    """Return the union of spans in order; those that touch are one."""
    found: list[Span] = []
    first = last = None
    for start, end in sorted(several):
        if first is None or last is None:
            first, last = start, end
        elif start <= last:
            last = max(last, end)
        else:
            found.append((first, last))
            first, last = start, end
    if first is not None and last is not None:
        found.append((first, last))
    return found


def _find_overlapping(schedule: Schedule, after: int, before: int) -> Iterator[Span]:
    """Yield spans that overlap [after, before). A local date and its instants lie at most a day and a bit apart."""
    if before <= after:
        return
    reach = schedule.longest + 2
    low = max(_find_month(after, -reach), _FIRST_MONTH)
    high = min(_find_month(before, 2), _LAST_MONTH)
    for month in range(low, high + 1):
        found = _find_starting(schedule, month)
        for index in range(bisect_left(found, (before,))):
            if found[index][1] > after:
                yield found[index]


@lru_cache(maxsize=_MONTHS_KEPT)
def _find_starting(schedule: Schedule, month: int) -> tuple[Span, ...]:
    """Return the spans of the windows that start in a month of local dates (year x 12 + month - 1), in order.

    It omits a window that the spring gap swallows.
    """
    try:
        ZoneInfo(schedule.zone)
    except (KeyError, ValueError, OSError) as error:  # no such key, no key, or a path that is no file
        raise ScheduleError(
            f"schedule {schedule.name}: time zone {schedule.zone!r} is not available here: {error}"
        ) from error
    found: list[Span] = []
    is_cut = bool(schedule.closed or schedule.half_days)
    first, following = date(month // 12, month % 12 + 1, 1), date((month + 1) // 12, (month + 1) % 12 + 1, 1)
    days = [first + number * _DAY for number in range((following - first).days)]
    try:
        for day, window, recurs in schedule.find_starts(days):
            start = find_instant(day, window.start, schedule.zone, fold=0)
            last = day + window.end_day * _DAY if window.end_day else day
            end = find_instant(last, window.end, schedule.zone, fold=1)
            if start < end:
                found += _open(schedule, day, window, (start, end)) if recurs and is_cut else [(start, end)]
    except (ArithmeticError, LookupError, ValueError) as error:  # No case is known; the library of rules may have one.
        raise ScheduleError(f"schedule {schedule.name} cannot be evaluated in {first:%Y-%m}: {error!r}") from error
    return tuple(sorted(found))


def _open(schedule: Schedule, day: date, window: ShiftWindow, span: Span) -> Iterator[Span]:
    """Yield what closed dates and half days leave of a recurring window that starts on `day`."""
    start, end = span
    for closed, since, again in schedule.find_closures(day, window):
        low = find_instant(closed, since, schedule.zone, fold=0)
        if start < min(low, end):
            yield start, min(low, end)
        start = max(start, end if again is None else find_instant(again, time(), schedule.zone, fold=0))
    if start < end:
        yield start, end


@lru_cache(maxsize=_MONTHS_KEPT)
def _find_edges(schedules: tuple[Schedule, ...], month: int) -> tuple[bool, tuple[int, ...]]:
    """Return the demand just before a month of UTC begins, and every instant of the month at which it changes."""
    begins, ends = _find_begin(month), _find_begin(month + 1)
    # One microsecond wider on the left, so that a window which ends as the month begins shows its edge.
    found = _unite(span for each in schedules for span in _find_overlapping(each, begins - 1, ends))
    before = bool(found) and found[0][0] < begins <= found[0][1]
    return before, tuple(edge for span in found for edge in span if begins <= edge < ends)


@lru_cache(maxsize=_MONTHS_KEPT)
def _find_begin(month: int) -> int:
    return to_microseconds(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))


def _find_month(at: int, days: int) -> int:
    """Return the month of UTC that holds an instant moved by some days."""
    moved = from_microseconds(min(max(at, _FIRST), _LAST)) + days * _DAY
    return moved.year * 12 + moved.month - 1
