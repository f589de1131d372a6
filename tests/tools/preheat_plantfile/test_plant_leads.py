"""Leads in a plant file: fixed or learned, for which target, and the refused forms."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.domain.lead.lead import estimate_idle, find_late_target
from preheat.domain.plan.hosted_model import LATE_TARGET_LEAST, LATE_TARGET_MOST, HostedModel, Learning
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import PlantFileError, parse_plant

NOW, MINUTE = datetime(2026, 11, 23, tzinfo=UTC), timedelta(minutes=1)
FILE = """version: 1
defaults: {{{defaults}}}
schedules:
  early: {{zone: Europe/Berlin, windows: [{{days: mon-fri, start: "06:00", end: "14:00"}}]}}
models:
  weld: {{{target}, schedules: [early]{model}}}
"""
LOOKOUT, ENDPOINT = (
    "backend: lookoutvision, project: weld, version: 3",
    "backend: sagemaker, endpoint: weld, config: weld-v3",
)


def text(defaults: str = "", model: str = "", target: str = LOOKOUT) -> str:
    return FILE.format(defaults=defaults, model=f", {model}" if model else "", target=target)


def plan_model(defaults: str = "", model: str = "", target: str = LOOKOUT) -> HostedModel:
    (found,) = compile_models(parse_plant(text(defaults, model, target).encode(), "plant.yaml"), now=NOW, previous={})
    return found


@pytest.mark.parametrize(
    ("defaults", "model", "lead", "learning"),
    [
        ("", "", 30, Learning()),
        ("lead: 45m", "", 45, None),
        ("", "lead: 2m", 2, None),
        ("late_target: 0.02", "lead: 2h", 120, None),
        ("lead: 45m", "late_target: 0.02", 30, Learning(0.02)),
        ("late_target: 0.02, lead_cap: 1h", "late_target: 0.002", 30, Learning(0.002, cap=60 * MINUTE)),
        ("default_lead: 45m", "lead_floor: 10m", 45, Learning(floor=10 * MINUTE)),
        ("", "lead_cap: 20m", 20, Learning(cap=20 * MINUTE)),
        # 4 USD a unit-hour are 6.67 cents a minute.
        ("", "late_cost_per_minute: 6.6", 30, Learning(4 / 60 / (4 / 60 + 6.6))),
        ("", "late_cost_per_minute: 13.2, min_units: 2", 30, Learning(8 / 60 / (8 / 60 + 13.2))),
        ("late_cost_per_minute: 0.01", "", 30, Learning(0.05)),
        ("late_cost_per_minute: 10000", "", 30, Learning(0.001)),
        ("late_cost_per_minute: 10000", "late_target: 0.02", 30, Learning(0.02)),
    ],
)
def test_what_a_model_says_of_its_lead_wins_over_the_defaults(
    defaults: str, model: str, lead: int, learning: Learning | None
) -> None:
    found = plan_model(defaults, model)
    assert (found.lead, found.learning) == (lead * MINUTE, learning)


@pytest.mark.parametrize(
    ("defaults", "model", "target", "told"),
    [
        ("", "lead: 30m, late_target: 0.02", LOOKOUT, "models.weld.late_target: found late_target beside lead"),
        ("lead: 30m, lead_cap: 1h", "", LOOKOUT, "defaults.lead_cap: found lead_cap beside lead"),
        ("", "late_target: 0.02, late_cost_per_minute: 3", LOOKOUT, "late_cost_per_minute beside late_target"),
        ("", "late_target: 0.5", LOOKOUT, "accepted: a share from 0.001 to 0.05"),
        ("", 'late_target: "1 %"', LOOKOUT, "accepted: a share from 0.001 to 0.05"),
        ("", "late_cost_per_minute: 0", LOOKOUT, "accepted: an amount of money"),
        ("", "late_cost_per_minute: true", LOOKOUT, "accepted: an amount of money"),
        ("", "lead_floor: 2h", LOOKOUT, "models.weld.lead_floor: found lead_floor 120m above lead_cap 90m"),
        ("default_lead: 2h", "", LOOKOUT, "defaults.default_lead: found default_lead 120m above lead_cap 90m"),
        ("default_lead: 1h", "lead_cap: 50m", LOOKOUT, "models.weld.lead_cap: found default_lead 60m above"),
        (
            "",
            "late_cost_per_minute: 3",
            ENDPOINT,
            "models.weld.late_cost_per_minute: found a cost of being late, but no",
        ),
        ("late_cost_per_minute: 3", "", ENDPOINT, "accepted: tariffs.sagemaker.unit_hour in this file"),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_place(defaults: str, model: str, target: str, told: str) -> None:
    with pytest.raises(PlantFileError) as refused:
        plan_model(defaults, model, target)
    assert told in str(refused.value)


def test_a_tariff_in_the_file_prices_an_endpoints_lateness() -> None:
    file = text("late_cost_per_minute: 9.9", target=ENDPOINT) + "tariffs: {sagemaker: {unit_hour: 6}}\n"
    (found,) = compile_models(parse_plant(file.encode(), "plant.yaml"), now=NOW, previous={})
    assert found.learning == Learning(0.01)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_a_target_of_costs_is_in_range_and_falls_as_lateness_costs_more(idle: float, late: float) -> None:
    target = find_late_target(idle, late)
    assert LATE_TARGET_LEAST <= target <= LATE_TARGET_MOST
    assert find_late_target(idle, 2 * late) <= target


def test_expected_idle_is_the_mean_of_what_is_left_of_the_lead() -> None:
    assert estimate_idle([10 * MINUTE, 20 * MINUTE, 40 * MINUTE], 30 * MINUTE) == 10 * MINUTE
    assert estimate_idle([], 30 * MINUTE) is None
