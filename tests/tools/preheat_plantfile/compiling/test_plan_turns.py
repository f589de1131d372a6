"""The order of starts of models with the same ready time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.support.day import MIDNIGHT, a_model

from preheat.domain.calendar.timetable import find_intervals
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, Mode, ModelId, Target
from preheat_plantfile.compiling.terms import DEFAULT, Terms
from preheat_plantfile.compiling.turns import APART, SEEN, with_turns

SECOND = timedelta(seconds=1)
A_SECOND = 4  # of five calls
RANGE = Window(MIDNIGHT, MIDNIGHT + SEEN)
WINDOWS = ("06:00-14:00", "06:00-22:00", "14:00-22:00", "22:00-06:00")


def models(*windows: Sequence[str], backend: Backend = Backend.LOOKOUT_VISION) -> list[HostedModel]:
    return [
        a_model(*each, model_id=ModelId(f"m{number:03}"), target=Target(f"m{number}", "1", backend))
        for number, each in enumerate(windows)
    ]


def plan_turns(found: Sequence[HostedModel], terms: Terms = DEFAULT, **priorities: int) -> list[HostedModel]:
    return list(with_turns(found, {model.model_id: priorities.get(model.model_id, 0) for model in found}, terms, RANGE))


def offsets(found: Sequence[HostedModel]) -> list[int]:
    return [model.turn.offset // SECOND if model.turn else 0 for model in found]


def test_so_few_that_their_calls_are_taken_at_once_have_no_turn() -> None:
    assert all(model.turn is None for model in plan_turns(models(*[["06:00-14:00"]] * A_SECOND)))


def test_those_first_by_name_start_first_and_all_have_the_same_round() -> None:
    found = plan_turns(models(*[["06:00-14:00"]] * 10))
    assert offsets(found) == [2, 2, 1, 1, 1, 1, 0, 0, 0, 0]
    assert {model.turn.round for model in found if model.turn} == {3 * SECOND}


def test_the_highest_priority_starts_first() -> None:
    found = plan_turns(models(*[["06:00-14:00"]] * 10), m008=1, m009=100)
    assert offsets(found) == [1, 1, 1, 1, 0, 0, 0, 0, 2, 2]
    assert offsets(plan_turns(models(*[["06:00-14:00"]] * 6), m005=1)) == [1, 0, 0, 0, 0, 1]


def test_other_begins_accounts_services_and_paused_models_do_not_count() -> None:
    crowd = models(*[["06:00-14:00"]] * 6)
    elsewhere = replace(crowd[0], target=replace(crowd[0].target, region="eu-west-1"))
    paused = replace(crowd[1], mode=Mode.PAUSED)
    later = replace(crowd[2], schedules=a_model("06:01-14:00").schedules)
    assert all(model.turn is None for model in plan_turns([elsewhere, paused, later, *crowd[3:]]))


def test_of_a_service_whose_calls_are_not_known_nobody_has_a_turn() -> None:
    assert all(
        model.turn is None
        for model in plan_turns(models(*[["06:00-14:00"]] * 9), replace(DEFAULT, starts_per_second={}))
    )


def test_where_not_all_may_run_priorities_are_apart_so_that_the_lowest_finds_no_place() -> None:
    found = models(*[["06:00-14:00"]] * 3, backend=Backend.REKOGNITION)
    assert offsets(plan_turns(found)) == [0, 0, 0]
    assert offsets(plan_turns(found, m001=1, m002=1)) == [0, APART, APART]


drawn = st.lists(st.lists(st.sampled_from(WINDOWS), max_size=3, unique=True), max_size=40)


@given(drawn, st.data())
def test_at_no_begin_start_more_in_a_second_than_are_taken_and_none_before_a_higher_priority(
    windows: list[list[str]], data: st.DataObject
) -> None:
    found = models(*windows)
    priorities: Mapping[str, int] = {model.model_id: data.draw(st.integers(0, 2)) for model in found}
    found = plan_turns(found, DEFAULT, **priorities)
    at: Counter[tuple[object, int]] = Counter()
    ranks: dict[object, list[tuple[int, int]]] = {}
    for model, offset in zip(found, offsets(found), strict=True):
        for window in find_intervals(model.schedules, RANGE.start, RANGE.end):
            if window.start > RANGE.start:
                at[window.start, offset] += 1
                ranks.setdefault(window.start, []).append((priorities[model.model_id], offset))
    assert all(number <= A_SECOND for number in at.values())
    for each in ranks.values():
        assert all(one[1] <= two[1] for one in each for two in each if one[0] < two[0])
