"""The runtime of SageMaker on the wire: what it refuses, what it may say, and that it shares a port with the others."""

import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from preheat.domain.plan.plan import Backend
from preheat_simulator.core.clock import ScaledClock
from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.status import Operation
from preheat_simulator.http.options import HttpSimulator, Options
from preheat_simulator.http.runtime_wire import RuntimeWire
from preheat_simulator.http.serve import run_in_thread
from preheat_simulator.http.transport import make_runtime, make_unattached_runtime
from preheat_simulator.http.wire import NotInTheModelError, Wire
from preheat_simulator.sagemaker import EndpointService

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


@pytest.fixture
def service() -> EndpointService:
    service = EndpointService(ScaledClock(0, SIX).now)
    service.add_model("weld", "weld-1")
    service.set_status("weld", "weld-1", "InService")
    return service


def test_bytes_go_in_and_a_finding_comes_out(service: EndpointService) -> None:
    client = make_runtime(service)
    answer = client.invoke_endpoint(EndpointName="weld", Body=b"\x00\xff", ContentType="image/jpeg")
    assert set(json.loads(answer["Body"].read())) == {"IsAnomalous", "Confidence"}
    assert answer["InvokedProductionVariant"] == "all"
    (call,) = service.call_log
    assert (call.operation, call.project, call.version, call.answer) == (
        Operation.INVOKE_ENDPOINT,
        "weld",
        "weld-1",
        "OK",
    )


def test_an_endpoint_that_is_not_in_service_is_not_found_in_the_runtimes_words(service: EndpointService) -> None:
    service.set_status("weld", "weld-1", "Creating")
    with pytest.raises(ClientError) as raised:
        make_runtime(service).invoke_endpoint(EndpointName="weld", Body=b"")
    error = raised.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert error["Message"].startswith("Endpoint weld of account ")


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/endpoints/weld/invocations", ""),
        ("POST", "/endpoints/weld", ""),
        ("POST", "/endpoints//invocations", ""),
        ("POST", "/endpoints/weld/invocations", "a=b"),
    ],
)
def test_what_is_no_invocation_is_not_found(service: EndpointService, method: str, path: str, query: str) -> None:
    assert RuntimeWire(lambda: service).handle(method, path, query, {}, b"").status == 404


def test_names_and_payloads_are_held_against_the_model(service: EndpointService) -> None:
    wire = RuntimeWire(lambda: service)
    assert wire.handle("POST", "/endpoints/-weld/invocations", "", {}, b"").status == 400
    assert wire.handle("POST", "/endpoints/weld/invocations", "", {}, b"x" * 6_291_457).status == 400
    assert wire.handle("POST", "/endpoints/weld/invocations", "", {}, b"x" * 6_291_456).status == 200


def test_what_the_runtime_could_not_say_is_a_bug(service: EndpointService) -> None:
    def fails(*_: object, **__: object) -> bytes:
        raise ServiceError("ConflictException", "no such word")

    service.invoke_endpoint = fails  # type: ignore[method-assign]  # a broken service
    with pytest.raises(NotInTheModelError):
        RuntimeWire(lambda: service).handle("POST", "/endpoints/weld/invocations", "", {}, b"")


def test_one_port_serves_it_next_to_the_others() -> None:
    options = Options(models=((Backend.SAGEMAKER, "weld", "weld-1"),))
    with run_in_thread(options) as served:
        served.simulator.sagemaker.set_status("weld", "weld-1", "InService")
        assert make_unattached_runtime(served.url).invoke_endpoint(EndpointName="weld", Body=b"1")["Body"].read()
    simulator = HttpSimulator(options)
    assert isinstance(simulator.wire_of("", "/2020-11-20/projects"), Wire)
    assert isinstance(simulator.wire_of("", "/endpoints/weld/invocations"), RuntimeWire)
