"""The twins as the world uses them: each does its work, and notifies the reference model. Judges nothing itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.tools.preheat_lab.statemachine.reference import ReferencePass

from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.errors import AnswerLost, HostingError
from preheat.app.ports.fleet import Due
from preheat.app.ports.records import Guards
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.gate import Backlog, GateLook
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat_lab.simulation.hosting import SimulatedHosting
from preheat_simulator.core.calls import CallLog, LoggedCall
from preheat_simulator.core.status import Operation

if TYPE_CHECKING:
    from tests.tools.preheat_lab.statemachine.world import MachineWorld


class LatestCallLog(CallLog):
    """The service's call log, with only the last call; it counts starts."""

    def __init__(self, world: "MachineWorld") -> None:
        super().__init__(keep=1)
        self._world = world

    def add(self, call: LoggedCall) -> None:
        """Append a call."""
        super().add(call)
        if call.changed_state and call.operation is Operation.START_MODEL:
            self._world.runs[Target(str(call.project), str(call.version))] += 1


class StepStore(MemoryStore):
    """The in-memory store; it notifies the reference of each won write, and the due index may be stale."""

    def __init__(self, world: "MachineWorld") -> None:
        super().__init__()
        self._world = world

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """See `ports.Store`."""
        before = self.records.get(record.model_id)
        won = super().save(record, entry, guards)
        world = self._world
        worker = world.passes[record.writer]
        world.behind.wrote(worker, before, won)
        world.reference.wrote(worker, before, won, entry, world.clock.at)
        world.reference.says(worker, won, world.find_word(won, world.clock.at + worker.skew))
        return won

    def find_due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`: a line may be missing, and one may be there that should not."""
        lines = {
            "right": super().find_due(until),
            "missing": (),
            "extra": (Due(self._world.model_id, self._world.clock.at),),
        }
        return lines[self._world.index]


class Reading:
    """The store as one pass sees it: it notes the version of each read."""

    def __init__(self, store: StepStore, mine: ReferencePass) -> None:
        self._store, self._mine = store, mine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `ports.Store`."""
        record = self._store.load(model_id)
        self._mine.begin_again(record.version if record else 0)
        return record


class StepHosting:
    """The service as one pass reaches it; it notifies the reference of each observation and call."""

    def __init__(self, world: "MachineWorld", mine: ReferencePass) -> None:
        self._world, self._mine = world, mine
        self._hosting = SimulatedHosting(world.service)

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        self._world.reference.looks(self._mine, target, self._world.clock.at)
        self._world.errs("describe", done=False)
        seen = self._hosting.describe(target)
        self._mine.saw, self._mine.run = seen.observed, self._world.runs[target]
        return seen

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._send(attempt, self._hosting.start)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._send(attempt, self._hosting.stop)

    def _send(self, attempt: Attempt, call: Any) -> None:
        reference, log, told = self._world.reference, self._world.service.call_log, "lost"
        reference.sends(self._mine, attempt, self._world.clock.at)
        before = next(iter(log))
        try:
            self._world.errs(attempt.call, done=False)
            call(attempt)
            told = "accepted"
        except HostingError as error:
            told = error.answer
            raise
        finally:
            made = next(iter(log))
            effect = made is not before and made.changed_state
            run = self._world.runs[attempt.target]
            reference.answered(self._mine, attempt, effect=effect, told=told, run=run)


class StepGates:
    """The gates as one pass reaches them; it notifies the reference of each look and change."""

    def __init__(self, world: "MachineWorld", mine: ReferencePass) -> None:
        self._world, self._mine = world, mine

    def describe(self, mapping: str) -> GateLook:
        """See `ports.Gates`."""
        self._world.behind.looks(self._mine, self._world.clock.at)
        self._world.errs("gate describe", done=False)
        seen = self._world.gates.describe(mapping)
        self._mine.passage = seen.passage
        return seen

    def open(self, mapping: str) -> None:
        """See `ports.Gates`."""
        self._move("open", mapping)

    def close(self, mapping: str) -> None:
        """See `ports.Gates`."""
        self._move("close", mapping)

    def _move(self, call: str, mapping: str) -> None:
        self._world.behind.moves(self._mine, call, self._world.clock.at)
        self._mine.settled = True
        try:
            self._world.errs(f"gate {call}", done=False)
            getattr(self._world.gates, call)(mapping)
            self._world.errs(f"gate {call}", done=True)
        except AnswerLost:
            self._mine.settled = False
            raise


class StepBacklogs:
    """The queues as one pass reaches them; it notifies the reference of each reading."""

    def __init__(self, world: "MachineWorld", mine: ReferencePass) -> None:
        self._world, self._mine = world, mine

    def count(self, queue: str) -> Backlog:
        """See `ports.Backlogs`."""
        self._world.behind.counts(self._mine, self._world.clock.at)
        self._world.errs("count", done=False)
        found = self._world.backlogs.count(queue)
        self._mine.left = found.left
        return found
