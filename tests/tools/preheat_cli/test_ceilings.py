"""`validate`, `plan` and `apply` refuse a plan above a ceiling, unless the option names that ceiling."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.tools.conftest import MONDAY, PLANT, Workbench

from preheat.domain.plan.plan import ModelId
from preheat_cli.ceilings import Ceiling, find_overruns, measure_cost
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.compiling.terms import terms_of
from preheat_plantfile.reading import parse_plant

WELD = ModelId("weld-seams")
ROUND_THE_CLOCK = PLANT.replace(
    '{days: mon-fri, start: "07:00", end: "15:00"}', "{days: daily, start: '00:00', end: '24:00'}"
)


def with_(line: str, text: str = PLANT) -> str:
    return text.replace("version: 1\nschedules", f"version: 1\n{line}\nschedules")


OVER = [
    ("defaults: {max_unit_hours_a_day: 8}", Ceiling.MODEL_DAY, "max_unit_hours_a_day allows 8"),
    ("ceilings: {unit_hours_a_day: 17}", Ceiling.PLAN_DAY, "ceilings.unit_hours_a_day allows 17"),
    ("ceilings: {amount_a_month: 1000}", Ceiling.PLAN_MONTH, "ceilings.amount_a_month allows 1,000.00 USD"),
]


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", "--yes"), ("apply", "--dry-run")])
@pytest.mark.parametrize(("line", "ceiling", "words"), OVER)
def test_a_plan_above_a_ceiling_is_refused_unless_the_option_names_it(
    bench: Workbench, command: tuple[str, ...], line: str, ceiling: Ceiling, words: str
) -> None:
    file = bench.plant(with_(line))
    name, *options = command
    refused = bench.preheat(name, file, *options)
    assert refused.exit_code == 1
    assert words in refused.output
    assert f"use --allow-over {ceiling} if you mean it" in refused.output
    assert bench.store.read_plan_version() == 0
    other = next(each for each in Ceiling if each is not ceiling)
    assert bench.preheat(name, file, *options, "--allow-over", other).exit_code == 1
    assert bench.preheat(name, file, *options, "--allow-over", ceiling).exit_code == 0
    assert "cost in the next 30 days: " in refused.output
    assert bench.store.read_plan_version() == (command == ("apply", "--yes"))


@pytest.mark.parametrize(
    "line",
    ["", "defaults: {max_unit_hours_a_day: 9}", "ceilings: {unit_hours_a_day: 18}", "ceilings: {amount_a_month: 1600}"],
)
def test_a_plan_below_its_ceilings_is_accepted_and_prints_its_cost(bench: Workbench, line: str) -> None:
    for command in ("validate", "plan", "apply"):
        told = bench.preheat(command, bench.plant(with_(line) if line else PLANT), *(["--yes"] * (command == "apply")))
        assert told.exit_code == 0, told.output
        assert "unit-hours, at most " in told.output
        assert " USD" in told.output


def test_the_stack_has_a_ceiling_of_its_own(bench: Workbench) -> None:
    bench.home = replace(bench.home)
    plant = parse_plant(PLANT.encode(), "plant.yaml")
    cost = measure_cost(compile_models(plant, now=MONDAY, previous={}), {}, MONDAY, terms_of(plant))
    assert find_overruns(cost, plant, {"PlanMaxUnitHours": "0"}) == []
    assert find_overruns(cost, plant, {"PlanMaxUnitHours": "18"}) == []
    (over,) = find_overruns(cost, plant, {"PlanMaxUnitHours": "17"})
    assert over.ceiling is Ceiling.STACK_DAY
    assert "the parameter PlanMaxUnitHours of the stack allows 17" in over.words


def test_the_cost_is_that_of_each_day_from_start_to_stop_times_units() -> None:
    text = ROUND_THE_CLOCK.replace("schedules: [early], lead: 45m", "schedules: [early], lead: 45m, min_units: 3")
    plant = parse_plant(text.encode(), "plant.yaml")
    cost = measure_cost(compile_models(plant, now=MONDAY, previous={}), {}, MONDAY, terms_of(plant))
    days = cost.by_model[WELD]
    assert len(days) == 30
    assert min(days) == MONDAY.date()
    assert days[date(2026, 11, 25)] == pytest.approx(72)
    assert cost.by_day[date(2026, 11, 28)] == pytest.approx(72, abs=12)  # a Saturday: the other may end on it
    assert float(cost.amounts["USD"]) == pytest.approx(4 * cost.total)


def test_a_paused_model_costs_nothing_and_one_without_a_tariff_is_counted() -> None:
    other = "  cell: {backend: sagemaker, endpoint: cell, config: cell, schedules: [early]}\n"
    text = PLANT.replace("lead: 45m}", "lead: 45m, mode: paused}") + other
    plant = parse_plant(text.encode(), "plant.yaml")
    cost = measure_cost(compile_models(plant, now=MONDAY, previous={}), {}, MONDAY, terms_of(plant))
    assert WELD not in cost.by_model
    assert cost.unpriced == 1
    assert cost.describe().endswith("1 model without a tariff")


@pytest.mark.parametrize(
    ("tariff", "words"),
    [("", "1 model have no tariff"), ("tariffs: {sagemaker: {unit_hour: 1, currency: EUR}}", "have a tariff in EUR")],
)
def test_money_that_cannot_be_compared_is_not_below_the_ceiling(tariff: str, words: str) -> None:
    other = "  cell: {backend: sagemaker, endpoint: cell, config: cell, schedules: [early]}\n"
    text = with_(f"ceilings: {{amount_a_month: 1000000}}\n{tariff}") + other
    plant = parse_plant(text.encode(), "plant.yaml")
    cost = measure_cost(compile_models(plant, now=MONDAY, previous={}), {}, MONDAY, terms_of(plant))
    (over,) = find_overruns(cost, plant)
    assert over.ceiling is Ceiling.PLAN_MONTH
    assert words in over.words


def test_a_model_may_have_a_ceiling_of_its_own(bench: Workbench) -> None:
    text = with_("defaults: {max_unit_hours_a_day: 8}").replace("lead: 45m}", "lead: 45m, max_unit_hours_a_day: 9}")
    refused = bench.preheat("validate", bench.plant(text))
    assert "models.paint: " in refused.output
    assert "models.weld-seams" not in refused.output


def test_units_above_the_quota_are_a_conflict(bench: Workbench) -> None:
    file = bench.plant(PLANT.replace("max_units: 2", "min_units: 6"))
    for command in (("validate",), ("plan",), ("apply", "--dry-run")):
        told = bench.preheat(command[0], file, *command[1:]).output
        assert "lookoutvision: 6 units for one model, 5 allowed: paint" in told


def test_validate_as_json_has_the_cost_and_what_is_above(bench: Workbench) -> None:
    file = bench.plant(with_("ceilings: {unit_hours_a_day: 17}"))
    told = bench.preheat("validate", file, "--format", "json")
    row = json.loads(told.stdout)
    assert told.exit_code == 1
    assert (row["valid"], len(row["above"]), row["conflicts"]) == (True, 1, [])
    assert row["costs"]["USD"] == pytest.approx(4 * row["unit_hours"], abs=1)
    assert timedelta(0) < timedelta(hours=row["unit_hours"])


def test_the_rest_of_yesterdays_night_shift_costs_nothing_of_yesterday() -> None:
    day, night = '{days: mon-fri, start: "07:00", end: "15:00"}', "{days: daily, start: '20:00', end: '06:00'}"
    plant = parse_plant(PLANT.replace(day, night).encode(), "plant.yaml")
    models = compile_models(plant, now=MONDAY - timedelta(days=7), previous={})
    by_model = measure_cost(models, {}, MONDAY, terms_of(plant)).by_model
    assert min(min(days) for days in by_model.values() if days) == MONDAY.date()
