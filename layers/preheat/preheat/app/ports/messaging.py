"""Ports to queues and the event bus: the work queue, events, replies and rejected requests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from preheat.domain.demand.request import Reply
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.event import Event


class Queue(Protocol):
    """The work queue: at least once, in no order. Its messages say *look at model X* and nothing else."""

    def enqueue(
        self, model_id: ModelId, after: timedelta, due_at: datetime | None = None, *, repeated: bool = False
    ) -> None:
        """Request a look at the model in `after`. SQS holds 0 to 900 s; it cuts a longer wait, for the tick to cover.

        `due_at`: the due index shows the model only from then on, so until then no tick repeats this message.
        `repeated`: its pass failed, maybe after its write.

        Raises:
            QueueUnavailable: the message may or may not have been sent.
        """


class Events(Protocol):
    """The event bus of the stack: at least once, in the order of the calls as far as the bus keeps it."""

    def put(self, events: Sequence[Event]) -> None:
        """Put the events, in their order. Each keeps its own time and may have at most 256 KB.

        Raises:
            EventsUnavailable: the bus did not accept all of them, or did not answer. Those accepted may come twice.
            Undeliverable: the bus refuses some permanently. The message names their ids; the others are accepted.
        """


class Replies(Protocol):
    """The queues that requesters named for their replies. The caller decides which of them it allows."""

    def send(self, reply_to: str, text: str) -> None:
        """Send a text to the queue with the ARN `reply_to`, at least once.

        Raises:
            QueueUnavailable: the message may or may not have been sent.
            Undeliverable: the queue does not exist, or access is denied.
        """


class RejectedRequests(Protocol):
    """Keeps rejected requests for people to read. Nothing retries them."""

    def put_aside(self, body: str, reply: Reply) -> None:
        """Keep the body of a message with the reply to it. It cuts a long body. The same message may come twice.

        Raises:
            QueueUnavailable: the message may or may not have been kept.
        """
