"""The lead rule: slowest recent start, stretched while evidence is thin; and its words."""

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.domain.lead.lead import STARTS_TO_LEARN, Bound, Lead, learn_lead, pin_lead, stretch
from preheat.domain.plan.plan import LATE_TARGET_LEAST, LATE_TARGET_MOST, Learning

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
                "starts 28 min early: the slowest of the last 41 starts took 23.1 min;"
                " +19 % because only 41 starts are recorded"
            ),
        ),
        (
            learn_lead([23 * MINUTE] * 41, 9, Learning(), 30 * MINUTE),
            (
                "starts 36.5 min early: the slowest of the last 41 starts took 23 min;"
                " +58 % because only 9 of them count after a late start or a change"
            ),
        ),
        (
            learn_lead([10 * MINUTE], 1, Learning(), 30 * MINUTE),
            (
                "starts 30 min early: the one recorded start took 10 min; +119 % because only 1 start is recorded;"
                " at least the default until 20 starts are recorded"
            ),
        ),
        (
            learn_lead([80 * MINUTE] * 60, 60, Learning(0.001), 30 * MINUTE),
            (
                "starts 90 min early: the slowest of the last 60 starts took 80 min; +75 % because only 60 starts are"
                " recorded; limited by the cap, so starts may be late"
            ),
        ),
        (
            learn_lead([MINUTE] * 60, 60, Learning(0.05), 30 * MINUTE),
            "starts 5 min early: the slowest of the last 60 starts took 1 min; raised to the floor",
        ),
        (learn_lead([], 0, Learning(), 30 * MINUTE), "starts 30 min early: the default, because no start is recorded"),
        (pin_lead(45 * MINUTE), "starts 45 min early: the plan sets this lead"),
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
