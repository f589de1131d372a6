"""Events as the entries of PutEvents, in batches as large as one call takes. No input or output."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from preheat.domain.record.event import SOURCE, Event

BATCH_MAX = 10  # entries of one call
BATCH_BYTES_MAX = 256 * 1024  # of one call, and so of one entry
TIME_BYTES = 14  # what a time counts for


def make_entry(event: Event, bus: str) -> dict[str, Any]:
    """Return the entry that puts an event onto a bus, under the event's own time."""
    return {
        "EventBusName": bus,
        "Time": event.at,
        "Source": SOURCE,
        "DetailType": event.kind.value,
        "Detail": json.dumps(event.detail(), separators=(",", ":"), ensure_ascii=False),
    }


def measure_size(entry: dict[str, Any]) -> int:
    """Return how many bytes an entry counts for."""
    return TIME_BYTES + sum(len(entry[part].encode()) for part in ("Source", "DetailType", "Detail"))


def cut_batches(entries: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries in their order, as many at a time as one call takes; each by itself must be small enough."""
    batch: list[dict[str, Any]] = []
    taken = 0
    for entry in entries:
        size = measure_size(entry)
        if batch and (len(batch) == BATCH_MAX or taken + size > BATCH_BYTES_MAX):
            yield batch
            batch, taken = [], 0
        batch.append(entry)
        taken += size
    if batch:
        yield batch
