"""The tick: once a minute, send each due model to its pass, to the second; and now and then find what the index lost.

It also sends the glances of quiet hosted models, many in one message. Pure but for its ports, and what its process
remembers: the models at rest, and how far it has sent glances. Decides nothing about any model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from preheat.app.glances import REACH, GlanceRounds
from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import QueueUnavailable
from preheat.app.ports.fleet import Due, DueIndex, PlanNames, RecordGlances, Waker
from preheat.app.ports.queue import Queue
from preheat.app.resting import RestingModels, map_lines
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.clocks import find_ahead
from preheat.domain.record.looks import TICK_HORIZON

RESYNC_EVERY_MINUTES = 10
OVERDUE_AFTER = timedelta(minutes=2)
WHOLE_INDEX = datetime.max.replace(tzinfo=UTC)  # no line is later


class TickStore(DueIndex, RecordGlances, PlanNames, Waker, Protocol):
    """The part of the store that a tick uses: it wakes models, and writes nothing else."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The result of one tick. `pickup_delay`: how long the oldest due model has been waiting; 0 if none is."""

    sent: tuple[ModelId, ...]
    unsent: tuple[ModelId, ...]
    pickup_delay: timedelta
    resynced: tuple[ModelId, ...] | None = None  # None: this tick was not one that resyncs


def tick(
    *,
    clock: Clock,
    store: TickStore,
    queue: Queue,
    resting: RestingModels | None = None,
    rounds: GlanceRounds | None = None,
) -> Ticked:
    """Send one work message per due model; every tenth minute also those that the index does not show.

    `resting`: the models that this process knows to be at rest; None: it knows none. A tick that resyncs reads the
    whole index, and the records of all others. `rounds`: how far this process has sent glances; None: a new process.

    Raises:
        StoreUnavailable: the index could not be read; the next tick is the retry.
    """
    now = clock.now()
    resyncs = now.minute % RESYNC_EVERY_MINUTES == 0
    index = store.find_due(WHOLE_INDEX if resyncs else now + REACH)
    due = [line for line in index if line.wake_at <= now + TICK_HORIZON]
    delay = max((now - line.wake_at for line in due), default=timedelta())
    waits = {line.model_id: max(line.wake_at - now, timedelta()) for line in due}
    resynced = None
    if resyncs:
        found = _resync(store, now, index, resting if resting is not None else RestingModels())
        resynced = tuple(model_id for model_id in found if model_id not in waits)
        waits |= dict.fromkeys(resynced, timedelta())
    sent, unsent = [], []
    for model_id, wait in waits.items():
        try:
            queue.enqueue(model_id, wait)
        except QueueUnavailable:
            unsent.append(model_id)
        else:
            sent.append(model_id)
    for at, model_ids in (rounds or GlanceRounds()).take(index, now):
        try:
            queue.enqueue_glances(model_ids, max(at - now, timedelta()))
        except QueueUnavailable:  # Their next glances come in ten minutes.
            continue
    return Ticked(tuple(sent), tuple(unsent), max(delay, timedelta()), resynced)


def _resync(store: TickStore, now: datetime, index: Sequence[Due], resting: RestingModels) -> list[ModelId]:
    """Return the models that the index would not show: overdue, planned without a record, or behind the plan.

    Wake a record with times from the future: a clock that was ahead has put off its next look for as long.

    Models that the plan no longer names count too: if one still runs, a pass must stop it. It skips
    models at rest: while their line in the index stays, they have none of these faults.
    """
    version, planned, left = store.read_plan_version(), store.list_planned_models(), store.list_former_models()
    lines, former = map_lines(index), frozenset(left)
    unsure = resting.find_unsure([*planned, *left], lines, version, now)
    records = store.glance_at_many(unsure)
    lost = []
    for model_id in unsure:
        record = records.get(model_id)
        if record is None and model_id in former:
            continue
        if record is not None and record.plan_version < version and (record.wake_at is None or record.wake_at > now):
            store.wake(model_id, now)  # An apply broke off after its plan became current.
            lost.append(model_id)
        elif record is not None and find_ahead(record, now) is not None:
            store.wake(model_id, now)
            lost.append(model_id)
        elif record is None or (record.wake_at is not None and now - record.wake_at > OVERDUE_AFTER):
            lost.append(model_id)
    resting.forget_others([*planned, *left])
    resting.note(unsure, records, lines, version, now)
    return lost
