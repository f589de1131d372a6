"""The vocabulary of tests for one plant day in UTC: the real tick and pass, with the simulator's core behind them.

with a_day(window="08:00-16:00", lead="30m") as day:
    day.run_until("07:31")
    assert day.observed() is Observed.STARTING
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.lookout import OBSERVED
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.memory.downstream import MemoryBacklogs, MemoryGates, SourceMapping
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.memory.store import MemoryStore
from preheat.app.glances import GlanceRounds
from preheat.app.ports.clock import Clock
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.glancing import glance_at_each
from preheat.app.reconcile.reconcile import Result, reconcile
from preheat.app.tick import Ticked, tick
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, Idempotence, Mode, ModelId, Target, Units
from preheat.domain.record.gate import Backlog
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord
from preheat_lab.simulation.hosting import SERVICES, make_hosting, make_scaling
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.switches import Switches

if TYPE_CHECKING:
    from preheat.app.ports.hosting import Hosting, Scaling
    from preheat.app.ports.queue import Queue
    from preheat.app.ports.store import Store

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday
WELD = ModelId("weld-seams")
TARGET = Target("weld-seams-front", "3")
TARGETS = {
    Backend.LOOKOUT_VISION: TARGET,
    Backend.REKOGNITION: Target("weld-seams-front", "v3", Backend.REKOGNITION),
    Backend.SAGEMAKER: Target("weld-seams-front", "weld-seams-v3", Backend.SAGEMAKER),
    Backend.SAGEMAKER_COMPONENT: Target("weld-seams-front", "", Backend.SAGEMAKER_COMPONENT),
    Backend.FUNCTION: Target(
        "arn:aws:lambda:eu-central-1:111122223333:function:weld-seams-front",
        "weld-seams",
        Backend.FUNCTION,
        idempotent_by=Idempotence.TOKEN,
    ),
}
INFERRING = [backend for backend in Backend if backend is not Backend.FUNCTION]  # a function makes no inference


def duration(text: str) -> timedelta:
    """Read `30s`, `45m` or `2h`."""
    number, unit = re.fullmatch(r"(\d+)([smh])", text).groups()  # type: ignore[union-attr]  # a test's own literal
    return timedelta(**{{"s": "seconds", "m": "minutes", "h": "hours"}[unit]: int(number)})


def at(text: str, day: int = 0) -> datetime:
    """Read `07:31` or `07:31:05` on the day (0: the Monday)."""
    return datetime.combine(MIDNIGHT.date(), time.fromisoformat(text), UTC) + timedelta(days=day)


def shifts(*windows: str, zone: str = "UTC") -> Schedule:
    """Return a daily schedule of windows such as `08:00-16:00`; an end before its start is on the next day."""
    parts = []
    for window in windows:
        start, end = (time.fromisoformat(part) for part in window.split("-"))
        parts.append(ShiftWindow(frozenset(Weekday), start, end, end_day=int(end <= start)))
    return Schedule("early", zone, tuple(parts))


def a_model(*windows: str, lead: str = "30m", slack: str = "2m", **changes: Any) -> HostedModel:
    """Return a planned model, known since a week before the Monday."""
    model = HostedModel(
        WELD,
        TARGET,
        Units(1),
        (shifts(*windows),) if windows else (),
        duration(lead),
        duration(slack),
        announced_at=MIDNIGHT - timedelta(days=7),
    )
    return replace(model, **changes)


GATE = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
OTHER_GATE = "7a1f0d3e-5b1c-4c3e-8f42-2c9e1d6b0a22"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/images"


@dataclass(frozen=True)
class Skewed:
    """A clock that is off."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() + self.by


class Day:
    """The day, as far as it has got."""

    def __init__(self, model: HostedModel, *, start_takes: str, stop_takes: str, switches: Switches) -> None:
        self.clock = VirtualClock(MIDNIGHT)
        self.store = MemoryStore()
        self.queue, self.rounds = MemoryQueue(self.clock), GlanceRounds()
        self.target = model.target
        self.service = SERVICES[model.target.backend](
            self.clock.now,
            switches=switches,
            limits=AccountLimits(calls_per_second=None),
            start_latency=make_fixed(duration(start_takes).total_seconds()),
            stop_latency=make_fixed(duration(stop_takes).total_seconds()),
        )
        self.calls: list[LoggedCall] = []
        add = self.service.call_log.add

        def note_call(call: LoggedCall) -> None:
            self.calls.append(call)
            add(call)

        self.service.call_log.add = note_call  # type: ignore[method-assign]  # the test reads every call
        self.service.add_model(self.target.project, self.target.version)
        self.hosting: Hosting = make_hosting(self.service)
        self.scaling: Scaling | None = make_scaling(self.service)
        self.gates = MemoryGates(self.clock)
        self.gates.mappings = {GATE: SourceMapping(), OTHER_GATE: SourceMapping()}
        self.backlogs = MemoryBacklogs()
        self.backlogs.backlogs[QUEUE] = Backlog(0, 0, 0)
        self.entries: list[LedgerEntry] = []
        self.results: list[Result] = []
        self.mode = Mode.ACT
        self.ticks = True
        self.remote: Callable[[Remote], Remote] = lambda remote: remote
        self._passes = 0
        self._asked = 0
        self._next_tick = MIDNIGHT
        self.apply(model)

    # --- what happens -----------------------------------------------------------------------------------------------

    def apply(self, *models: HostedModel) -> None:
        """Apply a plan of these models."""
        self.store.apply(models, expected_version=self.store.read_plan_version(), at=self.clock.at)

    def ask(self, change: Standing, *models: ModelId) -> None:
        """Store a hold or block, or a change of one, as an accepted request does; a schedule's wakes `models`."""
        self._asked += 1
        name = RequestId(f"{change.request_id}.{self._asked}")
        reply = Reply(name, Verb(change.kind), change.subject, "role-1", self.clock.at, True, "accepted", "", "")
        self.store.answer(reply, change, models or (WELD,))
        for model_id in models or (WELD,):
            self.queue.enqueue(model_id, timedelta())

    def hold(self, begin: str, end: str, name: str = "hold-1", kind: Kind = Kind.HOLD, **changes: Any) -> Standing:
        """Request the model from a time of the day until another, known from now on, and return the active request."""
        subject = changes.pop("subject", Subject(model_id=WELD))
        one = Standing(RequestId(name), kind, subject, "role-1", at(begin), at(end), self.clock.at, **changes)
        self.ask(one)
        return one

    def block(self, begin: str, end: str, name: str = "block-1", **changes: Any) -> Standing:
        """Ask for the opposite."""
        return self.hold(begin, end, name, Kind.BLOCK, **changes)

    def release(self, one: Standing) -> None:
        """Release a hold, or lift a block, now."""
        self.ask(replace(one, released_at=self.clock.at, revision=one.revision + 1))

    def person(self, does: str) -> None:
        """Let a person start or stop the model."""
        act: Callable[[str, str], object] = (
            self.service.person_starts if does == "starts" else self.service.person_stops
        )
        act(self.target.project, self.target.version)

    def fault(self, kind: FaultKind, **details: Any) -> None:
        """Inject a fault of the service."""
        self.service.inject(InjectedFault(kind, **details))

    def waiting(self, visible: int, in_flight: int = 0, delayed: int = 0) -> None:
        """Let this many messages wait in the queue behind the model."""
        self.backlogs.backlogs[QUEUE] = Backlog(visible, in_flight, delayed)

    def run_until(self, text: str, day: int = 0) -> None:
        """Let time pass, event by event, up to and including an instant."""
        until = at(text, day)
        while True:
            message_at = self.queue.next_at()
            coming = min(each for each in (message_at, self._next_tick) if each is not None)
            if coming > until:
                break
            self.clock.advance_to(max(coming, self.clock.at))
            if coming == self._next_tick and (message_at is None or message_at > coming):
                self._next_tick += timedelta(minutes=1)
                if self.ticks:
                    self.tick()
            while (model_id := self.queue.receive()) is not None:
                self.receive(model_id, self.queue.glances)
        self.clock.advance_to(until)

    def tick(self) -> Ticked:
        """Make one tick now."""
        return tick(clock=self.clock, store=self.store, queue=self.queue, rounds=self.rounds)

    def receive(self, model_id: ModelId, glances: Sequence[ModelId] = ()) -> None:
        """Do what a message asks for, as the function does."""
        if len(glances) > 1:
            glance_at_each(glances, self.remote(self._remote("round")), self.mode)
        else:
            self.look(model_id, glance=bool(glances))

    def look(self, model_id: ModelId = WELD, *, glance: bool = False) -> Result:
        """Make one pass now, or the glance that a message asks for."""
        self._passes += 1
        remote = self.remote(self._remote(f"pass-{self._passes}"))
        result = reconcile(model_id, remote, mode=self.mode, glance=glance)
        self.results.append(result)
        self.entries += result.entries
        return result

    def _remote(self, writer: str) -> Remote:
        store: Store = self.store
        queue: Queue = self.queue
        remote = Remote(self.clock, store, self.hosting, queue, writer, self.gates, self.backlogs, self.scaling)
        glances = self.hosting if isinstance(self.hosting, HostingRouter) else None
        return replace(remote, served_at=self.clock.now, glances=glances)

    # --- the present look
    # -----------------------------------------------------------------------------------------------

    @property
    def status(self) -> Status:
        """The service's real state."""
        return self.service.status(self.target.project, self.target.version)

    def observed(self) -> Observed:
        """Return the same in Preheat's words."""
        return OBSERVED[self.status]

    @property
    def record(self) -> ModelRecord:
        """The model's record."""
        record = self.store.load(WELD)
        assert record is not None
        return record

    def started(self) -> int:
        """Return how many starts by Preheat had an effect."""
        return sum(each.changed_state and not self._is_stop(each) for each in self.sent(self.service.words.start))

    def stopped(self) -> int:
        """Return how many stops by Preheat had an effect."""
        return sum(each.changed_state and self._is_stop(each) for each in self.sent(self.service.words.stop))

    def _is_stop(self, call: LoggedCall) -> bool:
        """Return whether a call stops; where one operation sets a level, its answer says so."""
        words = self.service.words
        return call.operation is not words.start or call.answer == words.show(Status.STOPPING_HOSTING)

    def sent(self, operation: Operation) -> list[LoggedCall]:
        """Return the calls of one operation that Preheat made."""
        return [each for each in self.calls if each.operation is operation and each.by == "api"]

    def entries_of(self, action: Action) -> list[LedgerEntry]:
        """Return the ledger entries of one action."""
        return [entry for entry in self.entries if entry.action is action]


@contextmanager
def a_day(
    window: str = "08:00-16:00",
    *more: str,
    lead: str = "30m",
    start_takes: str = "17m",
    stop_takes: str = "4m",
    switches: Switches | None = None,
    backend: Backend = Backend.LOOKOUT_VISION,
    **changes: Any,
) -> Iterator[Day]:
    """Open a day with one model; at its end the ledger must be whole."""
    day = Day(
        a_model(window, *more, lead=lead, target=TARGETS[backend], **changes),
        start_takes=start_takes,
        stop_takes=stop_takes,
        switches=switches or Switches(),
    )
    yield day
    ledger = day.store.read_ledger(WELD)
    assert [entry.sequence for entry in ledger] == list(range(1, len(ledger) + 1))
    assert all(one.to_phase is two.from_phase for one, two in pairwise(ledger))
