"""The demo's stage without an AWS: the real tick and pass, twins in memory, the simulator's core, a virtual clock."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.memory.queue import MemoryQueue
from preheat.adapters.memory.store import MemoryStore
from preheat.app.glances import GlanceRounds
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.glancing import glance_at_each
from preheat.app.reconcile.reconcile import reconcile
from preheat.app.tick import tick
from preheat.domain.plan.plan import Backend, Mode, Target
from preheat.domain.record.attempt import Call
from preheat.observability.publish import read_measures
from preheat_cli.demo.facts import Billed, DemoShift, Metrics, ServiceCall, ServiceFacts
from preheat_cli.demo.run import STOP_LATENCY
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.status import Status
from preheat_simulator.http.transport import make_client
from preheat_simulator.lookout import LookoutService
from preheat_simulator.rekognition import CustomLabelsService
from preheat_simulator.sagemaker import EndpointService

if TYPE_CHECKING:
    from preheat.domain.record.record import LedgerEntry
    from preheat_simulator.core.answering import Answering

BEGINS_AT = datetime(2026, 11, 24, 4, 15, 21, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Twins:
    """Implements `demo_run.Stage`. A test breaks it through `reconciles`, `emits`, `dead`, and injected faults."""

    def __init__(self) -> None:
        self.clock = VirtualClock(BEGINS_AT)
        self.store = MemoryStore()
        self.queue, self._rounds = MemoryQueue(self.clock), GlanceRounds()
        self.hosting = LookoutService(self.clock.now)
        self.accounts: dict[Backend, Answering] = {
            Backend.LOOKOUT_VISION: self.hosting,
            Backend.REKOGNITION: CustomLabelsService(self.clock.now),
            Backend.SAGEMAKER: EndpointService(self.clock.now),
        }
        self._clients: dict[Backend, Any] = {}
        self._router = HostingRouter(self._client, "preheat")
        self.reconciles = True
        self.emits = True
        self.dead = 0
        self.entries: list[LedgerEntry] = []
        self._passes = 0
        self._next_tick = BEGINS_AT + timedelta(seconds=17)

    def prepare(self, shifts: Sequence[DemoShift]) -> None:
        """Do what `demo_stage.LocalStage.prepare` does."""
        stop = make_fixed(STOP_LATENCY.total_seconds())
        for shift in shifts:
            start = make_fixed(shift.start_latency.total_seconds())
            account = self.accounts[shift.target.backend]
            account.add_model(shift.target.project, shift.target.version, start_latency=start, stop_latency=stop)
            account.inject(
                InjectedFault(FaultKind.ANSWER_LOST, shift.words.start, project=shift.target.project, times=2)
            )

    def _client(self, target: Target, service: str | None = None) -> Any:
        if target.backend not in self._clients:
            one_try = Config(retries={"mode": "standard", "total_max_attempts": 1})
            self._clients[target.backend] = make_client(self.accounts[target.backend], config=one_try)
        return self._clients[target.backend]

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
                tick(clock=self.clock, store=self.store, queue=self.queue, rounds=self._rounds)
            while self.reconciles and (model_id := self.queue.receive()) is not None:
                self._passes += 1
                remote = Remote(self.clock, self.store, self._router, self.queue, f"pass-{self._passes}")
                if len(self.queue.glances) > 1:
                    glance_at_each(self.queue.glances, remote, Mode.ACT)
                else:
                    self.entries += reconcile(model_id, remote, glance=bool(self.queue.glances)).entries
        self.clock.advance_to(until)

    def service(self) -> ServiceFacts:
        calls: list[ServiceCall] = []
        history: dict[str, tuple[tuple[datetime, str], ...]] = {}
        bill: dict[str, tuple[Billed, ...]] = {}
        for account in self.accounts.values():
            words = account.words
            kinds = {words.start: Call.START, words.stop: Call.STOP}
            for each in account.call_log:
                if each.operation in kinds:
                    facts = (each.project or "", each.token, each.changed_state, each.fault, each.by)
                    calls.append(ServiceCall(each.at, kinds[each.operation], each.operation.value, *facts))
            for model in account.models():
                steps = account.history(model.project, model.version)
                history[model.project] = tuple((at, words.show(status)) for at, status in steps)
            for name, billed in account.bill().items():
                spans = (Billed(each.begin, each.end, each.units) for each in billed.intervals)
                bill[name.partition("/")[0]] = tuple(spans)
        return ServiceFacts(tuple(calls), history, bill)

    def metrics(self, since: datetime) -> Metrics:
        values: dict[str, list[float]] = {}
        for entry in self.entries if self.emits else []:
            for name, _, value in read_measures(entry):
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

    def start_again(self, shift: DemoShift) -> None:
        """Start a model a second time behind Preheat's back."""
        account, target = self.accounts[shift.target.backend], shift.target
        account.set_status(target.project, target.version, shift.words.show(Status.TRAINED))
        account.person_starts(target.project, target.version, 1)
