"""The world of one model as a value, and every event that can come next in it.

Owns the events: what each does to the record, the service and the workers, and which promises it breaks. Knows no
order of search. What is assumed, and what that leaves out: the package's docstring.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime  # noqa: TC003 - named tuples read their annotations
from typing import NamedTuple

from preheat.domain.attempt import Attempt, Call
from preheat.domain.lifecycle import Observed
from preheat.domain.record import ModelRecord
from preheat.domain.situation import Observation
from preheat.explorer import service as hosting
from preheat.explorer.canonical import Canonical
from preheat.explorer.passes import CLOCK, DESCRIBE, DONE, LOAD, PLANNED, SAVE, START, STOP, Passes, Request, Values
from preheat.explorer.scenario import MODEL, ORIGIN, Scenario, instant
from preheat.explorer.service import Service
from preheat.invariants import Broken, by_call, by_effect, by_intent, by_write
from preheat.ports import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    Planned,
    QuotaExceeded,
    StaleRecord,
    StoreUnavailable,
    Throttled,
    WrongState,
)
from preheat.reconcile import WRITES_LOST_MAX

# The function times out after 60 s: within one step of the grid from its start, a worker has acted or is dead.
LIFE = 1
REFUSALS: tuple[type[HostingError], ...] = (
    Throttled,
    WrongState,
    QuotaExceeded,
    AccessRefused,
    InvalidCall,
)
FAULTY: tuple[type[HostingError], ...] = (AnswerLost, *REFUSALS)
UNREADABLE = (*(each("fault") for each in FAULTY), Observation(Observed.UNKNOWN, "a new word"))
NEVER_CALLED = -1
LOOSE = -1


class Worker(NamedTuple):
    """A pass under way: its history since it lost its last write, and what of the world concerns it.

    `fresh`: the record it read or wrote last is still the stored one. `born`: the point at which it began. `called_at`:
    the point at which its start or stop was answered. `named`: the token in the last write that it has won. `behind`:
    by how many steps its clock is late; negative, if it is early.

    `losses` is LOOSE for a worker of which only its call matters: `answers` is then the attempt that it will call.
    """

    losses: int
    answers: tuple[int, ...]
    fresh: bool
    born: int
    called_at: int = NEVER_CALLED
    named: int = 0
    behind: int = 0


class State(NamedTuple):
    """One situation. Numbers stand for values: `record` in the world's `values`, `plan` in its scenario.

    `unwoken`: the plan is current, but its apply has not woken the model yet. `seen`: the model was seen out of its
    stopped state under the start on record. `faults` and `people` are what is left of the budgets.
    """

    now: int
    record: int
    service: Service
    plan: int
    unwoken: bool
    workers: tuple[Worker, ...]
    faults: int
    people: int
    seen: bool


class Edge(NamedTuple):
    """One event: what it is, who makes it (a worker's place, -1: nobody's), where it leads, what it breaks."""

    event: str
    worker: int
    state: State
    broken: tuple[Broken, ...] = ()


class World:
    """All situations of one scenario, and what leads from each to the next."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.values = Values()
        self.values.number(None)  # the answer to a write that was won; also token 0, which is a person's
        self.passes = Passes(self.values)
        self._rules = hosting.Rules(scenario.switches)
        self._canonical = Canonical(scenario.ends)
        number = self.values.number
        self._won = number(None)
        self._stale, self._store_lost = number(StaleRecord("lost")), number(StoreUnavailable("fault"))
        self._instants = [number(instant(at)) for at in range(scenario.ends + 2)]
        self._plans = [number(Planned(version, plan)) for version, plan in enumerate(scenario.plans, start=1)]
        self._looks = [number(Observation(word, word)) for word in hosting.OBSERVED]
        self._unreadable = [(f"describe: {_name(each)}", number(each)) for each in UNREADABLE]
        self._looks[hosting.GONE] = number(ModelGone("deleted"))
        self._conflict, self._answer_lost = number(WrongState("conflict")), number(AnswerLost("fault"))
        self._gone = number(ModelGone("deleted"))
        self._refusals = [(each.__name__, number(each("fault"))) for each in REFUSALS]
        self._as_of: dict[tuple[int, int], int] = {}
        self._woken: dict[tuple[int, int], int] = {}
        self._due: dict[int, int] = {}
        self._writes: dict[tuple[int, tuple[int, ...], int, int, bool], tuple[int, int, bool, tuple[Broken, ...]]] = {}

    def initial(self) -> State:
        """Return the world right after the first plan was applied."""
        plan = self.scenario.plans[0]
        if plan is None:
            raise ValueError(f"{self.scenario.name}: the first plan must name the model")
        record = ModelRecord(MODEL, plan.target, wake_at=ORIGIN)
        return State(
            now=0,
            record=self.values.number(self._canonical.record(record, 0)),
            service=Service(),
            plan=0,
            unwoken=False,
            workers=(),
            faults=self.scenario.faults,
            people=self.scenario.people,
            seen=False,
        )

    def record(self, state: State) -> ModelRecord:
        """Return the stored record of a situation."""
        record: ModelRecord = self.values[state.record]
        return record

    # --- what happens without any fault ---------------------------------------------------------------------------

    def fair(self, state: State) -> Edge | None:
        """Return what comes next if Preheat is left alone with a healthy service and nobody interferes; None: the end.

        Workers under way finish, a due model is looked at, then a minute passes and brings what was under way to its
        end.
        """
        if state.unwoken:
            return self._wake(state)
        if state.workers:
            return self._step(state, 0)
        if self._is_due(state.record, state.now):
            return self._deliver(state, "look")
        if state.now >= self.scenario.ends:
            return None
        after = self._later(state)._replace(service=hosting.completed(state.service))
        if after.now > self.scenario.hard_until:
            after = after._replace(faults=0, people=0)
        return self._covered("left alone for a minute", after)

    def hard(self, state: State) -> Iterator[Edge]:
        """Yield everything that may come next while everything may happen."""
        scenario = self.scenario
        places = range(len(state.workers))
        for place in places:
            if place == 0 or state.workers[place] != state.workers[place - 1]:
                yield from self._steps(state, place)
        if len(state.workers) < scenario.workers and self._is_due(state.record, state.now):
            yield self._deliver(state, "look")
            if state.faults and state.now > 0:
                late = self._deliver(_spent(state), "fault: look, with a clock that is behind", behind=1)
                yield self._covered(late.event, late.state)
        if state.now < scenario.hard_until and all(state.now < worker.born + LIFE for worker in state.workers):
            yield self._covered("time passes", self._later(state))
        yield from self._of_service(state)
        yield from self._of_people(state)
        if state.unwoken:
            yield self._wake(state)
        elif state.plan + 1 < len(scenario.plans):
            applied = state._replace(plan=state.plan + 1, unwoken=True)
            edge = self._covered("apply: the next plan is current", applied)
            yield edge if scenario.apart else self._wake(edge.state)._replace(event="apply: the next plan")
        if state.faults:
            for place in places:
                rest = state.workers[:place] + state.workers[place + 1 :]
                yield Edge("fault: crash", place, _spent(state, workers=rest))

    def _of_service(self, state: State) -> Iterator[Edge]:
        service = state.service
        if service.state in (hosting.STARTING, hosting.STOPPING, hosting.BUSY):
            yield Edge("service: completed", -1, state._replace(service=hosting.completed(service)))
        if not state.faults:
            return
        if service.state == hosting.STARTING:
            yield Edge("fault: hosting failed", -1, _spent(state, service=hosting.failed(service)))
        if service.state not in (hosting.BUSY, hosting.FAILED, hosting.GONE):
            yield Edge("fault: system updating", -1, _spent(state, service=hosting.updating(service)))
        if service.state != hosting.GONE:
            yield Edge("fault: model deleted", -1, _spent(state, service=Service(hosting.GONE)))

    def _of_people(self, state: State) -> Iterator[Edge]:
        if not state.people:
            return
        for start in (True, False):
            run_by = hosting.RACED if self._may_be_ours(state) else hosting.PERSON
            made = self._rules.called(state.service, 0, start=start, run_by=run_by)
            if made.changed:
                after = state._replace(service=made.service, people=state.people - 1)
                yield self._covered("person: starts it" if start else "person: stops it", after)

    def _may_be_ours(self, state: State) -> bool:
        """Tell whether what starts now is, for all that Preheat has seen and can see, its own doing."""
        record = self.record(state)
        attempt = record.attempt
        refused = attempt is not None and attempt.call is Call.START and attempt.is_without_effect()
        on_its_way = any(self._request(worker).kind == STOP for worker in state.workers)
        return on_its_way or (record.is_engaged() and not refused)

    # --- one step of a worker ---------------------------------------------------------------------------------------

    def _steps(self, state: State, place: int) -> Iterator[Edge]:
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
        spent = _spent(state)
        if request.kind == DESCRIBE:
            for event, answer in self._unreadable:
                yield self._answered(spent, place, answer, f"fault: {event}")
        elif request.kind == SAVE or worker.called_at != NEVER_CALLED:
            ready = self._to_save(worker, state.now)
            yield self._save(spent, place, ready, lost=True, arrives=False)
            if worker.fresh:
                yield self._save(spent, place, ready, lost=True, arrives=True)
        elif request.attempt is not None:
            yield self._call(spent, place, request, lost=True)
            verb = request.attempt.call
            yield self._answered(spent, place, self._answer_lost, f"fault: {verb} does not arrive", called=True)
            for name, answer in self._refusals:
                yield self._answered(spent, place, answer, f"fault: {verb}: {name}", called=True)

    def _step(self, state: State, place: int) -> Edge:
        """Return the next call of a worker, answered as it should be."""
        worker = state.workers[place]
        if worker.called_at != NEVER_CALLED:
            return self._record_answer(state, place, state.now)
        request = self._request(worker)
        if request.kind == LOAD:
            return self._load(state, place)
        if request.kind == PLANNED:
            return self._answered(state, place, self._plans[state.plan], "planned")
        if request.kind == DESCRIBE:
            return self._answered(state, place, self._looks[state.service.state], "describe")
        if request.kind == SAVE:
            return self._save(state, place, worker)
        return self._call(state, place, request)

    def _request(self, worker: Worker) -> Request:
        if worker.losses == LOOSE:
            attempt: Attempt = self.values[worker.answers[0]]
            return Request(START if attempt.call is Call.START else STOP, attempt=attempt)
        return self.passes.next_call(worker.losses, worker.answers)

    def _deliver(self, state: State, event: str, *, behind: int = 0) -> Edge:
        """A work message begins a pass, which reads the record and its clock."""
        newcomer = Worker(0, (), fresh=True, born=state.now, behind=behind)
        workers = (*state.workers, newcomer)
        return self._load(state._replace(workers=workers), len(workers) - 1, event)

    def _load(self, state: State, place: int, event: str = "load again") -> Edge:
        worker = state.workers[place]
        answers: tuple[int, ...] = (state.record, self._reading(worker, state.now))
        if not self._plan_may_change(state):
            answers = (*answers, self._plans[state.plan])
            if self.passes.next_call(worker.losses, answers[:2]).kind == DONE:
                answers = answers[:2]
        loaded = self._at_its_clock(worker._replace(answers=answers, fresh=True), state.now)
        return self._moved(event, state, place, loaded)

    def _reading(self, worker: Worker, now: int) -> int:
        """Return what the worker's clock shows."""
        return self._instants[now - worker.behind]

    def _at_its_clock(self, worker: Worker, now: int) -> Worker:
        """Return the worker with its clock read, if that is its next call: it reads it as soon as it has looked."""
        if self._request(worker).kind != CLOCK:
            return worker
        return worker._replace(answers=(*worker.answers, self._reading(worker, now)))

    def _decides_late(self, worker: Worker, now: int) -> Worker:
        """Return the worker, about to write what it decided, had it only now read the clock that it decided by."""
        if self._won in worker.answers:
            return worker
        return worker._replace(answers=(*worker.answers[:-1], self._reading(worker, now)))

    def _plan_may_change(self, state: State) -> bool:
        hard = self.scenario.hard_from <= state.now < self.scenario.hard_until
        return hard and state.plan + 1 < len(self.scenario.plans)

    def _answered(self, state: State, place: int, answer: int, event: str, *, called: bool = False) -> Edge:
        worker = state.workers[place]
        at = state.now if called else NEVER_CALLED
        broken: tuple[Broken, ...] = ()
        if called:
            attempt = self._request(worker).attempt
            if attempt is not None:
                broken = tuple(by_call(attempt, self.values[worker.named], at=instant(state.now)))
        moved = worker._replace(answers=(*worker.answers, answer), called_at=at)
        if not called:
            moved = self._at_its_clock(moved, state.now)
        return self._moved(event, state, place, moved)._replace(broken=broken)

    def _call(self, state: State, place: int, request: Request, *, lost: bool = False) -> Edge:
        worker, attempt = state.workers[place], request.attempt
        if attempt is None:
            raise ValueError(f"a call without an attempt: {request}")
        start = attempt.call is Call.START
        token = self.values.number(attempt.client_token)
        made = self._rules.called(state.service, token, start=start)
        broken = list(by_call(attempt, self.values[worker.named], at=instant(state.now)))
        if made.changed:
            by_person = state.service.run_by == hosting.PERSON
            broken += by_effect(attempt, effects=made.effects, by_person=by_person)
        refused = self._gone if state.service.state == hosting.GONE else self._conflict
        answer = self._answer_lost if lost else refused if made.refused else self._won
        moved = worker._replace(answers=(*worker.answers, answer), called_at=state.now)
        event = f"fault: {attempt.call}, answer lost" if lost else str(attempt.call)
        edge = self._moved(event, state._replace(service=made.service), place, moved)
        return edge._replace(broken=tuple(broken))

    def _to_save(self, worker: Worker, clock: int) -> Worker:
        """Return the worker at its write: the one that records an answer reads its clock first."""
        if worker.called_at == NEVER_CALLED:
            return worker
        return worker._replace(answers=(*worker.answers, self._reading(worker, clock)), called_at=NEVER_CALLED)

    def _record_answer(self, state: State, place: int, clock: int) -> Edge:
        return self._save(state, place, self._to_save(state.workers[place], clock))

    def _save(self, state: State, place: int, worker: Worker, *, lost: bool = False, arrives: bool = True) -> Edge:
        """The worker's write: won if what it read is still stored. `lost`: it gets no answer, though it may arrive."""
        answer = self._store_lost if lost else self._won if worker.fresh else self._stale
        event = "save"
        if lost:
            event = "fault: save, answer lost" if arrives else "fault: save does not arrive"
        elif not worker.fresh:
            event = "save: somebody else has won"
        follower = worker._replace(answers=(*worker.answers, answer))
        if not worker.fresh and not lost and self._won not in worker.answers:
            follower = Worker(worker.losses + 1, (), fresh=False, born=worker.born, behind=worker.behind)
            if follower.losses == WRITES_LOST_MAX:
                return self._moved(event, state, place, None)
        if not worker.fresh or not arrives:
            return self._moved(event, state, place, follower)
        record, named, seen, broken = self._written(state, worker)
        others = self._outdated(state.workers[:place] + state.workers[place + 1 :])
        service = state.service
        if service.run_by == hosting.PERSON and self._intends_a_start(record):
            service = service._replace(run_by=hosting.RACED)  # It was begun between the look and the write.
        won = state._replace(record=record, service=service, workers=(*others, follower), seen=seen)
        return self._moved(event, won, len(others), follower._replace(named=named))._replace(broken=broken)

    def _intends_a_start(self, number: int) -> bool:
        record: ModelRecord = self.values[number]
        return record.attempt is not None and record.attempt.call is Call.START and record.attempt.answer is None

    def _outdated(self, workers: tuple[Worker, ...]) -> tuple[Worker, ...]:
        """Return the workers after somebody else's write.

        One that has not won its write yet will lose it and read again, as any new worker may at any time; one that has
        made its call will lose the write of its answer and end: both are gone, if the search is reduced. One that is
        about to call will still call, and then end: of it, only the call is kept.
        """
        if not self.scenario.reduced:
            return tuple(each._replace(fresh=False) for each in workers)
        return tuple(self._loose(each) for each in workers if self._request(each).attempt is not None)

    def _loose(self, worker: Worker) -> Worker:
        attempt = self._request(worker).attempt
        if worker.losses == LOOSE or attempt is None:
            return worker
        bare = replace(
            attempt, intent_at=attempt.first_at, tries=1, open_writers=1, answer=None, retry_at=None, doubtful=False
        )
        return Worker(LOOSE, (self.values.number(bare),), fresh=False, born=worker.born, named=worker.named)

    def _written(self, state: State, worker: Worker) -> tuple[int, int, bool, tuple[Broken, ...]]:
        """Return the record as stored, the token that it names, whether the model was seen to leave; what it breaks."""
        key = (worker.losses, worker.answers, state.now, state.plan, state.seen)
        known = self._writes.get(key)
        if known is not None:
            return known
        request, at = self._request(worker), instant(state.now)
        after = request.record
        if after is None:
            raise ValueError(f"a write without a record: {request}")
        before, observed = self._rests_on(worker)
        broken = list(by_write(before, after, request.entry, at=at))
        old, new = before.attempt, after.attempt
        same = old is not None and new is not None and old.client_token == new.client_token
        left = observed in (Observed.STARTING, Observed.HOSTED, Observed.STOPPING)
        seen = new is not None and new.call is Call.START and ((same and state.seen) or left)
        following = self.passes.next_call(worker.losses, (*worker.answers, self._won))
        if following.attempt is not None:
            needed = self.scenario.needed[state.plan][state.now]
            returned = seen and observed is Observed.STOPPED
            broken += by_intent(before, after, observed=observed, needed=needed, returned=returned)
        named = self.values.number(new.client_token) if new is not None else self._won
        record = self.values.number(self._canonical.record(after, state.now))
        known = self._writes[key] = record, named, seen, tuple(broken)
        return known

    def _rests_on(self, worker: Worker) -> tuple[ModelRecord, Observed]:
        """Return the record that a write replaces, and what the pass has seen of the service."""
        before: ModelRecord = self.values[worker.answers[0]]
        looks = [each for each in (self.values[number] for number in worker.answers) if isinstance(each, Observation)]
        observed = looks[0].observed if looks else Observed.UNKNOWN
        if self._won in worker.answers:
            first = self.passes.next_call(worker.losses, worker.answers[: worker.answers.index(self._won)]).record
            before = first if first is not None else before
        return before, observed

    def _moved(self, event: str, state: State, place: int, worker: Worker | None) -> Edge:
        """Return the state with one worker moved on; one that is done is gone. Workers are alike: they are sorted."""
        others = state.workers[:place] + state.workers[place + 1 :]
        if worker is not None and worker.called_at != NEVER_CALLED and not worker.fresh and self.scenario.reduced:
            worker = None
        if worker is None or (worker.called_at == NEVER_CALLED and self._request(worker).kind == DONE):
            return Edge(event, place, state._replace(workers=others))
        workers = tuple(sorted((*others, worker))) if others else (worker,)
        return Edge(event, place, state._replace(workers=workers))

    def cell(self, state: State, event: str) -> tuple[str, str, str]:
        """Return the place of an event in the coverage matrix: status, phase and fault."""
        return hosting.STATES[state.service.state].value, self.record(state).phase.value, event

    # --- time, plans ------------------------------------------------------------------------------------------------

    def _later(self, state: State) -> State:
        now = state.now + 1
        key = (state.record, now)
        record = self._as_of.get(key)
        if record is None:
            record = self.values.number(self._canonical.record(self.values[state.record], now))
            self._as_of[key] = record
        return state._replace(now=now, record=record)

    def _is_due(self, record: int, now: int) -> bool:
        due = self._due.get(record)
        if due is None:
            wake_at: datetime | None = self.values[record].wake_at
            due = self.scenario.ends + 1 if wake_at is None else (wake_at - ORIGIN) // (instant(1) - ORIGIN)
            self._due[record] = due
        return due <= now

    def _wake(self, state: State) -> Edge:
        key = (state.record, state.now)
        record = self._woken.get(key)
        if record is None:
            stored: ModelRecord = self.values[state.record]
            record = self.values.number(replace(stored, wake_at=ORIGIN))
            self._woken[key] = record
        workers = self._outdated(state.workers)
        return Edge("apply: wakes the model", -1, state._replace(record=record, unwoken=False, workers=workers))

    def _covered(self, event: str, state: State) -> Edge:
        """Note that a demand covers what a person has started; a clock that is behind still sees its end."""
        behind = max((worker.behind for worker in state.workers), default=0)
        wanted = self.scenario.wanted[state.plan]
        if state.service.run_by == hosting.PERSON and (wanted[state.now] or wanted[state.now - behind]):
            state = state._replace(service=state.service._replace(run_by=hosting.COVERED))
        return Edge(event, -1, state)


def _spent(state: State, **changes: object) -> State:
    return state._replace(faults=state.faults - 1, **changes)  # type: ignore[arg-type]  # fields of the state


def _name(answer: object) -> str:
    return answer.detail if isinstance(answer, Observation) else type(answer).__name__
