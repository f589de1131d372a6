"""The world of one model, and every event that can come next in it.

Owns the events: time, messages, plans, each step of a worker with its answer or a fault, and what calls break.
Knows no order of search. The package's docstring says what it assumes, and what that leaves out.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from preheat.app.audit.invariants import Broken, TokenUse, judge_call, judge_effect
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    PreheatError,
    QuotaExceeded,
    StaleRecord,
    StoreUnavailable,
    Throttled,
    WrongState,
)
from preheat.app.ports.plans import Planned
from preheat.app.reconcile.reconcile import WRITES_LOST_MAX
from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.gate import GateLook, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation, ScalingReading
from preheat.domain.record.record import ModelRecord
from preheat_lab.explorer import behind
from preheat_lab.explorer import service as hosting
from preheat_lab.explorer.asking import RequestOrder
from preheat_lab.explorer.glances import is_glance_due, may_glance_come
from preheat_lab.explorer.outside import Outside
from preheat_lab.explorer.passes import (
    CLOCK,
    CLOSE,
    COUNT,
    DESCRIBE,
    DONE,
    GATE,
    GLANCING,
    LOAD,
    OF_CALL,
    OPEN,
    PLANNED,
    RESTORE,
    SAVE,
    SCALING,
    STANDINGS,
    STOP,
    Guessed,
    Passes,
    RemoteCall,
    ValueNumbers,
)
from preheat_lab.explorer.records import RecordsExplored
from preheat_lab.explorer.scenario import REFUSED, Scenario
from preheat_lab.explorer.state import LOOSE, NEVER_CALLED, NOBODY, Edge, ExploredState, WorkerState
from preheat_lab.explorer.wants import STEP, instant

# Within one step of the grid from its start, a worker has acted or is dead. The function times out after 100 s, and two
# clocks are at most 17 s apart. On a grid of minutes, the same 119 s are a life of 60 s and an error of 59 s.
LIFE = 1
BEHIND = STEP - timedelta(seconds=1)
REFUSALS: tuple[type[HostingError], ...] = (Throttled, WrongState, QuotaExceeded, AccessRefused, InvalidCall)
FAULTY: tuple[type[HostingError], ...] = (AnswerLost, *REFUSALS)
UNREADABLE = (*(each("fault") for each in (*FAULTY, ModelGone)), Observation(Observed.UNKNOWN, "a new word"))


class ExploredWorld:
    """All situations of one scenario, and what leads from each to the next."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.values = ValueNumbers()
        number = self.values.number
        self._won = number(None)  # the answer to a won write; its number, 0, is also a person's token
        scaling = scenario.scales and not scenario.refuses_scaled
        self.passes = Passes(self.values, requests=bool(scenario.requests), scaling=scaling)
        self.asking = RequestOrder(scenario, self.values)
        self.records = RecordsExplored(scenario, self.values, self.passes)
        self.outside = Outside(scenario, self.records)
        self._stale, self._store_lost = number(StaleRecord("lost")), number(StoreUnavailable("fault"))
        self._instants = [number(instant(at)) for at in range(scenario.ends + 2)]
        self._behind = [number(instant(at) - BEHIND) for at in range(scenario.ends + 2)]
        self._plans = [number(Planned(version, plan)) for version, plan in enumerate(scenario.plans, start=1)]
        self._looks = [number(_show(at)) for at in range(len(hosting.OBSERVED))]
        self._foreign = [number(replace(_show(at), foreign=True)) for at in range(len(hosting.OBSERVED))]
        self._scalings = [number(ScalingReading()), number(ScalingReading("{}", 1, 1)), number(ScalingReading())]
        self._withheld = number(AccessRefused("it scales"))
        self._unreadable = [(f"describe: {_name(each)}", number(each)) for each in UNREADABLE]
        self._gates = [number(each) for each in behind.LOOKS]
        self._backlogs = [number(each) for each in behind.BACKLOGS]
        unreadable = (Throttled("fault"), AccessRefused("fault"))
        strange = GateLook(Passage.UNKNOWN, "a new word")
        self._of_gate = [("gate: a new word", number(strange)), *((f"gate: {_name(e)}", number(e)) for e in unreadable)]
        self._of_queue = [(f"count: {_name(each)}", number(each)) for each in unreadable]
        self._gone = self._looks[hosting.GONE] = number(ModelGone("deleted"))
        self._conflict, self._answer_lost = number(WrongState("conflict")), number(AnswerLost("fault"))
        self._throttled_at_last = number(Throttled("the first try was not answered", retried=True))
        self._digests: dict[int, str] = {}  # of the parameters with which a token was first sent
        self._refusals = [(each.__name__, number(each("fault"))) for each in REFUSALS]

    def initial(self) -> ExploredState:
        """Return the world right after the first apply."""
        return ExploredState(
            now=0,
            record=self.records.first(),
            services=self.outside.first,
            plan=0,
            unwoken=False,
            workers=(),
            faults=self.scenario.faults,
            people=self.scenario.people,
            seen=False,
            gate=behind.OPEN if self.scenario.found_open else behind.SHUT,
        )

    def record(self, state: ExploredState) -> ModelRecord:
        """Return the stored record of a situation."""
        return self.records[state.record]

    def cell(self, state: ExploredState, event: str) -> tuple[str, str, str]:
        """Return the place of an event in the coverage matrix: status, phase and fault."""
        record = self.record(state)
        service = state.services[self.outside.place(record.target)]
        return hosting.STATES[service.state].value, record.phase.value, event

    # --- time, messages, plans --------------------------------------------------------------------------------------

    def fair(self, state: ExploredState) -> Edge | None:
        """Return what comes next if only Preheat and a healthy service act; None: the end.

        Workers under way finish, a pass checks a due model, then a minute passes and ends what was under way.
        """
        if state.unwoken:
            return self._wake(state)
        if state.workers:
            return self._step(state, 0)
        if self.records.is_due(state.record, state.now):
            return self._deliver(state, "look")
        if state.now >= self.scenario.ends:
            return None
        after = self.outside.complete(self._later(state))
        if self.scenario.is_gated:
            after = after._replace(gate=behind.settle(after.gate), waiting=False)
        if after.now > self.scenario.hard_until:
            after = after._replace(faults=0, people=0)
        if not self.scenario.loses_glances and is_glance_due(self.record(after), after.now):
            after = self._deliver(after, "glance", glances=True).state
        return self.outside.cover_by_demand("left alone for a minute", after)

    def hard(self, state: ExploredState) -> Iterator[Edge]:
        """Yield everything that may come next while everything may happen."""
        scenario = self.scenario
        places = range(len(state.workers))
        for place in places:
            if place == 0 or state.workers[place] != state.workers[place - 1]:
                yield from self._steps(state, place)
        if len(state.workers) < scenario.workers and self.records.is_due(state.record, state.now):
            yield self._deliver(state, "look")
            if state.faults and state.now > 0:
                late = self._deliver(state.spend_fault(), "fault: look, with a clock that is behind", behind=1)
                yield self.outside.cover_by_demand(late.event, late.state)
        yield from self._of_glances(state)
        if state.now < scenario.hard_until and all(state.now < worker.born + LIFE for worker in state.workers):
            yield self.outside.cover_by_demand("time passes", self._later(state))
        yield from self.outside.step_services(state)
        if behind.settle(state.gate) != state.gate:
            yield Edge("gate: arrives", NOBODY, state._replace(gate=behind.settle(state.gate)))
        if self.scenario.drains and state.faults:
            word = "queue: empties" if state.waiting else "queue: fills"
            yield Edge(word, NOBODY, state.spend_fault()._replace(waiting=not state.waiting))
        on_its_way = any(self._request(worker).kind == STOP for worker in state.workers)
        yield from self.outside.step_people(state, stop_on_its_way=on_its_way)
        yield from self._of_plans(state)
        yield from self._of_requests(state)
        if state.faults:
            for place in places:
                yield Edge("fault: crash", place, state.spend_fault().with_workers(state.others(place)))

    def _of_glances(self, state: ExploredState) -> Iterator[Edge]:
        """Yield the message of a glance, also one that comes at any other time than it should, or twice."""
        room = self.scenario.glances and len(state.workers) < self.scenario.workers
        if not room or not may_glance_come(self.record(state), state.now):
            return
        yield self._deliver(state, "glance", glances=True)
        if state.faults and state.now > 0:
            late = self._deliver(
                state.spend_fault(), "fault: glance, with a clock that is behind", behind=1, glances=True
            )
            yield self.outside.cover_by_demand(late.event, late.state)

    def _of_plans(self, state: ExploredState) -> Iterator[Edge]:
        if state.unwoken:
            yield self._wake(state)
        elif state.plan + 1 < len(self.scenario.plans):
            applied = state._replace(plan=state.plan + 1, unwoken=True)
            edge = self.outside.cover_by_demand("apply: the next plan is current", applied)
            yield edge if self.scenario.apart else self._wake(edge.state)._replace(event="apply: the next plan")

    def _of_requests(self, state: ExploredState) -> Iterator[Edge]:
        """A model's request bumps its record with it; a schedule's bumps the schedule's counter, the model follows."""
        request = self.asking.next(state)
        if request is None:
            return
        word = "release" if request in self.scenario.requests[: len(state.asked)] else request.kind
        asked, broken = self.asking.answer(state)
        if asked.asked[-1] == REFUSED:
            yield Edge(f"request: {word}, refused", NOBODY, asked)
            return
        asked = self.outside.forbid_by_block(asked)
        after = self._bump_version(asked) if request.subject.schedule is None else asked._replace(unwoken=True)
        edge = self.outside.cover_by_demand(f"request: {word}", after)
        yield edge._replace(broken=(*edge.broken, broken)) if broken is not None else edge

    def _bump_version(self, state: ExploredState) -> ExploredState:
        woken = state._replace(record=self.records.wake(state.record))
        return woken._replace(workers=self._outdate(state.workers))

    def _wake(self, state: ExploredState) -> Edge:
        return Edge("wakes the model", NOBODY, self._bump_version(state._replace(unwoken=False)))

    def _later(self, state: ExploredState) -> ExploredState:
        now = state.now + 1
        return ExploredState._make((now, self.records.shift_to(state.record, now), *state[2:]))

    # --- one step of a worker ---------------------------------------------------------------------------------------

    def _steps(  # noqa: C901, PLR0912 - one list of what may go wrong, call by call
        self, state: ExploredState, place: int
    ) -> Iterator[Edge]:
        """Yield what the next call of a worker may come to: its own answer, and each fault."""
        worker = state.workers[place]
        request = self._request(worker)
        yield self._step(state, place)
        if worker.called_at not in (NEVER_CALLED, state.now):
            yield self._record_answer(state, place, worker.called_at)
        elif request.kind == SAVE and (late := self._decides_late(worker, state.now)) != worker:
            yield self._save(state, place, late)
        if not state.faults:
            return
        spent = state.spend_fault()
        if request.kind == DESCRIBE:
            for event, answer in self._unreadable:
                yield self._answer(spent, place, answer, f"fault: {event}")
        elif request.kind == SCALING:
            yield self._answer(spent, place, self._answer_lost, "fault: read_scaling: AnswerLost")
        elif request.kind == RESTORE:
            yield self._restore(spent, place, request, lost=True)
            yield self._answer(spent, place, self._withheld, "fault: restore_scaling: AccessRefused")
        elif request.kind in (GATE, COUNT):
            for event, answer in self._of_gate if request.kind == GATE else self._of_queue:
                yield self._answer(spent, place, answer, f"fault: {event}")
        elif request.kind == SAVE or worker.called_at != NEVER_CALLED:
            ready = self._to_save(worker, state.now)
            yield self._save(spent, place, ready, lost=True, arrives=False)
            if worker.fresh:
                yield self._save(spent, place, ready, lost=True, arrives=True)
        elif request.attempt is not None:
            yield self._call(spent, place, request, lost=True)
            yield self._call(spent, place, request, retried=True)
            verb = request.attempt.call
            yield self._answer(spent, place, self._answer_lost, f"fault: {verb} does not arrive", called=True)
            for name, answer in self._refusals:
                yield self._answer(spent, place, answer, f"fault: {verb}: {name}", called=True)

    def _step(self, state: ExploredState, place: int) -> Edge:  # noqa: C901 - one list of what each call comes to
        """Return the next call of a worker, answered as it should be."""
        worker = state.workers[place]
        if worker.called_at != NEVER_CALLED:
            return self._record_answer(state, place, state.now)
        request = self._request(worker)
        if request.kind == LOAD:
            return self._load(state, place)
        if request.kind == PLANNED:
            return self._answer(state, place, self._plans[state.plan], "read_planned")
        if request.kind == STANDINGS:
            return self._answer(state, place, self.asking.read(state, request), "read_standings")
        if request.kind == DESCRIBE:
            return self._answer(state, place, self._look(state, request.target), "describe")
        if request.kind == GATE:
            return self._answer(state, place, self._gates[state.gate], "gate")
        if request.kind == COUNT:
            return self._answer(state, place, self._backlogs[state.waiting], "count")
        if request.kind == SAVE:
            return self._save(state, place, worker)
        if request.kind == SCALING:
            scaling = state.services[self._place_of(request)].scaling
            return self._answer(state, place, self._scalings[scaling], "read_scaling")
        if request.kind == RESTORE:
            return self._restore(state, place, request)
        return self._call(state, place, request)

    def _request(self, worker: WorkerState) -> RemoteCall:
        if worker.losses == LOOSE:
            attempt: Attempt = self.values[worker.answers[0]]
            return RemoteCall(OF_CALL[attempt.call], attempt=attempt)
        return self.passes.next_call(worker.losses, worker.answers)

    def _look(self, state: ExploredState, target: Target | None) -> int:
        if target is None:
            raise ValueError("a look names its target")
        service = state.services[self.outside.place(target)]
        foreign = self.scenario.tells_makers and service.is_by_somebody_else() and service.state != hosting.GONE
        return (self._foreign if foreign else self._looks)[service.state]

    def _deliver(self, state: ExploredState, event: str, *, behind: int = 0, glances: bool = False) -> Edge:
        """A work message begins a pass or a glance, which reads the record and its clock."""
        newcomer = WorkerState(GLANCING if glances else 0, (), fresh=True, born=state.now, behind=behind)
        workers = (*state.workers, newcomer)
        return self._load(state.with_workers(workers), len(workers) - 1, event)

    def _load(self, state: ExploredState, place: int, event: str = "load again") -> Edge:
        worker = state.workers[place]
        answers: tuple[int, ...] = (state.record, self._reading(worker, state.now))
        next_call = self.passes.next_call(worker.losses, answers, partial(self._guess, state))
        if not self._plan_may_change(state) and next_call.kind == PLANNED:
            answers = (*answers, self._plans[state.plan])
        if self.asking.next(state) is None:
            while (request := self.passes.next_call(worker.losses, answers)).kind == STANDINGS:
                answers = (*answers, self.asking.read(state, request))
        loaded = self._at_its_clock(worker._replace(answers=answers, fresh=True), state.now)
        return self._move_worker(event, state, place, loaded)

    def _guess(self, state: ExploredState, request: RemoteCall) -> Guessed | None:
        """Return the answer to a read of a pass that goes on at once, with nothing else in between."""
        if request.kind == PLANNED:
            number = self._plans[state.plan]
        elif request.kind == STANDINGS:
            number = self.asking.read(state, request)
        elif request.kind == DESCRIBE:
            number = self._look(state, request.target)
        else:
            return None
        answer = self.values[number]
        return None if isinstance(answer, PreheatError) else Guessed(answer)

    def _reading(self, worker: WorkerState, now: int) -> int:
        """Return what the worker's clock shows."""
        return self._behind[now] if worker.behind else self._instants[now]

    def _at_its_clock(self, worker: WorkerState, now: int) -> WorkerState:
        """Return the worker with its clock read, as often as it does that once it has looked."""
        while self._request(worker).kind == CLOCK:
            worker = worker.with_answers((*worker.answers, self._reading(worker, now)), worker.called_at)
        return worker

    def _decides_late(self, worker: WorkerState, now: int) -> WorkerState:
        """Return the worker, about to write what it decided, had it only now read its clock after the look."""
        if self._won in worker.answers or self.passes.next_call(worker.losses, worker.answers[:-1]).kind != CLOCK:
            return worker
        return worker.with_answers((*worker.answers[:-1], self._reading(worker, now)), worker.called_at)

    def _plan_may_change(self, state: ExploredState) -> bool:
        hard = self.scenario.hard_from <= state.now < self.scenario.hard_until
        return hard and state.plan + 1 < len(self.scenario.plans)

    def _answer(self, state: ExploredState, place: int, answer: int, event: str, *, called: bool = False) -> Edge:
        worker = state.workers[place]
        at = state.now if called else NEVER_CALLED
        broken: tuple[Broken, ...] = ()
        if called:
            attempt = self._request(worker).attempt
            if attempt is not None:
                broken = tuple(self._judge_call(attempt, worker, state.now))
        moved = worker.with_answers((*worker.answers, answer), at)
        if not called:
            moved = self._at_its_clock(moved, state.now)
        return self._move_worker(event, state, place, moved).with_broken(broken)

    def _place_of(self, request: RemoteCall) -> int:
        if request.target is None:
            raise ValueError(f"a call without a target: {request}")
        return self.outside.place(request.target)

    def _restore(self, state: ExploredState, place: int, request: RemoteCall, *, lost: bool = False) -> Edge:
        """A worker restores the scaling of what is there; without an endpoint, there is nothing to scale."""
        target = self._place_of(request)
        service = state.services[target]
        there = service.is_running()
        after = state.with_service(target, service._replace(scaling=hosting.SCALED)) if there else state
        answer = self._answer_lost if lost else self._won if there else self._conflict
        event = "fault: restore_scaling, answer lost" if lost else "restore_scaling"
        return self._answer(after, place, answer, event)

    def _call(
        self, state: ExploredState, place: int, request: RemoteCall, *, lost: bool = False, retried: bool = False
    ) -> Edge:
        worker, attempt = state.workers[place], request.attempt
        if attempt is None:
            raise ValueError(f"a call without an attempt: {request}")
        if request.kind in (OPEN, CLOSE):
            return self._change(state, place, attempt, lost=lost)
        start = attempt.call is Call.START
        token = self.values.number(attempt.client_token)
        target = self.outside.place(attempt.target)
        service = state.services[target]
        if not start and self.scenario.refuses_scaled and service.scaling == hosting.SCALED and service.is_running():
            return self._answer(state, place, self._withheld, "stop refused: it scales", called=True)
        made = self.outside.call(service, token, start=start)
        broken = list(self._judge_call(attempt, worker, state.now))
        if made.changed and not start and service.scaling != hosting.UNSCALED:
            broken += self._judge_removal(state, worker)
            scaling = hosting.OWED if self.record(state).scaling is not None else hosting.UNSCALED
            made = made._replace(service=made.service._replace(scaling=scaling))
        if made.changed:
            by_person = service.run_by == hosting.PERSON and service.is_running()
            broken += judge_effect(attempt, effects=made.effects, by_person=by_person)
        refused = self._gone if service.state == hosting.GONE else self._conflict
        answer = self._answer_lost if lost else refused if made.refused else self._won
        answer = self._throttled_at_last if retried else answer
        moved = worker.with_answers((*worker.answers, answer), state.now)
        event = f"fault: {attempt.call}, answer lost" if lost else str(attempt.call)
        event = f"fault: {attempt.call}, the client's second try throttled" if retried else event
        edge = self._move_worker(event, state.with_service(target, made.service), place, moved)
        return edge.with_broken(tuple(broken))

    def _judge_removal(self, state: ExploredState, worker: WorkerState) -> Iterator[Broken]:
        """Judge L7: a stop that removes scaling keeps it on the record.

        Its owner may have set it up since the pass read in vain, or since its look showed no endpoint in service.
        """
        if self.record(state).scaling is None and not self._read_nothing(worker):
            yield Broken("L7", "a stop removes scaling that no record keeps")

    def _read_nothing(self, worker: WorkerState) -> bool:
        """Return whether the pass found no scaling to read; of a loose worker, only its call is known."""
        if worker.losses == LOOSE or self.records.find_seen(worker) is not Observed.HOSTED:
            return True
        calls = (self.passes.next_call(worker.losses, worker.answers[:at]) for at in range(len(worker.answers)))
        read = [self.values[worker.answers[at]] for at, call in enumerate(calls) if call.kind == SCALING]
        return bool(read) and not getattr(read[-1], "text", "")

    def _change(self, state: ExploredState, place: int, attempt: Attempt, *, lost: bool) -> Edge:
        """A worker opens or closes the gate, which allows it although somebody else has written meanwhile."""
        worker = state.workers[place]
        broken = tuple(self._judge_call(attempt, worker, state.now))
        gate = behind.change(state.gate, opens=attempt.call is Call.OPEN)
        answer = self._answer_lost if lost else self._conflict if gate is None else self._won
        moved = worker.with_answers((*worker.answers, answer), state.now)
        event = f"fault: {attempt.call}, answer lost" if lost else str(attempt.call)
        after = state if gate is None else state._replace(gate=gate)
        return self._move_worker(event, after, place, moved).with_broken(broken)

    def _judge_call(self, attempt: Attempt, worker: WorkerState, now: int) -> Iterator[Broken]:
        """Judge a call; a token stands for the parameters with which any way has first sent it."""
        digest = self._digests.setdefault(self.values.number(attempt.client_token), attempt.digest())
        first = TokenUse(attempt.first_at, digest)
        return judge_call(attempt, self.values[worker.named], at=instant(now), first=first)

    def _to_save(self, worker: WorkerState, clock: int) -> WorkerState:
        """Return the worker at its write: the one that records an answer reads its clock first."""
        if worker.called_at == NEVER_CALLED:
            return worker
        return worker.with_answers((*worker.answers, self._reading(worker, clock)), NEVER_CALLED)

    def _record_answer(self, state: ExploredState, place: int, clock: int) -> Edge:
        ready = self._to_save(state.workers[place], clock)
        if broken := self.records.judge_unrecorded(ready):
            return self._move_worker("the answer is not written down", state, place, None)._replace(broken=broken)
        return self._save(state, place, ready)

    def _save(
        self, state: ExploredState, place: int, worker: WorkerState, *, lost: bool = False, arrives: bool = True
    ) -> Edge:
        """The worker's write: won if what it read is still stored. `lost`: it gets no answer, though it may arrive."""
        fresh = worker.fresh and not self.asking.outruns(state, self._request(worker))
        answer = self._store_lost if lost else self._won if fresh else self._stale
        event = "save"
        if lost:
            event = "fault: save, answer lost" if arrives else "fault: save does not arrive"
        elif not fresh:
            event = "save: somebody else has won"
        follower = worker.with_answers((*worker.answers, answer), worker.called_at)
        again = self._won not in worker.answers and self._request(follower).kind in (LOAD, DONE)
        if not fresh and not lost and again:
            losses = 1 if worker.losses == GLANCING else worker.losses + 1
            follower = WorkerState(losses, (), fresh=False, born=worker.born, behind=worker.behind)
            if follower.losses == WRITES_LOST_MAX:
                return self._move_worker(event, state, place, None)
        if not fresh or not arrives:
            return self._move_worker(event, state, place, follower)
        written = self.records.write(state, worker)
        others = self._outdate(state.others(place))
        won = state.after_write(written.record, (*others, follower), seen=written.seen)
        edge = self._move_worker(
            event, self.outside.write(won, worker), len(others), follower.with_named(written.named)
        )
        callers = [call.attempt for call in map(self._request, others) if call.attempt is not None]
        closed = tuple(self.records.judge_close(state, worker, callers)) if callers else ()
        return edge.with_broken((*written.broken, *closed))

    def _outdate(self, workers: tuple[WorkerState, ...]) -> tuple[WorkerState, ...]:
        """Return the workers after somebody else's write.

        A worker that has not won its write yet will lose it and read again, as any new worker may at any time. A worker
        that has made its call will lose the write of its answer and end. A reduced search drops both. A worker that is
        about to call will still call, and then end: the search keeps only its call.
        """
        if not self.scenario.reduced:
            return tuple(each._replace(fresh=False) for each in workers)
        return tuple(self._loose(each) for each in workers if self._request(each).attempt is not None)

    def _loose(self, worker: WorkerState) -> WorkerState:
        attempt = self._request(worker).attempt
        if worker.losses == LOOSE or attempt is None:
            return worker
        bare = replace(
            attempt, intent_at=attempt.first_at, tries=1, open_writers=1, answer=None, retry_at=None, doubtful=False
        )
        return WorkerState(LOOSE, (self.values.number(bare),), fresh=False, born=worker.born, named=worker.named)

    def _move_worker(self, event: str, state: ExploredState, place: int, worker: WorkerState | None) -> Edge:
        """Return the state with one worker moved on, without a finished one. Workers are alike, so it sorts them."""
        others = state.others(place)
        if worker is not None and worker.called_at != NEVER_CALLED and not worker.fresh and self.scenario.reduced:
            worker = None
        if worker is None or (worker.called_at == NEVER_CALLED and self._request(worker).kind == DONE):
            return Edge(event, place, state.with_workers(others))
        workers = tuple(sorted((*others, worker))) if others else (worker,)
        return Edge(event, place, state.with_workers(workers))


def _show(state: int) -> Observation:
    """Return what a look shows of a service in this state."""
    word = hosting.OBSERVED[state]
    if state == hosting.IDLE:
        return Observation(word, "hosted, but nothing serves", serving=0)
    return Observation(word, word, no_capacity=state == hosting.SHORT)


def _name(answer: object) -> str:
    return answer.detail if isinstance(answer, Observation) else type(answer).__name__
