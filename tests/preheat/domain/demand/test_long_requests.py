"""Holds and blocks of 30 days, and those that begin in 90: out of sight for long, and not begun late or forgotten.

A pass sees what ended within HORIZON, and windows HORIZON to either side; the reference sees everything at once. The
passes here come only when the outlook before has asked for them, as those of a model at rest do.
"""

from datetime import datetime, time, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.day import MIDNIGHT, WELD, a_model, at
from tests.support.effort import take_part

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.demand import HORIZON, Demand, find_demands, look_ahead
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ALL_KNOWN = MIDNIGHT - 40 * DAY
SEEN_UNTIL = MIDNIGHT + 130 * DAY  # 90 days to the begin, 30 of length, and what comes after


def every_week(*weekdays: Weekday, start: time = time(6), hours: int = 8) -> Schedule:
    end = datetime.combine(MIDNIGHT, start) + hours * HOUR
    days = (end.date() - MIDNIGHT.date()).days
    return Schedule("shift", "UTC", (ShiftWindow(frozenset(weekdays), start, end.time(), end_day=days),))


PLANS = {
    "no shifts": (),
    "every day": (every_week(*Weekday),),
    "on Mondays": (every_week(Weekday.MON),),
    "around the clock": (every_week(*Weekday, start=time(0), hours=24),),
    "two weeks without end, each week": (every_week(Weekday.MON, hours=14 * 24),),
}


def model_of(plan: str) -> HostedModel:
    return a_model(schedules=PLANS[plan], announced_at=ALL_KNOWN)


def standing(name: str, kind: Kind, begin: float, days: float, priority: int = 50, *, hard: bool = False) -> Standing:
    """Return what begins `begin` days from now and stands for so many, known for long."""
    begins_at = MIDNIGHT + begin * DAY
    one = Standing(RequestId(name), kind, Subject(WELD), "role-1", begins_at, begins_at + days * DAY, ALL_KNOWN)
    return Standing(one.request_id, kind, one.subject, "role-1", one.begin, one.until, ALL_KNOWN, priority, hard=hard)


@st.composite
def several(draw: st.DrawFn) -> tuple[Standing, ...]:
    """Draw up to four holds and blocks, in quarters of days."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        begin, length = draw(st.integers(-35 * 4, 90 * 4)) / 4, draw(st.integers(1, 30 * 4)) / 4
        kind, priority = draw(st.sampled_from(Kind)), draw(st.sampled_from((40, 50)))
        found.append(standing(f"ask-{number}", kind, begin, length, priority, hard=draw(st.booleans())))
    return tuple(found)


def covering(full: list[Demand], now: datetime) -> Demand | None:
    return next((demand for demand in full if now in demand), None)


def first_change(full: list[Demand], now: datetime) -> datetime | None:
    """Return when the answer to `should it be starting or hosted?` changes next."""
    edges = sorted(edge for demand in full for edge in (demand.start_at, demand.end) if edge > now)
    return next(
        (edge for edge in edges if (covering(full, edge) is None) != (covering(full, edge - HOUR / 3600) is None)), None
    )


def test_after_a_block_of_30_days_a_plant_around_the_clock_is_started_ahead_of_its_end() -> None:
    model, asked, now = model_of("around the clock"), BLOCKED_AROUND_THE_CLOCK, MIDNIGHT
    ready_at = at("00:00", day=30)
    seen = look_ahead(model, now, asked)
    assert seen.upcoming is not None
    assert seen.upcoming.ready_at == ready_at
    edges = []
    while now < ready_at:
        edge = look_ahead(model, now, asked).next_edge
        assert edge is not None
        edges.append(now := edge)
    assert ready_at - model.lead - model.slack in edges


def test_nothing_is_announced_that_a_block_of_30_days_covers() -> None:
    seen = look_ahead(model_of("every day"), at("12:00"), (standing("ask-1", Kind.BLOCK, 0, 30),))
    assert seen.upcoming is not None
    assert seen.upcoming.begin == at("06:00", day=30)


def test_a_hold_in_90_days_is_what_comes_next_where_nothing_else_does() -> None:
    seen = look_ahead(model_of("no shifts"), MIDNIGHT, (standing("ask-1", Kind.HOLD, 90, 30),))
    assert seen.upcoming is not None
    assert seen.upcoming.begin == at("00:00", day=90)
    assert seen.next_edge == at("00:00", day=82)


BLOCKED_AROUND_THE_CLOCK = (standing("ask-1", Kind.BLOCK, 0, 30),)


@settings(max_examples=take_part(150), deadline=None)
@given(plan=st.sampled_from(sorted(PLANS)), asked=several())
@example(plan="around the clock", asked=BLOCKED_AROUND_THE_CLOCK)
@example(plan="every day", asked=(standing("ask-1", Kind.BLOCK, 0, 30), standing("ask-2", Kind.HOLD, 90, 30)))
@example(plan="no shifts", asked=(standing("ask-1", Kind.HOLD, -20, 30), standing("ask-2", Kind.BLOCK, -18, 1)))
def test_who_looks_only_when_the_outlook_says_so_begins_and_ends_each_demand_to_the_second(
    plan: str, asked: tuple[Standing, ...]
) -> None:
    model = model_of(plan)
    full = find_demands(model, MIDNIGHT - 60 * DAY, SEEN_UNTIL + 60 * DAY, asked)
    now, looks = MIDNIGHT, 0
    while now < SEEN_UNTIL:
        visible = tuple(one for one in asked if one.end > now - HORIZON)
        seen, truth = look_ahead(model, now, visible), covering(full, now)
        assert (seen.current is None) == (truth is None), now
        if seen.current is not None and truth is not None and truth.end < now + HORIZON:
            assert seen.current.end == truth.end
        coming = next((demand for demand in full if demand.start_at > now), None)
        if coming is not None and coming.start_at < SEEN_UNTIL:
            assert seen.upcoming is not None
            assert (seen.upcoming.begin, seen.upcoming.start_at, seen.upcoming.ready_at) == (
                coming.begin,
                coming.start_at,
                coming.ready_at,
            )
        change = first_change(full, now)
        if change is not None and change < SEEN_UNTIL:
            assert seen.next_edge is not None
            assert seen.next_edge <= change
        if seen.next_edge is None:
            break
        assert seen.next_edge > now
        now, looks = seen.next_edge, looks + 1
    assert looks < 1_500
