"""The promises of every gate and every queue of work: those on Lambda and SQS, and their twins in memory.

Lambda's client is real and answers from a mapping in this module, by the service's model; SQS answers in process.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.backlogs import DELAYED, IN_FLIGHT, VISIBLE, SqsBacklogs, read_region
from preheat.adapters.hosting.gates import CONFIG, PASSAGES, LambdaGates
from preheat.adapters.memory.downstream import MemoryBacklogs, MemoryGates, SourceMapping
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    Throttled,
    WrongState,
)
from preheat.app.ports.hosting import UNWIRED, Backlogs, Gates
from preheat.domain.record.gate import Backlog, Passage

GATE = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
ABSENT = "7a1f0d3e-5b1c-4c3e-8f42-2c9e1d6b0a22"
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


class FakeLambda:
    """The two operations on one mapping, as the service answers them; checked by botocore's own shapes."""

    def __init__(self, session: Any, clock: VirtualClock) -> None:
        self.client = session.create_client("lambda", region_name="eu-central-1", config=CONFIG)
        self.gates = MemoryGates(clock)
        self.gates.mappings[GATE] = SourceMapping()
        self.sent: list[dict[str, Any]] = []

    def get_event_source_mapping(self, **arguments: Any) -> Any:
        return self._answered("get_event_source_mapping", arguments, lambda: None)

    def update_event_source_mapping(self, **arguments: Any) -> Any:
        self.sent.append(arguments)
        change = self.gates.open if arguments.get("Enabled") else self.gates.close
        return self._answered("update_event_source_mapping", arguments, lambda: change(arguments["UUID"]))

    def _answered(self, operation: str, arguments: dict[str, Any], does: Callable[[], object]) -> Any:
        with Stubber(self.client) as stub:
            try:
                does()
                state = self.gates.describe(arguments["UUID"]).detail
            except ModelGone:
                stub.add_client_error(operation, "ResourceNotFoundException", "no", 404, expected_params=arguments)
            except WrongState:
                stub.add_client_error(operation, "ResourceInUseException", "no", 400, expected_params=arguments)
            else:
                stub.add_response(operation, {"UUID": arguments["UUID"], "State": state}, arguments)
            return getattr(self.client, operation)(**arguments)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(SIX)


@pytest.fixture(params=["memory", "lambda"])
def gates(request: pytest.FixtureRequest, session: Any, clock: VirtualClock) -> Gates:
    if request.param == "memory":
        twin = MemoryGates(clock)
        twin.mappings[GATE] = SourceMapping()
        return twin
    fake = FakeLambda(session, clock)
    return LambdaGates(lambda: fake)


def test_a_gate_is_opened_and_closed_and_is_on_its_way_meanwhile(gates: Gates, clock: VirtualClock) -> None:
    assert gates.describe(GATE).passage is Passage.CLOSED
    gates.open(GATE)
    assert gates.describe(GATE).passage is Passage.MOVING
    clock.advance(timedelta(minutes=1))
    assert gates.describe(GATE).passage is Passage.OPEN
    gates.close(GATE)
    clock.advance(timedelta(minutes=1))
    assert gates.describe(GATE).passage is Passage.CLOSED


def test_to_open_what_is_open_changes_nothing(gates: Gates, clock: VirtualClock) -> None:
    gates.open(GATE)
    clock.advance(timedelta(minutes=1))
    gates.open(GATE)
    assert gates.describe(GATE).passage is Passage.OPEN


def test_a_gate_that_is_on_its_way_refuses_to_be_changed(gates: Gates) -> None:
    gates.open(GATE)
    with pytest.raises(WrongState):
        gates.close(GATE)


@pytest.mark.parametrize("call", ["describe", "open", "close"])
def test_a_gate_that_does_not_exist_is_gone(gates: Gates, call: str) -> None:
    with pytest.raises(ModelGone):
        getattr(gates, call)(ABSENT)


def test_a_look_never_changes_anything(gates: Gates) -> None:
    assert [gates.describe(GATE).passage for _ in range(3)] == [Passage.CLOSED] * 3


# --- Lambda alone -----------------------------------------------------------------------------------------------------


class FailingDownstream:
    """A client that answers every call with one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _: str) -> Any:
        def call(**_: Any) -> None:
            raise self._error

        return call


def make_refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, "AnyOperation")


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (make_refusal("AccessDeniedException"), AccessRefused),
        (make_refusal("InvalidParameterValueException"), InvalidCall),
        (make_refusal("ResourceConflictException"), WrongState),
        (make_refusal("ResourceInUseException"), WrongState),
        (make_refusal("ResourceNotFoundException"), ModelGone),
        (make_refusal("ServiceException"), AnswerLost),
        (make_refusal("TooManyRequestsException"), Throttled),
        (make_refusal("Teapot"), AnswerLost),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1"), AnswerLost),
        (ConnectTimeoutError(endpoint_url="http://127.0.0.1"), AnswerLost),
        (ParamValidationError(report="so it is"), InvalidCall),
    ],
)
@pytest.mark.parametrize("call", ["describe", "open", "close"])
def test_each_error_of_lambda_is_one_of_the_ports(error: Exception, becomes: type[HostingError], call: str) -> None:
    with pytest.raises(becomes):
        getattr(LambdaGates(lambda: FailingDownstream(error)), call)(GATE)


def test_every_error_and_state_that_the_service_names_is_known(session: Any) -> None:
    from preheat.adapters.hosting.gates import ERRORS

    model = session.get_service_model("lambda")
    named = {
        shape.name
        for operation in ("GetEventSourceMapping", "UpdateEventSourceMapping")
        for shape in model.operation_model(operation).error_shapes
    }
    assert named <= set(ERRORS)
    told = model.operation_model("GetEventSourceMapping").output_shape.members["State"].documentation
    assert all(f"<code>{state}</code>" in told for state in PASSAGES)


def test_a_state_that_nobody_knows_is_unknown(session: Any, clock: VirtualClock) -> None:
    class Strange:
        def get_event_source_mapping(self, **_: Any) -> dict[str, Any]:
            return {"State": "Pondering"}

    look = LambdaGates(Strange).describe(GATE)
    assert (look.passage, look.detail, look.failure) == (Passage.UNKNOWN, "Pondering", None)


def test_nothing_but_whether_it_is_enabled_is_ever_sent(session: Any, clock: VirtualClock) -> None:
    fake = FakeLambda(session, clock)
    gates = LambdaGates(lambda: fake)
    gates.open(GATE)
    clock.advance(timedelta(minutes=1))
    gates.close(GATE)
    assert fake.sent == [{"UUID": GATE, "Enabled": True}, {"UUID": GATE, "Enabled": False}]


def test_no_client_is_made_before_it_is_needed_and_then_one() -> None:
    made: list[tuple[Any, ...]] = []

    class Session:
        def create_client(self, *names: Any, **details: Any) -> Any:
            made.append((*names, details.get("region_name")))
            return FailingDownstream(make_refusal("AccessDeniedException"))

    gates, backlogs = LambdaGates.of(Session()), SqsBacklogs.of(Session())
    assert made == []
    for _ in range(2):
        with pytest.raises(AccessRefused):
            gates.describe(GATE)
        with pytest.raises(AccessRefused):
            backlogs.count("https://sqs.eu-west-1.amazonaws.com/111122223333/images")
    assert made == [("lambda", None), ("sqs", "eu-west-1")]


# --- queues -----------------------------------------------------------------------------------------------------------


@dataclass
class DownstreamBench:
    """One implementation, a queue of it, and how to put messages there."""

    backlogs: Backlogs
    queue: str
    fill: Callable[[int, int, int], None]


@pytest.fixture(params=["memory", "url", "arn"])
def bench(request: pytest.FixtureRequest, session: Any) -> Iterator[DownstreamBench]:
    if request.param == "memory":
        twin = MemoryBacklogs()
        twin.backlogs["images"] = Backlog(0, 0, 0)

        def fill_queue(visible: int, in_flight: int, delayed: int) -> None:
            twin.backlogs["images"] = Backlog(visible, in_flight, delayed)

        yield DownstreamBench(twin, "images", fill_queue)
        return
    with mock_aws():
        client = session.create_client("sqs", region_name="eu-central-1")
        url = client.create_queue(QueueName="images")["QueueUrl"]
        arn = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

        def fill(visible: int, in_flight: int, delayed: int) -> None:
            for _ in range(in_flight):
                client.send_message(QueueUrl=url, MessageBody="image")
            for _ in range(in_flight):
                client.receive_message(QueueUrl=url, VisibilityTimeout=600)
            for _ in range(visible):
                client.send_message(QueueUrl=url, MessageBody="image")
            for _ in range(delayed):
                client.send_message(QueueUrl=url, MessageBody="image", DelaySeconds=600)

        yield DownstreamBench(SqsBacklogs.of(session), url if request.param == "url" else arn, fill)


def test_what_is_visible_in_flight_and_delayed_is_counted(bench: DownstreamBench) -> None:
    assert bench.backlogs.count(bench.queue) == Backlog(0, 0, 0)
    bench.fill(3, 2, 1)
    assert bench.backlogs.count(bench.queue) == Backlog(3, 2, 1)
    assert bench.backlogs.count(bench.queue).left == 6


def test_a_queue_that_does_not_exist_is_gone_and_not_empty(bench: DownstreamBench) -> None:
    with pytest.raises(ModelGone):
        bench.backlogs.count(bench.queue.replace("images", "pictures"))


@pytest.mark.parametrize(
    "attributes", [{}, {VISIBLE: "1", IN_FLIGHT: "1"}, {VISIBLE: "", IN_FLIGHT: "0", DELAYED: "0"}]
)
def test_an_answer_without_the_counts_shows_nothing(attributes: dict[str, str]) -> None:
    class Client:
        def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
            return {"Attributes": attributes}

    with pytest.raises(AnswerLost, match="not the counts"):
        SqsBacklogs(lambda _: Client()).count("https://sqs.eu-west-1.amazonaws.com/111122223333/images")


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (make_refusal("AccessDenied"), AccessRefused),
        (make_refusal("QueueDoesNotExist"), ModelGone),
        (make_refusal("AWS.SimpleQueueService.NonExistentQueue"), ModelGone),
        (make_refusal("RequestThrottled"), Throttled),
        (make_refusal("InvalidAddress"), InvalidCall),
        (make_refusal("InternalError"), AnswerLost),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1"), AnswerLost),
    ],
)
def test_each_error_of_sqs_is_one_of_the_ports(error: Exception, becomes: type[HostingError]) -> None:
    with pytest.raises(becomes):
        SqsBacklogs(lambda _: FailingDownstream(error)).count("https://sqs.eu-west-1.amazonaws.com/111122223333/images")


@pytest.mark.parametrize(
    ("queue", "region"),
    [
        ("https://sqs.eu-central-1.amazonaws.com/111122223333/images", "eu-central-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/images", "cn-north-1"),
        ("arn:aws-us-gov:sqs:us-gov-west-1:111122223333:images.fifo", "us-gov-west-1"),
        ("http://127.0.0.1:4566/000000000000/images", None),
        ("http://sqs.eu-central-1.localhost.local:4566/000000000000/images", None),
    ],
)
def test_a_queue_is_asked_for_in_its_own_region(queue: str, region: str | None) -> None:
    assert read_region(queue) == region


@pytest.mark.parametrize("call", ["describe", "open", "close", "count"])
def test_a_program_without_gates_and_queues_refuses_every_call(call: str) -> None:
    with pytest.raises(AccessRefused, match=r"this program (has no gates|reads no queues)"):
        getattr(UNWIRED, call)("anything")


def test_one_call_takes_eight_seconds_at_most() -> None:
    assert (CONFIG.connect_timeout, CONFIG.read_timeout) == (3, 5)
    assert CONFIG.retries == {"mode": "standard", "total_max_attempts": 1}
