"""What every hosting backend promises: the adapter over HTTP and in process, and the simulator's core as a port."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import Session

from preheat.domain.attempt import Attempt, Call
from preheat.domain.lifecycle import Observed
from preheat.domain.plan import ModelId, Target, Units
from preheat.hosting.lookout import CONFIG, ERRORS, OBSERVED, LookoutHosting
from preheat.hosting.service_model import load_service_model, lookout_client, lookout_session
from preheat.ports import (
    AccessRefused,
    AnswerLost,
    Hosting,
    HostingError,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    Throttled,
    WrongState,
)
from preheat.simulation.hosting import SimulatedHosting
from preheat.simulator.clock import Clock
from preheat.simulator.faults import Fault, FaultKind
from preheat.simulator.latency import fixed
from preheat.simulator.limits import Limits
from preheat.simulator.options import Options
from preheat.simulator.serve import running
from preheat.simulator.service import LookoutService
from preheat.simulator.status import Operation, Status
from preheat.simulator.transport import simulated_client

TARGET = Target("line-1", "3")
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


@dataclass
class Backend:
    """One implementation, with the account behind it."""

    hosting: Hosting
    service: LookoutService
    advance: Callable[[timedelta], Any]
    tries: int  # calls that one start makes before it gives up

    def break_(self, kind: FaultKind, operation: Operation, times: int = 1) -> None:
        self.service.inject(Fault(kind, operation, times=times))


@pytest.fixture(params=["core", "in process", "http"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    """Each implementation in turn, with one stopped model; starts take 10 minutes, stops 2."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # the client's own backoff
    unlimited = Limits(calls_per_second=None)
    if request.param == "http":
        with running(Options(models=(("line-1", "3"),), start_latency=fixed(600), limits=unlimited, scale=0)) as served:
            session = lookout_session(Session())
            session.set_credentials("simulator", "simulator")
            client = lookout_client(region="eu-central-1", endpoint_url=served.url, config=CONFIG, session=session)
            yield Backend(LookoutHosting(client), served.simulator.service, served.simulator.clock.advance, 2)
        return
    clock = Clock(0, SIX)
    service = LookoutService(clock.now, start_latency=fixed(600), limits=unlimited)
    service.add_model("line-1", "3")
    if request.param == "core":
        yield Backend(SimulatedHosting(service), service, clock.advance, 1)
    else:
        yield Backend(LookoutHosting(simulated_client(service, config=CONFIG)), service, clock.advance, 2)


def intended(call: Call = Call.START, generation: int = 1, units: Units | None = None) -> Attempt:
    return Attempt.intended(
        ModelId("weld-seams"),
        call,
        generation=generation,
        demand_start=SIX,
        target=TARGET,
        units=units or Units(1),
        now=SIX,
    )


def test_a_model_is_started_becomes_hosted_and_is_stopped(backend: Backend) -> None:
    hosting = backend.hosting
    assert hosting.describe(TARGET).observed is Observed.STOPPED
    hosting.start(intended())
    assert hosting.describe(TARGET).observed is Observed.STARTING
    backend.advance(timedelta(minutes=10))
    assert hosting.describe(TARGET).observed is Observed.HOSTED
    hosting.stop(intended(Call.STOP))
    assert hosting.describe(TARGET).observed is Observed.STOPPING
    backend.advance(timedelta(minutes=2))
    assert hosting.describe(TARGET).observed is Observed.STOPPED


def test_the_same_token_starts_a_model_once(backend: Backend) -> None:
    backend.hosting.start(intended())
    backend.hosting.start(intended())
    assert backend.service.call_log.changed(Operation.START_MODEL) == 1


def test_the_units_are_sent_as_intended(backend: Backend) -> None:
    backend.hosting.start(intended(units=Units(2, 4)))
    (model,) = backend.service.models()
    assert (model.min_units, model.max_units) == (2, 4)


def test_a_model_that_shall_not_scale_has_no_maximum(backend: Backend) -> None:
    backend.hosting.start(intended(units=Units(2)))
    (model,) = backend.service.models()
    assert (model.min_units, model.max_units) == (2, None)


def test_a_known_token_with_other_parameters_is_refused(backend: Backend) -> None:
    backend.hosting.start(intended())
    with pytest.raises((InvalidCall, WrongState)):
        backend.hosting.start(replace(intended(), units=Units(2)))


def test_a_call_in_the_wrong_state_is_refused(backend: Backend) -> None:
    with pytest.raises(WrongState):
        backend.hosting.stop(intended(Call.STOP))
    backend.hosting.start(intended())
    with pytest.raises(WrongState):
        backend.hosting.start(intended(generation=2))


def test_a_quota_is_told_from_other_refusals(backend: Backend) -> None:
    with pytest.raises(QuotaExceeded):
        backend.hosting.start(intended(units=Units(6)))


@pytest.mark.parametrize("call", ["describe", "start", "stop"])
def test_an_absent_model_is_gone(backend: Backend, call: str) -> None:
    absent = Target("line-9", "1")
    argument: Any = absent if call == "describe" else replace(intended(), target=absent)
    with pytest.raises(ModelGone):
        getattr(backend.hosting, call)(argument)


CALLS = {"describe": Operation.DESCRIBE_MODEL, "start": Operation.START_MODEL, "stop": Operation.STOP_MODEL}
FAULTS = {
    FaultKind.THROTTLE: Throttled,
    FaultKind.INTERNAL_ERROR: AnswerLost,
    FaultKind.INTERNAL_ERROR_AFTER: AnswerLost,
    FaultKind.ANSWER_LOST: AnswerLost,
    FaultKind.ACCESS_DENIED: AccessRefused,
    FaultKind.VALIDATION: InvalidCall,
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", FAULTS)
def test_each_fault_at_each_call_is_the_ports_error(backend: Backend, call: str, kind: FaultKind) -> None:
    backend.break_(kind, CALLS[call], times=5)  # more often than the client tries
    if call == "stop":
        backend.hosting.start(intended())
    argument: Any = TARGET if call == "describe" else intended(Call(call))
    with pytest.raises(FAULTS[kind]) as caught:
        getattr(backend.hosting, call)(argument)
    assert str(caught.value)


def test_a_lost_answer_has_its_effect_and_the_same_call_again_has_none(backend: Backend) -> None:
    backend.break_(FaultKind.ANSWER_LOST, Operation.START_MODEL, times=backend.tries)
    with pytest.raises(AnswerLost):
        backend.hosting.start(intended())
    backend.hosting.start(intended())
    assert backend.service.call_log.changed(Operation.START_MODEL) == 1


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_its_word(backend: Backend, status: Status) -> None:
    backend.service.set_status("line-1", "3", status)
    seen = backend.hosting.describe(TARGET)
    assert (seen.observed, seen.detail) == (OBSERVED[status], status)


def test_the_words_cover_the_service_model() -> None:
    assert set(OBSERVED) == set(load_service_model().shape_for("ModelStatus").enum)
    operations = [load_service_model().operation_model(name) for name in CALLS.values()]
    assert set(ERRORS) == {shape.name for operation in operations for shape in operation.error_shapes}


class Answering:
    """A client that answers what it is told to."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._answer = answer

    def describe_model(self, **_: Any) -> dict[str, Any]:
        return self._answer


@pytest.mark.parametrize("answer", [{}, {"ModelDescription": {}}, {"ModelDescription": {"Status": "HIBERNATING"}}])
def test_a_status_that_is_missing_or_new_is_unknown(answer: dict[str, Any]) -> None:
    assert LookoutHosting(Answering(answer)).describe(TARGET).observed is Observed.UNKNOWN


def test_an_error_the_service_is_not_known_for_counts_as_a_lost_answer() -> None:
    from botocore.exceptions import ClientError

    from preheat.hosting.lookout import translated

    error = ClientError({"Error": {"Code": "503", "Message": "busy"}}, "StartModel")
    assert isinstance(translated("StartModel", error), AnswerLost)


def test_what_the_client_itself_refuses_is_invalid(backend: Backend) -> None:
    if isinstance(backend.hosting, LookoutHosting):
        with pytest.raises(InvalidCall):
            backend.hosting.start(replace(intended(), client_token=""))
    assert issubclass(InvalidCall, HostingError)


def test_a_dead_endpoint_is_a_lost_answer() -> None:
    session = lookout_session(Session())
    session.set_credentials("simulator", "simulator")
    client = lookout_client(region="eu-central-1", endpoint_url="http://127.0.0.1:9", config=CONFIG, session=session)
    with pytest.raises(AnswerLost):
        LookoutHosting(client).start(intended())
