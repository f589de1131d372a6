"""Every error that the hosting service can answer, at each of the three calls of a pass, and what follows from it.

The errors go the whole way: as botocore raises them, through the adapter, into the pass.
"""

from datetime import timedelta

import pytest
from botocore.exceptions import ParamValidationError, ReadTimeoutError
from tests.support.calls import failing, look, refused, service_says
from tests.support.day import Day, a_day, a_model

from preheat.app.ports.errors import AnswerLost, InvalidCall
from preheat.domain.record.attempt import Answer
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Ownership, Phase
from preheat_simulator.core.status import Operation

MINUTE = timedelta(minutes=1)
JITTER = timedelta(seconds=16)
ERRORS: dict[str, tuple[Exception, Answer]] = {
    "AccessDenied": (refused("AccessDeniedException"), Answer.DENIED),
    "InternalServer": (refused("InternalServerException"), Answer.LOST),
    "Validation": (refused("ValidationException"), Answer.INVALID),
    "Conflict": (refused("ConflictException"), Answer.WRONG_STATE),
    "ResourceNotFound": (refused("ResourceNotFoundException"), Answer.GONE),
    "Throttling": (refused("ThrottlingException"), Answer.THROTTLED),
    "ServiceQuotaExceeded": (refused("ServiceQuotaExceededException"), Answer.QUOTA),
    "a code nobody knows": (refused("TeapotException"), Answer.LOST),
    "no code": (refused(""), Answer.LOST),
    "no answer": (ReadTimeoutError(endpoint_url="http://127.0.0.1"), Answer.LOST),
    "refused by the client": (ParamValidationError(report="so it is"), Answer.INVALID),
}
SOON = timedelta(seconds=10)
# After each answer: when the call may happen again (None: not before a new plan), and whether the ledger has it at
# once.
AGAIN: dict[Answer, tuple[timedelta | None, bool]] = {
    Answer.LOST: (SOON, False),
    Answer.THROTTLED: (SOON, False),
    Answer.WRONG_STATE: (MINUTE, False),
    Answer.QUOTA: (MINUTE, True),
    Answer.DENIED: (5 * MINUTE, True),
    Answer.INVALID: (None, True),
    Answer.GONE: (None, True),
}
STARTS, STOPS = Operation.START_MODEL, Operation.STOP_MODEL


def measure_wait(day: Day) -> timedelta:
    """Return how long the model rests from now on."""
    assert day.record.wake_at is not None
    return day.record.wake_at - day.clock.at


@pytest.mark.parametrize("name", ERRORS)
def test_a_look_that_fails_changes_nothing_at_the_service_and_lets_go_of_nothing(name: str) -> None:
    error, answer = ERRORS[name]
    with a_day() as day:
        day.run_until("09:59")
        day.clock.advance_to(day.record.wake_at or day.clock.at)
        before = day.record
        service_says(day, "describe", error)
        after = day.record
        assert (day.started(), day.stopped()) == (1, 0)
        assert day.observed() is Observed.HOSTED
        again, _ = AGAIN[answer]
        assert (after.attempt, after.ownership, after.silent_for_plan) == (before.attempt, before.ownership, None)
        if answer is Answer.GONE:
            assert (after.phase, measure_wait(day)) == (Phase.GONE, MINUTE)
            return
        assert after.phase is Phase.HOSTED
        again = again or 5 * MINUTE
        assert again <= measure_wait(day) <= again + JITTER
        assert (day.entries[-1].action is Action.UNREAD) == (answer not in (Answer.LOST, Answer.THROTTLED))


@pytest.mark.parametrize("name", ERRORS)
def test_a_start_that_is_refused_keeps_its_token_and_waits_as_the_table_says(name: str) -> None:
    error, answer = ERRORS[name]
    with a_day() as day:
        day.run_until("07:27:59")
        day.clock.advance(timedelta(seconds=1))
        service_says(day, "start", error)
        attempt = day.record.attempt
        assert attempt is not None
        assert (attempt.answer, attempt.tries, day.record.ownership) == (answer, 1, Ownership.STARTED)
        again, told = AGAIN[answer]
        assert (day.entries[-1].action is Action.REFUSE) is told
        if again is not None:
            assert again <= measure_wait(day) <= again + JITTER
        day.run_until("08:00")
        tokens = {call.token for call in day.sent(STARTS)}
        assert tokens == (set() if again is None else {attempt.client_token})
        assert (day.observed() is Observed.HOSTED) is (again is not None)


@pytest.mark.parametrize("name", ERRORS)
def test_a_stop_that_is_refused_keeps_its_token_and_waits_as_the_table_says(name: str) -> None:
    error, answer = ERRORS[name]
    with a_day() as day:
        day.run_until("15:59:59")
        day.clock.advance(timedelta(seconds=1))
        service_says(day, "stop", error)
        attempt = day.record.attempt
        assert attempt is not None
        assert (attempt.answer, attempt.tries) == (answer, 1)
        again, told = AGAIN[answer]
        assert (day.entries[-1].action is Action.REFUSE) is told
        day.run_until("16:20")
        tokens = {call.token for call in day.sent(STOPS)}
        assert tokens == (set() if again is None else {attempt.client_token})
        assert (day.observed() is Observed.STOPPED) is (again is not None)
        day.apply(a_model("08:00-16:00"))
        day.run_until("16:40")
        assert day.observed() is Observed.STOPPED


@pytest.mark.parametrize(("name", "at", "until"), [("start", "07:27:59", "08:00"), ("stop", "15:59:59", "16:20")])
def test_a_call_whose_answer_is_lost_after_its_effect_has_no_second_one(name: str, at: str, until: str) -> None:
    with a_day() as day:
        day.run_until(at)
        day.clock.advance(timedelta(seconds=1))
        look(day, failing(name, AnswerLost("no answer"), done=True))
        assert day.record.attempt is not None
        assert day.record.attempt.answer is Answer.LOST
        day.run_until(until)
        assert day.observed() is (Observed.HOSTED if name == "start" else Observed.STOPPED)
        assert (day.started(), day.stopped()) == ((1, 0) if name == "start" else (1, 1))


def test_a_model_that_may_not_be_read_is_not_taken_for_stopped_and_is_stopped_once_it_is_seen() -> None:
    with a_day("08:00-12:00") as day:
        day.run_until("07:28:30")
        day.clock.advance_to(day.record.wake_at or day.clock.at)
        look(day, failing("describe", InvalidCall("so it is")))
        assert day.record.is_engaged()
        day.run_until("12:10")
        assert day.observed() is Observed.STOPPED
