"""Windows, schedules and demand: what should run when, also across a change of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.day import MIDNIGHT, a_model, at, shifts

from preheat.domain.calendar.days import DayRule
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.timetable import LOOKAHEAD, find_windows
from preheat.domain.calendar.windows import Window, merge
from preheat.domain.calendar.zones import to_instant
from preheat.domain.demand.demand import BRIDGE_ALLOWANCE, find_demands, look_ahead
from preheat.domain.demand.pieces import STOP_TIME
from preheat.domain.plan.hosted_model import HEAD_START

minutes = st.integers(0, 2_000)
windows = st.tuples(minutes, st.integers(1, 300)).map(
    lambda pair: Window(MIDNIGHT + timedelta(minutes=pair[0]), MIDNIGHT + timedelta(minutes=sum(pair)))
)


@given(st.lists(windows, max_size=12), minutes)
def test_a_union_holds_exactly_the_instants_of_its_windows(several: list[Window], minute: int) -> None:
    instant = MIDNIGHT + timedelta(minutes=minute)
    assert any(instant in window for window in merge(several)) == any(instant in window for window in several)


@given(st.lists(windows, max_size=12), st.integers(0, 60))
def test_the_parts_of_a_union_are_in_order_and_further_apart_than_the_gap(several: list[Window], gap: int) -> None:
    union = merge(several, gap=timedelta(minutes=gap))
    assert all(b.start - a.end > timedelta(minutes=gap) for a, b in pairwise(union))


def test_touching_windows_are_one() -> None:
    assert merge([Window(at("06:00"), at("14:00")), Window(at("14:00"), at("22:00"))]) == [
        Window(at("06:00"), at("22:00"))
    ]


@pytest.mark.parametrize(
    ("start", "end", "why"),
    [
        (at("08:00"), at("08:00"), "empty"),
        (datetime(2026, 11, 23, 8), at("09:00"), "not in UTC"),  # noqa: DTZ001 - naive is what is refused
        (at("08:00").astimezone(ZoneInfo("Europe/Berlin")), at("09:00"), "not in UTC"),
    ],
)
def test_a_window_that_is_none_cannot_exist(start: datetime, end: datetime, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Window(start, end)


@pytest.mark.parametrize(
    ("days", "start", "end", "end_day", "why"),
    [
        (frozenset[Weekday](), time(6), time(14), 0, "at least one weekday"),
        (frozenset({Weekday.MON}), time(14), time(6), 0, "ends before it starts"),
        (frozenset({Weekday.MON}), time(6), time(6), 0, "ends before it starts"),
        (frozenset({Weekday.MON}), time(6), time(6), 32, "0 to 31 midnights"),
    ],
)
def test_a_shift_window_that_is_none_cannot_exist(
    days: frozenset[Weekday], start: time, end: time, end_day: int, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        ShiftWindow(days, start, end, end_day)


BERLIN = ZoneInfo("Europe/Berlin")


# The hard hours of Europe/Berlin in 2026: forward on 29 March at 02:00, back on 25 October at 03:00.
@pytest.mark.parametrize(
    ("window", "day", "start", "end"),
    [
        (
            "02:30-10:00",
            "2026-03-29",
            "2026-03-29T01:00Z",
            "2026-03-29T08:00Z",
        ),  # a start in the gap: first instant after
        ("22:00-02:30", "2026-03-28", "2026-03-28T21:00Z", "2026-03-29T01:00Z"),  # an end in the gap: the same
        ("02:30-10:00", "2026-10-25", "2026-10-25T00:30Z", "2026-10-25T09:00Z"),  # an ambiguous start: the first
        ("22:00-02:30", "2026-10-24", "2026-10-24T20:00Z", "2026-10-25T01:30Z"),  # an ambiguous end: the second
        ("22:00-06:00", "2026-10-24", "2026-10-24T20:00Z", "2026-10-25T05:00Z"),  # across the fold: one longer run
        ("06:00-14:00", "2026-11-23", "2026-11-23T05:00Z", "2026-11-23T13:00Z"),
    ],
)
def test_a_shift_across_a_clock_change_is_never_left_uncovered(window: str, day: str, start: str, end: str) -> None:
    local_day = datetime.fromisoformat(day).replace(tzinfo=BERLIN)
    midnight = local_day.astimezone(UTC)
    found = [
        each
        for each in find_windows(shifts(window, zone="Europe/Berlin"), midnight, midnight + timedelta(days=1))
        if each.start.astimezone(BERLIN).date() == local_day.date()
    ]
    assert Window(datetime.fromisoformat(start), datetime.fromisoformat(end)) in found


def test_a_window_swallowed_by_the_gap_is_left_out() -> None:
    day = datetime(2026, 3, 29, tzinfo=UTC)
    found = [
        each.start for each in find_windows(shifts("02:10-02:50", zone="Europe/Berlin"), day, day + timedelta(hours=12))
    ]
    assert found == []


def test_a_half_hour_change_is_a_change_too() -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # forward by 30 minutes on 4 October 2026 at 02:00
    assert to_instant(datetime(2026, 10, 4, 2, 15), lord_howe, fold=0) == datetime(2026, 10, 3, 15, 30, tzinfo=UTC)  # noqa: DTZ001 - a wall time


@given(st.integers(0, 12 * 366 * 24 * 60), st.sampled_from(["Europe/Berlin", "America/New_York"]))
def test_a_wall_time_comes_back_as_itself_or_as_the_first_that_is_valid(minute: int, zone: str) -> None:
    wall = datetime(2024, 1, 1) + timedelta(minutes=minute)  # noqa: DTZ001 - a wall time
    back = to_instant(wall, ZoneInfo(zone), fold=0).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    assert timedelta() <= back - wall < timedelta(hours=1)


def test_demand_is_ready_at_its_begin_and_started_a_lead_and_a_slack_before() -> None:
    (demand,) = find_demands(a_model("08:00-16:00", lead="30m", slack="2m"), at("00:00"), at("23:00"))
    assert (demand.begin, demand.ready_at, demand.start_at) == (at("08:00"), at("08:00"), at("07:28"))


def test_a_demand_announced_too_late_is_ready_a_lead_and_a_slack_after_its_announcement() -> None:
    (demand,) = find_demands(a_model("08:00-16:00", announced_at=at("07:55")), at("00:00"), at("23:00"))
    assert (demand.ready_at, demand.start_at) == (at("08:27"), at("07:55"))


def test_a_gap_of_exactly_what_a_restart_costs_is_bridged_and_a_longer_one_is_not() -> None:
    lead = timedelta(minutes=30)
    cost = lead + STOP_TIME + BRIDGE_ALLOWANCE
    assert cost == timedelta(minutes=40)
    assert len(find_demands(a_model("06:00-14:00", "14:40-22:00"), at("00:00"), at("23:00"))) == 1
    assert len(find_demands(a_model("06:00-14:00", "14:41-22:00"), at("00:00"), at("23:00"))) == 2


def test_a_gap_that_is_longer_by_a_head_start_is_bridged_where_requests_may_ask_for_units() -> None:
    plain, raised = (a_model("06:00-14:00", "14:42-22:00", max_units_by_request=cap) for cap in (None, 5))
    assert timedelta(minutes=2) < HEAD_START
    assert len(find_demands(plain, at("00:00"), at("23:00"))) == 2
    assert len(find_demands(raised, at("00:00"), at("23:00"))) == 1


def test_the_outlook_is_half_open_and_names_the_next_edge() -> None:
    model = a_model("08:00-16:00")
    assert look_ahead(model, at("07:27:59")).current is None
    assert look_ahead(model, at("07:27:59")).next_edge == at("07:28")
    assert look_ahead(model, at("07:28")).current is not None
    assert look_ahead(model, at("07:28")).next_edge == at("08:00")
    assert look_ahead(model, at("07:28")).edge_after == at("16:00")
    assert look_ahead(model, at("07:27:59")).edge_after == at("08:00")
    assert look_ahead(model, at("08:00")).next_edge == at("16:00")
    assert look_ahead(model, at("16:00")).current is None
    assert look_ahead(model, at("16:00")).next_edge == at("07:28", day=1)


def test_three_shifts_are_one_demand_without_end() -> None:
    model = a_model("06:00-14:00", "14:00-22:00", "22:00-06:00")
    (demand,) = find_demands(model, at("00:00"), at("00:00", day=2))
    assert demand.end >= at("06:00", day=2)


def test_no_schedule_is_no_demand() -> None:
    assert look_ahead(a_model(), at("08:00")).next_edge is None


def only_on(day: date) -> Schedule:
    window = ShiftWindow(frozenset(Weekday), time(8), time(16), 0, DayRule(dates=frozenset({day})))
    return Schedule("once", "UTC", (window,))


def test_the_next_demand_is_seen_however_far_ahead_within_the_calendars() -> None:
    model = a_model(schedules=(only_on(date(2027, 9, 1)),))
    seen = look_ahead(model, at("08:00"))
    assert seen.current is None
    assert seen.upcoming is not None
    assert seen.upcoming.begin == datetime(2027, 9, 1, 8, tzinfo=UTC)
    assert seen.next_edge == seen.upcoming.start_at


def test_a_model_whose_windows_are_all_behind_is_checked_again_when_what_was_searched_ends() -> None:
    for day in (date(2026, 1, 1), date(2040, 1, 1)):
        seen = look_ahead(a_model(schedules=(only_on(day),)), at("08:00"))
        assert (seen.current, seen.upcoming, seen.next_edge) == (None, None, at("08:00") + LOOKAHEAD)


def test_a_demand_is_named_after_the_schedule_that_opens_it() -> None:
    night = Schedule("night", "UTC", (ShiftWindow(frozenset(Weekday), time(16), time(20)),))
    model = a_model("08:00-16:00")
    model = a_model(schedules=(night, *model.schedules))
    (demand,) = find_demands(model, at("00:00"), at("23:00"))
    assert (demand.schedule, demand.end) == ("early", at("20:00"))
