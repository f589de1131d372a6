"""A schedule that cannot be evaluated, as in a zone that this release's rules do not know, harms only its own model."""

from dataclasses import replace
from datetime import date, timedelta

from tests.support.day import WELD, a_day, a_model, at

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.record.lifecycle import Observed

LOST = (
    Schedule("lost", "Europe/Atlantis", (ShiftWindow(frozenset(Weekday), at("06:00").time(), at("07:00").time()),)),
)
PAINT = ModelId("paint")


def test_a_model_keeps_the_plan_before_and_the_pass_says_why() -> None:
    with a_day(window="08:00-16:00") as day:
        day.run_until("07:00")
        day.apply(a_model(schedules=LOST))
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        told = "schedule lost: time zone 'Europe/Atlantis' is not available here"
        assert any(result.unevaluated.startswith(told) for result in day.results)
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED


def test_with_no_plan_before_nothing_is_started_or_stopped_and_the_pass_is_incomplete() -> None:
    with a_day(window="08:00-16:00") as day:
        day.run_until("08:30")
        day.apply(a_model(schedules=LOST))
        day.apply(a_model(schedules=LOST))
        day.run_until("20:00")
        assert day.observed() is Observed.HOSTED
        assert day.results[-1].incomplete
        assert "Preheat neither starts nor stops the model" in day.results[-1].reason
        assert len(day.results) < 13 * 60, "a model that waits for a plan is looked at once a minute at the most"


def test_the_other_models_of_the_plan_go_on() -> None:
    with a_day(window="08:00-16:00") as day:
        day.run_until("07:00")
        paint = a_model(schedules=LOST, model_id=PAINT, target=Target("paint", "1"))
        day.apply(replace(day.store.plans[day.store.current][WELD]), paint)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert day.store.load(PAINT).sequence == 0  # type: ignore[union-attr]  # apply made it


def test_the_new_plan_is_obeyed_once_it_can_be_evaluated() -> None:
    with a_day(window="08:00-16:00") as day:
        day.run_until("08:30")
        day.apply(a_model(schedules=LOST))
        day.run_until("08:40")
        day.apply(a_model("08:00-10:00"))
        day.run_until("10:10")
        assert day.observed() is Observed.STOPPED
        assert day.results[-1].unevaluated == ""


def test_a_pass_shows_how_far_the_holidays_are_known() -> None:
    with a_day(window="08:00-16:00") as day:
        known = day.store.plans[day.store.current][WELD].schedules[0]
        until = date(2026, 11, 23) + timedelta(days=30)
        day.apply(a_model(schedules=(replace(known, closed_until=until),)))
        day.run_until("00:02")
        assert until in {result.closed_until for result in day.results}
