"""The engine against a slow reference, minute by minute; and the interval algebra under it.

SCHEDULES=100000 asks for more schedules than a check has time for: `make schedules`.
"""

import os
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.preheat.domain.calendar import reference
from tests.preheat.domain.calendar.schedules import hard_schedules
from tests.support.effort import take_part

from preheat.domain.calendar.days import DayRule
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.timetable import (
    LOOKAHEAD,
    ScheduleError,
    find_intervals,
    find_next_edge,
    find_windows,
    is_wanted,
    runs_short,
)
from preheat.domain.calendar.windows import Window, merge

SCHEDULES = int(os.environ.get("SCHEDULES", take_part(2000)))
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


# A schedule comes from a seed and not field by field: that gives five times as many in the same time.
@settings(max_examples=SCHEDULES, deadline=None)
@given(st.integers(0, 2**48))
def test_the_engine_says_of_every_minute_what_the_slow_reference_says(seed: int) -> None:
    middle, schedules = hard_schedules(seed)
    slow = reference.minutes(schedules, middle)
    first, origin = (reference.BEFORE - 1) * 1440, reference.begins(middle)
    begins, ends = origin + first * MINUTE, origin + (first + 3 * 1440) * MINUTE
    slow = slow[first : first + 3 * 1440]

    found = find_intervals(schedules, begins, ends)
    painted = bytearray(3 * 1440)
    for window in found:
        low, high = ((at - begins) // MINUTE for at in (window.start, window.end))
        painted[low:high] = b"\1" * (high - low)
    assert painted == slow
    assert all(one.end < other.start for one, other in pairwise(found)), "they touch"

    asked = (seed * number % (3 * 1440) for number in (3, 5, 7))
    changes = [minute for minute in range(1, 3 * 1440) if slow[minute] != slow[minute - 1]]
    for minute in {*asked, *changes, *(change - 1 for change in changes)}:
        at = begins + minute * MINUTE
        assert is_wanted(schedules, at) == bool(slow[minute])
        assert is_wanted(schedules, at + 59 * timedelta(seconds=1)) == bool(slow[minute])
        coming = next((change for change in changes if change > minute), None)
        edge = find_next_edge(schedules, at)
        if coming is not None:
            assert edge == begins + coming * MINUTE
        else:
            assert edge is None or edge >= ends


minutes = st.integers(0, 2_000)
spans = st.tuples(minutes, st.integers(1, 300)).map(
    lambda pair: Window(*(datetime(2026, 1, 1, tzinfo=UTC) + each * MINUTE for each in (pair[0], sum(pair))))
)


@given(st.lists(spans, max_size=12), st.integers(0, 60))
def test_a_union_of_a_union_is_itself_and_order_does_not_matter(several: list[Window], gap: int) -> None:
    once = merge(several, gap=gap * MINUTE)
    assert merge(once, gap=gap * MINUTE) == once == merge(reversed(several), gap=gap * MINUTE)


@given(st.lists(spans, max_size=8), st.lists(spans, max_size=8))
def test_a_union_may_be_made_in_parts(some: list[Window], others: list[Window]) -> None:
    assert merge([*merge(some), *merge(others)]) == merge([*some, *others])


THREE_SHIFTS = Schedule(
    "body-shop",
    "Europe/Berlin",
    tuple(
        ShiftWindow(frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}, time(start), time(end), int(end < start))
        for start, end in ((6, 14), (14, 22), (22, 6))
    ),
)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_three_shifts_have_no_edge_between_them() -> None:
    assert find_next_edge((THREE_SHIFTS,), NOON) == datetime(2026, 11, 28, 5, tzinfo=UTC)


def test_intervals_are_clipped_to_the_range_and_windows_are_whole() -> None:
    assert find_intervals((THREE_SHIFTS,), NOON, NOON + MINUTE) == [Window(NOON, NOON + MINUTE)]
    assert list(find_windows(THREE_SHIFTS, NOON, NOON + MINUTE)) == [
        Window(datetime(2026, 11, 25, 5, tzinfo=UTC), datetime(2026, 11, 25, 13, tzinfo=UTC))
    ]


@pytest.mark.parametrize("length", [timedelta(), -DAY])
def test_an_empty_range_holds_nothing(length: timedelta) -> None:
    assert (
        find_intervals((THREE_SHIFTS,), NOON, NOON + length)
        == list(find_windows(THREE_SHIFTS, NOON, NOON + length))
        == []
    )


def test_an_edge_on_the_first_instant_of_a_month_is_found() -> None:
    turn = ShiftWindow(frozenset(Weekday), time(20), time(), 1, DayRule(month_days=frozenset({-1})))
    schedule = (Schedule("turn", "UTC", (turn,)),)
    midnight = datetime(2027, 1, 1, tzinfo=UTC)
    assert find_next_edge(schedule, midnight - timedelta(hours=1)) == midnight
    assert not is_wanted(schedule, midnight)
    assert is_wanted(schedule, midnight - timedelta(microseconds=1))


ALWAYS = (Schedule("always", "UTC", (ShiftWindow(frozenset(Weekday), time(), time(), 1),)),)


def test_a_schedule_without_an_edge_says_so_in_bounded_time() -> None:
    assert find_next_edge(ALWAYS, NOON) is None
    assert find_next_edge((), NOON) is None


def test_an_edge_is_found_up_to_the_end_of_the_search_and_not_beyond() -> None:
    day = ShiftWindow(frozenset(Weekday), time(12), time(13), 0, DayRule(dates=frozenset({NOON.date() + LOOKAHEAD})))
    schedule = (Schedule("once", "UTC", (day,)),)
    assert find_next_edge(schedule, NOON) == NOON + LOOKAHEAD
    assert find_next_edge(schedule, NOON - MINUTE) is None


@pytest.mark.parametrize("at", [datetime.min, datetime(1900, 1, 1), datetime(9000, 12, 31), datetime.max])  # noqa: DTZ001, DTZ901  given UTC below
def test_no_instant_is_too_early_or_too_late_to_be_asked_about(at: datetime) -> None:
    at = at.replace(tzinfo=UTC)
    is_wanted(ALWAYS, at)
    find_next_edge(ALWAYS, at)
    assert all(window.end > window.start for window in find_intervals(ALWAYS, at, min(at, NOON) + DAY))


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../../etc/passwd", "a\0b", "x" * 5_000])
def test_a_zone_that_is_not_known_is_an_error_that_names_schedule_and_zone(zone: str) -> None:
    lost = Schedule("lost", zone, THREE_SHIFTS.shift_windows)
    for ask in (
        lambda: is_wanted((lost,), NOON),
        lambda: find_next_edge((lost,), NOON),
        lambda: find_intervals((lost,), NOON, NOON + DAY),
        lambda: list(find_windows(lost, NOON, NOON + DAY)),
    ):
        with pytest.raises(ScheduleError, match=r"schedule lost: time zone .* is not available here"):
            ask()


def test_equal_schedules_share_what_was_evaluated_and_different_ones_of_one_name_do_not() -> None:
    other = Schedule(THREE_SHIFTS.name, THREE_SHIFTS.zone, ())
    assert hash(other) == hash(THREE_SHIFTS)
    assert is_wanted((THREE_SHIFTS,), NOON)
    assert not is_wanted((other,), NOON)


def test_an_error_of_the_library_of_rules_is_a_schedule_that_cannot_be_evaluated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object) -> None:
        raise ValueError("year 10000 is out of range")

    monkeypatch.setattr(Schedule, "find_starts", fails)
    never_seen = Schedule("fails", "UTC", (ShiftWindow(frozenset(Weekday), time(6), time(14)),))
    with pytest.raises(ScheduleError, match=r"schedule fails cannot be evaluated in 2026-1[01]: .*year 10000"):
        is_wanted((never_seen,), datetime(2026, 11, 24, 6, tzinfo=UTC))


def test_holidays_run_short_when_fewer_than_ninety_days_are_known() -> None:
    ahead = {days: runs_short(NOON.date() + days * DAY, NOON) for days in (89, 90)}
    assert ahead == {89: True, 90: False}
    assert not runs_short(None, NOON)


def test_a_closed_day_ends_at_the_first_of_two_midnights() -> None:
    # In Havana the clock went back from 01:00 to 00:00 on Sunday 2024-11-03.
    window = ShiftWindow(frozenset({Weekday.FRI}), time(22), time(6), end_day=2, cut_closed=True)
    schedule = Schedule("weekend", "America/Havana", (window,), closed=frozenset({date(2024, 11, 2)}))
    found = find_intervals((schedule,), datetime(2024, 11, 1, tzinfo=UTC), datetime(2024, 11, 4, tzinfo=UTC))
    assert found == [
        Window(datetime(2024, 11, 2, 2, tzinfo=UTC), datetime(2024, 11, 2, 4, tzinfo=UTC)),
        Window(datetime(2024, 11, 3, 4, tzinfo=UTC), datetime(2024, 11, 3, 11, tzinfo=UTC)),
    ]
