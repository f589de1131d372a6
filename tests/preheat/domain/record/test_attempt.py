"""Tokens, leases and what each answer means."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.day import TARGET, WELD, at

from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.attempt import (
    LEASE,
    REACTIONS,
    TOKEN_AGE_MAX,
    Answer,
    Attempt,
    Call,
    digest_parameters,
    make_client_token,
    pause_before_retry,
)


def an_attempt(now: datetime | None = None, call: Call = Call.START) -> Attempt:
    now = now or at("07:28")
    return Attempt.intend(WELD, call, generation=1, demand_start=at("08:00"), target=TARGET, units=Units(1), now=now)


def test_the_same_inputs_give_the_same_token_and_any_other_input_another() -> None:
    digest = digest_parameters(TARGET, Units(1))
    token = make_client_token(WELD, at("08:00"), Call.START, 1, digest)
    assert token == make_client_token(WELD, at("08:00"), Call.START, 1, digest)
    others = {
        make_client_token(WELD, at("08:01"), Call.START, 1, digest),
        make_client_token(WELD, at("08:00"), Call.STOP, 1, digest),
        make_client_token(WELD, at("08:00"), Call.START, 2, digest),
        make_client_token(WELD, at("08:00"), Call.START, 1, digest_parameters(TARGET, Units(2))),
        make_client_token(WELD, at("08:00"), Call.START, 1, digest_parameters(TARGET, Units(1, 2))),
    }
    assert token not in others
    assert len(others) == 5


@given(generation=st.integers(1, 10**9), call=st.sampled_from(Call))
def test_a_token_fits_the_services_alphabet_and_length(generation: int, call: Call) -> None:
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,64}", make_client_token(WELD, at("08:00"), call, generation, "0" * 16))


def test_an_intent_is_not_closed_within_its_lease() -> None:
    attempt = an_attempt()
    assert not attempt.is_closable(attempt.intent_at + LEASE - timedelta(microseconds=1))
    assert attempt.is_closable(attempt.intent_at + LEASE)


REFUSALS = [answer for answer in Answer if REACTIONS[answer].definite and answer is not Answer.ACCEPTED]


@pytest.mark.parametrize("answer", REFUSALS)
def test_an_attempt_that_was_refused_each_time_is_without_effect(answer: Answer) -> None:
    once = an_attempt().note_answer(answer, WELD, at("07:28"))
    again = once.repeat(at("07:29")).note_answer(answer, WELD, at("07:29"))
    assert once.is_without_effect()
    assert again.is_without_effect()
    assert not once.repeat(at("07:29")).is_without_effect()  # its writer may be about to call


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_refusal_of_the_clients_own_second_try_says_nothing_of_its_first(answer: Answer) -> None:
    assert not an_attempt().note_answer(answer, WELD, at("07:28"), retried=True).is_without_effect()


@pytest.mark.parametrize("unsure", [None, Answer.LOST, Answer.ACCEPTED])
def test_a_refusal_after_a_call_that_may_have_had_its_effect_settles_nothing_about_it(unsure: Answer | None) -> None:
    attempt = an_attempt() if unsure is None else an_attempt().note_answer(unsure, WELD, at("07:28"))
    much_later = at("07:28") + 2 * LEASE
    refused = attempt.repeat(much_later).note_answer(Answer.WRONG_STATE, WELD, much_later)
    assert not refused.is_without_effect()


@pytest.mark.parametrize("answer", [answer for answer in Answer if REACTIONS[answer].definite])
def test_a_sole_writers_definite_answer_settles_its_intent(answer: Answer) -> None:
    assert an_attempt().note_answer(answer, WELD, at("07:28")).is_closable(at("07:28"))


def test_a_lost_answer_settles_nothing() -> None:
    assert not an_attempt().note_answer(Answer.LOST, WELD, at("07:28")).is_closable(at("07:28"))


def test_a_call_is_on_its_way_until_its_writer_has_noted_an_answer_or_its_lease_ends() -> None:
    attempt = an_attempt()
    assert attempt.is_on_its_way(at("07:28"))
    assert not attempt.is_on_its_way(attempt.lease_ends_at())
    lost = attempt.note_answer(Answer.LOST, WELD, at("07:28:05"))
    assert not lost.is_on_its_way(at("07:28:05"))  # its writer has finished
    assert lost.repeat(at("07:28:20")).is_on_its_way(at("07:28:20"))  # another one has not


def test_an_answer_settles_nothing_while_another_writer_may_still_call() -> None:
    attempt = an_attempt().repeat(at("07:28:30")).note_answer(Answer.ACCEPTED, WELD, at("07:28:31"))
    assert not attempt.is_closable(at("07:30:29"))
    assert attempt.is_closable(at("07:30:30"))


def test_a_repeat_after_a_settled_answer_has_one_writer_again() -> None:
    settled = an_attempt().note_answer(Answer.THROTTLED, WELD, at("07:28"))
    assert settled.repeat(at("07:28:20")).open_writers == 1


def test_a_slow_clock_never_moves_the_lease_back() -> None:
    attempt = an_attempt(at("07:28:30"))
    assert attempt.repeat(at("07:28:10")).intent_at == at("07:28:30")


def test_a_repeat_is_the_same_call() -> None:
    first = an_attempt()
    again = first.repeat(at("07:29"))
    kept = ("call", "generation", "client_token", "target", "units", "first_at")
    assert all(getattr(first, name) == getattr(again, name) for name in kept)


def test_a_token_ages() -> None:
    attempt = an_attempt()
    assert not attempt.is_aged(attempt.first_at + TOKEN_AGE_MAX - timedelta(seconds=1))
    assert attempt.is_aged(attempt.first_at + TOKEN_AGE_MAX)
    assert timedelta(hours=8) > TOKEN_AGE_MAX


# The one table of reactions, line by line: definite?, first pause in seconds (jitter aside), in the ledger from the
# n-th time.
@pytest.mark.parametrize(
    ("answer", "definite", "pause_seconds", "told_from"),
    [
        (Answer.ACCEPTED, True, 10, None),
        (Answer.LOST, False, 10, None),
        (Answer.THROTTLED, True, 10, None),
        (Answer.WRONG_STATE, True, 60, 3),
        (Answer.QUOTA, True, 60, 1),
        (Answer.DENIED, True, 300, 1),
        (Answer.INVALID, True, None, 1),
        (Answer.GONE, True, None, 1),
    ],
)
def test_each_answer_has_its_reaction(
    answer: Answer, definite: bool, pause_seconds: int | None, told_from: int | None
) -> None:
    assert (REACTIONS[answer].definite, REACTIONS[answer].told_from) == (definite, told_from)
    pause = pause_before_retry(answer, 1, WELD)
    if pause_seconds is None:
        assert pause is None
    else:
        assert pause is not None
        assert timedelta(seconds=pause_seconds) <= pause < timedelta(seconds=pause_seconds + 15)


def test_an_accepted_start_counts_as_seen_to_leave_its_stopped_state() -> None:
    assert an_attempt().note_answer(Answer.ACCEPTED, WELD, at("07:28")).left
    assert not an_attempt().note_answer(Answer.LOST, WELD, at("07:28")).left
    assert not an_attempt(call=Call.STOP).note_answer(Answer.ACCEPTED, WELD, at("07:28")).left


def test_an_attempt_is_a_value() -> None:
    assert replace(an_attempt()) == an_attempt()


def test_the_digest_of_a_target_of_this_stack_never_changes() -> None:
    # A stored attempt repeats with its stored token, and this digest judges it: both outlive a release.
    assert digest_parameters(Target("line-1", "3"), Units(1, 2)) == "72af43e1bb70af2c"


def test_another_service_region_or_role_is_another_start() -> None:
    role = "arn:aws:iam::111122223333:role/preheat"
    targets = [
        Target("line-1", "3"),
        Target("line-1", "3", Backend.REKOGNITION),
        Target("line-1", "3", Backend.SAGEMAKER),
        Target("line-1", "3", region="eu-west-1"),
        Target("line-1", "3", role=role),
        Target("line-1", "3", region="eu-west-1", role=role),
    ]
    assert len({digest_parameters(target, Units()) for target in targets}) == len(targets)


def test_models_that_get_a_refusal_in_the_same_second_do_not_come_again_in_the_same_second() -> None:
    pauses = {pause_before_retry(Answer.THROTTLED, 1, ModelId(f"line-{number}")) for number in range(20)}
    assert len(pauses) == 20
    assert {pause_before_retry(Answer.THROTTLED, 1, ModelId("line-1")) for _ in range(2)} < pauses
