"""A person's view of the days ahead is complete, also where a pass need not look."""

from datetime import UTC, datetime, time, timedelta

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.demand import look_ahead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat_cli.ahead import ahead

TUESDAY = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
WORKDAYS = frozenset({Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI})
ROUND_THE_CLOCK = (ShiftWindow(WORKDAYS, time(6), time(22)), ShiftWindow(WORKDAYS, time(22), time(6), end_day=1))


def a_model(*windows: ShiftWindow) -> HostedModel:
    schedules = (Schedule("shift", "UTC", windows),) if windows else ()
    target, lead = Target("weld", "1"), timedelta(minutes=30)
    return HostedModel(ModelId("weld"), target, Units(), schedules, lead, timedelta(), TUESDAY - timedelta(days=30))


def test_a_run_of_days_that_begins_next_week_is_reported_to_its_end() -> None:
    model = a_model(*ROUND_THE_CLOCK)
    cut, whole = look_ahead(model, TUESDAY).upcoming, ahead(model, TUESDAY).upcoming
    assert cut is not None
    assert whole is not None
    assert (whole.begin, whole.end) == (cut.begin, datetime(2026, 12, 5, 6, tzinfo=UTC))
    assert cut.end < whole.end


def test_what_runs_now_and_when_it_is_checked_stay_as_the_pass_sees_them() -> None:
    model = a_model(*ROUND_THE_CLOCK)
    seen, told = look_ahead(model, TUESDAY), ahead(model, TUESDAY)
    assert (told.current, told.next_edge) == (seen.current, seen.next_edge)


def test_a_model_without_a_schedule_has_nothing_ahead() -> None:
    assert ahead(a_model(), TUESDAY) == look_ahead(a_model(), TUESDAY)
