"""The evidence of measured starts: at most the measured starts, cut by a change, and earned again start by start."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.day import at

from preheat.domain.lead.evidence import (
    AFTER_A_CHANGE,
    add_sample,
    count_trusted,
    cut,
    holds_up,
    measure_start,
    outlasts,
    turn_to,
)
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.plan.turn import Turn
from preheat.domain.record.attempt import Answer
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import SAMPLES_KEPT, Effort, ModelRecord, Unread

MINUTE = timedelta(minutes=1)
FRESH = ModelRecord(ModelId("weld-seams"), Target("line-1", "3"), observed=Observed.STOPPED, unreadable=2)


def after(starts: int, record: ModelRecord = FRESH, parameters: str = "v3") -> ModelRecord:
    for number in range(starts):
        record = add_sample(record, (10 + number) * MINUTE, parameters)
    return record


def test_while_nothing_changes_every_sample_counts() -> None:
    assert [count_trusted(after(starts)) for starts in (0, 1, 9, 30, 60, 99)] == [0, 1, 9, 30, 60, 60]
    assert after(99).evidence is None


def test_a_record_of_an_earlier_release_counts_all_its_samples() -> None:
    assert count_trusted(replace(FRESH, samples=(MINUTE,) * 41)) == 41


def test_a_change_keeps_the_history_and_believes_nine_of_it() -> None:
    moved = turn_to(after(50), Target("line-1", "v4", Backend.REKOGNITION))
    assert moved.samples == after(50).samples
    assert count_trusted(moved) == AFTER_A_CHANGE
    assert count_trusted(turn_to(after(4), Target("line-1", "4"))) == 4


def test_a_change_of_target_starts_its_looks_from_the_beginning() -> None:
    moved = turn_to(FRESH, Target("line-1", "4"))
    assert (moved.target, moved.observed, moved.unreadable) == (Target("line-1", "4"), Observed.UNKNOWN, 0)


def test_each_start_after_a_change_earns_one_until_all_count() -> None:
    record = turn_to(after(50), Target("line-1", "4"))
    seen = [count_trusted(after(starts, record, "v4")) for starts in (1, 2, 30, 50, 51, 60)]
    assert seen == [10, 11, 39, 59, 60, 60]


def test_other_units_are_a_change_too() -> None:
    assert count_trusted(after(1, after(50), "v3 with two units")) == AFTER_A_CHANGE + 1


def test_going_back_does_not_bring_back_what_was_cut() -> None:
    there = turn_to(after(50), Target("line-1", "4"))
    assert count_trusted(turn_to(there, Target("line-1", "3"))) == AFTER_A_CHANGE


@given(st.lists(st.sampled_from(["v3", "v4", "cut"]), max_size=200))
def test_evidence_is_never_more_than_the_samples_and_grows_by_one_at_most(steps: list[str]) -> None:
    record = FRESH
    for step in steps:
        before = count_trusted(record)
        record = cut(record) if step == "cut" else add_sample(record, MINUTE, step)
        assert 0 <= count_trusted(record) <= min(before + 1, len(record.samples), SAMPLES_KEPT)
        assert step != "cut" or count_trusted(record) <= AFTER_A_CHANGE


HELD_UP = {
    Answer.QUOTA: 1,
    Answer.DENIED: 1,
    Answer.INVALID: 1,
    Answer.GONE: 1,
    Answer.THROTTLED: 4,
    Answer.WRONG_STATE: 4,
    Answer.ACCEPTED: None,
    Answer.LOST: None,
}


@pytest.mark.parametrize("answer", HELD_UP)
def test_from_which_try_on_a_refusal_holds_a_start_up(answer: Answer) -> None:
    found = next((tries for tries in range(1, 20) if holds_up(answer, tries)), None)
    assert found == HELD_UP[answer]


def test_a_check_that_comes_a_round_of_its_turn_later_still_measures_a_start() -> None:
    effort = Effort(
        at("08:00"),
        at("16:00"),
        at("08:00"),
        "early",
        first_start_at=at("07:28"),
        unready_at=at("07:40"),
        lead=30 * MINUTE,
        turn=Turn(timedelta(), 10 * MINUTE),
    )
    assert measure_start(effort, (), at("07:52")) == 24 * MINUTE
    assert measure_start(replace(effort, turn=None), (), at("07:52")) is None


def test_a_change_of_target_forgets_what_the_service_said_of_the_old_one() -> None:
    unread = Unread(at("04:50"), "AccessDenied", Answer.DENIED)
    moved = turn_to(replace(FRESH, status="HOSTED", unread=unread), Target("line-1", "4"))
    assert (moved.status, moved.unread) == ("", None)


def test_a_start_outlasts_the_lead_that_it_began_with() -> None:
    effort = Effort(at("08:00"), at("16:00"), at("08:00"), "early", first_start_at=at("07:28"), lead=10 * MINUTE)
    assert not outlasts(effort, at("07:38"), 30 * MINUTE)
    assert outlasts(effort, at("07:39"), 30 * MINUTE)
    assert not outlasts(replace(effort, lead=None), at("07:39"), 30 * MINUTE)
