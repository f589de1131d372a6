"""Measures one eight-hour shift of a steady model: its passes, calls and write units; and what an idle model reads.

Counts what the real handlers do in the simulation, without faults. Does not know a price.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import time, timedelta
from math import ceil
from random import Random
from typing import Any

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.listing import MemoryListing
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.memory.store import MemoryStore
from preheat.app.audit.audit import EVERY, Audit
from preheat.app.audit.invariants import judge_ledger
from preheat.app.resting import RestingModels
from preheat.app.tick import RESYNC_EVERY_MINUTES, tick
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.plan import Backend
from preheat.domain.record.record import ModelRecord, Phase
from preheat.domain.values import change
from preheat_lab.costs.units import LINE_BYTES, READ_UNIT, SHARDS, StoreUnits, measure_record
from preheat_lab.simulation.faults import MIXES
from preheat_lab.simulation.plant import SimulatedLine, draw_plant
from preheat_lab.simulation.run import BEGINS_AT
from preheat_lab.simulation.world import SimulatedWorld
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.switches import Switches

EARLY_SHIFT = (ShiftWindow(frozenset(Weekday), time(6), time(14)),)
MINUTES_A_DAY = 24 * 60
FLEETS = (20, 1_000)
NAMES = {
    Backend.REKOGNITION: "Rekognition",
    Backend.SAGEMAKER: "SageMaker endpoint",
    Backend.SAGEMAKER_COMPONENT: "inference component",
    Backend.FUNCTION: "own function",
}
BEGIN, END = "<!-- shift: begin -->", "<!-- shift: end -->"


@dataclass(frozen=True, slots=True)
class MeasuredShift:
    """The figures of one model and day with one eight-hour shift."""

    passes: float
    service_calls: float  # of the hosting service
    remote_calls: float  # these, those of the passes to the store, and the messages that passes and ticks send
    read_units: float
    write_units: float


def measure_shift(backend: Backend, models: int = 4, days: int = 7, seed: int = 1) -> MeasuredShift:
    """Simulate days with one shift each, without faults and requests, and count."""
    random = Random(f"{seed}/shift")  # noqa: S311 - chance in a simulation
    lines = [_simplify(line) for line in draw_plant(random, models, announced_at=BEGINS_AT, backend=backend)]
    world = SimulatedWorld(
        lines, BEGINS_AT, days, random=random, mix=MIXES["none"], switches=Switches(), on_entry=lambda _: None
    )
    units, counted = StoreUnits(world.store, lambda: world.invocation.writer == "tick"), Counter[str]()
    send, add = world.sqs.send_message, world.service.call_log.add

    def sending(**message: Any) -> dict[str, Any]:
        counted["messages"] += 1
        return send(**message)

    def adding(call: LoggedCall) -> None:
        counted["service"] += 1
        add(call)

    world.sqs.send_message = sending  # type: ignore[method-assign]  # counted on its way
    world.service.call_log.add = adding  # type: ignore[method-assign]  # as above
    world.run()
    each = models * days
    return MeasuredShift(
        passes=world.triggers.passes / each,
        service_calls=counted["service"] / each,
        remote_calls=(counted["service"] + counted["messages"] + units.calls) / each,
        read_units=units.reads / each,
        write_units=units.writes / each,
    )


def measure_idle(models: int = 20) -> "FleetReads":
    """Return what resyncs and audits read in a day of models without demand. The functions are warm.

    The other ticks of a day only query what is due: no more for more models at rest.
    """
    lines = draw_plant(Random("idle"), models, announced_at=BEGINS_AT, backend=Backend.SAGEMAKER)  # noqa: S311 - as above
    store, clock = MemoryStore(), VirtualClock(BEGINS_AT)
    store.apply([_simplify(line).model for line in lines], expected_version=0, at=BEGINS_AT)
    for line in lines:
        record = store.records[line.model.model_id]
        store.records[line.model.model_id] = change(
            record, phase=Phase.IDLE, since=BEGINS_AT, plan_version=1, wake_at=BEGINS_AT + timedelta(days=30)
        )
    queue, resting = MemoryQueue(clock), RestingModels()
    audit = Audit(
        clock,
        store,
        MemoryListing((), {}),
        (),
        "line-",
        lambda entries, sequence, whole: list(judge_ledger(entries, sequence=sequence, whole=whole)),
    )
    reads = FleetReads(store)
    for minute in range(0, MINUTES_A_DAY, EVERY // timedelta(minutes=1)):
        clock.at = BEGINS_AT + timedelta(minutes=minute)
        if minute % RESYNC_EVERY_MINUTES == 0:
            tick(clock=clock, store=store, queue=queue, resting=resting)
        audit.run()
    return reads


class FleetReads:
    """Counts what resyncs and audits read of a fleet, once their functions are warm."""

    def __init__(self, store: MemoryStore) -> None:
        self.records = 0.0  # units of all records
        self.pointers, self.indexes = 0, 0  # reads of the plan's pointer, and of the whole due index
        self._store, self._models, self._inside = store, len(store.records), False
        for name, count in {
            "glance_at_many": self._count_records,
            "find_due": self._count_index,
            "read_whole_plan": self._count_pointer,
            "list_planned_models": self._count_pointer,
            "list_former_models": self._count_pointer,
            "read_plan_version": self._count_pointer,
        }.items():
            setattr(store, name, self._count(getattr(store, name), count))

    def share(self, models: int) -> float:
        """Return the read units of one model in a fleet of `models`, all of them at rest."""
        lines = SHARDS * max(ceil(models / SHARDS * LINE_BYTES / READ_UNIT), 1)
        return self.records / self._models + (self.pointers + self.indexes * lines / 2) / models

    def _count(self, call: Any, count: Any) -> Any:
        def count_call(*args: Any, **kwargs: Any) -> Any:
            if self._inside:  # The twin makes calls of its own.
                return call(*args, **kwargs)
            count(*args, **kwargs)
            self._inside = True
            try:
                return call(*args, **kwargs)
            finally:
                self._inside = False

        return count_call

    def _count_records(self, model_ids: Any) -> None:
        """Count reads that may lag: half of a unit for each 4 KB of each record."""
        records: list[ModelRecord] = [self._store.records[one] for one in model_ids if one in self._store.records]
        self.records += sum(ceil(measure_record(record) / READ_UNIT) for record in records) / 2

    def _count_index(self, _until: Any) -> None:
        self.indexes += 1

    def _count_pointer(self) -> None:
        """Count a call that only reads the pointer: a warm function knows the plan."""
        self.pointers += 1


def _simplify(line: SimulatedLine) -> SimulatedLine:
    """Return a line with one eight-hour shift a day, and neither gate nor queue."""
    schedule = Schedule(line.model.schedules[0].name, "UTC", EARLY_SHIFT)
    model = change(line.model, schedules=(schedule,), gate=None, drain=None)
    return SimulatedLine(model, line.start_latency, line.stop_latency)


def format_shift(measured: Mapping[Backend, MeasuredShift], idle: FleetReads) -> str:
    """Return the table of docs/costs.md with its marks."""
    head = "| one eight-hour shift | " + " | ".join(NAMES[backend] for backend in measured) + " |"
    rows = [head, "| --- |" + " ---: |" * len(measured)]
    for field in fields(MeasuredShift):
        found = (asdict(each)[field.name] for each in measured.values())
        rows.append(f"| {field.name} | " + " | ".join(f"{value:.1f}" for value in found) + " |")
    rows += [
        f"| read units of an idle model, of {fleet:,}" + f" | {idle.share(fleet):.1f}" * len(measured) + " |"
        for fleet in FLEETS
    ]
    return "\n".join([BEGIN, "", *rows, "", END])
