"""The work queue on SQS: a standard queue, at least once, in no order, with a delay of up to 15 minutes."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from preheat.adapters.client import AwsService, make_client
from preheat.adapters.sqs.work import make_glances, make_work
from preheat.app.ports.errors import QueueUnavailable
from preheat.domain.plan.plan import ModelId
from preheat.observability import correlation

DELAY_SECONDS_MAX = 900
CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})


def make_sqs_client(session: Any, endpoint_url: str | None = None) -> Any:
    """Return an SQS client of a botocore session (or boto3's inner one) with this queue's timeouts and retries."""
    return make_client(session, AwsService.SQS, CONFIG, endpoint_url=endpoint_url)


class SqsQueue:
    """Implements `ports.Queue`."""

    def __init__(self, client: Any, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def enqueue(
        self,
        model_id: ModelId,
        after: timedelta,
        due_at: datetime | None = None,
        *,
        repeated: bool = False,
    ) -> None:
        """See `ports.Queue`. It rounds the delay up to whole seconds: a look may come late, never early."""
        self._send(make_work(model_id, due_at, repeated=repeated), after, model_id)

    def enqueue_glances(self, model_ids: Sequence[ModelId], after: timedelta) -> None:
        """See `ports.Queue`."""
        self._send(make_glances(model_ids), after, ", ".join(model_ids))

    def _send(self, body: str, after: timedelta, about: str) -> None:
        delay_seconds = min(max(math.ceil(after.total_seconds()), 0), DELAY_SECONDS_MAX)
        cause = correlation.read_cause()
        told = {correlation.ATTRIBUTE: {"DataType": "String", "StringValue": cause}}
        try:
            self._client.send_message(
                QueueUrl=self._queue_url,
                MessageBody=body,
                DelaySeconds=delay_seconds,
                **({"MessageAttributes": told} if cause else {}),
            )
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable(f"{about}: {error}") from error
