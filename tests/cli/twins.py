"""The demo's stage without an AWS: the real tick and pass, twins in memory, the simulator's core, a virtual clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from preheat.cli.demo_facts import START, STOP, Billed, Metrics, ServiceCall, ServiceFacts, Shift
from preheat.cli.demo_run import STOP_LATENCY
from preheat.clock import VirtualClock
from preheat.ports import Remote
from preheat.queue.memory import MemoryQueue
from preheat.reconcile import reconcile
from preheat.simulation.hosting import SimulatedHosting
from preheat.simulator.faults import Fault, FaultKind
from preheat.simulator.latency import fixed
from preheat.simulator.service import LookoutService
from preheat.simulator.status import Operation, Status
from preheat.store.memory import MemoryStore
from preheat.telemetry import _measures
from preheat.tick import tick

if TYPE_CHECKING:
    from preheat.domain.record import LedgerEntry

BEGINS_AT = datetime(2026, 11, 24, 4, 15, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Twins:
    """Implements `demo_run.Stage`. What a test breaks: `reconciles`, `emits`, `dead`, and whatever it injects."""

    def __init__(self) -> None:
        self.clock = VirtualClock(BEGINS_AT)
        self.store = MemoryStore()
        self.queue = MemoryQueue(self.clock)
        self.hosting = LookoutService(self.clock.now)
        self.reconciles = True
        self.emits = True
        self.dead = 0
        self.entries: list[LedgerEntry] = []
        self._passes = 0
        self._next_tick = BEGINS_AT + timedelta(seconds=17)

    def prepare(self, shifts: Sequence[Shift]) -> None:
        """Do what `demo_stage.LocalStage.prepare` does."""
        stop = fixed(STOP_LATENCY.total_seconds())
        for shift in shifts:
            start = fixed(shift.start_latency.total_seconds())
            self.hosting.add_model(shift.target.project, shift.target.version, start_latency=start, stop_latency=stop)
        lost = Fault(FaultKind.ANSWER_LOST, Operation.START_MODEL, project=shifts[-1].target.project, times=2)
        self.hosting.inject(lost)

    def pause(self, span: timedelta) -> None:
        until = self.clock.at + span
        while True:
            message_at = self.queue.next_at() if self.reconciles else None
            coming = min(each for each in (message_at, self._next_tick) if each is not None)
            if coming > until:
                break
            self.clock.advance_to(max(coming, self.clock.at))
            if coming == self._next_tick:
                self._next_tick += MINUTE
                tick(clock=self.clock, store=self.store, queue=self.queue)
            while self.reconciles and (model_id := self.queue.receive()) is not None:
                self._passes += 1
                hosting = SimulatedHosting(self.hosting)
                remote = Remote(self.clock, self.store, hosting, self.queue, f"pass-{self._passes}")
                self.entries += reconcile(model_id, remote).entries
        self.clock.advance_to(until)

    def service(self) -> ServiceFacts:
        calls = [call for call in self.hosting.call_log if call.operation.value in (START, STOP)]
        models = [(model.project, model.version) for model in self.hosting.models()]
        return ServiceFacts(
            calls=tuple(
                ServiceCall(
                    call.at, call.operation.value, call.project or "", call.token, call.changed_state, call.fault
                )
                for call in calls
            ),
            history={
                project: tuple((at, status.value) for at, status in self.hosting.history(project, version))
                for project, version in models
            },
            bill={
                name.partition("/")[0]: tuple(Billed(each.begin, each.end, each.units) for each in bill.intervals)
                for name, bill in self.hosting.bill().items()
            },
        )

    def metrics(self, since: datetime) -> Metrics:
        values: dict[str, list[float]] = {}
        for entry in self.entries if self.emits else []:
            for name, _, value in _measures(entry):
                values.setdefault(name, []).append(value)
        return Metrics(
            starts_on_time=len(values.get("StartsOnTime", [])),
            starts_late=len(values.get("StartsLate", [])),
            start_failures=len(values.get("StartFailures", [])),
            margins=len(values.get("HostedMargin", [])),
            margin_sum=timedelta(seconds=sum(values.get("HostedMargin", []))),
        )

    def dead_letters(self) -> int:
        return self.dead

    def start_again(self, shift: Shift) -> None:
        """Start a model a second time behind Preheat's back."""
        self.hosting.set_status(shift.target.project, shift.target.version, Status.TRAINED)
        self.hosting.person_starts(shift.target.project, shift.target.version, 1)
