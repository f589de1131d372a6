"""Queues of those who asked: on SQS, each found by its ARN once, and their in-memory twin.

An ARN and no URL: a signed call goes to SQS alone, wherever a request says that its reply should go.
"""

import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from preheat.app.ports.errors import QueueUnavailable, Undeliverable

QUEUE_ARN = re.compile(
    r"arn:aws[a-z-]*:sqs:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):(?P<name>[a-zA-Z0-9_-]{1,80})"
)
# The only codes that say to try again, whichever of the service's two protocols they come in; and so does every server
# error. All others, also those that nobody has seen yet, speak of this one queue: its deletion, key, policy or kind.
BUSY = re.compile(
    r"Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|RequestTimeout|ServiceUnavailable|Internal(Error|Failure|Server)"
    r"|ExpiredToken|RequestExpired|TokenRefresh"
)
SERVER_ERROR = 500


class SqsReplies:
    """Implements `ports.Replies`."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._urls: dict[str, str] = {}

    def send(self, reply_to: str, text: str) -> None:
        """See `ports.Replies`."""
        named = QUEUE_ARN.fullmatch(reply_to)
        if named is None or named["region"] != self._client.meta.region_name:
            region = self._client.meta.region_name
            raise Undeliverable(f"{reply_to}: no ARN of a standard queue in {region}")
        try:
            self._client.send_message(QueueUrl=self._url(reply_to, named), MessageBody=text)
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or 0
            if BUSY.search(error.response.get("Error", {}).get("Code", "")) or status >= SERVER_ERROR:
                raise QueueUnavailable(f"{reply_to}: {error}") from error
            raise Undeliverable(f"{reply_to}: {error}") from error
        except BotoCoreError as error:
            raise QueueUnavailable(f"{reply_to}: {error}") from error

    def _url(self, reply_to: str, named: re.Match[str]) -> str:
        if reply_to not in self._urls:
            found = self._client.get_queue_url(QueueName=named["name"], QueueOwnerAWSAccountId=named["account"])
            self._urls[reply_to] = found["QueueUrl"]
        return self._urls[reply_to]


class MemoryReplies:
    """Implements `ports.Replies`: a list for each queue that exists."""

    def __init__(self, *queues: str) -> None:
        self.sent: dict[str, list[str]] = {queue: [] for queue in queues}

    def send(self, reply_to: str, text: str) -> None:
        """See `ports.Replies`."""
        if reply_to not in self.sent:
            raise Undeliverable(f"{reply_to}: no such queue")
        self.sent[reply_to].append(text)
