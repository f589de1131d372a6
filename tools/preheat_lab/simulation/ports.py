"""The ports of the functions in the simulated world: twins of store and service, each call watched and open to faults.

Owns the order of things around one call. First a worker may die, or the call may not arrive. Then the call happens, and
the judges judge it. Then it may lose its answer, or the worker may die. Reports the result to the world that it belongs
to.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from botocore.exceptions import EndpointConnectionError

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.memory.downstream import MemoryBacklogs, MemoryGates, SourceMapping
from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    QuotaExceeded,
    StoreUnavailable,
    Throttled,
    UnreadableItem,
    WrongState,
)
from preheat.app.ports.fleet import Due
from preheat.app.ports.plans import Planned
from preheat.app.ports.records import Guards
from preheat.domain.demand.request import Reply, RequestId, Standing, Subject, Tombstone
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel, Readiness
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.plan.senders import SenderRule
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.gate import Backlog, BacklogReading, GateLook
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat_lab.simulation.faults import Fate, FaultMix, FaultyPort, Mishap
from preheat_lab.simulation.hosting import Simulated, make_hosting
from preheat_lab.simulation.watch import PromiseWatch
from preheat_simulator.core.status import Status

STORE_CALLS = (
    "load",
    "save",
    "read_planned",
    "read_planned_before",
    "read_standings",
    "read_basis",
    "find_asked",
    "find_standing",
    "read_tombstones",
    "find_reply",
    "answer",
    "find_due",
    "read_plan_version",
    "list_planned_models",
    "list_former_models",
    "load_many",
    "glance_at_many",
    "read_whole_plan",
    "apply",
    "wake",
    "read_ledger",
    "read_recent_ledger",
    "ensure_external_id",
    "read_membership",
    "read_applied_by",
    "read_applied_plans",
    "find_applied_plan",
    "read_senders",
    "are_all_woken",
    "count_request",
    "note_woken",
)
HOSTING_CALLS = ("describe", "glance", "list_unchanged", "probe", "start", "stop")
QUEUE_CALLS = ("send_message",)
GATE_CALLS = ("describe", "open", "close")
BACKLOG_CALLS = ("count",)
OUT = {
    "store": Mishap.STORE_OUT,
    "hosting": Mishap.HOSTING_OUT,
    "queue": Mishap.QUEUE_OUT,
    "gate": Mishap.GATE_OUT,
}
LOST = {"store": Mishap.STORE_LOST, "gate": Mishap.GATE_LOST}
# Errors that a gate or a queue may raise. A permanent error would excuse it from its promise for an hour.
REFUSALS: tuple[type[HostingError], ...] = (Throttled, AccessRefused, WrongState, QuotaExceeded)


@dataclass(slots=True)
class Invocation:
    """One call of a function: which models may count its faults, when it dies, how far its clock is off."""

    writer: str
    concerned: tuple[ModelId, ...]
    fate: Fate
    skew: timedelta


class AppendedEntries(Protocol):
    """The stream of the ledger, as its writer sees it."""

    def append(self, entry: LedgerEntry | Reply | AppliedPlan) -> None:
        """Take a new entry, reply or apply."""


class PortsWorld(Protocol):
    """The ports' view of the world around them."""

    clock: VirtualClock
    random: Random
    mix: FaultMix
    watch: PromiseWatch
    service: Simulated
    invocation: Invocation
    down: dict[str, datetime]
    names: dict[str, ModelId]

    @property
    def stream(self) -> AppendedEntries:
        """The stream of the ledger."""

    def amid_pass(self, model_id: ModelId) -> None:
        """A pass has looked and not written yet: others may be quicker."""

    def amid_answer(self, subject: Subject) -> None:
        """An answer rests on earlier reads, and is not in the table yet: others may be quicker."""

    def note_answer(self, reply: Reply, change: Standing | Tombstone | None) -> None:
        """An answer was stored; note the active requests since."""

    def note(self, mishap: Mishap, *hit: ModelId, status: Status | None = None) -> None:
        """Count a mishap."""

    def status(self, target: Target) -> Status:
        """Return what the service's state really is, without a call."""


def meet_faults(
    world: PortsWorld, kind: str, port: object, names: tuple[str, ...], *, out: float, lost: float = 0.0
) -> Any:
    """Return the port. Some of its calls never arrive (`out`), some get no answer (`lost`), some are the last."""
    chance, down = world.random.random, world.down
    if not out and not lost and not world.mix.killed and not world.mix.outages:
        return port

    def meets(name: str, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        invocation = world.invocation
        invocation.fate.before()
        if (out and chance() < out) or (kind in down and world.clock.at < down[kind]):
            if kind == "gate" and chance() < 0.5:
                world.note(Mishap.GATE_REFUSED, *invocation.concerned)
                raise world.random.choice(REFUSALS)(f"{name}: refused")
            world.note(OUT[kind], *invocation.concerned)
            if name == "save":
                world.watch.breaks_off()
            raise _error(kind, f"{name}: out of reach")
        try:
            answer = call(*args, **kwargs)
        finally:
            invocation.fate.after()
        if lost and chance() < lost:
            world.note(LOST[kind], *invocation.concerned)
            raise _error(kind, f"{name}: not answered")
        return answer

    return FaultyPort(port, names, meets)


def _error(kind: str, text: str) -> Exception:
    if kind == "store":
        return StoreUnavailable(text)
    return AnswerLost(text) if kind in ("hosting", "gate") else EndpointConnectionError(endpoint_url=text)


class PassClock:
    """The clock of whatever runs now: off by what that one's is."""

    def __init__(self, world: PortsWorld) -> None:
        self._world = world

    def now(self) -> datetime:
        """Return what it shows."""
        return self._world.clock.at + self._world.invocation.skew


class WatchedStore(MemoryStore):
    """The in-memory store; a judge sees every won write, the due index may err, and a record may be unreadable."""

    def __init__(self, world: PortsWorld) -> None:
        super().__init__()
        self._world = world
        self.unreadable: dict[ModelId, datetime] = {}  # until when
        self._unindexed: set[ModelId] = set()  # whose last write the due index has lost
        self._versions: dict[ModelId, int] = {}  # of the records that the answer under way rests on
        self._set_at: dict[ModelId, tuple[datetime | None, datetime]] = {}  # the look that a pass has set, and when

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `ports.Store`."""
        if self.is_unreadable(model_id):
            self._world.note(Mishap.RECORD_UNREADABLE, model_id)
            raise UnreadableItem(f"models {model_id}/record: not JSON")
        record = super().load(model_id)
        self._world.watch.on_read(record)
        return record

    def load_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `ports.Store`."""
        found = super().load_many([model_id for model_id in model_ids if not self.is_unreadable(model_id)])
        self._versions = {model_id: record.version for model_id, record in found.items()}
        return found

    def glance_at_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `ports.RecordGlances`."""
        found = super().glance_at_many([model_id for model_id in model_ids if not self.is_unreadable(model_id)])
        self._world.watch.on_glanced(found)
        return found

    def read_tombstones(self, subject: Subject, request_id: RequestId) -> Sequence[Tombstone]:
        """See `ports.Store`. It is the last that an answer reads: others may write before it is stored."""
        found = super().read_tombstones(subject, request_id)
        self._world.amid_answer(subject)
        return found

    def is_unreadable(self, model_id: ModelId) -> bool:
        """Return whether nobody can read the model's record now."""
        return model_id in self.unreadable and self._world.clock.at < self.unreadable[model_id]

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """See `ports.Store`."""
        before = self.records.get(record.model_id)
        won = super().save(record, entry, guards)
        self._world.watch.on_write(before, won, entry, self._world.clock.at)
        self._set_at[won.model_id] = won.wake_at, self._world.clock.at
        if entry is not None:
            self._world.stream.append(entry)
        self._index(record.model_id)
        return won

    def answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        models: Sequence[ModelId],
        seen: int | None = None,
        drops: Sequence[Standing] = (),
    ) -> None:
        """See `ports.Store`. The world judges the stored answer (S6)."""
        about = change.subject.model_id if isinstance(change, Standing) else None
        record = self.records.get(about) if about is not None else None
        more = {"drops": drops} if drops else {}
        super().answer(reply, change, models, seen, **more)
        if record is not None and record.version != self._versions.get(record.model_id, record.version):
            what = f"{reply.request_id} was answered on a record that had changed since it was read"
            self._world.watch.note_missed("S6", record.model_id, self._world.clock.at, what)
        self._world.note_answer(reply, change)
        self._world.stream.append(reply)

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """See `ports.Store`."""
        super().wake(model_id, at)
        self._index(model_id)

    def find_look_set_at(self, record: ModelRecord) -> datetime | None:
        """Return when a pass has set the look that is due next; None: no pass has, somebody has woken the model."""
        wake_at, set_at = self._set_at.get(record.model_id, (None, None))
        return set_at if wake_at == record.wake_at else None

    def _index(self, model_id: ModelId) -> None:
        mix = self._world.mix
        if mix.index_lost and self._world.random.random() < mix.index_lost:
            self._unindexed.add(model_id)
        else:
            self._unindexed.discard(model_id)

    def read_planned(self, model_id: ModelId) -> Planned:
        """See `ports.Store`."""
        planned, record = super().read_planned(model_id), self.records.get(model_id)
        if record is not None and planned.version < record.plan_version:
            self._world.note(Mishap.PLAN_OLDER, model_id)
        return planned

    def apply(
        self,
        models: Sequence[HostedModel],
        *,
        expected_version: int,
        at: datetime,
        senders: Sequence[SenderRule] = (),
        by: AppliedBy | None = None,
    ) -> int:
        """See `ports.Store`."""
        version = super().apply(models, expected_version=expected_version, at=at, senders=senders, by=by)
        self._world.stream.append(self.applied[version])
        return version

    def find_due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`."""
        world, lines = self._world, super().find_due(until)
        mix, chance = world.mix, world.random
        for line in lines:
            if line.model_id in self._unindexed:
                world.note(Mishap.INDEX_LOST, line.model_id)
        lines = [line for line in lines if line.model_id not in self._unindexed]
        if mix.index_missing:
            missing = [line for line in lines if chance.random() < mix.index_missing]
            for line in missing:
                world.note(Mishap.INDEX_MISSED, line.model_id)
            lines = [line for line in lines if line not in missing]
        if mix.index_extra and chance.random() < mix.index_extra:
            extra = chance.choice(sorted(self.records))
            if all(line.model_id != extra for line in lines):
                world.note(Mishap.INDEX_EXTRA, extra)
                lines = [Due(extra, world.clock.at), *lines]
        return lines


class WatchedHosting:
    """The hosting service; a judge sees every call."""

    def __init__(self, world: PortsWorld) -> None:
        self._world = world
        self._hosting = make_hosting(world.service)
        self.before = Status.TRAINED  # what the service's state really was before the last call

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        return self._look(target, self._hosting.describe)

    def glance(self, target: Target) -> Observation:
        """See `ports.Glances`."""
        return self._look(
            target, self._hosting.glance if isinstance(self._hosting, HostingRouter) else self._hosting.describe
        )

    def list_unchanged(self, targets: Sequence[Target]) -> Mapping[Target, Observation]:
        """See `ports.Glances`. It is a look at each target, and no model's budget pays for it."""
        if not isinstance(self._hosting, HostingRouter):
            return {}
        found = self._hosting.list_unchanged(targets)
        for target in found:
            self._world.watch.on_listed(self._world.names[target.project], self._world.clock.at)
        return found

    def _look(self, target: Target, look: Callable[[Target], Observation]) -> Observation:
        world = self._world
        model_id = world.names[target.project]
        self.before = world.status(target)
        calls = target.backend.calls_a_look
        try:
            seen = look(target)
            calls = 1 if seen.recalled else calls
        finally:
            for _ in range(calls):
                world.watch.on_look(model_id, world.clock.at, Observed.UNKNOWN)
        world.watch.saw = Observed.STARTING if seen.serving == 0 else seen.observed
        world.watch.short = seen.no_capacity
        world.amid_pass(model_id)
        return seen

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`."""
        world = self._world
        world.watch.on_look(world.names[target.project], world.clock.at, Observed.HOSTED)
        self._hosting.probe(target, readiness)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        world = self._world
        if world.clock.at < world.down.get("quota", world.clock.at):
            model_id = world.names[attempt.target.project]
            world.note(Mishap.QUOTA, model_id)
            world.watch.on_call(model_id, attempt, world.clock.at, changed=False)
            raise QuotaExceeded("no room for one more model")
        self._judge(attempt, self._hosting.start)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._judge(attempt, self._hosting.stop)

    def _judge(self, attempt: Attempt, call: Callable[[Attempt], None]) -> None:
        world = self._world
        self.before = world.status(attempt.target)
        try:
            call(attempt)
        except HostingError as error:
            world.watch.refused = error.answer if attempt.call is Call.START else None
            raise
        finally:
            (made,) = world.service.call_log
            model_id = world.names[attempt.target.project]
            world.watch.on_call(model_id, attempt, world.clock.at, changed=made.changed_state)


class WatchedGates(MemoryGates):
    """The gates of the plant; a judge sees every look and every call."""

    def __init__(self, world: PortsWorld, models: dict[str, ModelId]) -> None:
        """`models`: whose each mapping is. Every gate is closed."""
        super().__init__(world.clock)
        self._world, self._models = world, models
        self.mappings = {mapping: SourceMapping() for mapping in models}

    def describe(self, mapping: str) -> GateLook:
        """See `ports.Gates`."""
        look = super().describe(mapping)
        self._world.watch.on_gate(self._models[mapping], self._world.clock.at, look.passage)
        return look

    def _change(self, mapping: str, *, enabled: bool) -> None:
        self._world.watch.on_gate_call(self._models[mapping], self._world.clock.at, opens=enabled)
        super()._change(mapping, enabled=enabled)


class WatchedBacklogs(MemoryBacklogs):
    """The queues of the plant; this notes every reading."""

    def __init__(self, world: PortsWorld, models: dict[str, ModelId]) -> None:
        """`models`: whose each queue is. Every queue is empty."""
        super().__init__()
        self._world, self._models = world, models
        self.backlogs = dict.fromkeys(models, Backlog(0, 0, 0))

    def count(self, queue: str) -> Backlog:
        """See `ports.Backlogs`."""
        backlog = super().count(queue)
        self._world.watch.on_reading(self._models[queue], self._world.clock.at, BacklogReading(backlog))
        return backlog
