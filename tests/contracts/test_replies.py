"""The promises of the requesters' queues, in memory and on SQS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from preheat.adapters.sqs.replies import MemoryReplies, SqsReplies
from preheat.adapters.sqs.sqs import make_sqs_client
from preheat.app.ports.errors import QueueUnavailable, Undeliverable
from preheat.app.ports.outbox import Replies

MOTO = "https://sqs.eu-central-1.amazonaws.com"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:replies"


@dataclass
class SentReplies:
    """The queues, and what one of them holds."""

    replies: Replies
    texts: Callable[[], list[str]]


@pytest.fixture
def sqs(session: Any) -> Iterator[Any]:
    with mock_aws():
        yield make_sqs_client(session, MOTO)


@pytest.fixture(params=["memory", "moto"])
def sent(request: pytest.FixtureRequest) -> SentReplies:
    if request.param == "memory":
        memory = MemoryReplies(QUEUE)
        return SentReplies(memory, lambda: memory.sent[QUEUE])
    client = request.getfixturevalue("sqs")
    url = client.create_queue(QueueName="replies")["QueueUrl"]

    def texts() -> list[str]:
        found = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in found]

    return SentReplies(SqsReplies(client), texts)


def test_a_text_reaches_its_queue_each_time(sent: SentReplies) -> None:
    sent.replies.send(QUEUE, "one")
    sent.replies.send(QUEUE, "two")
    assert sorted(sent.texts()) == ["one", "two"]


@pytest.mark.parametrize("reply_to", [f"{QUEUE}-of-nobody", "https://example.com/queue", "", QUEUE.replace("-1", "-2")])
def test_a_queue_that_is_not_there_is_refused_permanently(sent: SentReplies, reply_to: str) -> None:
    with pytest.raises(Undeliverable):
        sent.replies.send(reply_to, "one")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, Undeliverable),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, Undeliverable),
        ("KMS.NotFoundException", 400, Undeliverable),
        ("KMS.DisabledException", 400, Undeliverable),
        ("KmsAccessDenied", 400, Undeliverable),
        ("AWS.SimpleQueueService.QueueDeletedRecently", 400, Undeliverable),
        ("InvalidSecurity", 403, Undeliverable),
        ("NobodyHasSeenThis", 400, Undeliverable),
        ("", 400, Undeliverable),
        ("RequestThrottled", 403, QueueUnavailable),
        ("KMS.ThrottlingException", 400, QueueUnavailable),
        ("ServiceUnavailable", 503, QueueUnavailable),
        ("InternalError", 500, QueueUnavailable),
        ("NobodyHasSeenThis", 500, QueueUnavailable),
        ("NobodyHasSeenThis", 502, QueueUnavailable),
    ],
)
def test_what_a_queue_refuses_is_set_aside_and_only_a_busy_service_is_asked_again(
    sqs: Any, code: str, status: int, error: type[Exception]
) -> None:
    """A closed list says which codes lead to another try; every other code, even an unknown one, names this queue."""
    sqs.create_queue(QueueName="replies")

    def refuse(**_: Any) -> Any:
        answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return SimpleNamespace(status_code=status), answer

    sqs.meta.events.register_first("before-call.sqs.SendMessage", refuse)
    with pytest.raises(error, match="replies"):
        SqsReplies(sqs).send(QUEUE, "one")


def test_a_queue_of_another_account_is_found_in_that_account_and_asked_for_once(sqs: Any) -> None:
    sqs.create_queue(QueueName="replies")
    asked: list[dict[str, Any]] = []
    sqs.meta.events.register_first(
        "provide-client-params.sqs.GetQueueUrl", lambda params, **_: asked.append(dict(params))
    )
    replies = SqsReplies(sqs)
    for text in ("one", "two"):
        replies.send(QUEUE, text)
    assert asked == [{"QueueName": "replies", "QueueOwnerAWSAccountId": "123456789012"}]


def test_a_queue_that_does_not_answer_is_unavailable(sqs: Any) -> None:
    sqs.create_queue(QueueName="replies")

    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url=MOTO)

    sqs.meta.events.register_last("after-call.sqs.SendMessage", lose)
    with pytest.raises(QueueUnavailable, match="replies"):
        SqsReplies(sqs).send(QUEUE, "one")
