"""The simulated world: the functions' own handlers, event by event, in virtual time.

Owns the order of events, the truth about what runs, and the count of what went wrong. `triggers` calls the functions,
`ports` holds what goes wrong around one call, `watch` and `promises` see to the judgement. One pass at a time: the
interleavings of two are the explorer's.
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from random import Random

from preheat.adapters.clock import VirtualClock
from preheat.adapters.sqs.replies import MemoryReplies
from preheat.adapters.sqs.sqs import SqsQueue
from preheat.adapters.sqs.work import BODY_BYTES_MAX
from preheat.app.ports.remote import Remote
from preheat.app.publish import Outbox
from preheat.app.requests.case import Limits
from preheat.app.requests.desk import Desk
from preheat.bootstrap.publish import Publisher
from preheat.bootstrap.reconcile import Reconciler
from preheat.bootstrap.requests import RequestTaker
from preheat.bootstrap.tick import Ticker
from preheat.domain.demand.demand import find_demands
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Tombstone
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId, Target
from preheat.domain.record.attempt import Call
from preheat.domain.record.gate import Backlog
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import LedgerEntry
from preheat_lab.simulation.answers import ADMIN, EXTENDED, AnswerJudge
from preheat_lab.simulation.faults import HARMLESS, Fate, FaultMix, Mishap
from preheat_lab.simulation.functions import Functions
from preheat_lab.simulation.hosting import SERVICES, make_scaling
from preheat_lab.simulation.plant import SimulatedLine, make_senders
from preheat_lab.simulation.ports import (
    BACKLOG_CALLS,
    GATE_CALLS,
    HOSTING_CALLS,
    QUEUE_CALLS,
    STORE_CALLS,
    Invocation,
    PassClock,
    WatchedBacklogs,
    WatchedGates,
    WatchedHosting,
    WatchedStore,
    meet_faults,
)
from preheat_lab.simulation.promises import MINUTE, Promises
from preheat_lab.simulation.queue import SimulatedSqs
from preheat_lab.simulation.requesting import REPLIES, Requesters, SimulatedRejections, find_concerned, standing_of
from preheat_lab.simulation.scaled import ScaledEndpoints
from preheat_lab.simulation.stream import TABLE, ReadOnce, SimulatedBus, Stream
from preheat_lab.simulation.triggers import Triggers
from preheat_lab.simulation.watch import PromiseWatch
from preheat_lab.spending import find_overspent
from preheat_simulator.core.calls import CallLog
from preheat_simulator.core.calls import LoggedCall as ServiceCall
from preheat_simulator.core.faults import IN_LIST, FaultKind, InjectedFault
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.switches import Switches
from preheat_simulator.sagemaker import EndpointService

QUEUE_URL = "https://sqs.eu-central-1.amazonaws.com/111122223333/preheat-work"
UNITS_GIVEN = 3  # for one model; holds ask for up to four
OUTAGES = {"store": Mishap.STORE_OUTAGE, "hosting": Mishap.HOSTING_OUTAGE}


def make_poison(name: ModelId) -> tuple[str, ...]:
    """Return bodies on the work queue that are no work; some seem to name a model."""
    return (
        f"look at {name}",
        "[]",
        '{"model_id": null}',
        f'{{"model_id": "{name}", "force": true}}',
        "x" * BODY_BYTES_MAX * 2,
    )


class SimulatedWorld:
    """A plant, its service account and Preheat, for `days` from `begins_at` on."""

    def __init__(
        self,
        lines: list[SimulatedLine],
        begins_at: datetime,
        days: int,
        *,
        random: Random,
        mix: FaultMix,
        switches: Switches,
        on_entry: Callable[[LedgerEntry], None],
        requests: int = 0,
        until_broken: str | None = None,
    ) -> None:
        self.begins_at, self.until, self.days = begins_at, begins_at + timedelta(days=days), days
        self.random, self.mix, self.switches = random, mix, switches
        self.clock = VirtualClock(begins_at)
        self.models: list[HostedModel] = [line.model for line in lines]
        self.names: dict[str, ModelId] = {model.target.project: model.model_id for model in self.models}
        self.everyone = tuple(model.model_id for model in self.models)
        self.targets = {model.model_id: model.target for model in self.models}
        self.down: dict[str, datetime] = {}  # until when an outage lasts
        self.mishaps: Counter[Mishap] = Counter()
        self.cells: Counter[tuple[str, str, str]] = Counter()
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()
        self._until_broken = until_broken
        self._sets: dict[tuple[Subject, RequestId], Standing] = {}  # of windows, as last stored
        self.invocation = Invocation("nobody", (), Fate(None), timedelta())
        self.watch = PromiseWatch(self.models, begins_at, self.until, skew=mix.skew)
        self.promises = Promises(self)
        # Drawn without moving the world's own chance: a seed replays as it did before there was a stream.
        chance = Random(f"{random.getstate()[1][0]}/stream")  # noqa: S311 - chance in a simulation
        self._bus = SimulatedBus(self, chance)
        self.stream = Stream(self, self._bus, chance)
        self.store = WatchedStore(self)
        self.sqs = SimulatedSqs(self.clock)
        kind = SERVICES[lines[0].model.target.backend]
        # A plant of more models than its account may run at once is late by plan: no quota here.
        limits = replace(kind.words.limits, max_hosted_models=None, max_units_per_model=UNITS_GIVEN)
        self.service = kind(self.clock.now, seed=random.randrange(2**32), switches=switches, limits=limits)
        self.service.call_log = WatchedLog(self)
        for line in lines:
            target = line.model.target
            self.service.add_model(
                target.project, target.version, start_latency=line.start_latency, stop_latency=line.stop_latency
            )
        words = self.service.words
        called = {
            Operation.START_MODEL: words.start,
            Operation.STOP_MODEL: words.stop,
            Operation.DESCRIBE_MODEL: words.describe,
        }
        for fault in mix.service:
            if fault.kind is FaultKind.SYSTEM_UPDATING and Status.SYSTEM_UPDATING not in words.statuses.values():
                continue  # the service knows no such state
            operation = called.get(fault.operation, fault.operation) if fault.operation is not None else None
            self.service.inject(replace(fault, operation=operation))
        for wrong in sorted(IN_LIST) if mix.list_wrong and isinstance(self.service, EndpointService) else ():
            fault = InjectedFault(
                wrong, Operation.LIST_ENDPOINTS, probability=mix.list_wrong, lasts=timedelta(minutes=1)
            )
            self.service.inject(fault)
        self._hosting = WatchedHosting(self)
        self.scaled = ScaledEndpoints(self)
        gated = {model.gate: model.model_id for model in self.models if model.gate is not None}
        drained = {model.drain.queue: model.model_id for model in self.models if model.drain is not None}
        self.gates, self.backlogs = WatchedGates(self, gated), WatchedBacklogs(self, drained)
        self._behind = Random(f"{begins_at}/{len(lines)}")  # noqa: S311 - what no model has is drawn from no other seed
        self._on_entry, self._published = on_entry, list[LedgerEntry]()
        functions = self._wire()
        self.triggers, self.stream.publish = Triggers(self, functions), functions.publish
        asking = Random(f"{random.getstate()[1][0]}/requests")  # noqa: S311 - as the stream's
        self._senders = make_senders(lines)
        self.answers = AnswerJudge(self.store, self.models, self._note_wrong_answer, has_table=bool(self._senders))
        self.requesters, self._requests = Requesters(self, asking, functions.answer, self.answers), requests
        self.store.apply(self.models, expected_version=0, at=begins_at, senders=self._senders)

    def _wire(self) -> Functions:
        """Return the functions on ports that stay: the invocation under way decides what goes wrong."""
        mix, clock = self.mix, PassClock(self)
        store = meet_faults(self, "store", self.store, STORE_CALLS, out=mix.store_out, lost=mix.store_lost)
        hosting = meet_faults(self, "hosting", self._hosting, HOSTING_CALLS, out=0.0)
        queue = SqsQueue(meet_faults(self, "queue", self.sqs, QUEUE_CALLS, out=mix.queue_out), QUEUE_URL)
        gates = meet_faults(self, "gate", self.gates, GATE_CALLS, out=mix.gate_out, lost=mix.gate_lost)
        backlogs = meet_faults(self, "gate", self.backlogs, BACKLOG_CALLS, out=mix.gate_out, lost=mix.gate_lost)
        remote = Remote(clock, store, hosting, queue, "", gates, backlogs, make_scaling(self.service), glances=hosting)
        self.replies = MemoryReplies(REPLIES)
        outbox = Outbox(self._bus, self.replies, [REPLIES])
        publisher = Publisher(clock, ReadOnce(TABLE), outbox, self.replies, unpublished="none")

        limits = Limits(admins=frozenset({ADMIN}), reply_queues=frozenset({REPLIES}))

        def keep_first(entry: LedgerEntry) -> None:
            if self.stream.mark_published(entry):
                self._published.append(entry)

        return Functions(
            Reconciler(remote, Mode.ACT, name=lambda: self.invocation.writer),
            Ticker(clock, store, queue),
            publisher,
            keep_first,
            RequestTaker(clock, Desk(clock, store, queue, SimulatedRejections(), limits)),
        )

    def run(self) -> None:
        """Let the days pass, event by event; judge the shifts that end within them, and at last the stored items."""
        self._foresee()
        self.requesters.foresee(self._requests, self.begins_at, self.days * 24 * 60)
        self.at(self.begins_at, lambda: self._minute(self.begins_at))
        while (self._events or len(self.sqs)) and not self._has_broken():
            message_at = self.sqs.next_at()
            if self._events and (message_at is None or self._events[0][0] <= message_at):
                at, _, event = heapq.heappop(self._events)
            elif message_at is not None:
                at, event = message_at, self.triggers.deliver
            if at >= self.until:
                break
            self.clock.at = max(self.clock.at, at)
            event()
            self._tell()
        self.stream.drain()
        self._tell()
        self.answers.on_end()
        for what in self.requesters.find_violations(self.until - timedelta(hours=3)):
            self._note_wrong_answer(None, what)
        for what in self.stream.find_reply_violations(self.answers.given, self.replies.sent[REPLIES]):
            self._note_wrong_answer(None, what)
        for what in self.stream.find_apply_violations(self.store.applied.values()):
            self._note_wrong_answer(None, what)
        for model_id in self.everyone:
            for what in self.stream.find_violations(model_id, self.store.read_ledger(model_id)):
                self.watch.note_missed("L6", model_id, self.clock.at, what)
            self.watch.on_end(
                model_id, self.store.records.get(model_id), self.store.read_ledger(model_id), self.clock.at
            )

    def _has_broken(self) -> bool:
        """Return whether the promise was broken that ends the run."""
        return self._until_broken is not None and self.watch.has_broken(self._until_broken)

    def _tell(self) -> None:
        """Pass on published events, outside the function that published them: a reader's error is not its own."""
        published, self._published = self._published, []
        for entry in published:
            self._on_entry(entry)

    def at(self, at: datetime, event: Callable[[], None]) -> None:
        """Let an event happen, after the existing ones for the same instant."""
        heapq.heappush(self._events, (at, next(self._order), event))

    def status(self, target: Target) -> Status:
        """Return what the service's state really is, without a call."""
        return self.service.status(target.project, target.version)

    def is_foreign(self, target: Target) -> bool:
        """Return whether the service shows that somebody else made what is there: Preheat never removes it."""
        return isinstance(self.service, EndpointService) and self.service.is_untagged(target.project)

    def amid_pass(self, model_id: ModelId) -> None:
        """Answer a hold between the look of a pass that is about to stop, and its write."""
        runs = self.watch.saw is Observed.HOSTED and self.watch.find_needed(model_id, self.clock.at) is None
        if self._requests and runs:
            under_way = self.invocation
            self.requesters.hurry(model_id)
            self.invocation = under_way

    def amid_answer(self, subject: Subject) -> None:
        """Let somebody wake the model between what an answer rests on and its write."""
        if subject.model_id is not None and self.requesters.is_disturbed():
            self.store.wake(subject.model_id, self.clock.at)

    def note_answer(self, reply: Reply, change: Standing | Tombstone | None) -> None:
        """An answer was stored: judge it, and go by the active requests from now on."""
        self.answers.on_answer(reply)
        if isinstance(change, Standing) and change.kind is Kind.HOLD and change.released_at is None:
            self._judge_spending(change)
        if isinstance(change, Standing) and change.windows:
            self._sets[change.subject, change.request_id] = change
        if isinstance(change, Standing):
            self._note_standing(change.subject)

    def _judge_spending(self, hold: Standing) -> None:
        """Judge S14: a new or longer hold fits into what requests may add to each model's bill."""
        for model in self.models:
            if model.model_id not in find_concerned([model], hold.subject):
                continue
            after = standing_of(self.store, model)
            if hold.subject.schedule is not None:  # The model's own holds have a budget of their own.
                after = [one for one in after if one.subject == hold.subject]
            before = [one for one in after if one.request_id != hold.request_id]
            if hold.windows:
                before += [one for one in [self._sets.get((hold.subject, hold.request_id))] if one is not None]
            elif hold.revision > 1:
                before.append(replace(hold, until=hold.until - EXTENDED))
            what = find_overspent(model, hold, before, after, self.clock.at)
            if what is not None:
                self.watch.note_missed("S14", model.model_id, self.clock.at, what)

    def _note_wrong_answer(self, subject: Subject | None, what: str) -> None:
        about = find_concerned(self.models, subject) if subject is not None else []
        self.watch.note_missed("S6", [*about, *self.everyone][0], self.clock.at, what)

    def _note_standing(self, subject: Subject) -> None:
        for model in self.models:
            if model.model_id in find_concerned([model], subject):
                coming = self.watch.on_standing(model, standing_of(self.store, model), self.clock.at)
                self.promises.expect_asked(model, coming, self.until)
                record = self.store.records.get(model.model_id)
                if not self.store.current:
                    continue  # No plan names it: no pass goes by that, and the next apply wakes all.
                if record is not None and (record.wake_at is None or record.wake_at > self.clock.at + self.mix.skew):
                    what = f"{subject.key}: a hold or block was stored, and the model is not due"
                    self.watch.note_missed("S6", model.model_id, self.clock.at, what)

    def note(self, mishap: Mishap, *hit: ModelId, status: Status | None = None) -> None:
        """Count a mishap, its coverage cells (`status`: the service's, if not as of now), and what it excuses."""
        self.mishaps[mishap] += 1
        for model_id in hit:
            self.cover(mishap, model_id, status)
            if mishap not in HARMLESS:
                self.promises.note_hit(model_id, mishap)

    def cover(self, mishap: Mishap, model_id: ModelId, status: Status | None = None) -> None:
        """Count a coverage cell: status, phase, mishap."""
        stands = status or self.status(self.targets[model_id])
        self.cells[stands, self.store.records[model_id].phase, mishap] += 1

    # --- what will happen --------------------------------------------------------------------------------------------

    def _foresee(self) -> None:
        """Set the shifts to judge, the acts of people, and the times of outages, poison and broken records."""
        mix, days = self.mix, self.days
        for model in self.models:
            self.promises.expect(model, self.begins_at, self.until)
            self._fills(model)
            self._sometimes(days * mix.people, partial(self._person, model))
            self._sometimes(days * mix.unreadable, partial(self._break_record, model.model_id))
        for kind in OUTAGES:
            self._sometimes(days * mix.outages, partial(self._outage, kind))
        self._sometimes(days * mix.restores, self._restore_plans)
        self._sometimes(days * mix.quotas, self._quota)
        self._sometimes(days * mix.poison, self._poison)

    def _fills(self, model: HostedModel) -> None:
        """Messages wait when a shift ends, and consumers finish them, or not within the limit."""
        if model.drain is None:
            return
        for demand in find_demands(model, self.begins_at, self.until):
            left, taken = self._behind.randint(1, 500), model.drain.limit * self._behind.uniform(-0.1, 1.2)
            self.at(demand.end - MINUTE, partial(self._waits, model.drain.queue, left))
            self.at(demand.end + taken, partial(self._waits, model.drain.queue, 0))

    def _waits(self, queue: str, left: int) -> None:
        self.backlogs.backlogs[queue] = Backlog(left, left // 10, 0)

    def _sometimes(self, times: float, event: Callable[[], None]) -> None:
        whole = int(times)
        for _ in range(whole + (self.random.random() < times - whole)):
            self.at(self.begins_at + timedelta(minutes=self.random.randrange(self.days * 24 * 60)), event)

    def _person(self, model: HostedModel) -> None:
        """Let a person start a stopped model, stop a hosted one, or remove what failed and Preheat may not remove."""
        target, status = model.target, self.status(model.target)
        if status is Status.TRAINED:
            self.service.person_starts(target.project, target.version)
        elif status is Status.HOSTED or (status is Status.HOSTING_FAILED and self.is_foreign(target)):
            self.service.person_stops(target.project, target.version)
        noticed_at = self.clock.at + timedelta(minutes=self.random.randint(1, 30))
        self.at(noticed_at, lambda: self.store.wake(model.model_id, self.clock.at))

    def _break_record(self, model_id: ModelId) -> None:
        self.store.unreadable[model_id] = self.clock.at + timedelta(minutes=self.random.randint(5, 120))

    def _outage(self, kind: str) -> None:
        ends = self.clock.at + timedelta(minutes=self.random.randint(10, 180))
        self.down[kind] = max(self.down.get(kind, ends), ends)
        self.note(OUTAGES[kind], *self.everyone)

    def _restore_plans(self) -> None:
        """Somebody restores the plans to a copy from before the first apply, and applies the present one again."""
        if self.store.current:
            self.store.current = 0
            self.at(self.clock.at + timedelta(minutes=self.random.randint(5, 120)), self._apply_again)

    def _apply_again(self) -> None:
        self.store.apply(self.models, expected_version=0, at=self.clock.at, senders=self._senders)

    def _quota(self) -> None:
        ends = self.clock.at + timedelta(minutes=self.random.randint(10, 600))
        self.down["quota"] = max(self.down.get("quota", ends), ends)

    def _minute(self, due_at: datetime) -> None:
        """A minute begins: its tick is on its way, and nobody may have been waiting for long."""
        self.promises.nobody_waits()
        self.promises.are_hosted_looked_at()
        self.scaled.on_minute(due_at)
        self.triggers.minute(due_at)
        self.at(due_at + MINUTE, lambda: self._minute(due_at + MINUTE))

    def _poison(self) -> None:
        bodies = make_poison(self.everyone[0])
        self.sqs.send_message(QueueUrl=QUEUE_URL, MessageBody=self.random.choice(bodies))
        self.note(Mishap.POISON_MESSAGE)

    def saw(self, call: ServiceCall) -> None:
        """Note a fault of the service, and what a person did, from its call log."""
        model_id = self.names.get(call.project or "")
        if call.operation is Operation.LIST_ENDPOINTS and call.fault is not None:
            self.note(Mishap(call.fault))
        if model_id is None:
            return
        if call.by == "person" and call.changed_state:
            starts = call.operation is self.service.words.start
            record = self.store.records.get(model_id)
            self.watch.on_person(model_id, call.at, Call.START if starts else Call.STOP, record)
            status = Status.TRAINED if starts else Status.HOSTED
            self.note(Mishap.PERSON_STARTS if starts else Mishap.PERSON_STOPS, model_id, status=status)
        elif call.fault is not None:
            self.note(Mishap(call.fault), model_id, status=self._hosting.before)


class WatchedLog(CallLog):
    """The service's call log; it notes every call with its answer."""

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(keep=1)
        self._world = world

    def add(self, call: ServiceCall) -> None:
        """Append a call."""
        super().add(call)
        self._world.saw(call)
