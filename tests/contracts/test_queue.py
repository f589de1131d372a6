"""The promises of every work queue, its in-memory twin no less than the one on SQS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.sqs.rejected import BODY_MAX, MemoryRejected, SqsRejected
from preheat.adapters.sqs.sqs import SqsQueue, make_sqs_client
from preheat.adapters.sqs.work import parse_work
from preheat.app.ports.desk import RejectedRequests
from preheat.app.ports.errors import QueueUnavailable
from preheat.app.ports.queue import Queue
from preheat.domain.demand.request import Reply, RequestId
from preheat.domain.plan.plan import ModelId
from preheat_lab.simulation.queue import SimulatedSqs

MOTO = "https://sqs.eu-central-1.amazonaws.com"
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
WELD = ModelId("weld-seams")


@dataclass
class SentWork:
    """A queue, and the messages it holds with the delay of each."""

    queue: Queue
    messages: Callable[[], list[tuple[ModelId, timedelta]]]


@pytest.fixture
def sqs(session: Any) -> Iterator[Any]:
    with mock_aws():
        yield make_sqs_client(session, MOTO)


def _on_sqs(client: Any) -> SentWork:
    url = client.create_queue(QueueName="work")["QueueUrl"]
    sent: list[tuple[ModelId, timedelta]] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        sent.append((parse_work(params["MessageBody"]), timedelta(seconds=params["DelaySeconds"])))

    client.meta.events.register("provide-client-params.sqs.SendMessage", note)

    def messages() -> list[tuple[ModelId, timedelta]]:
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        held = client.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        assert sum(map(int, held.values())) == len(sent)
        return sorted(sent)

    return SentWork(SqsQueue(client, url), messages)


def _in_memory() -> SentWork:
    clock = VirtualClock(SIX)
    queue = MemoryQueue(clock)

    def messages() -> list[tuple[ModelId, timedelta]]:
        taken = []
        while (visible_at := queue.next_at()) is not None:
            clock.advance_to(visible_at)
            taken.append((queue.receive() or ModelId("none"), visible_at - SIX))
        return sorted(taken)

    return SentWork(queue, messages)


def _simulate() -> SentWork:
    clock = VirtualClock(SIX)
    client = SimulatedSqs(clock)

    def messages() -> list[tuple[ModelId, timedelta]]:
        taken = []
        while (visible_at := client.next_at()) is not None:
            clock.advance_to(visible_at)
            message = client.receive()
            assert message is not None
            taken.append((parse_work(message.body), visible_at - SIX))
        return sorted(taken)

    return SentWork(SqsQueue(client, "https://sqs.test/work"), messages)


@pytest.fixture(params=["memory", "simulated", "moto"])
def sent(request: pytest.FixtureRequest) -> SentWork:
    if request.param == "moto":
        return _on_sqs(request.getfixturevalue("sqs"))
    return _in_memory() if request.param == "memory" else _simulate()


@pytest.mark.parametrize("seconds", [-5, 0, 0.000001, 0.4, 1, 1.2, 59.999, 899.5, 900])
def test_a_message_is_never_early_and_less_than_a_second_late(sent: SentWork, seconds: float) -> None:
    asked = timedelta(seconds=seconds)
    sent.queue.enqueue(WELD, asked)
    ((model_id, delay),) = sent.messages()
    assert model_id == WELD
    assert max(asked, timedelta()) <= delay < max(asked, timedelta()) + timedelta(seconds=1)


@pytest.mark.parametrize("wait", [timedelta(seconds=900.1), timedelta(hours=7), timedelta(days=400)])
def test_a_wait_that_the_queue_cannot_hold_is_cut(sent: SentWork, wait: timedelta) -> None:
    sent.queue.enqueue(WELD, wait)
    assert sent.messages() == [(WELD, timedelta(seconds=900))]


def test_every_message_is_kept_also_the_same_twice(sent: SentWork) -> None:
    for model_id in ("b", "a", "b"):
        sent.queue.enqueue(ModelId(model_id), timedelta())
    assert [model_id for model_id, _ in sent.messages()] == ["a", "b", "b"]


def test_a_queue_that_does_not_exist_is_unavailable(sqs: Any) -> None:
    with pytest.raises(QueueUnavailable, match="weld-seams"):
        SqsQueue(sqs, f"{MOTO}/123456789012/none").enqueue(WELD, timedelta())


def test_a_queue_that_nobody_listens_for_is_unavailable(session: Any) -> None:
    dead = "http://127.0.0.1:9"  # the discard port; nothing listens
    with pytest.raises(QueueUnavailable, match=r"127\.0\.0\.1"):
        SqsQueue(make_sqs_client(session, dead), f"{dead}/queue").enqueue(WELD, timedelta())


def test_what_was_received_from_memory_is_gone_and_what_is_delayed_is_not_there_yet() -> None:
    clock = VirtualClock(SIX)
    queue = MemoryQueue(clock)
    queue.enqueue(WELD, timedelta(seconds=5))
    assert (len(queue), queue.receive()) == (1, None)
    clock.advance(timedelta(seconds=5))
    assert (queue.receive(), queue.receive(), queue.next_at(), len(queue)) == (WELD, None, None, 0)


# --- the refused requests
# -------------------------------------------------------------------------------------------------


@dataclass
class Aside:
    """The queue of refused requests, and the messages that it holds: the body, and its attributes."""

    queue: RejectedRequests
    messages: Callable[[], list[tuple[str, dict[str, str]]]]


@pytest.fixture(params=["memory", "moto"])
def aside(request: pytest.FixtureRequest) -> Aside:
    if request.param == "memory":
        memory = MemoryRejected()
        return Aside(memory, lambda: memory.messages)
    client = request.getfixturevalue("sqs")
    url = client.create_queue(QueueName="rejected")["QueueUrl"]

    def messages() -> list[tuple[str, dict[str, str]]]:
        options = {"QueueUrl": url, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        return [
            (each["Body"], {name: told["StringValue"] for name, told in each["MessageAttributes"].items()})
            for each in client.receive_message(**options).get("Messages", [])
        ]

    return Aside(SqsRejected(client, url), messages)


REFUSAL = Reply(
    RequestId("unreadable-1"), None, None, "AROALINE7", SIX, accepted=False, code="unreadable", reason="x", digest="d"
)


def test_what_was_refused_is_kept_as_it_came_with_the_reason_next_to_it(aside: Aside) -> None:
    aside.queue.put_aside('{"verb": "hold"}', REFUSAL)
    told = {"code": "unreadable", "reason": "x", "request_id": "unreadable-1", "requester": "AROALINE7"}
    assert aside.messages() == [('{"verb": "hold"}', told)]


@pytest.mark.parametrize(("body", "kept"), [("", "-"), ("x" * 300_000, "x" * BODY_MAX)])
def test_a_body_that_a_queue_would_not_take_is_kept_as_far_as_it_does(aside: Aside, body: str, kept: str) -> None:
    aside.queue.put_aside(body, REFUSAL)
    ((found, _),) = aside.messages()
    assert found == kept


def test_a_queue_of_refused_ones_that_does_not_exist_is_unavailable(sqs: Any) -> None:
    with pytest.raises(QueueUnavailable, match="unreadable-1"):
        SqsRejected(sqs, f"{MOTO}/123456789012/none").put_aside("x", REFUSAL)
