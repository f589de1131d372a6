"""The port `Backlogs` on SQS: one call, three counts.

Owns how to find a queue by its URL or its ARN, in any region. Reads; never takes a message.
"""

from collections.abc import Callable
from typing import Any, Final, Self

from botocore.session import Session

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.calling import call_service, open_client
from preheat.adapters.hosting.gates import CONFIG
from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, InvalidCall, ModelGone, Throttled
from preheat.domain.plan.hosted_model import QUEUE_ARN, QUEUE_URL
from preheat.domain.record.gate import Backlog

VISIBLE: Final = "ApproximateNumberOfMessages"
IN_FLIGHT: Final = "ApproximateNumberOfMessagesNotVisible"
DELAYED: Final = "ApproximateNumberOfMessagesDelayed"
# The service's codes come under either of two names, by the protocol that is spoken.
ERRORS: Final[dict[str, type[HostingError]]] = {
    "AccessDenied": AccessRefused,
    "AccessDeniedException": AccessRefused,
    "AWS.SimpleQueueService.NonExistentQueue": ModelGone,
    "QueueDoesNotExist": ModelGone,
    "InvalidAddress": InvalidCall,
    "InvalidAttributeName": InvalidCall,
    "InvalidSecurity": InvalidCall,
    "UnsupportedOperation": InvalidCall,
    "AWS.SimpleQueueService.UnsupportedOperation": InvalidCall,
    "RequestThrottled": Throttled,
    "ThrottlingException": Throttled,
}


class SqsBacklogs:
    """Implements `ports.Backlogs`. `client` returns one for a region (None: the session's); made when it is needed."""

    def __init__(self, client: Callable[[str | None], Any]) -> None:
        self._client = client

    @classmethod
    def of(cls, session: Session) -> Self:
        """Return the queues that the session may read."""
        made: dict[str | None, Any] = {}

        def client(region: str | None) -> Any:
            if region not in made:
                made[region] = open_client(session, AwsService.SQS, CONFIG, region_name=region)
            return made[region]

        return cls(client)

    def count(self, queue: str) -> Backlog:
        """See `ports.Backlogs`."""
        client = self._client(read_region(queue))
        wanted = {"QueueUrl": _make_url(queue, client), "AttributeNames": [VISIBLE, IN_FLIGHT, DELAYED]}
        answer = call_service("GetQueueAttributes", client.get_queue_attributes, _translate, **wanted)
        counts = answer.get("Attributes", {})
        try:
            return Backlog(int(counts[VISIBLE]), int(counts[IN_FLIGHT]), int(counts[DELAYED]))
        except (KeyError, ValueError) as error:
            raise AnswerLost(f"GetQueueAttributes: {queue}: not the counts that were asked for: {error}") from error


def read_region(queue: str) -> str | None:
    """Return the region that a queue's ARN or URL names; None: the stack's.

    >>> region_of("https://sqs.eu-central-1.amazonaws.com/111122223333/images")
    'eu-central-1'
    """
    named = QUEUE_ARN.fullmatch(queue)
    if named is not None:
        return named["region"]
    found = QUEUE_URL.fullmatch(queue)
    return found["region"] if found is not None else None


def _make_url(queue: str, client: Any) -> str:
    """Return the queue's URL: the service's own host, as the client knows it, before the account and the name."""
    named = QUEUE_ARN.fullmatch(queue)
    return f"{client.meta.endpoint_url.rstrip('/')}/{named['account']}/{named['name']}" if named else queue


def _translate(code: str, _message: str) -> type[HostingError]:
    return ERRORS.get(code, AnswerLost)
