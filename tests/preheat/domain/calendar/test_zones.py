"""The clock-change contract on every zone and every change from 2024 to 2035, by the pinned rules."""

import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from preheat.domain.calendar.days import DayRule
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.timetable import find_windows
from preheat.domain.calendar.windows import Window
from preheat.domain.calendar.zones import find_instant, to_instant, to_microseconds

FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ZONES = sorted(available_timezones())


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """Return the instants at which a zone's offset changes, from a look at every day."""
    info, found, at = ZoneInfo(zone), [], FIRST
    before = at.astimezone(info).utcoffset()
    while at < LAST:
        low, at = at, at + DAY
        after = at.astimezone(info).utcoffset()
        if after != before:
            high = at
            while high - low > MINUTE:
                middle = low + (high - low) / 2
                middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
                middle = max(middle, low + MINUTE)
                low, high = (middle, high) if middle.astimezone(info).utcoffset() == before else (low, middle)
            found.append(high)
            before = after
    return tuple(found)


def wall(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def list_windows(zone: str, start: datetime, end: datetime) -> list[Window]:
    """Return what a schedule makes of one window, given by its wall times."""
    only = DayRule(dates=frozenset({start.date()}))
    shift = ShiftWindow(frozenset(Weekday), start.time(), end.time(), (end.date() - start.date()).days, only)
    around = start.replace(tzinfo=UTC)
    return list(find_windows(Schedule("s", zone, (shift,)), around - 3 * DAY, around + 4 * DAY))


def cases(zone: str, at: datetime) -> Iterator[tuple[datetime, datetime, datetime | None, datetime | None]]:
    """Yield wall start, wall end and the instants they mean (None: nothing remains), around one change."""
    last_before, first_after = wall(at - MINUTE, zone) + MINUTE, wall(at, zone)
    jump = first_after - last_before
    early, late = last_before - 5 * HOUR, max(first_after, last_before) + 5 * HOUR
    early_at, late_at = at - 5 * HOUR, at + (late - first_after)
    yield early, late, early_at, late_at  # across
    yield early, last_before - 3 * HOUR, early_at, at - 3 * HOUR  # before
    yield late, late + HOUR, late_at, late_at + HOUR  # after
    if jump > timedelta():
        for inside in (last_before, last_before + jump / 2, first_after - MINUTE):
            yield inside, late, at, late_at  # a start in the gap: the first valid instant after it
            yield early, inside, early_at, at  # an end in the gap: the same
        yield last_before, first_after - MINUTE, None, None  # all of it in the gap: nothing
        yield last_before - HOUR, first_after + HOUR, at - HOUR, at + HOUR
    else:
        for inside in (first_after, first_after - jump / 2, last_before - MINUTE):
            first, second = at + jump + (inside - first_after), at + (inside - first_after)
            yield inside, late, first, late_at  # an ambiguous start: its first occurrence
            yield early, inside, early_at, second  # an ambiguous end: its second
            before, after = inside - MINUTE, inside + MINUTE  # times outside the fold show once
            yield before, after, at + jump + (before - first_after), at + (after - first_after)
        yield first_after, last_before - MINUTE, at + jump, at - jump - MINUTE  # all of it in the fold: both times


def test_every_change_of_every_zone_keeps_the_contract() -> None:
    seen = {1: 0, -1: 0}
    held: set[tuple[tuple[timedelta | None, ...], tuple[datetime, ...]]] = set()
    for zone in ZONES:
        offsets = tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in (FIRST, *changes(zone)))
        for at in changes(zone):
            seen[1 if wall(at, zone) > wall(at - MINUTE, zone) + MINUTE else -1] += 1
        # Two zones with the same offsets at every instant of these years are one for the engine, whatever their names.
        for at in changes(zone) if (offsets, changes(zone)) not in held else ():
            for start, end, begins, ends in cases(zone, at):
                expected = [] if begins is None or ends is None else [Window(begins, ends)]
                assert list_windows(zone, start, end) == expected, f"{zone} at {at}: {start} to {end}"
        held.add((offsets, changes(zone)))
    assert min(seen.values()) > 2_000, f"too few changes were found: {seen}"


def test_the_changes_include_half_hours_and_two_hours() -> None:
    jumps = {
        abs(wall(at, zone) - wall(at - MINUTE, zone) - MINUTE)
        for zone in ("Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll")
        for at in changes(zone)
    }
    assert jumps == {30 * MINUTE, HOUR, 2 * HOUR}


@pytest.mark.parametrize(
    ("zone", "skipped", "change"),
    [
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Fakaofo", date(2011, 12, 30), datetime(2011, 12, 30, 11, tzinfo=UTC)),
        ("Pacific/Kwajalein", date(1993, 8, 21), datetime(1993, 8, 21, 12, tzinfo=UTC)),
        ("Pacific/Kiritimati", date(1994, 12, 31), datetime(1994, 12, 31, 10, 0, tzinfo=UTC)),
    ],
)
def test_a_date_that_a_zone_skips_has_no_shift_and_ends_those_that_reach_into_it(
    zone: str, skipped: date, change: datetime
) -> None:
    day = datetime.combine(skipped, datetime.min.time())
    assert list_windows(zone, day + 6 * HOUR, day + 14 * HOUR) == []
    assert list_windows(zone, day, day + DAY - MINUTE) == []
    (night,) = list_windows(zone, day - 2 * HOUR, day + 6 * HOUR)
    assert (night.start, night.end) == (change - 2 * HOUR, change)
    (over,) = list_windows(zone, day - 2 * HOUR, day + DAY + 6 * HOUR)
    assert (over.start, over.end) == (change - 2 * HOUR, change + 6 * HOUR)
    (begins,) = list_windows(zone, day + 22 * HOUR, day + DAY + 6 * HOUR)
    assert (begins.start, begins.end) == (change, change + 6 * HOUR)


def test_the_quick_way_says_what_the_careful_way_says_on_every_hour_of_the_hardest_zones() -> None:
    for zone in ("Africa/Casablanca", "America/Havana", "Antarctica/Troll", "Australia/Lord_Howe", "Europe/Dublin"):
        info, at = ZoneInfo(zone), datetime(2026, 1, 1)  # noqa: DTZ001 - a wall time
        while at.year == 2026:
            for fold in (0, 1):
                quick = find_instant(at.date(), at.time(), zone, fold=fold)
                assert quick == to_microseconds(to_instant(at, info, fold=fold)), f"{zone} {at}"
            at += HOUR


def transitions(zone: str) -> list[tuple[int, int]]:
    """Return the changes of a zone as its packaged file has them: when, in seconds, and the offset from then on."""
    data = files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()
    header = struct.Struct(">4s1s15x6l")
    _, _, utc, std, leaps, times, types, letters = header.unpack_from(data)
    second = header.size + times * 5 + types * 6 + letters + leaps * 8 + std + utc  # the part in 64 bits
    _, _, _, _, _, times, types, _ = header.unpack_from(data, second)
    at = second + header.size
    instants = struct.unpack_from(f">{times}q", data, at)
    kinds = struct.unpack_from(f">{times}B", data, at + 8 * times)
    offsets = [struct.unpack_from(">lBB", data, at + 9 * times + 6 * kind)[0] for kind in range(types)]
    return [(when, offsets[kind]) for when, kind in zip(instants, kinds, strict=True)]


def test_no_zone_changes_its_clock_twice_within_two_days() -> None:
    """The base of the quick way: it reads midnight and noon of each date."""
    seen = 0
    for zone in ZONES:
        moved = [(when, to) for (_, was), (when, to) in pairwise(transitions(zone)) if was != to]
        for (one, _), (other, _) in pairwise(moved):
            seen += 1
            assert one < 0 or other - one > 2 * 86_400, f"{zone}: {one} and {other}"
    assert seen > 10_000
