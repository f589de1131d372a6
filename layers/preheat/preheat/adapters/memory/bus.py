"""The event bus's in-memory twin: its entries, in order."""

from collections.abc import Sequence

from preheat.adapters.eventbridge.entries import BATCH_BYTES_MAX, make_entry, measure_size
from preheat.app.ports.errors import Undeliverable
from preheat.domain.record.event import Event


class MemoryEvents:
    """Implements `ports.Events`."""

    def __init__(self) -> None:
        self.taken: list[Event] = []

    def put(self, events: Sequence[Event]) -> None:
        """See `ports.Events`."""
        small = [event for event in events if measure_size(make_entry(event, "")) <= BATCH_BYTES_MAX]
        self.taken += small
        if len(small) < len(events):
            raise Undeliverable(f"refused {[event.event_id for event in events if event not in small]}")
