"""Days on which a neighbour of the model fails: its gate, its queue, its inference, its tags or its scaling.

Days on which a neighbour raises any error at any moment: the model still stops at the plan's bound for drain and gate.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.calls import Faulty
from tests.support.day import GATE, MIDNIGHT, QUEUE, Day, a_day, at

from preheat.adapters.hosting.sagemaker import SageMakerHosting
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    StaleRecord,
    StoreUnavailable,
    Throttled,
    UnreadableItem,
    WrongState,
)
from preheat.app.ports.remote import Remote
from preheat.domain.decision.draining import CLOSED_WITHIN
from preheat.domain.plan.hosted_model import Drain, Readiness
from preheat.domain.plan.plan import Backend
from preheat.domain.record.record import Phase
from preheat_simulator.core.status import Status

EXPECTED = (AnswerLost, Throttled, WrongState, QuotaExceeded, AccessRefused, InvalidCall, ModelGone)
UNEXPECTED = (StoreUnavailable, StaleRecord, UnreadableItem, KeyError, MemoryError)
ERRORS = (*EXPECTED, *UNEXPECTED)
NEIGHBOURS = ("gate describe", "gate open", "gate close", "count", "probe")
DRAIN = Drain(QUEUE, timedelta(minutes=10))
READINESS = Readiness(b"{}", "application/json")
SLACK = timedelta(minutes=2)  # until the next tick and pass have seen that a bound has come
END = at("16:00")
# From when on a neighbour fails: before the start, while the model serves, as its demand ends, during the drain.
MOMENTS = ("00:00", "12:00", "15:59", "16:00:30")

type Fails = Callable[[str, bool], None]


def a_day_of(neighbour: str, **changes: Any) -> Any:
    readiness = READINESS if neighbour == "probe" else None
    given: dict[str, Any] = {"gate": GATE, "drain": DRAIN, "readiness": readiness}
    return a_day(**given | changes)


def let_fail(day: Day, fails: Fails) -> None:
    def faulty(remote: Remote) -> Remote:
        gates, backlogs = Faulty(remote.gates, fails, "gate "), Faulty(remote.backlogs, fails)
        scaling = Faulty(remote.scaling, fails, "scaling ") if remote.scaling is not None else None
        hosting = Faulty(remote.hosting, fails)
        return replace(remote, gates=gates, backlogs=backlogs, hosting=hosting, scaling=scaling)

    day.remote = faulty


def is_stopped_by(day: Day, bound: timedelta) -> bool:
    """Return whether the model stopped once, after its demand and at the bound at the latest."""
    stops = [call.at for call in day.sent(day.service.words.stop) if call.changed_state]
    return len(stops) == 1 and END <= stops[0] <= END + bound + SLACK


BOUND = DRAIN.limit + CLOSED_WITHIN


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_a_neighbour_that_fails_from_any_moment_on_never_keeps_a_stop_from_being_made(
    neighbour: str, error: type[Exception], moment: str
) -> None:
    with a_day_of(neighbour) as day:

        def fails(called: str, after: bool) -> None:
            if called == neighbour and not after and day.clock.at >= at(moment):
                raise error("so it is")

        let_fail(day, fails)
        day.run_until("15:58")
        assert day.status is Status.HOSTED
        day.run_until("17:30")
        assert day.started() == 1
        assert is_stopped_by(day, BOUND)
        assert (day.status, day.record.phase) == (Status.TRAINED, Phase.IDLE)


@pytest.mark.parametrize("nth", range(1, 7))
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("error", [AnswerLost, StaleRecord, KeyError])
@pytest.mark.parametrize("neighbour", NEIGHBOURS)
def test_one_failure_at_any_call_never_keeps_a_stop_from_being_made(
    neighbour: str, error: type[Exception], after: bool, nth: int
) -> None:
    calls = 0

    def fails(called: str, done: bool) -> None:
        nonlocal calls
        calls += called == neighbour and not done
        if called == neighbour and done is after and calls == nth:
            raise error("so it is")

    with a_day_of(neighbour) as day:
        let_fail(day, fails)
        day.run_until("17:30")
        assert is_stopped_by(day, BOUND)
        assert day.status is Status.TRAINED


@pytest.mark.parametrize("error", ERRORS)
def test_all_neighbours_that_fail_at_once_never_keep_a_stop_from_being_made(error: type[Exception]) -> None:
    def fails(called: str, after: bool) -> None:
        if called in NEIGHBOURS and not after:
            raise error("so it is")

    with a_day_of("probe") as day:
        let_fail(day, fails)
        day.run_until("17:30")
        assert is_stopped_by(day, BOUND)
        assert day.status is Status.TRAINED


def test_an_error_that_no_port_may_raise_is_reported_with_its_cause() -> None:
    error = KeyError("State")

    def fails(called: str, after: bool) -> None:
        if called == "gate describe" and not after:
            raise error

    with a_day_of("gate describe") as day:
        let_fail(day, fails)
        day.run_until("16:20")
        met = [result.unexpected for result in day.results if result.unexpected]
        assert met
        assert all(each == (error,) for each in met)
        assert any("Gate not confirmed closed" in entry.reason for entry in day.entries)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("error", ERRORS)
def test_tags_that_cannot_be_read_never_keep_the_stop_of_what_preheat_started_from_being_made(
    error: type[Exception], moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_day_of("tags", backend=Backend.SAGEMAKER) as day:
        read = SageMakerHosting._tags

        def fails(self: SageMakerHosting, arn: str) -> dict[str, str]:
            if error is not ModelGone and day.clock.at >= at(moment):  # an endpoint that is gone has no tags to read
                raise error("so it is")
            return read(self, arn)

        monkeypatch.setattr(SageMakerHosting, "_tags", fails)
        day.run_until("15:58")
        assert day.observed().value == "hosted"
        day.run_until("17:30")
        assert day.started() == 1
        assert is_stopped_by(day, BOUND)


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("error", ERRORS)
def test_scaling_that_cannot_be_read_never_keeps_a_stop_from_being_made(error: type[Exception], moment: str) -> None:
    with a_day_of("scaling", backend=Backend.SAGEMAKER) as day:
        asked: list[str] = []

        def fails(called: str, after: bool) -> None:
            if called.startswith("scaling ") and not after:
                asked.append(called)
                if day.clock.at >= at(moment):
                    raise error("so it is")

        let_fail(day, fails)
        day.run_until("17:30")
        assert "scaling read" in asked
        assert is_stopped_by(day, BOUND)


@pytest.mark.parametrize("error", [AccessRefused, Throttled, KeyError])
def test_an_endpoint_with_unreadable_tags_that_preheat_did_not_start_is_neither_adopted_nor_stopped(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: SageMakerHosting, arn: str) -> dict[str, str]:
        raise error("so it is")

    monkeypatch.setattr(SageMakerHosting, "_tags", fails)
    with a_day_of("tags", backend=Backend.SAGEMAKER) as day:
        day.person("starts")
        day.run_until("17:30")
        assert (day.started(), day.stopped()) == (0, 0)
        assert day.record.ownership.value == "none"
        assert day.clock.at > MIDNIGHT
