"""Recorded starts under other rules: the product's own among them, what they cost, and that none knows the future."""

import statistics
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.domain.lead.evidence import count_next
from preheat.domain.lead.lead import learn_lead
from preheat.domain.plan.hosted_model import DEFAULT_LEAD, Learning
from preheat.domain.plan.plan import Backend, ModelId
from preheat_report import Tariff
from preheat_report.lead_rules import LeadRule, make_deviation_rule, make_learned_rule, make_pinned_rule
from preheat_report.replay import RecordedStart, replay

MINUTE = timedelta(minutes=1)
TARIFFS = {Backend.LOOKOUT_VISION: Tariff(Decimal(6)), Backend.REKOGNITION: Tariff(Decimal(3), "EUR")}
RULES = [
    make_learned_rule(Learning()),
    make_learned_rule(Learning(0.05)),
    make_deviation_rule(2),
    make_pinned_rule(20 * MINUTE),
]
took = st.lists(st.floats(1, 80, allow_nan=False), max_size=90)


def starts(*minutes: float, backend: Backend = Backend.LOOKOUT_VISION, units: int = 1) -> list[RecordedStart]:
    return [RecordedStart(each * MINUTE, backend, units) for each in minutes]


def test_late_and_idle_minutes_are_counted_start_by_start_and_cost_what_the_tariffs_say() -> None:
    recorded = {
        ModelId("weld"): starts(20, 31, 33, units=2),
        ModelId("paint"): starts(25, backend=Backend.REKOGNITION),
        ModelId("press"): starts(10, backend=Backend.SAGEMAKER),  # it has no tariff
    }
    found = replay(recorded, make_pinned_rule(30 * MINUTE), TARIFFS, Decimal(5))
    assert (found.starts, found.late, found.late_share) == (5, 2, 0.4)
    assert (found.late_time, found.idle_time) == (4 * MINUTE, 35 * MINUTE)
    assert found.idle_costs == {"USD": Decimal("2.0000"), "EUR": Decimal("0.2500")}  # 20 and 5 unit-minutes
    assert found.late_costs == 20


@given(took)
def test_the_learned_rule_is_the_products(minutes: list[float]) -> None:
    evidence, samples = 0, list[timedelta]()
    for each, lead in zip(minutes, make_learned_rule(Learning())(minutes), strict=True):
        assert lead * MINUTE == learn_lead(samples, evidence, Learning(), DEFAULT_LEAD).span
        sample = timedelta(seconds=-(-each * 60 // 1))
        sample = sample if sample >= each * MINUTE else sample + timedelta(seconds=1)
        samples = [*samples, sample][-60:]
        evidence = count_next(evidence, len(samples), late=sample > lead * MINUTE)


@given(took)
def test_deviations_are_those_of_the_last_sixty_starts(minutes: list[float]) -> None:
    found = make_deviation_rule(2)(minutes)
    for place in range(2, len(minutes)):
        past = minutes[max(0, place - 60) : place]
        bound = min(statistics.fmean(past) + 2 * statistics.stdev(past), 90.0)
        assert found[place] == pytest.approx(bound, abs=1e-6)
    assert found[:2] == [30.0] * len(found[:2])


@pytest.mark.parametrize("rule", RULES, ids=range(len(RULES)))
@given(minutes=took, later=st.floats(1, 80))
def test_no_rule_knows_what_a_start_will_take(rule: LeadRule, minutes: list[float], later: float) -> None:
    assert rule([*minutes, later])[: len(minutes)] == rule(minutes)
    assert rule([*minutes, later])[-1] == rule([*minutes, 1.0])[-1]


def test_without_starts_nothing_is_late() -> None:
    found = replay({}, make_pinned_rule(30 * MINUTE), TARIFFS)
    assert (found.starts, found.late_share, found.idle_costs) == (0, 0.0, {})
