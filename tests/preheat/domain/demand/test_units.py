"""The units that a demand asks for: the most of its holds, within the cap, and never at the cost of a shift."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import WELD, a_model, at

from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.demand.shifts import find_due_shift
from preheat.domain.demand.units import find_ask, find_made_late, find_restart
from preheat.domain.plan.hosted_model import HostedModel, Resize
from preheat.domain.plan.plan import Backend, Target, Units

DAY = timedelta(days=1)
CAPPED = a_model("08:00-16:00", units=Units(2), max_units_by_request=6)


def hold(begin: str, end: str, units: int | None, name: str = "hold-1", **changes: Any) -> Standing:
    subject = Subject(model_id=WELD)
    return Standing(RequestId(name), Kind.HOLD, subject, "r", at(begin), at(end), at("00:00"), units=units, **changes)


def the_demand(model: HostedModel, *holds: Standing) -> Demand:
    (demand,) = find_demands(model, at("00:00"), at("00:00") + DAY, holds)
    return demand


@pytest.mark.parametrize(("units", "asked"), [(None, 2), (1, 2), (2, 2), (5, 5), (6, 6), (7, 6), (100, 6)])
def test_a_start_asks_for_the_most_of_its_holds_between_the_plans_units_and_the_cap(units: int, asked: int) -> None:
    demand = the_demand(CAPPED, hold("15:00", "17:00", units))
    assert find_ask(CAPPED, demand, demand.start_at) == Units(asked)


def test_without_a_cap_in_the_plan_a_hold_gets_the_plans_units() -> None:
    for units in (Units(2), Units(2, 4)):
        model = replace(CAPPED, units=units, max_units_by_request=None)
        demand = the_demand(model, hold("07:00", "17:00", 6))
        assert find_ask(model, demand, demand.start_at) == units


def test_a_model_that_scales_scales_from_what_the_hold_asks_for() -> None:
    model = replace(CAPPED, units=Units(2, 4))
    demand = the_demand(model, hold("15:00", "17:00", 3), hold("15:00", "16:00", 6, "hold-2"))
    assert find_ask(model, demand, demand.start_at) == Units(6, 6)
    assert find_ask(model, demand, at("16:30"), served=6) == Units(3, 4)


def test_what_is_over_asks_for_nothing() -> None:
    demand = the_demand(CAPPED, hold("04:00", "07:30", 6), hold("15:00", "15:30", 3, "hold-2"))
    assert find_ask(CAPPED, demand, at("05:00")) == Units(6)
    assert find_ask(CAPPED, demand, at("07:30"), served=6) == Units(3)
    assert find_ask(CAPPED, demand, at("15:30"), served=6) == Units(2)


def test_a_service_without_units_is_asked_for_none() -> None:
    endpoint = a_model("08:00-16:00", target=Target("line-1", "c", Backend.SAGEMAKER))
    demand = the_demand(endpoint, hold("07:00", "17:00", 5))
    assert find_ask(endpoint, demand, demand.start_at) == Units()


@pytest.mark.parametrize("slack", ["0s", "2m", "10m"])
def test_more_units_are_asked_for_only_while_a_refusal_leaves_the_shift_its_lead(slack: str) -> None:
    model = a_model("08:00-16:00", slack=slack, max_units_by_request=6)
    demand = the_demand(model, hold("09:00", "12:00", 6))
    assert demand.start_at == at("07:30") - model.slack - timedelta(minutes=3)
    assert find_ask(model, demand, demand.start_at) == Units(6)
    assert find_ask(model, demand, at("07:27:30")) == Units(6)
    for late in ("07:27:31", "07:30", "08:00", "11:00"):
        assert find_ask(model, demand, at(late)) == Units(1)
        assert find_ask(model, demand, at(late), served=6) == Units(6)  # the service has accepted them before


def test_a_hold_alone_may_always_have_its_units() -> None:
    model = a_model(max_units_by_request=6)
    demand = the_demand(model, hold("09:00", "12:00", 6))
    assert find_ask(model, demand, at("11:59")) == Units(6)


def test_only_a_plan_that_lets_holds_have_more_units_starts_its_shifts_earlier() -> None:
    for cap, start in ((None, "07:28"), (2, "07:28"), (3, "07:25")):
        model = replace(CAPPED, max_units_by_request=cap)
        assert the_demand(model).start_at == at(start)
        assert the_demand(model).ready_at == at("08:00")


@pytest.mark.parametrize(("end", "units"), [("10:01", 2), ("10:37", 2), ("10:37:01", 6), ("14:00", 6)])
def test_a_restart_comes_only_for_a_hold_that_outlasts_it(end: str, units: int) -> None:
    model = replace(CAPPED, resize=Resize.RESTART)
    demand = the_demand(model, hold("10:00", end, 6))
    assert find_restart(model, demand, at("10:00")) == Units(units)


def test_a_shift_that_a_hold_has_joined_to_another_is_due_by_itself() -> None:
    model = a_model("04:00-05:00", "05:20-06:00", "12:00-16:00")
    demand = the_demand(model, hold("02:00", "13:00", None))
    due = {time: find_due_shift(model, demand, at(time)) for time in ("02:00", "03:27", "03:28", "05:30", "11:28")}
    assert {time: shift and f"{shift.begin:%H:%M}" for time, shift in due.items()} == {
        "02:00": None,
        "03:27": None,
        "03:28": "04:00",
        "05:30": "04:00",  # the plan alone bridges the gap
        "11:28": "12:00",
    }


LATE_BY_A_RESTART = [("07:00", None), ("07:25", "08:00"), ("07:45", "08:10"), ("08:05", "08:10"), ("08:10:01", None)]


@pytest.mark.parametrize(("now", "late"), LATE_BY_A_RESTART)
def test_a_restart_makes_late_what_begins_meanwhile_and_waits_for_the_last_of_it(now: str, late: str | None) -> None:
    model = a_model("08:00-16:00")
    second = replace(a_model("08:10-16:00").schedules[0], name="second")
    model = replace(model, schedules=(*model.schedules, second))
    assert find_made_late(model, the_demand(model), at(now)) == (at(late) if late is not None else None)


def test_a_shift_inside_a_longer_one_does_not_end_it() -> None:
    model = a_model("06:00-18:00", "08:00-09:00", "17:30-22:00")
    shift = find_due_shift(model, the_demand(model), at("17:00"))
    assert shift is not None
    assert f"{shift.begin:%H:%M}" == "06:00"
