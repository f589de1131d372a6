"""The unit-hours that holds add to a plan, day by day, and the rest of their budget."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.support.day import WELD, a_model, at

from preheat.domain.demand.request import HeldWindow, Kind, RequestId, Standing, Subject
from preheat.domain.demand.spend import find_added, find_excess, find_growth, find_unit_hours, sum_growth
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Units

MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)
MODEL = a_model("08:00-16:00", units=Units(2), max_units_by_request=4)


def hold(begin: str, end: str, name: str = "h", *, day: int = 0, end_day: int = 0, **changes: Any) -> Standing:
    subject, known_at = Subject(model_id=WELD), at("00:00")
    return Standing(RequestId(name), Kind.HOLD, subject, "r", at(begin, day), at(end, end_day), known_at, **changes)


def excess(model: HostedModel, change: Standing, *standing: Standing, most: float = 2400) -> Any:
    growth = find_growth(model, change, standing, now=at("00:00"))
    return find_excess(growth, min(model.unit_hours_by_request, most))


def test_a_shift_costs_its_units_from_its_start_to_its_end() -> None:
    found = find_unit_hours(MODEL, at("00:00"), at("23:59"))
    assert found == {MONDAY: pytest.approx(2 * (8 + 35 / 60))}  # lead, slack and head start before it


def test_a_night_counts_on_both_of_its_days() -> None:
    found = find_unit_hours(a_model("22:00-06:00"), at("12:00"), at("23:59"))
    assert found == {MONDAY: pytest.approx(2 + 32 / 60), TUESDAY: pytest.approx(6)}


def test_a_hold_adds_what_it_prolongs_and_the_units_that_it_raises() -> None:
    longer = hold("15:00", "18:00")
    assert find_added(MODEL, longer, [longer])[MONDAY] == pytest.approx(2 * 2)
    larger = hold("15:00", "18:00", units=4)
    assert find_added(MODEL, larger, [larger])[MONDAY] == pytest.approx(2 * 2 + 2 * (10 + 35 / 60))
    within = hold("09:00", "10:00")
    assert find_added(MODEL, within, [within])[MONDAY] == 0


def test_what_fits_is_accepted_and_what_is_left_is_reported() -> None:
    model = replace(MODEL, max_unit_hours_by_request=10)
    first, second = hold("16:00", "20:00"), hold("20:00", "22:00", "second")
    assert excess(model, first) is None
    over = excess(model, second, first)
    assert (over.day, over.budget) == (MONDAY, 10)
    assert (over.added, over.left) == (pytest.approx(4), pytest.approx(2))
    assert excess(model, hold("20:00", "21:00", "second"), first) is None


def test_a_hold_asks_for_what_it_adds_on_all_its_days_from_today_on() -> None:
    night = hold("20:00", "04:00", end_day=1)
    growth = find_growth(MODEL, night, (), now=at("00:00"))
    assert sum_growth(growth) == pytest.approx(2 * (8 + 32 / 60))
    assert sum_growth(find_growth(MODEL, night, (), now=at("00:00", 1))) == pytest.approx(2 * 4)
    longer = replace(night, until=at("05:00", 1), revision=2)
    assert sum_growth(find_growth(MODEL, longer, (night,), now=at("00:00"))) == pytest.approx(2)
    assert sum_growth(find_growth(MODEL, hold("09:00", "10:00"), (), now=at("00:00"))) == 0


def test_a_new_edition_of_a_set_costs_what_its_own_windows_cost() -> None:
    early, late = HeldWindow(at("17:00"), at("19:00"), at("00:00")), HeldWindow(at("20:00"), at("22:00"), at("00:00"))
    before = hold("17:00", "19:00", "week-48", windows=(early,), edition=1)
    after = hold("20:00", "22:00", "week-48", windows=(late,), edition=2)
    added_before, added_after = find_growth(MODEL, after, (before,), now=at("00:00"))[MONDAY]
    assert added_after == pytest.approx(added_before)
    assert added_after == pytest.approx(2 * (2 + 32 / 60))


def test_an_extension_counts_as_what_it_adds() -> None:
    model, first = replace(MODEL, max_unit_hours_by_request=10), hold("16:00", "20:00")
    assert excess(model, replace(first, until=at("21:00"), revision=2), first) is None
    assert excess(model, replace(first, until=at("21:01"), revision=2), first).day == MONDAY
    assert excess(model, replace(first, until=at("03:00", 1), revision=2), first).day == MONDAY


def test_every_day_of_a_hold_has_its_own_budget() -> None:
    model = a_model("08:00-16:00", max_unit_hours_by_request=16)
    assert excess(model, hold("16:00", "16:00", end_day=3)) is None
    assert excess(replace(model, max_unit_hours_by_request=15), hold("16:00", "16:00", end_day=3)).day == TUESDAY


def test_the_stack_bounds_what_a_plan_allows() -> None:
    model = replace(MODEL, max_unit_hours_by_request=100)
    assert excess(model, hold("16:00", "20:00"), most=8) is None
    assert excess(model, hold("16:00", "20:01"), most=8).budget == 8


def test_what_is_left_of_a_budget_is_never_less_than_nothing() -> None:
    found = find_excess({MONDAY: (30.0, 31.0)}, 24.0)
    assert found is not None
    assert found.left == 0


def test_a_day_that_is_over_its_budget_already_rejects_only_what_adds_to_it() -> None:
    model, first = replace(MODEL, max_unit_hours_by_request=10), hold("16:00", "23:00")
    assert excess(model, replace(first, until=at("23:30"), revision=2), first).day == MONDAY
    assert excess(model, hold("16:00", "17:00", "tomorrow", day=1, end_day=1), first) is None


def test_by_default_requests_may_add_a_day_of_the_units_that_they_may_ask_for() -> None:
    model = a_model(units=Units(2), max_units_by_request=3)
    assert excess(model, hold("00:00", "00:00", day=1, end_day=3, units=3)) is None
    assert excess(model, hold("00:00", "00:00", day=1, end_day=3, units=3), most=71).budget == 71
    assert a_model(units=Units(2)).unit_hours_by_request == 48


def test_blocks_give_nothing_back() -> None:
    model = replace(MODEL, max_unit_hours_by_request=10)
    first = hold("16:00", "20:00")
    block = replace(hold("16:00", "20:00", "block", priority=90), kind=Kind.BLOCK)
    assert excess(model, hold("20:00", "22:00", "second"), first, block) is not None


def test_a_released_hold_counts_until_its_release() -> None:
    model = replace(MODEL, max_unit_hours_by_request=10)
    first = hold("16:00", "20:00", released_at=at("17:00"))
    assert excess(model, hold("17:00", "20:00", "second"), first) is None
    assert excess(model, hold("17:00", "21:01", "second"), first) is not None
