"""The queue of refused requests, on SQS and in memory: the body as it came, with the answer as message attributes."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from preheat.app.ports.errors import QueueUnavailable
from preheat.domain.demand.request import Reply

BODY_MAX = 16_384  # characters; what is longer than a request may be is not worth more


def make_attributes(reply: Reply) -> dict[str, str]:
    """Return the attributes that go with the body."""
    return {"code": reply.code, "reason": reply.reason, "request_id": reply.request_id, "requester": reply.requester}


class SqsRejected:
    """Implements `ports.RejectedRequests`."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def put_aside(self, body: str, reply: Reply) -> None:
        """See `ports.RejectedRequests`."""
        told = {name: {"DataType": "String", "StringValue": text} for name, text in make_attributes(reply).items()}
        cut = body[:BODY_MAX] or "-"  # SQS takes no empty body
        try:
            self._client.send_message(QueueUrl=self._queue_url, MessageBody=cut, MessageAttributes=told)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"request {reply.request_id}: {error}") from error


class MemoryRejected:
    """The same in memory."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, str]]] = []

    def put_aside(self, body: str, reply: Reply) -> None:
        """See `ports.RejectedRequests`."""
        self.messages.append((body[:BODY_MAX] or "-", make_attributes(reply)))
