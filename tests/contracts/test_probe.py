"""What every hosting backend promises of the inference that shows a model ready: it succeeds only on a hosted model."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from preheat.domain.plan import Readiness, Target
from preheat.hosting.calling import CONFIG
from preheat.hosting.lookout import LookoutHosting
from preheat.ports import AccessRefused, AnswerLost, Hosting, InvalidCall, ModelGone, Throttled, WrongState
from preheat.simulation.hosting import SimulatedHosting
from preheat.simulator.clock import Clock
from preheat.simulator.faults import Fault, FaultKind
from preheat.simulator.service import LookoutService
from preheat.simulator.status import Operation, Status
from preheat.simulator.transport import simulated_client

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
TARGET = Target("line-1", "3")
IMAGE = Readiness(b"a picture", "image/jpeg")


@dataclass
class Bench:
    """One implementation, with the account behind it."""

    hosting: Hosting
    service: LookoutService


@pytest.fixture(params=["core", "in process"])
def bench(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)  # the client's own backoff
    service = LookoutService(Clock(0, SIX).now)
    service.add_model("line-1", "3")
    if request.param == "core":
        return Bench(SimulatedHosting(service), service)
    return Bench(LookoutHosting(simulated_client(service, config=CONFIG)), service)


@pytest.mark.parametrize("status", list(Status))
def test_only_a_hosted_model_answers_an_inference(bench: Bench, status: Status) -> None:
    bench.service.set_status("line-1", "3", status)
    if status is Status.HOSTED:
        bench.hosting.probe(TARGET, IMAGE)
        return
    with pytest.raises(WrongState):
        bench.hosting.probe(TARGET, IMAGE)


def test_an_inference_changes_no_state(bench: Bench) -> None:
    bench.service.set_status("line-1", "3", Status.HOSTED)
    bench.hosting.probe(TARGET, IMAGE)
    assert [(call.operation, call.changed_state) for call in bench.service.call_log] == [
        (Operation.DETECT_ANOMALIES, False)
    ]
    assert bench.service.status("line-1", "3") is Status.HOSTED


def test_what_the_service_cannot_read_is_invalid(bench: Bench) -> None:
    bench.service.set_status("line-1", "3", Status.HOSTED)
    with pytest.raises(InvalidCall):
        bench.hosting.probe(TARGET, Readiness(b"1,2,3", "text/csv"))


def test_an_absent_model_is_gone(bench: Bench) -> None:
    with pytest.raises(ModelGone):
        bench.hosting.probe(Target("line-9", "1"), IMAGE)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.THROTTLE, Throttled),
        (FaultKind.INTERNAL_ERROR, AnswerLost),
        (FaultKind.ANSWER_LOST, AnswerLost),
        (FaultKind.ACCESS_DENIED, AccessRefused),
        (FaultKind.VALIDATION, InvalidCall),
    ],
)
def test_each_fault_is_the_ports_error(bench: Bench, kind: FaultKind, error: type[Exception]) -> None:
    bench.service.set_status("line-1", "3", Status.HOSTED)
    bench.service.inject(Fault(kind, Operation.DETECT_ANOMALIES, times=5))
    with pytest.raises(error):
        bench.hosting.probe(TARGET, IMAGE)
