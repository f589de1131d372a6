"""The state machine: what may happen to Preheat, drawn in any order. Judges nothing; the reference does."""

import sys
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.tools.preheat_lab.statemachine.reference import HEAD_START, PersonWants
from tests.tools.preheat_lab.statemachine.workers import Halt
from tests.tools.preheat_lab.statemachine.world import MIDNIGHT, MINUTE, SKEW, TARGETS, WELD, MachineWorld

from preheat.app.ports import errors
from preheat.domain.plan.plan import Mode, Target, Units
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation
from preheat_simulator.core.switches import Switches

SWITCHES = Switches.every_single_change()
windows = st.lists(
    st.tuples(
        st.sampled_from((time(1), time(5, 30), time(8), time(9, 20), time(14), time(22, 45))),
        st.sampled_from((30, 90, 240)).map(lambda minutes: timedelta(minutes=minutes)),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda window: window[0],
).map(tuple)
units = st.sampled_from((Units(1), Units(2), Units(1, 3)))
drains = st.sampled_from((None, 2, 10, 30)).map(lambda minutes: minutes and timedelta(minutes=minutes))
halts = st.builds(Halt, st.integers(1, 8), st.booleans())
skews = st.sampled_from((timedelta(), timedelta(), SKEW, -SKEW))
# Not ModelGone: Preheat believes the service that a model is gone, and a lie about that is beyond it.
ERRORS = (
    errors.AnswerLost,
    errors.Throttled,
    errors.WrongState,
    errors.QuotaExceeded,
    errors.AccessRefused,
    errors.InvalidCall,
)
BEHIND = ("gate describe", "gate open", "gate close", "count")
BEHIND_ERRORS = (errors.AnswerLost, errors.Throttled, errors.AccessRefused)
# The simulated service's own acts, and at which call.
FAULTS = (
    InjectedFault(FaultKind.ANSWER_LOST, Operation.START_MODEL),
    InjectedFault(FaultKind.ANSWER_LOST, Operation.STOP_MODEL),
    InjectedFault(FaultKind.INTERNAL_ERROR_AFTER, Operation.START_MODEL),
    InjectedFault(FaultKind.HOSTING_FAILED),
    InjectedFault(FaultKind.HOSTING_FAILED, after=timedelta(seconds=30)),
    InjectedFault(FaultKind.STUCK),
    InjectedFault(FaultKind.SYSTEM_UPDATING, Operation.DESCRIBE_MODEL),
    InjectedFault(FaultKind.PERSON_STARTS, Operation.START_MODEL),
    InjectedFault(FaultKind.PERSON_STARTS, Operation.DESCRIBE_MODEL),
    InjectedFault(FaultKind.PERSON_STOPS, Operation.STOP_MODEL),
    InjectedFault(FaultKind.PERSON_STOPS, Operation.DESCRIBE_MODEL),
)


class Preheat(RuleBasedStateMachine):
    """One model through any week."""

    def __init__(self) -> None:
        super().__init__()
        self.world = MachineWorld(Switches())
        self.units = Units(1)
        self.mode = Mode.ACT
        self.gate = self.restarts = False
        self.drain: timedelta | None = None

    @initialize(
        name=st.sampled_from(sorted(SWITCHES)),
        windows=windows,
        lead=st.sampled_from((10, 30)),
        gate=st.booleans(),
        drain=drains,
        restarts=st.booleans(),
    )
    def begin(self, name: str, windows: Any, lead: int, restarts: bool, **behind: Any) -> None:
        self.world = MachineWorld(SWITCHES[name])
        self.gate, self.drain, self.restarts = behind["gate"], behind["drain"], restarts
        self._want(windows, TARGETS[0], timedelta(minutes=lead), MIDNIGHT - timedelta(days=2))

    # --- time ---------------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from((1, 10, 45, 61, 121, 240, 1200)))
    def time_passes_and_nothing_comes(self, seconds: int) -> None:
        self.world.advance(self.world.clock.at + timedelta(seconds=seconds))

    @rule(minutes=st.sampled_from((1, 3, 10, 40, 200)))
    def a_while_goes_well(self, minutes: int) -> None:
        self.world.work(self.world.clock.at + minutes * MINUTE)

    @rule(off=st.sampled_from((-70, -1, 0, 1, 50)), which=st.sampled_from(("start", "ready", "end")))
    def an_edge_comes(self, off: int, which: str) -> None:
        wanted, now = self.world.reference.wanted, self.world.clock.at
        if wanted is None:
            return
        edges = {
            "start": [ready - wanted.lead - wanted.slack - HEAD_START for _, _, ready in wanted.demands(now)],
            "ready": [ready for _, _, ready in wanted.demands(now)],
            "end": [end for _, end, _ in wanted.demands(now)],
        }[which]
        self.world.work(next(edge for edge in edges if edge > now + 2 * MINUTE) + timedelta(seconds=off))

    @rule()
    def the_next_look_is_due(self) -> None:
        record = self.world.store.records.get(WELD)
        if record is not None and record.wake_at is not None and record.wake_at < self.world.clock.at + 60 * MINUTE:
            self.world.advance(record.wake_at)

    # --- messages and workers -----------------------------------------------------------------------------------------

    @rule(index=st.sampled_from(("right", "missing", "extra")))
    def a_tick_comes(self, index: str) -> None:
        self.world.index = index
        self.world.tick()
        self.world.index = "right"

    @rule(skew=skews)
    def a_message_comes(self, skew: timedelta) -> None:
        self.world.queue.receive()
        self.world.look(skew=skew)

    @rule(halt=halts, skew=skews)
    def a_worker_dies(self, halt: Halt, skew: timedelta) -> None:
        self.world.look(replace(halt, dies=True), skew)

    @precondition(lambda self: len(self.world.workers) < 2)
    @rule(halt=halts, skew=skews)
    def a_worker_stands_still(self, halt: Halt, skew: timedelta) -> None:
        self.world.look(halt, skew)

    @precondition(lambda self: self.world.workers)
    @rule(killed=st.booleans(), last=st.booleans())
    def a_worker_goes_on(self, killed: bool, last: bool) -> None:
        _, worker = self.world.workers.pop(-1 if last else 0)
        worker.go_on(killed=killed)

    @rule()
    def somebody_wants_a_look_now(self) -> None:
        self.world.store.wake(WELD, self.world.clock.at)

    # --- what goes wrong ----------------------------------------------------------------------------------------------

    @rule(fault=st.sampled_from(FAULTS))
    def the_service_errs(self, fault: InjectedFault) -> None:
        self.world.service.inject(fault)

    @rule(name=st.sampled_from(("describe", "start", "stop")), error=st.sampled_from(ERRORS))
    def the_service_refuses(self, name: str, error: type[Exception]) -> None:
        self.world.goes_wrong.append((name, False, error("so it is")))

    @rule(name=st.sampled_from(("load", "read_basis", "save")), done=st.booleans())
    def the_store_does_not_answer(self, name: str, done: bool) -> None:
        self.world.goes_wrong.append((name, done, errors.StoreUnavailable("no answer")))

    @rule(done=st.booleans())
    def the_queue_does_not_answer(self, done: bool) -> None:
        self.world.goes_wrong.append(("enqueue", done, errors.QueueUnavailable("no answer")))

    # --- what is behind the model -------------------------------------------------------------------------------------

    @precondition(lambda self: self.drain is not None)
    @rule(messages=st.sampled_from((0, 0, 1, 40)))
    def messages_come_and_go(self, messages: int) -> None:
        self.world.wait_in_queue(messages)

    @precondition(lambda self: self.gate)
    @rule(enabled=st.booleans())
    def a_person_moves_the_gate(self, enabled: bool) -> None:
        self.world.move_gate(enabled=enabled)

    @precondition(lambda self: self.gate or self.drain)
    @rule(name=st.sampled_from(BEHIND), error=st.sampled_from(BEHIND_ERRORS), stays=st.booleans())
    def what_is_behind_errs(self, name: str, error: type[Exception], stays: bool) -> None:
        if stays:
            self.world.broken[name] = error("so it is")
        else:
            self.world.goes_wrong.append((name, False, error("so it is")))

    @precondition(lambda self: self.gate)
    @rule(name=st.sampled_from(("gate open", "gate close")))
    def the_gate_moves_without_an_answer(self, name: str) -> None:
        self.world.goes_wrong.append((name, True, errors.AnswerLost("no answer")))

    @precondition(lambda self: self.world.broken)
    @rule()
    def what_is_behind_works_again(self) -> None:
        self.world.broken.clear()

    # --- people -------------------------------------------------------------------------------------------------------

    @rule(starts=st.booleans(), where=st.sampled_from((TARGETS[0], *TARGETS)))
    def a_person_interferes(self, starts: bool, where: Target) -> None:
        self.world.person(starts=starts, target=where)

    @rule(asked=st.sampled_from((1, 2, 3, 4, 6, 9)), whole=st.booleans())
    def a_hold_asks_for_units(self, asked: int, whole: bool) -> None:
        wanted, now = self.world.reference.wanted, self.world.clock.at
        if wanted is None or not wanted.windows:
            return
        begin, end = next((begin, end) for begin, end, _ in wanted.demands(now) if end > now + MINUTE)
        self.world.hold(asked, max(begin, now), end if whole else min(max(begin, now) + MINUTE, end))

    @rule(windows=windows)
    def other_windows_are_wanted(self, windows: Any) -> None:
        self._change(windows=windows, known_at=self.world.clock.at)

    @rule(where=st.sampled_from(TARGETS), units=units)
    def another_version_is_wanted(self, where: Target, units: Units) -> None:
        # With restarts the units stay: for larger ones of the plan, Preheat restarts a run without any hold.
        self.units = self.units if self.restarts else units
        self._change(target=where)

    @rule(mode=st.sampled_from((Mode.ACT, Mode.ACT, *Mode)), stops_others=st.booleans())
    def another_policy_is_wanted(self, mode: Mode, stops_others: bool) -> None:
        self.mode = mode
        self._change(stops_others=stops_others)

    @rule()
    def the_model_is_taken_out(self) -> None:
        self._plan(None)

    @rule(windows=windows, where=st.sampled_from(TARGETS))
    def the_model_is_put_back(self, windows: Any, where: Target) -> None:
        self._want(windows, where, timedelta(minutes=10), self.world.clock.at)

    def _want(self, windows: Any, where: Target, lead: timedelta, known_at: datetime) -> None:
        wanted = PersonWants(windows, where, lead, 2 * MINUTE, known_at)
        self._plan(replace(wanted, gate=self.gate, drain=self.drain, restarts=self.restarts))

    def _change(self, **changes: Any) -> None:
        if self.world.reference.wanted is not None:
            self._plan(replace(self.world.reference.wanted, **changes))

    def _plan(self, wanted: PersonWants | None) -> None:
        self.world.plan(wanted, self.units, self.mode)

    # --- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def the_ledger_holds(self) -> None:
        self.world.reference.holds(self.world.store.records.get(WELD), self.world.store.entries.get(WELD, []))

    def teardown(self) -> None:
        self.world.dismiss()
        if sys.exception() is None:  # else a promise is broken already, and Hypothesis must report that one
            self.world.left_in_peace(self.units)
