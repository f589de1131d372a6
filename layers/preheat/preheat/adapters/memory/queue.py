"""The work queue's in-memory twin: delays by a clock, delivers when asked, at least once on request."""

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from preheat.app.ports.clock import Clock
from preheat.domain.plan.plan import ModelId

DELAY_MAX = timedelta(seconds=900)


class MemoryQueue:
    """Messages in order of the second in which they become visible."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = count()
        self._messages: list[tuple[datetime, int, ModelId, tuple[ModelId, ...]]] = []
        self.glances: tuple[ModelId, ...] = ()  # of the message taken last

    def __len__(self) -> int:
        return len(self._messages)

    def enqueue(
        self,
        model_id: ModelId,
        after: timedelta,
        due_at: datetime | None = None,  # noqa: ARG002 - a hint that no test of the twin needs
        *,
        repeated: bool = False,  # noqa: ARG002 - as above
    ) -> None:
        """See `ports.Queue`. It drops the hints."""
        self._push(model_id, after, ())

    def enqueue_glances(self, model_ids: Sequence[ModelId], after: timedelta) -> None:
        """See `ports.Queue`."""
        self._push(model_ids[0], after, tuple(model_ids))

    def _push(self, model_id: ModelId, after: timedelta, glances: tuple[ModelId, ...]) -> None:
        delay = min(max(after, timedelta()), DELAY_MAX)
        heapq.heappush(self._messages, (self._clock.now() + delay, next(self._order), model_id, glances))

    def next_at(self) -> datetime | None:
        """Return when the next message becomes visible, or None if there is none."""
        return self._messages[0][0] if self._messages else None

    def receive(self) -> ModelId | None:
        """Take the next visible message, or None."""
        if self._messages and self._messages[0][0] <= self._clock.now():
            _, _, model_id, self.glances = heapq.heappop(self._messages)
            return model_id
        return None
