"""The lead rule: slowest recent start, stretched while evidence is thin; and its words."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.domain.lead.lead import (
    STARTS_TO_LEARN,
    Bound,
    Lead,
    estimate_idle,
    find_late_target,
    foresee,
    learn_lead,
    pin_lead,
    stretch,
)
from preheat.domain.plan.hosted_model import LATE_TARGET_LEAST, LATE_TARGET_MOST, Learning, Siblings

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
WIDE = Learning(floor=SECOND, cap=6 * HOUR)
targets = st.floats(LATE_TARGET_LEAST, LATE_TARGET_MOST)
samples = st.lists(st.integers(1, 3600).map(lambda seconds: seconds * SECOND), min_size=1, max_size=60)


def of(durations: list[timedelta], evidence: int | None = None, learning: Learning = WIDE) -> timedelta:
    counted = len(durations) if evidence is None else evidence
    return learn_lead(durations, counted, learning, default=SECOND).span


@given(samples, st.integers(0, 60), targets)
def test_a_lead_is_never_below_the_slowest_sample_unless_it_is_capped(
    durations: list[timedelta], evidence: int, target: float
) -> None:
    lead = learn_lead(durations, evidence, Learning(target), default=30 * MINUTE)
    assert lead.span >= max(durations) or (lead.bound is Bound.CAP and lead.span == 90 * MINUTE)


@given(samples, targets, st.integers(0, 59))
def test_a_lead_does_not_grow_with_evidence(durations: list[timedelta], target: float, evidence: int) -> None:
    learning = Learning(target, floor=SECOND, cap=6 * HOUR)
    assert of(durations, evidence + 1, learning) <= of(durations, evidence, learning)


@given(samples, targets, st.randoms(use_true_random=False))
def test_the_order_of_starts_does_not_matter(durations: list[timedelta], target: float, random: Random) -> None:
    shuffled = random.sample(durations, len(durations))
    assert of(shuffled, learning=Learning(target)) == of(durations, learning=Learning(target))


@given(samples, st.integers(0, 60), st.integers(2, 5))
def test_a_service_that_is_slower_by_a_factor_gets_a_lead_longer_by_it(
    durations: list[timedelta], evidence: int, factor: int
) -> None:
    once, often = (of([by * each for each in durations], evidence) for by in (1, factor))
    assert timedelta() <= factor * once - often < factor * SECOND or often == 6 * HOUR


@given(st.lists(st.integers(1, 3600).map(lambda seconds: seconds * SECOND), min_size=99, max_size=99))
def test_with_99_starts_and_none_late_the_lead_is_the_slowest(durations: list[timedelta]) -> None:
    assert of(durations) == max(durations)


@given(samples, targets, targets)
def test_a_stricter_target_never_shortens_a_lead(durations: list[timedelta], one: float, two: float) -> None:
    strict, lax = (
        of(durations, learning=Learning(target, floor=SECOND, cap=6 * HOUR)) for target in sorted((one, two))
    )
    assert strict >= lax


@pytest.mark.parametrize(
    ("evidence", "factor"),
    [(0, 2.51), (1, 2.19), (3, 1.90), (5, 1.76), (9, 1.58), (19, 1.38), (29, 1.27), (39, 1.20), (49, 1.15), (99, 1.0)],
)
def test_the_stretch_is_the_published_one(evidence: int, factor: float) -> None:
    assert round(stretch(evidence, 0.01), 2) == factor


def test_the_default_is_the_least_until_twenty_starts_are_on_record() -> None:
    fast = [10 * MINUTE] * STARTS_TO_LEARN
    before, after = (learn_lead(fast[:starts], starts, Learning(), default=30 * MINUTE) for starts in (19, 20))
    assert (before.span, before.bound) == (30 * MINUTE, Bound.DEFAULT)
    assert (after.span < 14 * MINUTE, after.bound) == (True, Bound.STARTS)


def test_without_any_start_the_default_holds_within_floor_and_cap() -> None:
    assert learn_lead([], 0, Learning(), default=30 * MINUTE).span == 30 * MINUTE
    assert learn_lead([], 0, Learning(), default=MINUTE).span == 5 * MINUTE


def test_a_pinned_lead_ignores_floor_and_cap() -> None:
    assert pin_lead(SECOND).span == SECOND
    assert pin_lead(5 * HOUR).span == 5 * HOUR


def test_a_lead_is_whole_seconds_rounded_up() -> None:
    assert of([timedelta(milliseconds=10_001)] * 60, 60, Learning(0.05, floor=SECOND)) == 11 * SECOND


@pytest.mark.parametrize(
    ("lead", "sentence"),
    [
        (
            Lead(28 * MINUTE, Bound.STARTS, 41, 41, timedelta(minutes=23.1), 1.19),
            (
                "starts 28 min plus slack early: the slowest of the last 41 starts took 23.1 min;"
                " +19 % because only 41 starts are recorded"
            ),
        ),
        (
            learn_lead([23 * MINUTE] * 41, 9, Learning(), 30 * MINUTE),
            (
                "starts 36.5 min plus slack early: the slowest of the last 41 starts took 23 min;"
                " +58 % because only 9 of them count after a late start or a change"
            ),
        ),
        (
            learn_lead([10 * MINUTE], 1, Learning(), 30 * MINUTE),
            (
                "starts 30 min plus slack early: the one recorded start took 10 min;"
                " +119 % because only 1 start is recorded; at least the default until 20 starts are recorded"
            ),
        ),
        (
            learn_lead([80 * MINUTE] * 60, 60, Learning(0.001), 30 * MINUTE),
            (
                "starts 90 min plus slack early: the slowest of the last 60 starts took 80 min;"
                " +75 % because only 60 starts are recorded; limited by the cap, so starts may be late"
            ),
        ),
        (
            learn_lead([MINUTE] * 60, 60, Learning(0.05), 30 * MINUTE),
            "starts 5 min plus slack early: the slowest of the last 60 starts took 1 min; raised to the floor",
        ),
        (
            learn_lead([], 0, Learning(), 30 * MINUTE),
            "starts 30 min plus slack early: the default, because no start is recorded",
        ),
        (pin_lead(45 * MINUTE), "starts 45 min plus slack early: the plan sets this lead"),
    ],
)
def test_one_sentence_explains_a_lead_to_anyone_who_runs_the_shift(lead: Lead, sentence: str) -> None:
    assert str(lead) == sentence


@pytest.mark.parametrize("target", [0.0009, 0.051, float("nan")])
def test_a_target_out_of_range_cannot_exist(target: float) -> None:
    with pytest.raises(ValueError, match="late_target"):
        Learning(target)


def test_a_floor_above_the_cap_cannot_exist() -> None:
    with pytest.raises(ValueError, match="lead_floor"):
        Learning(floor=HOUR, cap=MINUTE)


SLOW = Siblings(models=12, usual=27 * MINUTE, between=0.3, spread=0.31)


def test_a_new_model_begins_with_what_its_siblings_take() -> None:
    lead = learn_lead((), 0, Learning(siblings=SLOW), default=30 * MINUTE)
    # One in a hundred: exp(ln 27 + (2.326 + 0.1) * sqrt(0.3^2 + 0.31^2)) = 76.9
    assert 76 * MINUTE < lead.span < 78 * MINUTE
    assert lead.bound is Bound.SIBLINGS
    assert str(lead) == (
        "starts 77 min plus slack early: 12 other models on this service usually take 27 min, and it has no start yet"
    )


def test_a_fast_service_needs_no_default_of_half_an_hour() -> None:
    fast = Siblings(models=10, usual=4 * MINUTE, between=0.3, spread=0.31)
    assert learn_lead((), 0, Learning(siblings=fast), default=30 * MINUTE).span < 12 * MINUTE


@given(st.integers(1, STARTS_TO_LEARN - 1))
def test_own_starts_count_more_with_each(number: int) -> None:
    own = [10 * MINUTE] * number
    fewer = foresee(own[1:], SLOW, 0.01)
    assert 10 * MINUTE < foresee(own, SLOW, 0.01) < fewer


@given(samples, targets)
def test_with_siblings_a_lead_is_never_below_the_slowest_start_unless_it_is_capped(
    durations: list[timedelta], target: float
) -> None:
    lead = learn_lead(durations, len(durations), Learning(target, siblings=SLOW), default=30 * MINUTE)
    assert lead.span >= max(durations) or lead.bound is Bound.CAP


@given(targets, targets)
def test_a_stricter_target_never_shortens_what_siblings_lead_to_expect(one: float, two: float) -> None:
    strict, lax = (foresee((), SLOW, target) for target in sorted((one, two)))
    assert strict >= lax


def test_siblings_count_only_for_the_first_starts() -> None:
    own = [10 * MINUTE] * STARTS_TO_LEARN
    with_them = learn_lead(own, len(own), Learning(siblings=SLOW), default=30 * MINUTE)
    assert with_them == learn_lead(own, len(own), Learning(), default=30 * MINUTE)


@pytest.mark.parametrize(
    "wrong",
    [{"models": 0}, {"usual": timedelta()}, {"between": 0.0}, {"spread": -0.1}, {"spread": 3.1}, {"usual": 48 * HOUR}],
    ids=str,
)
def test_impossible_siblings_are_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="not"):
        replace(SLOW, **wrong)


@pytest.mark.parametrize(
    ("idle", "late", "share"),
    [
        (1, 99, 0.01),
        (2, 98, 0.02),
        (1, 1e6, LATE_TARGET_LEAST),
        (0, 5, LATE_TARGET_LEAST),
        (5, 0, LATE_TARGET_MOST),
        (0, 0, LATE_TARGET_MOST),
    ],
)
def test_the_share_of_late_starts_that_costs_least_is_bounded(idle: float, late: float, share: float) -> None:
    assert find_late_target(idle, late) == pytest.approx(share)


def test_a_model_is_idle_for_what_its_lead_exceeds_each_start_on_average() -> None:
    assert estimate_idle([], HOUR) is None
    assert estimate_idle([10 * MINUTE, 50 * MINUTE, 2 * HOUR], HOUR) == 20 * MINUTE  # 50, 10 and none
