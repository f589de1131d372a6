"""The simulated world: the real tick and the real pass, message by message, in virtual time.

Owns the order of events and the truth about what runs; `invariants` judges it. A tick comes each minute, 0 to 20 s
late.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from preheat.clock import VirtualClock
from preheat.domain.attempt import Attempt, Call
from preheat.domain.demand import Demand, demands
from preheat.domain.plan import ModelId, Readiness, Target
from preheat.domain.record import LedgerEntry, ModelRecord
from preheat.domain.situation import Observation
from preheat.ports import AnswerLost, Due, PreheatError, QueueUnavailable, Remote, StoreUnavailable
from preheat.queue.memory import MemoryQueue
from preheat.reconcile import reconcile
from preheat.simulation.faults import Fate, FaultMix, Killed, Skewed, mortal, unreliable
from preheat.simulation.hosting import SimulatedHosting
from preheat.simulation.invariants import Invariants
from preheat.simulation.plant import SimulatedLine
from preheat.simulator.calls import Call as ServiceCall
from preheat.simulator.calls import CallLog
from preheat.simulator.service import LookoutService
from preheat.simulator.status import Operation, Status
from preheat.simulator.switches import Switches, WhenPossible
from preheat.store.memory import MemoryStore
from preheat.tick import tick

MINUTE = timedelta(minutes=1)
VISIBILITY = timedelta(seconds=360)  # a message whose worker died comes again
RUNNING = (Status.STARTING_HOSTING, Status.HOSTED)
# What one fault may cost before a promise counts as broken: the lease, and the look after it.
FAULT_COSTS = timedelta(minutes=5)


@dataclass(slots=True)
class World:
    """A plant, its service account and Preheat, from `begins_at` on."""

    lines: list[SimulatedLine]
    begins_at: datetime
    random: Random
    mix: FaultMix
    switches: Switches
    told: Callable[[LedgerEntry], None]
    clock: VirtualClock = field(init=False)
    store: "WatchedStore" = field(init=False)
    queue: MemoryQueue = field(init=False)
    service: LookoutService = field(init=False)
    invariants: Invariants = field(init=False)
    passes: int = 0
    shifts: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    down: dict[str, datetime] = field(init=False)  # until when an outage lasts
    _faulted: dict[ModelId, list[datetime]] = field(default_factory=dict)
    _events: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)
    _names: dict[str, ModelId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.begins_at)
        self.down = dict.fromkeys(("store", "hosting"), self.begins_at)
        models = {line.model.model_id: line.model for line in self.lines}
        self.invariants = Invariants(models, tolerance=self.mix.skew)
        self.store = WatchedStore(self)
        self.queue = MemoryQueue(self.clock)
        self.service = LookoutService(self.clock.now, seed=self.random.randrange(2**32), switches=self.switches)
        self.service.call_log = WatchedLog(self)
        for line in self.lines:
            target = line.model.target
            self.service.add_model(
                target.project, target.version, start_latency=line.start_latency, stop_latency=line.stop_latency
            )
            self._names[target.project] = line.model.model_id
        for fault in self.mix.service:
            self.service.inject(fault)
        self.store.apply([*models.values()], expected_version=0, at=self.begins_at)

    def run(self, days: int) -> None:
        """Let `days` pass, event by event; shifts that end within them are judged."""
        until = self.begins_at + timedelta(days=days)
        self._foresee(days, until)
        self._at(self.begins_at, self._tick)
        while self._events or len(self.queue):
            message_at = self.queue.next_at()
            if self._events and (message_at is None or self._events[0][0] <= message_at):
                at, _, event = heapq.heappop(self._events)
            elif message_at is not None:
                at, event = message_at, self._deliver
            if at >= until:
                break
            self.clock.advance_to(max(at, self.clock.at))
            event()

    def _foresee(self, days: int, until: datetime) -> None:
        """Set down what will be judged, what people will do and when the outages come."""
        for line in self.lines:
            for demand in demands(line.model, self.begins_at, until):
                if demand.begin >= self.begins_at + line.model.lead and demand.end + timedelta(hours=2) < until:
                    self._expect(line, demand)
            for _ in range(round(days * self.mix.people)):
                at = self.begins_at + timedelta(minutes=self.random.randrange(days * 24 * 60))
                self._at(at, lambda line=line: self._person(line))  # type: ignore[misc]  # binds this line, not the last
        for kind in self.down:
            for _ in range(round(days * self.mix.outages)):
                begins = self.begins_at + timedelta(minutes=self.random.randrange(days * 24 * 60))
                ends = begins + timedelta(minutes=self.random.randint(10, 180))
                self._at(begins, lambda kind=kind, ends=ends: self._outage(kind, ends))  # type: ignore[misc]  # binds these

    def status(self, target: Target) -> Status:
        """Return what the service's state really is, without a call."""
        return self.service.status(target.project, target.version)

    def _at(self, at: datetime, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (at, next(self._order), event))

    def _tick(self) -> None:
        if self.random.random() < self.mix.tick_lost:
            self.note_fault("tick lost", *self._names.values())
        else:
            remote = self._remote("tick", *self._names.values())
            with suppress(StoreUnavailable):  # as the function does: the next tick is the retry
                tick(clock=remote.clock, store=remote.store, queue=remote.queue)
        due = self.begins_at + (self.clock.at - self.begins_at) // MINUTE * MINUTE + MINUTE
        self._at(due + timedelta(seconds=self.random.uniform(0, 20)), self._tick)

    def _deliver(self) -> None:
        model_id = self.queue.receive()
        if model_id is None:
            return
        if self.mix.doubled and self.random.random() < self.mix.doubled:
            self.note_fault("message doubled")
            self.queue.enqueue(model_id, timedelta(seconds=self.random.randint(0, 300)))
        self.passes += 1
        remote = self._remote(f"pass-{self.passes}", model_id)
        fate = Fate.drawn(self.random, self.mix.killed)
        try:
            result = reconcile(model_id, mortal(remote, fate))
        except Killed:
            self.note_fault("worker killed", model_id)
            self.queue.enqueue(model_id, VISIBILITY)
        else:
            for entry in result.entries:
                self.told(entry)

    def _person(self, line: SimulatedLine) -> None:
        """Let a person do what the model's state allows: start it if it is stopped, stop it if it is hosted."""
        target, status = line.model.target, self.status(line.model.target)
        if status is Status.TRAINED:
            self.service.person_starts(target.project, target.version)
        elif status is Status.HOSTED:
            self.service.person_stops(target.project, target.version)
        noticed_at = self.clock.at + timedelta(minutes=self.random.randint(1, 30))
        self._at(noticed_at, lambda: self.store.wake(line.model.model_id, self.clock.at))

    def _remote(self, writer: str, *concerned: ModelId) -> Remote:
        """Return the outside of one pass or tick; what goes wrong there is held against the models concerned."""
        mix, chance = self.mix, self.random

        def faulty(port: object, kind: str, error: type[PreheatError], out: float, lost: float = 0.0) -> Any:
            outage = self.clock.at < self.down.get(kind, self.begins_at)

            def hit() -> None:
                self.note_fault(f"{kind} out of reach", *concerned)

            return unreliable(port, error, random=chance, out=1.0 if outage else out, lost=lost, hit=hit)

        by = mix.skew * chance.uniform(-1, 1)
        watched = WatchedHosting(self, SimulatedHosting(self.service), writer)
        return Remote(
            Skewed(self.clock, by) if by else self.clock,
            faulty(self.store, "store", StoreUnavailable, mix.store_out, mix.store_lost),
            faulty(watched, "hosting", AnswerLost, 0.0),
            faulty(self.queue, "queue", QueueUnavailable, mix.queue_out),
            writer,
        )

    def _outage(self, kind: str, ends: datetime) -> None:
        self.down[kind] = max(self.down[kind], ends)
        self.note_fault(f"{kind} outage")

    def note_fault(self, kind: str, *hit: ModelId) -> None:
        """Count a fault, and against which models it may be held."""
        self.faults[kind] += 1
        for model_id in hit:
            self._faulted.setdefault(model_id, []).append(self.clock.at)

    # --- what must come true -------------------------------------------------------------------------------------

    def _expect(self, line: SimulatedLine, demand: Demand) -> None:
        self.shifts += 1
        self._at(demand.ready_at, lambda: self._ready(line, demand))
        self._at(demand.end - timedelta(seconds=1), lambda: self._still(line, demand))
        self._at(demand.end + 2 * MINUTE, lambda: self._ended(line, demand))

    def _ready(self, line: SimulatedLine, demand: Demand) -> None:
        """L1: hosted by ready_at, unless a fault hit it; L3: if it is not, that is told within two minutes."""
        if self.status(line.model.target) is Status.HOSTED:
            return
        model_id = line.model.model_id
        since = min(demand.start_at, self._since(line.model.target))
        if not self._faults_of(model_id, since - MINUTE):
            self.invariants.missed("L1", model_id, self.clock.at, f"{self.status(line.model.target)} at ready_at")
        self._at(demand.ready_at + 2 * MINUTE, lambda: self._told_late(line, demand))

    def _told_late(self, line: SimulatedLine, demand: Demand) -> None:
        model_id = line.model.model_id
        judged = [
            entry for entry in self.store.ledger(model_id) if entry.late is not None and entry.at >= demand.start_at
        ]
        allowed = demand.ready_at + 2 * MINUTE + FAULT_COSTS * self._faults_of(model_id, demand.start_at)
        if judged or demand.end <= self.clock.at:
            return
        if self.clock.at < allowed:
            self._at(allowed, lambda: self._told_late(line, demand))
        else:
            self.invariants.missed("L3", model_id, self.clock.at, f"late since {demand.ready_at}, and nobody was told")

    def _still(self, line: SimulatedLine, demand: Demand) -> None:
        """L1, until its end: hosted to the last second, unless a fault hit it."""
        model_id, status = line.model.model_id, self.status(line.model.target)
        since = min(demand.start_at, self._since(line.model.target))
        if status is not Status.HOSTED and not self._faults_of(model_id, since):
            self.invariants.missed("L1", model_id, self.clock.at, f"{status} before the end")

    def _ended(self, line: SimulatedLine, demand: Demand) -> None:
        """L2: two minutes after its end the stop is accepted, and later only by what faults cost."""
        model_id = line.model.model_id
        status = self.status(line.model.target)
        runs = status in RUNNING and not self.invariants.is_by_person(model_id)
        if status is Status.STARTING_HOSTING and self.switches.stop_while_starting is WhenPossible.CONFLICT:
            self._at(self.clock.at + 5 * MINUTE, lambda: self._ended(line, replace(demand, end=self.clock.at)))
            return  # The promise counts from when the service accepts stops.
        if not runs or self.invariants.needed(model_id, self.clock.at + line.model.slack) is not None:
            return
        allowed = demand.end + 2 * MINUTE + FAULT_COSTS * self._faults_of(model_id, demand.end - 20 * MINUTE)
        if self.clock.at < allowed:
            self._at(allowed, lambda: self._ended(line, demand))
        else:
            self.invariants.missed(
                "L2", model_id, self.clock.at, f"still running, {self.clock.at - demand.end} too long"
            )

    def _since(self, target: Target) -> datetime:
        """Return since when the service's state has lasted."""
        return self.service.history(target.project, target.version)[-1][0]

    def _faults_of(self, model_id: ModelId, since: datetime) -> int:
        """Return how many faults have hit the model since."""
        return sum(1 for at in self._faulted.get(model_id, ()) if at >= since)

    def saw(self, call: ServiceCall) -> None:
        """Note a fault of the service, and what a person did, from its call log."""
        model_id = self._names.get(call.project or "")
        if model_id is None:
            return
        if call.by == "person" and call.changed_state:
            done = Call.START if call.operation is Operation.START_MODEL else Call.STOP
            self.invariants.on_person(model_id, call.at, done)
            self.note_fault(f"person {done}s", model_id)
        elif call.fault is not None:
            self.note_fault(call.fault, model_id)


class WatchedLog(CallLog):
    """The service's call log; every call is noted as it is answered."""

    def __init__(self, world: World) -> None:
        super().__init__(keep=1)
        self._world = world

    def add(self, call: ServiceCall) -> None:
        """Append a call."""
        super().add(call)
        self._world.saw(call)


class WatchedStore(MemoryStore):
    """The in-memory store; every won write is judged, and the due index may miss a line."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def save(self, record: ModelRecord, entry: LedgerEntry | None) -> ModelRecord:
        """See `ports.Store`."""
        before = self.records.get(record.model_id)
        won = super().save(record, entry)
        self._world.invariants.on_write(before, won, entry, self._world.clock.at)
        return won

    def due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`."""
        world = self._world
        missing = [line for line in super().due(until) if world.random.random() < world.mix.index_missing]
        for line in missing:
            world.note_fault("index missed a line", line.model_id)
        return [line for line in super().due(until) if line not in missing]


class WatchedHosting:
    """The hosting port of one pass; every call is judged."""

    def __init__(self, world: World, hosting: SimulatedHosting, writer: str) -> None:
        self._world = world
        self._hosting = hosting
        self._writer = writer

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        model_id = self._world._names[target.project]  # noqa: SLF001 - the world's own half
        self._world.invariants.on_look(model_id, self._world.clock.at)
        return self._hosting.describe(target)

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`."""
        model_id = self._world._names[target.project]  # noqa: SLF001 - the world's own half
        self._world.invariants.on_look(model_id, self._world.clock.at)
        self._hosting.probe(target, readiness)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._judged(attempt, self._hosting.start)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._judged(attempt, self._hosting.stop)

    def _judged(self, attempt: Attempt, call: Callable[[Attempt], None]) -> None:
        world, at = self._world, self._world.clock.at
        model_id = world._names[attempt.target.project]  # noqa: SLF001 - the world's own half
        world.invariants.on_look(model_id, at)
        before, stored = world.status(attempt.target), world.store.load(model_id)
        try:
            call(attempt)
        finally:
            (made,) = world.service.call_log
            world.invariants.on_call(stored, attempt, self._writer, at, before=before, changed=made.changed_state)
