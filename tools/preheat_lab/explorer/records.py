"""The record in the explored world: how it looks as time passes, and what a won write makes of it and breaks.

It keeps every record in its canonical form, under its number. Knows no order of events.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from preheat.app.audit.invariants import (
    Broken,
    UnitsAllowed,
    judge_answer,
    judge_close,
    judge_gate,
    judge_intent,
    judge_readings,
    judge_stop,
    judge_units,
    judge_write,
)
from preheat.app.audit.truth import judge_shortage, judge_verdict
from preheat.app.ports.errors import HostingError, ModelGone
from preheat.domain.demand.demand import Outlook, look_ahead
from preheat.domain.plan.hosted_model import HostedModel, Resize
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.gate import Backlog, BacklogReading, GateLook, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import ModelRecord
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.verdict import Verdict
from preheat_lab.explorer.canonical import Canonical
from preheat_lab.explorer.passes import CLOSE, OPEN, RESTORE, SAVE, START, STOP, Passes, ValueNumbers
from preheat_lab.explorer.scenario import MODEL, RequestsSent, Scenario
from preheat_lab.explorer.state import ExploredState, WorkerState
from preheat_lab.explorer.wants import ORIGIN, STEP, instant


class WonWrite(NamedTuple):
    """The result of a won write: the record, its token, whether Preheat saw the model leave, and what it breaks."""

    record: int
    named: int
    seen: bool
    broken: tuple[Broken, ...]


class RecordsExplored:
    """All records of one search."""

    def __init__(self, scenario: Scenario, values: ValueNumbers, passes: Passes) -> None:
        self._scenario = scenario
        self._values = values
        self._passes = passes
        self._canonical = Canonical(scenario.ends)
        self._won = values.number(None)
        self._as_of: dict[tuple[int, int], int] = {}
        self._woken: dict[int, int] = {}
        self._due: dict[int, int] = {}
        self._outlooks: dict[tuple[int, int, RequestsSent], Outlook] = {}
        self._written: dict[tuple[int, tuple[int, ...], int, int, RequestsSent, bool], WonWrite] = {}

    def first(self) -> int:
        """Return the record as the first plan's apply has left it."""
        plan = self._scenario.plans[0]
        if plan is None:
            raise ValueError(f"{self._scenario.name}: the first plan must name the model")
        return self._values.number(self._canonical.record(ModelRecord(MODEL, plan.target, wake_at=ORIGIN), 0))

    def __getitem__(self, number: int) -> ModelRecord:
        record: ModelRecord = self._values[number]
        return record

    def shift_to(self, number: int, now: int) -> int:
        """Return the record as it is at a later point."""
        key = (number, now)
        record = self._as_of.get(key)
        if record is None:
            record = self._as_of[key] = self._values.number(self._canonical.record(self[number], now))
        return record

    def wake(self, number: int) -> int:
        """Return the record after an apply has woken it."""
        record = self._woken.get(number)
        if record is None:
            record = self._woken[number] = self._values.number(replace(self[number], wake_at=ORIGIN))
        return record

    def is_due(self, number: int, now: int) -> bool:
        """Return whether a tick at this point finds the model due."""
        due = self._due.get(number)
        if due is None:
            wake_at = self[number].wake_at
            due = self._scenario.ends + 1 if wake_at is None else (wake_at - ORIGIN) // STEP
            self._due[number] = due
        return due <= now

    def intends_a_start(self, number: int) -> bool:
        """Return whether the record holds a start without an answer."""
        attempt = self[number].attempt
        return attempt is not None and attempt.call is Call.START and attempt.answer is None

    def intends_a_stop(self, number: int) -> bool:
        """Return whether the record holds a stop without an answer."""
        attempt = self[number].attempt
        return attempt is not None and attempt.call is Call.STOP and attempt.answer is None

    def write(self, state: ExploredState, worker: WorkerState) -> WonWrite:
        """Return what the worker's next write leaves and breaks, if it wins now."""
        key = (worker.losses, worker.answers, state.now, state.plan, state.asked, state.seen)
        known = self._written.get(key)
        if known is None:
            known = self._written[key] = self._judge(state, worker)
        return known

    def _judge(self, state: ExploredState, worker: WorkerState) -> WonWrite:
        request = self._passes.next_call(worker.losses, worker.answers)
        after = request.record
        if after is None:
            raise ValueError(f"a write without a record: {request}")
        before, observed = self._rests_on(worker)
        broken = list(judge_write(before, after, request.entry, at=instant(state.now), behind=worker.behind * STEP))
        broken += self._judge_said(before, after, state, worker)
        old, new = before.attempt, after.attempt
        same = old is not None and new is not None and old.client_token == new.client_token
        left = observed in (Observed.STARTING, Observed.HOSTED, Observed.STOPPING)
        if new is not None and new.call is Call.STOP:
            left = observed is not Observed.STARTING if not same else observed in (Observed.HOSTED, Observed.STOPPING)
        seen = new is not None and ((same and state.seen) or left)
        following = self._passes.next_call(worker.losses, (*worker.answers, self._won))
        plan, wants = self._scenario.plans[state.plan], self._scenario.wants(state.plan, state.asked)
        asked = wants.units[state.now]
        passage, reading = self._see_behind(worker)
        broken += judge_readings(before, after, reading)
        if following.kind in (OPEN, CLOSE):
            needed, moved = wants.needed[state.now], plan is None or _mapping(before) != plan.gate
            broken += judge_gate(
                before, after, observed=observed, passage=passage, needed=needed, moved=moved, asked=asked
            )
            new = after.gate.attempt if after.gate is not None else None
        elif following.attempt is not None:
            planned = plan is not None and plan.target == following.attempt.target
            if following.kind == STOP:
                amid = plan is None or wants.wanted[state.now]
                broken += judge_stop(
                    before,
                    observed=observed,
                    passage=passage,
                    reading=reading,
                    drain=None if amid or plan is None else plan.drain,
                    at=instant(state.now),
                    again=planned and wants.again[state.now],
                )
            needed = planned and wants.needed[state.now]
            returned = seen and observed is Observed.STOPPED
            broken += judge_intent(
                before,
                after,
                observed=observed,
                needed=needed,
                covered=planned and wants.wanted[state.now],
                returned=returned,
                left=state.seen,
                may_stop_any=plan is not None and wants.was_blocked(state.now),
                asked=asked,
            )
            if plan is not None:
                broken += judge_units(
                    before,
                    after,
                    _allow_units(before, plan, state, due=wants.due[max(state.now - 2 * worker.behind, 0)]),
                )
        named = self._values.number(new.client_token) if new is not None else self._won
        record = self._values.number(self._canonical.record(after, state.now))
        return WonWrite(record, named, seen, tuple(broken))

    def _judge_said(
        self, before: ModelRecord, after: ModelRecord, state: ExploredState, worker: WorkerState
    ) -> Iterator[Broken]:
        """Judge what a write says of the service: its answer, the running model, and the refusal of a start."""
        refused = None
        if self._won in worker.answers:
            called = self._passes.next_call(worker.losses, worker.answers[: worker.answers.index(self._won) + 1])
            gate = after.gate.attempt if after.gate is not None else None
            if called.kind != RESTORE:
                answer = self._record_answer(worker)
                yield from judge_answer(gate if called.kind in (OPEN, CLOSE) else after.attempt, answer)
                refused = answer if called.kind == START else None
        verdict = self._give_verdict(after, state)
        if verdict is not None:
            yield from judge_verdict(verdict, seen=self._rests_on(worker)[1], refused=refused)
        if self._ran_short(worker):
            yield from judge_shortage(before, after)

    def _give_verdict(self, record: ModelRecord, state: ExploredState) -> Verdict | None:
        """Return the verdict on a new record; None: no plan names the model."""
        plan, now = self._scenario.plans[state.plan], instant(state.now)
        if plan is None:
            return None
        key = (state.plan, state.now, state.asked)
        outlook = self._outlooks.get(key)
        requests = self._scenario.list_standings(state.asked)
        if outlook is None:
            outlook = self._outlooks[key] = look_ahead(plan, now, requests)
        return judge(VerdictFacts(MODEL, now, plan, record, outlook, requests))

    def _ran_short(self, worker: WorkerState) -> bool:
        """Return whether the pass has seen that the service has no capacity."""
        seen = (self._values[number] for number in worker.answers)
        return any(isinstance(each, Observation) and each.no_capacity for each in seen)

    def _see_behind(self, worker: WorkerState) -> tuple[Passage | None, BacklogReading | None]:
        """Return what the pass that is about to write has seen of the gate and of the queue."""
        passage, reading = None, None
        for answer in (self._values[number] for number in worker.answers):
            if isinstance(answer, GateLook):
                passage = answer.passage
            elif isinstance(answer, Backlog):
                reading = BacklogReading(answer)
        return passage, reading

    def find_seen(self, worker: WorkerState) -> Observed:
        """Return what the pass has seen of the service."""
        return self._rests_on(worker)[1]

    def judge_unrecorded(self, worker: WorkerState) -> tuple[Broken, ...]:
        """Return what is broken by a pass that has called, if its next step is not to write down the answer."""
        if self._passes.next_call(worker.losses, worker.answers).kind == SAVE:
            return ()
        return tuple(judge_answer(None, self._record_answer(worker)))

    def judge_close(self, state: ExploredState, worker: WorkerState, callers: Iterable[Attempt]) -> Iterator[Broken]:
        """Judge the write that the worker is about to win by the calls that others are about to make."""
        after = self._passes.next_call(worker.losses, worker.answers).record
        if after is not None:
            yield from judge_close(self[state.record], after, callers)

    def _record_answer(self, worker: WorkerState) -> Answer:
        """Return what the service has answered to the pass's call."""
        answer = self._values[worker.answers[worker.answers.index(self._won) + 1]]
        return answer.answer if isinstance(answer, HostingError) else Answer.ACCEPTED

    def _rests_on(self, worker: WorkerState) -> tuple[ModelRecord, Observed]:
        """Return the record that a write replaces, and what the pass has seen of the service."""
        before: ModelRecord = self._values[worker.answers[0]]
        observed = Observed.UNKNOWN
        for answer in (self._values[number] for number in worker.answers):
            if isinstance(answer, Observation):
                observed = Observed.STARTING if answer.serving == 0 else answer.observed
            elif isinstance(answer, ModelGone):
                observed = Observed.GONE
        if self._won in worker.answers:
            first = self._passes.next_call(worker.losses, worker.answers[: worker.answers.index(self._won)]).record
            before = first if first is not None else before
        return before, observed


def _allow_units(before: ModelRecord, plan: HostedModel, state: ExploredState, *, due: bool) -> UnitsAllowed:
    """Return the units that a start may ask for now, by the plan, the holds, and the answer to the last start."""
    old = before.attempt
    accepted = old is not None and old.call is Call.START and state.seen
    return UnitsAllowed(
        own=plan.units.minimum,
        cap=plan.units_by_request,
        failed=before.effort is not None and before.effort.units_failed,
        shift_due=due,
        served=old.units.minimum if accepted and old is not None else 0,
        restarts=plan.resize is Resize.RESTART,
    )


def _mapping(record: ModelRecord) -> str | None:
    return record.gate.mapping if record.gate is not None else None
