"""The work queue as SQS keeps it: delays, visibility, receive counts, dead letters; in virtual time.

Owns what becomes of a message. Speaks the one call of a client that `queue.sqs.SqsQueue` makes, so that the adapter
itself runs; the poller's half is Lambda's event source mapping. Knows no body. A pass takes no time here, so a received
message is either gone or hidden until its visibility ends.
"""

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from preheat.app.ports.clock import Clock

# As template.yaml sets them; a test holds the two together.
VISIBILITY = timedelta(seconds=600)
RETENTION = timedelta(seconds=7200)
RECEIVES_MAX = 5
DELAY_SECONDS_MAX = 900


@dataclass(slots=True)
class QueuedMessage:
    """One message, and how often somebody received it."""

    message_id: str
    body: str
    sent_at: datetime
    receives: int = 0


class SimulatedSqs:
    """A standard queue with a dead letter queue behind it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = count(1)
        self._hidden: list[tuple[datetime, int, QueuedMessage]] = []
        self.dead_letters: list[QueuedMessage] = []
        self.expired = 0

    def __len__(self) -> int:
        return len(self._hidden)

    def send_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - the client's own names
        MessageBody: str,  # noqa: N803 - as above
        DelaySeconds: int = 0,  # noqa: N803 - as above
        MessageAttributes: object = None,  # noqa: ARG002, N803 - what stands beside a body is for readers of logs
    ) -> dict[str, Any]:
        """Take a message, as the client's call of that name does.

        Raises:
            ValueError: the delay is none that SQS takes.
        """
        if type(DelaySeconds) is not int or not 0 <= DelaySeconds <= DELAY_SECONDS_MAX:
            raise ValueError(f"{QueueUrl}: DelaySeconds {DelaySeconds!r} is not a whole number of 0 to 900")
        number, now = next(self._order), self._clock.now()
        message = QueuedMessage(f"00000000-0000-4000-8000-{number:012x}", MessageBody, now)
        heapq.heappush(self._hidden, (now + timedelta(seconds=DelaySeconds), number, message))
        return {"MessageId": message.message_id}

    def next_at(self) -> datetime | None:
        """Return when the next message becomes visible, or None if there is none."""
        return self._hidden[0][0] if self._hidden else None

    def receive(self) -> QueuedMessage | None:
        """Hand out the next visible message, or None; one received too often is a dead letter instead."""
        now = self._clock.now()
        while self._hidden and self._hidden[0][0] <= now:
            message = heapq.heappop(self._hidden)[2]
            if message.sent_at + RETENTION <= now:
                self.expired += 1
            elif message.receives >= RECEIVES_MAX:
                self.dead_letters.append(message)
            else:
                message.receives += 1
                return message
        return None

    def return_message(self, message: QueuedMessage, after: timedelta = VISIBILITY) -> None:
        """Show a message again that a worker received and did not delete."""
        heapq.heappush(self._hidden, (self._clock.now() + after, next(self._order), message))
