"""Begins and ends each fault of the script on the local AWS. Decides nothing about when.

It touches only parts of the local AWS: its own functions, queues, schedule and simulator.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from preheat.adapters.sqs.work import make_work
from preheat.domain.plan.plan import ModelId
from preheat_lab.chaos.controls import DisturbanceRules, SimulatorControls
from preheat_lab.chaos.facts import Outage
from preheat_lab.chaos.neighbours import Neighbours
from preheat_lab.chaos.plan import ENDPOINT, HELD, START_LATENCY, STOP_LATENCY, STRANGER, target_of
from preheat_lab.chaos.script import ChaosFaultKind, ScriptedFault
from preheat_local import LocalAws
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Status

POISON = '{"model_id": "../etc/passwd", "and": "more"}'
# The template's minutes stand for a function of 60 s. Here the message of a killed pass comes again within the run, and
# so does a request that the table did not take.
VISIBILITY_SECONDS = 20
COPIES, COPY_DELAYS = 2, (0, 0, 5, 30, 60)
SERVICE_HITS = {FaultKind.HOSTING_FAILED: 1, FaultKind.THROTTLE: 4}


@dataclass(slots=True)
class Hands:
    """Brings faults about; `outages` are those in which Preheat cannot look."""

    aws: LocalAws
    state: Path
    random: Random
    models: list[ModelId]
    say: Callable[[str], None]
    outages: list[Outage] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)  # manual faults here, by kind: each hits at once
    simulator: SimulatorControls = field(init=False)
    rules: DisturbanceRules = field(init=False)
    neighbours: Neighbours = field(init=False)
    _sqs: Any = field(init=False)

    def __post_init__(self) -> None:
        self.simulator, self.rules = SimulatorControls(self.aws.simulator_url), DisturbanceRules(self.state)
        self.neighbours = Neighbours(self.aws)
        self._sqs = self.aws.client("sqs")

    def prepare(self) -> None:
        """Put the models into the simulator, and let unfinished messages come again soon."""
        for model_id in (*self.models, HELD, STRANGER):
            self.simulator.post("models", **_name(model_id))
            self.simulator.post("latency", **_name(model_id), start=START_LATENCY, stop=STOP_LATENCY)
        for url in (self.aws.work_queue_url, self.aws.request_queue_url):
            self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)})

    def begin(self, fault: ScriptedFault) -> Callable[[], None] | None:
        """Bring a fault about; return what ends it, if it has an end of its own."""
        if fault.lasts:
            return self._begin_to_last(fault)
        match fault.kind:
            case ChaosFaultKind.WORKER_KILLED:
                self.rules.kill(self.aws.reconcile_function, *fault.detail)
            case ChaosFaultKind.TICK_KILLED:
                self.rules.kill(self.aws.tick_function, *fault.detail)
            case ChaosFaultKind.SERVICE:
                self._misbehave(*fault.detail)
            case ChaosFaultKind.DUPLICATES:
                self.look_at(self.models * COPIES, delays=COPY_DELAYS)
                self.done["messages sent once more, up to 60 s later"] += COPIES * len(self.models)
            case ChaosFaultKind.PERSON_STOPS:
                self._stop_by_hand(ModelId(fault.detail[0]))
            case ChaosFaultKind.CAPACITY:
                service = {"service": target_of(ENDPOINT).backend, "project": target_of(ENDPOINT).project}
                self.simulator.post("faults", **service, kind="capacity", times=1, after_seconds=3)
            case ChaosFaultKind.SCALED:
                self.done[str(fault.kind)] += self.neighbours.scale()
            case _ if fault.kind in self._acts:
                self._acts[fault.kind]()
                self.done[str(fault.kind)] += 1
            case _:
                raise ValueError(f"{fault}: has no end")
        return None

    def _begin_to_last(self, fault: ScriptedFault) -> Callable[[], None]:
        match fault.kind:
            case ChaosFaultKind.TABLE_BUSY:
                throttle, lose = fault.detail
                self.rules.share(throttle=float(throttle), lose=float(lose))
                return self.rules.share
            case ChaosFaultKind.TABLE_DOWN:
                self.rules.share(throttle=1.0)
                return self._ends(fault, self.rules.share)
            case ChaosFaultKind.DELAYED:
                self._deliveries(on=False)
                return self._ends(fault, lambda: self._deliveries(on=True))
            case ChaosFaultKind.TICKS_LOST:
                self._ticks(on=False)
                return self._ends(fault, lambda: self._ticks(on=True))
            case ChaosFaultKind.IMAGES:
                self.neighbours.send_image()
                self.done[str(fault.kind)] += 1
                return self.neighbours.take_images
            case _:
                raise ValueError(f"{fault}: happens at once")

    def look_at(self, models: list[ModelId], delays: tuple[int, ...] = (0,)) -> None:
        """Send a work message for each, in no order, with a delay drawn from `delays` (seconds)."""
        for model_id in self.random.sample(models, len(models)):
            self._sqs.send_message(
                QueueUrl=self.aws.work_queue_url,
                MessageBody=make_work(model_id),
                DelaySeconds=self.random.choice(delays),
            )

    @property
    def _acts(self) -> Mapping[ChaosFaultKind, Callable[[], object]]:
        """The faults that hit at once, whatever else happens."""
        return {
            ChaosFaultKind.POISON: lambda: self._sqs.send_message(QueueUrl=self.aws.work_queue_url, MessageBody=POISON),
            ChaosFaultKind.PERSON_STARTS: lambda: self.simulator.post("person/start", **_name(STRANGER)),
            ChaosFaultKind.HOLD: self.neighbours.hold,
            ChaosFaultKind.DEPLOYED: self.neighbours.deploy,
        }

    def end_all(self) -> None:
        """Switch every fault off."""
        self.rules.clear()
        self.simulator.clear_faults()
        self.neighbours.take_images()

    def _ends(self, fault: ScriptedFault, end: Callable[[], None]) -> Callable[[], None]:
        """Note the outage. It is over after a call of `end`."""
        begun = datetime.now(UTC)

        def end_and_note() -> None:
            end()
            self.outages.append(Outage(begun, datetime.now(UTC), str(fault)))

        return end_and_note

    def _misbehave(self, kind: str, operation: str, model_id: str) -> None:
        self.simulator.post(
            "faults",
            kind=str(kind),
            operation=operation,
            project=_name(ModelId(model_id))["project"],
            # The function's client makes a call twice before it gives up: 2 hits are one lost call.
            times=SERVICE_HITS.get(FaultKind(kind), 2),
            **({"after_seconds": 5} if kind == FaultKind.HOSTING_FAILED else {}),
        )

    def _deliveries(self, *, on: bool) -> None:
        functions = self.aws.client("lambda")
        found = functions.list_event_source_mappings(FunctionName=self.aws.reconcile_function)
        for mapping in found["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def _ticks(self, *, on: bool) -> None:
        scheduler = self.aws.client("scheduler")
        for line in scheduler.list_schedules()["Schedules"]:
            found = scheduler.get_schedule(Name=line["Name"], GroupName=line["GroupName"])
            kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target", "Description")
            scheduler.update_schedule(
                **{name: found[name] for name in kept if name in found}, State="ENABLED" if on else "DISABLED"
            )

    def _stop_by_hand(self, wanted: ModelId) -> None:
        """Let a person stop a hosted model: the one drawn, or another if that one is not hosted just now."""
        hosted = {
            model["project"] for model in self.simulator.get("state")["models"] if model["status"] == Status.HOSTED
        }
        for model_id in (wanted, *self.models):
            if target_of(model_id).project in hosted:
                self.simulator.post("person/stop", **_name(model_id))
                self.say(f"  it was {model_id}")
                self.done[str(ChaosFaultKind.PERSON_STOPS)] += 1
                return
        self.say("  none was hosted: nobody did anything")


def _name(model_id: ModelId) -> dict[str, str]:
    """Return the fields by which the simulator's controls know a model."""
    target = target_of(model_id)
    return {"service": target.backend, "project": target.project, "version": target.version}


def read_dead_letters(aws: LocalAws) -> list[tuple[str, str]]:
    """Return queue and body of each dead letter; they stay where they are for those who come after."""
    sqs, found = aws.client("sqs"), []
    for queue, url in (
        ("work", aws.work_dead_letter_queue_url),
        ("tick", aws.tick_dead_letter_queue_url),
        ("watch", aws.watch_dead_letter_queue_url),
        ("requests", aws.request_dead_letter_queue_url),
    ):
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30).get(
            "Messages", []
        ):
            found += [(queue, message["Body"]) for message in messages]
    return found
