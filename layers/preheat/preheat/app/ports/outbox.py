"""Ports of the outbox: the event bus, and the queues that wait for replies."""

from collections.abc import Sequence
from typing import Protocol

from preheat.domain.record.event import Event


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
