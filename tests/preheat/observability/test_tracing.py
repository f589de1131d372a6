"""The traces for X-Ray: a subsegment for each remote call, if Lambda samples the invocation; no call ever suffers."""

import ast
import json
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.session import Session

import preheat.bootstrap
from preheat.adapters.hosting.calling import CONFIG
from preheat.adapters.hosting.service_model import make_lookout_client
from preheat.observability import correlation
from preheat.observability.tracing import DAEMON, TRACE, trace_calls
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation
from preheat_simulator.http.transport import attach
from preheat_simulator.http.wire import Wire
from preheat_simulator.lookout import LookoutService

ROOT, PARENT = "1-6743a1b2-0123456789abcdef01234567", "53995c3f42cd8ad8"
SAMPLED = f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=1:a87bd80c:0"
NAMED = {"ProjectName": "line-1", "ModelVersion": "3"}
type Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Stand in for the daemon of a sampled invocation; calling it returns the segments so far."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.setblocking(False)
        monkeypatch.setenv(DAEMON, f"127.0.0.1:{daemon.getsockname()[1]}")
        monkeypatch.setenv(TRACE, SAMPLED)
        # The client's own backoff takes no time.
        monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)

        def read_received() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            while True:
                try:
                    header, _, document = daemon.recv(65536).partition(b"\n")
                except BlockingIOError:
                    return found
                assert json.loads(header) == {"format": "json", "version": 1}
                found.append(json.loads(document))

        yield read_received


@pytest.fixture
def service() -> LookoutService:
    service = LookoutService(lambda: datetime(2026, 11, 23, 6, tzinfo=UTC))
    service.add_model("line-1", "3")
    return service


@pytest.fixture
def client(service: LookoutService) -> Any:
    session = Session(profile=None)
    session.set_credentials("simulator", "simulator")
    client = make_lookout_client(
        region="eu-central-1", endpoint_url="http://simulator.invalid", config=CONFIG, session=trace_calls(session)
    )
    attach(client, Wire(lambda: service))
    return client


def test_each_call_is_a_subsegment_of_its_invocation(client: Any, told: Told) -> None:
    with correlation.name_cause("tick-0600"):
        answer = client.describe_model(**NAMED)
    (one,) = told()
    assert one.pop("end_time") >= one.pop("start_time") > 0
    assert len(bytes.fromhex(one.pop("id"))) == 8
    assert one == {
        "type": "subsegment",
        "trace_id": ROOT,
        "parent_id": PARENT,
        "name": "LookoutVision",
        "namespace": "aws",
        "aws": {
            "operation": "DescribeModel",
            "region": "eu-central-1",
            "request_id": answer["ResponseMetadata"]["RequestId"],
            "retries": 0,
        },
        "http": {"response": {"status": 200}},
        "annotations": {"correlation_id": "tick-0600"},
    }


@pytest.mark.parametrize(
    ("kind", "told_as"),
    [
        (FaultKind.THROTTLE, ({"error", "throttle"}, 429, 1, "ThrottlingException")),
        (FaultKind.ACCESS_DENIED, ({"error"}, 403, 0, "AccessDeniedException")),
        (FaultKind.INTERNAL_ERROR, ({"fault"}, 500, 1, "InternalServerException")),
    ],
)
def test_a_refusal_is_traced_with_its_kind_and_without_its_words(
    client: Any, told: Told, service: LookoutService, kind: FaultKind, told_as: tuple[set[str], int, int, str]
) -> None:
    service.inject(InjectedFault(kind, Operation.DESCRIBE_MODEL, times=2))
    with pytest.raises(ClientError) as refused:
        client.describe_model(**NAMED)
    (one,) = told()
    (cause,) = one["cause"]["exceptions"]
    flags = {flag for flag in ("error", "fault", "throttle") if one.get(flag)}
    assert (flags, one["http"]["response"]["status"], one["aws"]["retries"], cause["type"]) == told_as
    assert refused.value.response["Error"]["Message"] not in json.dumps(one)


def test_a_call_that_is_throttled_under_a_servers_status_is_reported_as_throttled(
    client: Any, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Rekognition does."""
    answer = AWSResponse("", 500, {"x-amzn-ErrorType": "ThrottlingException"}, BytesIO(b"{}"))
    answer._content = b"{}"
    client.meta.events.register_first("before-send.lookoutvision", lambda **_: answer)
    with pytest.raises(ClientError, match="ThrottlingException"):
        client.describe_model(**NAMED)
    (one,) = told()
    assert (one.get("throttle"), one.get("error"), one.get("fault")) == (True, True, None)


def test_a_call_that_others_answer_is_not_traced_and_not_harmed(client: Any, told: Told) -> None:
    answer = SimpleNamespace(status_code=200), {"ModelDescription": {"Status": "HOSTED"}}
    client.meta.events.register_first("before-call.lookoutvision", lambda **_: answer)
    assert client.describe_model(**NAMED)["ModelDescription"]["Status"] == "HOSTED"
    assert told() == []


def test_a_call_without_a_cause_has_no_annotation(client: Any, told: Told) -> None:
    client.describe_model(**NAMED)
    (one,) = told()
    assert "annotations" not in one


def test_a_lost_answer_is_a_fault_and_reaches_the_caller_as_it_is(
    client: Any, told: Told, service: LookoutService
) -> None:
    service.inject(InjectedFault(FaultKind.ANSWER_LOST, Operation.DESCRIBE_MODEL, times=2))
    with pytest.raises(ConnectionClosedError):
        client.describe_model(**NAMED)
    (one,) = told()
    assert one["fault"] is True
    assert "http" not in one
    assert one["cause"]["exceptions"][0]["type"] == "ConnectionClosedError"


@pytest.mark.parametrize(
    "header", ["", "nonsense", f"Root={ROOT};Parent={PARENT};Sampled=0", f"Root={ROOT};Parent={PARENT}", "Sampled=1"]
)
def test_what_is_not_sampled_is_not_traced(
    client: Any, told: Told, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setenv(TRACE, header)
    client.describe_model(**NAMED)
    assert told() == []


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"])
@pytest.mark.usefixtures("told")
def test_a_daemon_out_of_reach_fails_no_call(client: Any, monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(DAEMON, address)
    assert client.describe_model(**NAMED)["ModelDescription"]["Status"] == "TRAINED"


def test_every_session_that_a_function_is_wired_with_is_traced() -> None:
    trees = [ast.parse(path.read_text()) for path in Path(*preheat.bootstrap.__path__).glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    made = [node for node in calls if node.func.id == "Session"]  # type: ignore[attr-defined]
    wrapped = [node.args[0] for node in calls if node.func.id == "trace_calls"]  # type: ignore[attr-defined]
    assert made
    assert made == wrapped
