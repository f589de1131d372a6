"""The tick: once a minute, send each due model to its pass, to the second; and now and then find what the index lost.

Pure but for its ports. Decides nothing about any model.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import QueueUnavailable
from preheat.app.ports.fleet import DueIndex, PlanNames, RecordGlances, Waker
from preheat.app.ports.queue import Queue
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.clocks import find_ahead
from preheat.domain.record.looks import TICK_HORIZON

RESYNC_EVERY_MINUTES = 10
OVERDUE_AFTER = timedelta(minutes=2)


class TickStore(DueIndex, RecordGlances, PlanNames, Waker, Protocol):
    """The part of the store that a tick uses: it wakes models, and writes nothing else."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The result of one tick. `pickup_delay`: how long the oldest due model has been waiting; 0 if none is."""

    sent: tuple[ModelId, ...]
    unsent: tuple[ModelId, ...]
    pickup_delay: timedelta
    resynced: tuple[ModelId, ...] | None = None  # None: this tick was not one that resyncs


def tick(*, clock: Clock, store: TickStore, queue: Queue) -> Ticked:
    """Send one work message per due model; every tenth minute also those that the index does not show.

    Raises:
        StoreUnavailable: the index could not be read; the next tick is the retry.
    """
    now = clock.now()
    due = store.find_due(now + TICK_HORIZON)
    delay = max((now - line.wake_at for line in due), default=timedelta())
    waits = {line.model_id: max(line.wake_at - now, timedelta()) for line in due}
    resynced = None
    if now.minute % RESYNC_EVERY_MINUTES == 0:
        resynced = tuple(model_id for model_id in _resync(store, now) if model_id not in waits)
        waits |= dict.fromkeys(resynced, timedelta())
    sent, unsent = [], []
    for model_id, wait in waits.items():
        try:
            queue.enqueue(model_id, wait)
        except QueueUnavailable:
            unsent.append(model_id)
        else:
            sent.append(model_id)
    return Ticked(tuple(sent), tuple(unsent), max(delay, timedelta()), resynced)


def _resync(store: TickStore, now: datetime) -> list[ModelId]:
    """Return the models that the index would not show: overdue, planned without a record, or behind the plan.

    Wake a record with times from the future: a clock that was ahead has put off its next look for as long.

    Models that the plan no longer names count too: if one still runs, a pass must stop it.
    """
    version, planned, left = store.read_plan_version(), store.list_planned_models(), store.list_former_models()
    records = store.glance_at_many([*planned, *left])
    lost = []
    for model_id in [*planned, *(model_id for model_id in left if model_id in records)]:
        record = records.get(model_id)
        if record is not None and record.plan_version < version and (record.wake_at is None or record.wake_at > now):
            store.wake(model_id, now)  # An apply broke off after its plan became current.
            lost.append(model_id)
        elif record is not None and find_ahead(record, now) is not None:
            store.wake(model_id, now)
            lost.append(model_id)
        elif record is None or (record.wake_at is not None and now - record.wake_at > OVERDUE_AFTER):
            lost.append(model_id)
    return lost
