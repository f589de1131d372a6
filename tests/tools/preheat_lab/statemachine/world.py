"""The world of the state machine: the real pass and tick on the in-memory twins, watched by the reference model.

Owns the clock, the workers and the faults on their way out. Judges only what becomes of a world without faults.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.support.calls import Faulty
from tests.support.day import Skewed
from tests.tools.preheat_lab.statemachine.behind import GATE_LIMIT, Behind
from tests.tools.preheat_lab.statemachine.reference import (
    HEAD_START,
    RUNNING,
    UNITS_BY_REQUEST,
    PersonWants,
    Reference,
    ReferenceHold,
    ReferencePass,
    ReferenceViolation,
)
from tests.tools.preheat_lab.statemachine.watched import (
    LatestCallLog,
    Reading,
    StepBacklogs,
    StepGates,
    StepHosting,
    StepStore,
)
from tests.tools.preheat_lab.statemachine.workers import Halt, SteppedWorker

from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.lookout import OBSERVED
from preheat.adapters.memory.downstream import MemoryBacklogs, MemoryGates, SourceMapping
from preheat.adapters.memory.queue import MemoryQueue
from preheat.app.ports.errors import WrongState
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.reconcile import reconcile
from preheat.app.tick import tick
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.demand import HORIZON, look_ahead
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Verb
from preheat.domain.lead.lead_in_force import fix_lead
from preheat.domain.plan.hosted_model import Drain, HostedModel, Resize, Unscheduled
from preheat.domain.plan.plan import Mode, ModelId, Target, Units
from preheat.domain.record.gate import Backlog
from preheat.domain.record.record import ModelRecord
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Switches
from preheat_simulator.lookout import LookoutService

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday
WELD = ModelId("weld-seams")
TARGETS = (Target("front", "3"), Target("front", "4"))
GATE = "0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
QUEUE = "https://sqs.eu-central-1.amazonaws.com/111122223333/images"
MINUTE = timedelta(minutes=1)
TIMEOUT = timedelta(seconds=60)  # of the function: a worker that waits is dead by then
SKEW = timedelta(seconds=5)
STOP_TIME = timedelta(minutes=5)  # at the most, as Preheat has it
STARTS_TAKE, STOPS_TAKE = timedelta(minutes=8), timedelta(minutes=3)


class MachineWorld:
    """One model, its service and Preheat."""

    def __init__(self, switches: Switches) -> None:
        self.model_id = WELD
        self.clock = VirtualClock(MIDNIGHT)
        self.reference = Reference(SKEW)
        self.behind = Behind(self.reference)
        self.store = StepStore(self)
        self.queue = MemoryQueue(self.clock)
        self.service = LookoutService(
            self.clock.now,
            switches=switches,
            limits=AccountLimits(calls_per_second=None, max_units_per_model=3),
            start_latency=make_fixed(STARTS_TAKE.total_seconds()),
            stop_latency=make_fixed(STOPS_TAKE.total_seconds()),
        )
        self.service.call_log = LatestCallLog(self)
        self.gates, self.backlogs = MemoryGates(self.clock), MemoryBacklogs()
        self.gates.mappings[GATE] = SourceMapping()
        self.wait_in_queue(0)
        self.runs = Counter[Target]()  # how many starts each had, by anyone
        for target in TARGETS:
            self.service.add_model(target.project, target.version)
        self.workers: list[tuple[datetime, SteppedWorker]] = []
        self.passes: dict[str, ReferencePass] = {}
        self.goes_wrong: list[
            tuple[str, bool, Exception]
        ] = []  # the next call of that name, before or after its effect
        self.broken: dict[
            str, Exception
        ] = {}  # each call of that name to what is behind the model, until somebody clears it
        self.index: str = "right"
        self._next_tick = MIDNIGHT
        self._asked = 0

    # --- what happens -------------------------------------------------------------------------------------------------

    def advance(self, to: datetime) -> None:
        """Let time pass; workers that wait time out on the way."""
        for begun_at, worker in list(self.workers):
            if begun_at + TIMEOUT <= to:
                self.workers.remove((begun_at, worker))
                worker.go_on(killed=True)
        self.clock.advance_to(max(to, self.clock.at))

    def work(self, until: datetime) -> None:
        """Let time pass as on a good day: a tick each minute, each message delivered in its second."""
        while True:
            record = self.store.records.get(WELD)
            behind = record is not None and record.plan_version != self.store.current
            self._next_tick = max(self._next_tick, self.clock.at)
            if not behind and record is not None and (record.wake_at is None or record.wake_at > self._next_tick):
                # Ticks in between find nothing.
                idle_until = min(record.wake_at or until, until) - MINUTE
                self._next_tick = max(self._next_tick, idle_until)
            message_at = self.queue.next_at()
            coming = min(self._next_tick, message_at or self._next_tick)
            if coming > until:
                break
            self.advance(coming)
            while self.queue.receive() is not None:
                self.look()
            if self.clock.at >= self._next_tick:
                self._next_tick = self.clock.at + MINUTE
                self.tick()
        self.advance(until)

    def tick(self) -> None:
        """Make one tick; the index may be stale."""
        tick(clock=self.clock, store=self.store, queue=self.queue)

    def look(self, halt: Halt | None = None, skew: timedelta = timedelta()) -> None:
        """Have one worker make one pass, as any message may at any time: late, early, or once more."""
        name = f"pass-{len(self.passes) + 1}"
        mine = self.passes[name] = ReferencePass(name, self.clock.at, skew)

        def run(worker: SteppedWorker) -> None:
            def meets(called: str, done: bool) -> None:
                worker.meets(called, done)
                self.errs(called, done)

            store: Any = Faulty(Reading(self.store, mine), meets)
            hosting: Any = Faulty(StepHosting(self, mine), worker.meets)
            queue: Any = Faulty(self.queue, meets)
            gates: Any = Faulty(StepGates(self, mine), worker.meets)
            backlogs: Any = Faulty(StepBacklogs(self, mine), worker.meets)
            clock = Skewed(self.clock, skew) if skew else self.clock
            reconcile(WELD, Remote(clock, store, hosting, queue, name, gates, backlogs))

        begun_at = self.clock.at
        worker = SteppedWorker(run, halt)
        if not worker.over:
            self.workers.append((begun_at, worker))

    def errs(self, name: str, done: bool) -> None:
        """Raise the error that waits for a call of this name, if one does."""
        for wrong in self.goes_wrong:
            if wrong[:2] == (name, done):
                self.goes_wrong.remove(wrong)
                raise wrong[2]
        if not done and name in self.broken:
            raise self.broken[name]

    def plan(self, wanted: PersonWants | None, units: Units, mode: Mode) -> None:
        """Apply a plan: the model as wanted, or without it."""
        models = [] if wanted is None else [_plan_model(wanted, units, mode)]
        self.reference.forget_what_is_over(self.clock.at)
        self.reference.wanted, self.reference.own_units = wanted, units.minimum  # before the store wakes anybody
        self.reference.asked.clear()
        for change in list(self.store.stands.get(Subject(model_id=WELD), {}).values()):
            if change.end > self.clock.at:  # It was within a demand of the plan before.
                self._ask(replace(change, released_at=max(self.clock.at, change.begin), revision=change.revision + 1))
        self.store.apply(models, expected_version=self.store.current, at=self.clock.at)

    def hold(self, units: int, begin: datetime, end: datetime) -> None:
        """Have somebody ask for units within a demand: when the model is needed stays as it is."""
        name, subject = RequestId(f"hold-{self._asked}"), Subject(model_id=WELD)
        self.reference.asked.append(ReferenceHold(begin, end, units))
        self._ask(Standing(name, Kind.HOLD, subject, "cell", begin, end, known_at=self.clock.at, units=units))

    def _ask(self, change: Standing) -> None:
        self._asked += 1
        name = RequestId(f"ask-{self._asked}")
        self.store.answer(
            Reply(name, Verb.HOLD, change.subject, "cell", self.clock.at, True, "accepted", "", ""), change, (WELD,)
        )

    def person(self, *, starts: bool, target: Target) -> None:
        """Let a person start or stop a model; the service refuses one who comes at the wrong time."""
        do = self.service.person_starts if starts else self.service.person_stops
        with suppress(ServiceError):
            do(target.project, target.version)

    def wait_in_queue(self, messages: int) -> None:
        """Let so many messages wait behind the model."""
        self.backlogs.backlogs[QUEUE] = Backlog(messages, 0, 0)

    def move_gate(self, *, enabled: bool) -> None:
        """Let a person open or close the gate; Lambda refuses one who comes while it moves."""
        with suppress(WrongState):
            (self.gates.open if enabled else self.gates.close)(GATE)

    def status(self, target: Target) -> Status:
        """Return what the service's state really is."""
        return self.service.status(target.project, target.version)

    def find_word(self, record: ModelRecord, now: datetime) -> str:
        """Return the product's word for the model's state right after a write, by the clock that wrote it."""
        model, requests = self.store.read_planned(WELD).model, tuple[Standing, ...]()
        if model is None:
            return judge(VerdictFacts(WELD, now, record=record)).state
        model = fix_lead(model, record, now)
        outlook = look_ahead(model, now)
        if outlook.current is None and record.effort is not None and record.effort.until > now:
            requests = tuple(self.store.read_standings(Subject(model_id=WELD), now - HORIZON).requests)
            outlook = look_ahead(model, now, requests)
        return judge(VerdictFacts(WELD, now, model, record, outlook, requests)).state

    # --- what must come true once nothing goes wrong any more ---------------------------------------------------------

    def dismiss(self) -> None:
        """Let every waiting worker die where it waits."""
        while self.workers:
            self.workers.pop()[1].go_on(killed=True)

    def left_in_peace(self, units: Units) -> None:
        """Take away all faults and hold the world to its promises: hosted in time and to the end, then stopped.

        What is behind the model may stay broken: that harms neither its start nor its stop.
        """
        self.goes_wrong.clear()
        self.service.faults.clear()
        self.index = "right"
        wanted = self.reference.wanted
        self.plan(wanted, units, Mode.ACT)  # only a new plan tries again after a permanent refusal
        self.work(self.clock.at + 40 * MINUTE)
        for target in TARGETS:
            if self.status(target) is Status.STARTING_HOSTING and not self._moves(target):
                self.service.set_status(
                    target.project, target.version, Status.HOSTING_FAILED
                )  # a healthy service ends it
        if wanted is None or not wanted.windows:
            self.work(self.clock.at + timedelta(hours=3))
            self._nothing_of_ours_runs()
            return
        from_here = self.clock.at + timedelta(hours=3)
        stops_within = 2 * MINUTE + (wanted.drain or timedelta()) + (GATE_LIMIT if wanted.gate else timedelta())
        ahead = wanted.lead + wanted.slack + HEAD_START
        coming = wanted.demands(from_here + timedelta(days=1))
        _, end, ready_at = next(
            one
            for one, after in pairwise(coming)
            # A stop that is not over by the next start does not come.
            if one[2] - ahead > from_here and after[2] - ahead > one[1] + stops_within + STOP_TIME
        )
        self.hold(UNITS_BY_REQUEST, ready_at, end)  # more than the service gives: the shift still has its model
        self.work(ready_at)
        if self.status(wanted.target) is not Status.HOSTED:
            raise ReferenceViolation("L1", f"{self.status(wanted.target)} at {ready_at}, when it should be ready")
        mends = wanted.gate and not self.broken
        # A hold for more units may restart what the demand before has left, also in the shift.
        self.work(end - 2 * MINUTE if wanted.restarts else ready_at + 2 * MINUTE)
        if mends and not self.gates.mappings[GATE].enabled:
            raise ReferenceViolation("L1", f"its gate is closed at {self.clock.at}, for a shift at {ready_at}")
        self.work(end - timedelta(seconds=1))
        if self.status(wanted.target) is not Status.HOSTED:
            raise ReferenceViolation("L1", f"{self.status(wanted.target)} just before the end at {end}")
        self.work(end + stops_within)
        if OBSERVED[self.status(wanted.target)] in RUNNING:
            raise ReferenceViolation("L2", f"{self.status(wanted.target)} {stops_within} after the end at {end}")
        if mends and self.gates.mappings[GATE].enabled:
            raise ReferenceViolation("L2", f"its gate is open {stops_within} after the end at {end}")
        self._nothing_of_ours_runs()

    def _moves(self, target: Target) -> bool:
        since = self.service.history(target.project, target.version)[-1][0]
        return self.clock.at - since <= STARTS_TAKE

    def _nothing_of_ours_runs(self) -> None:
        for target in TARGETS:
            ours = self.reference.surely_ours.get(target) == self.runs[target]
            if ours and OBSERVED[self.status(target)] in RUNNING:
                raise ReferenceViolation("L2", f"{target} still runs, it is ours, and nothing needs it")


def _plan_model(wanted: PersonWants, units: Units, mode: Mode) -> HostedModel:
    """Return the demand in the words of the product."""
    windows = []
    for begin, length in wanted.windows:
        ends = datetime.combine(MIDNIGHT, begin) + length
        windows.append(ShiftWindow(frozenset(Weekday), begin, ends.time(), end_day=int(ends.date() > MIDNIGHT.date())))
    schedule = Schedule("early", "UTC", tuple(windows))
    unscheduled = Unscheduled.STOP if wanted.stops_others else Unscheduled.LEAVE
    model = HostedModel(
        WELD, wanted.target, units, (schedule,), wanted.lead, wanted.slack, wanted.known_at, mode, unscheduled
    )
    return replace(
        model,
        max_units_by_request=UNITS_BY_REQUEST,
        resize=Resize.RESTART if wanted.restarts else Resize.KEEP,
        gate=GATE if wanted.gate else None,
        drain=Drain(QUEUE, wanted.drain) if wanted.drain is not None else None,
    )
