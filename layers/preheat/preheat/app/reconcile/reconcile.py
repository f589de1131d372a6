"""One pass: gather, decide, record the intent, act, record the outcome.

Level-triggered: a message only says *look at model X*. Owns the order of the remote calls and the reaction to each
one's failure; what to do is `domain.decision`'s affair. Pure but for its `Remote`: nothing here logs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from preheat.app.ports.clock import CorrectedClock
from preheat.app.ports.errors import HostingError, StaleRecord, StoreUnavailable
from preheat.app.ports.hosting import Scaling
from preheat.app.ports.records import Guarded, Guards
from preheat.app.ports.remote import Remote
from preheat.app.ports.requests import Basis
from preheat.app.reconcile import glancing, next_look
from preheat.app.reconcile.downstream import look_downstream, move_gate
from preheat.app.reconcile.observing import observe
from preheat.domain.calendar.timetable import ScheduleError, find_closed_until
from preheat.domain.decision import accounting, proving, scaling
from preheat.domain.decision.answering import note_answer, note_gate_answer, note_restore_answer
from preheat.domain.decision.decision import decide
from preheat.domain.decision.looking import may_glance, permit_look
from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.demand.demand import HORIZON, NOTHING_WANTED, Outlook, look_ahead
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Standing, Subject
from preheat.domain.lead.evidence import turn_to
from preheat.domain.lead.lead_in_force import fix_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel, Readiness
from preheat.domain.plan.plan import Mode, ModelId, Target, pick_strictest
from preheat.domain.record import budget
from preheat.domain.record.attempt import Answer, Attempt, Call, Outcome
from preheat.domain.record.clocks import CLOCKS_APART, bound_times, find_ahead, is_off, measure_error
from preheat.domain.record.observation import Proof, ScalingReading
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Ownership, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import change
from preheat.domain.verdict.reporting import report_verdict

# A message may come this much before its second; a pass that is earlier ends after one read.
EARLY = timedelta(seconds=2)
WRITES_LOST_MAX = 3


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a pass, for the log: its last action with the reason, and the entries it wrote, in order.

    `incomplete`: the pass did not finish; the model is still due, and the next tick retries it.
    """

    model_id: ModelId
    action: Action
    reason: str
    phase: Phase | None = None
    wake_at: datetime | None = None
    entries: tuple[LedgerEntry, ...] = ()
    incomplete: bool = False
    unexpected: tuple[Exception, ...] = ()  # errors of neighbours that no port may raise
    missing: tuple[str, ...] = ()  # holds and blocks whose items somebody deleted or changed: what is there counts
    unevaluated: str = ""  # why the current plan's schedules fail; the pass follows the plan before
    closed_until: date | None = None  # where the resolved holidays of the model's calendars end


def reconcile(
    model_id: ModelId,
    remote: Remote,
    *,
    mode: Mode = Mode.ACT,
    due_at: datetime | None = None,
    repeated: bool = False,
    glance: bool = False,
) -> Result:
    """Look at one model and take at most one step. `mode` is the stack's; the stricter of it and the model's holds.

    If a remote service is unreachable, the pass ends without an error: the record stays due, and the tick retries it.
    While the due index does not show the model, the pass sends its message again. `due_at` is from when on the index
    shows it, by the message. `repeated`: the message repeats one whose pass failed. `glance`: it asks for a glance,
    see `glancing`.

    Raises:
        UnreadableItem: the stored record or plan is of a form that this release does not know; nothing was touched.
    """
    entries: list[LedgerEntry] = []
    shown = next_look.Shown(due_at, repeated=repeated)
    try:
        for lost_looks in range(WRITES_LOST_MAX):
            try:
                result = _run_pass(model_id, remote, mode, entries, shown, lost_looks=lost_looks, glance=glance)
                if result.incomplete:
                    next_look.repeat(model_id, remote, shown)
                return change(result, unexpected=tuple(remote.unexpected))
            except StaleRecord as lost:
                reason, glance = str(lost), False
    except StoreUnavailable as error:
        reason = f"Cannot reach the store: {error}"
    else:
        reason = f"Lost {WRITES_LOST_MAX} writes in a row: {reason}"
    next_look.repeat(model_id, remote, shown)
    unexpected = tuple(remote.unexpected)
    return Result(model_id, Action.LOOK, reason, entries=tuple(entries), incomplete=True, unexpected=unexpected)


def _run_pass(
    model_id: ModelId,
    remote: Remote,
    stack_mode: Mode,
    entries: list[LedgerEntry],
    shown: next_look.Shown,
    *,
    lost_looks: int,
    glance: bool,
) -> Result:
    """Run a pass. `lost_looks`: how many of this message no record counts, because another write was quicker."""
    record = remote.store.load(model_id)
    clock_shows, served_at = remote.clock.now(), remote.served_at()
    remote, now = _correct_clock(remote, clock_shows, served_at)
    shown.note(record, now)
    ahead = find_ahead(record, now) if record is not None else None
    over = _end_early(model_id, record, served_at, clock_shows, now, ahead=ahead)
    if over := _glance_instead(over, record, remote, stack_mode, shown, glance=glance):
        return over
    record = bound_times(record, now) if record is not None and ahead is not None else record
    basis = remote.store.read_basis(model_id, now - HORIZON)
    planned = basis.planned
    if record is not None and planned.version < record.plan_version:
        # The plans went back in time, as after a restore: to obey would stop what the newer plan wants.
        reason = f"Plan {planned.version} is older than this model's plan {record.plan_version}: run `preheat apply`"
        return Result(model_id, Action.LOOK, reason, record.phase, record.wake_at, incomplete=True)
    if record is None:
        if planned.model is None:
            return Result(model_id, Action.LOOK, "Not in the plan, and no record exists")
        record = ModelRecord(model_id=model_id, target=planned.model.target)
    wanted, problem = _find_wanted(record, basis, remote, now)
    if wanted is None:
        reason = f"{problem}; Preheat neither starts nor stops the model"
        return Result(model_id, Action.LOOK, reason, record.phase, record.wake_at, incomplete=True, unevaluated=problem)
    wanted = _count_looks(wanted, lost_looks, now)
    situation, decided = _look_and_decide(wanted, planned.version, stack_mode, remote, now)
    decision = next_look.place_net(situation, _report_ahead(report_verdict(situation, decided), ahead))
    stops = decision.call is not None and decision.call.call in (Call.STOP, Call.CLOSE)
    guards = _guard_stop(situation) if stops else {}
    record = _save(decision, remote, entries, guards)
    if decision.call is not None:
        outcome = _act(decision.call, decision.record, remote)
        answer, detail = outcome.answer, outcome.detail
        note = note_gate_answer if decision.call.call.is_of_gate else note_answer
        after = report_verdict(situation, note(situation, record, outcome, now=remote.clock.now()))
        after = next_look.place_net(situation, after)
        try:
            record = _save(after, remote, entries, {})
        except (StaleRecord, StoreUnavailable):
            # The intent remains: the next pass repeats the very same call, or sees its effect.
            detail = f"{after.reason}; not recorded, the intent remains"
        decision = change(decision, reason=f"{decision.reason} ({detail or answer})")
    if decision.restores and remote.scaling is not None:
        outcome = _restore(record, remote, remote.scaling)
        after = note_restore_answer(record, outcome, now=remote.clock.now())
        detail = after.reason
        try:
            record = _save(after, remote, entries, {})
        except (StaleRecord, StoreUnavailable):
            detail = f"{after.reason}; not recorded, so the next try repeats it to the same effect"
        decision = change(decision, reason=f"{decision.reason}. {detail}")
    next_look.send(situation, record, remote)
    return Result(
        model_id,
        decision.action,
        decision.reason,
        record.phase,
        record.wake_at,
        tuple(entries),
        unevaluated=problem,
        closed_until=find_closed_until(wanted.model.schedules) if wanted.model is not None else None,
        missing=wanted.missing,
    )


def _glance_instead(
    over: Result | None,
    record: ModelRecord | None,
    remote: Remote,
    stack_mode: Mode,
    shown: next_look.Shown,
    *,
    glance: bool,
) -> Result | None:
    """Return the result of a pass that ends early: `over`, or that of the glance that its message asks for.

    None: the pass goes on. A difference that a glance shows does not wait until the record is due.
    """
    if over is None:
        return None
    if not glance:
        next_look.send_early(record, remote, shown)
        return over
    now = shown.now
    if over.incomplete or record is None or now is None or not may_glance(record, stack_mode, now):
        return over
    return change(over, reason="Hosted as required") if glancing.glance(record, remote, now) else None


def _correct_clock(remote: Remote, shown: datetime, served_at: datetime | None) -> tuple[Remote, datetime]:
    """Return the outside with the error of its clock taken off, and the time that this clock shows then."""
    error = measure_error(shown, served_at)
    return (change(remote, clock=CorrectedClock(remote.clock, error)) if error else remote), shown - error


def _end_early(
    model_id: ModelId,
    record: ModelRecord | None,
    served_at: datetime | None,
    shown: datetime,
    now: datetime,
    *,
    ahead: datetime | None,
) -> Result | None:
    """Return the result of a pass whose clock is off, or whose model is not due; None: the pass goes on.

    `shown`: what the clock shows; `now`: that without its error.
    """
    if is_off(shown, served_at):
        reason = f"This function's clock shows {shown}, but the store's shows {served_at}: Preheat takes no step by it"
        return Result(model_id, Action.LOOK, reason, incomplete=True)
    if record is not None and ahead is None and (record.wake_at is None or record.wake_at > now + EARLY):
        return Result(model_id, Action.LOOK, "Not due yet", record.phase, record.wake_at)
    return None


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The plan that applies to a model, with the lead in force, and the model's demand.

    `record` is the one to go by, turned to the plan's target where nothing holds it to another.
    """

    record: ModelRecord
    model: HostedModel | None = None
    outlook: Outlook = NOTHING_WANTED
    guards: Mapping[Subject, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def _count_looks(wanted: _Wanted, looks: int, now: datetime) -> _Wanted:
    """Return the same with as many more looks in the model's budget of calls."""
    record = wanted.record
    if not looks:
        return wanted
    spent_until = budget.spend(record.spent_until, now, looks * record.target.backend.calls_a_look)
    return change(wanted, record=change(record, spent_until=spent_until))


def _guard_stop(situation: Situation) -> Guards:
    """Return what must not have changed since the decision to stop: the plan, and the requests of its schedules."""
    return dict[Subject | Guarded, int]([(Guarded.PLAN, situation.plan_version), *situation.guards.items()])


def _find_wanted(record: ModelRecord, basis: Basis, remote: Remote, now: datetime) -> tuple[_Wanted | None, str]:
    """Return the model's settings, and the problem with the current plan.

    A model whose schedules cannot be evaluated here keeps the plan before; None if that fails too.
    """
    try:
        return _find_demand(record, basis.planned.model, basis, remote, now), ""
    except ScheduleError as error:
        problem = str(error)
    before = remote.store.read_planned_before(record.model_id)
    try:
        return _find_demand(record, before, basis, remote, now) if before is not None else None, problem
    except ScheduleError:
        return None, problem


def _find_demand(
    record: ModelRecord, model: HostedModel | None, basis: Basis, remote: Remote, now: datetime
) -> _Wanted:
    if model is None:
        return _Wanted(record)
    if record.target != model.target and not record.is_engaged():
        record = turn_to(record, model.target)
    requests, guards, missing = _read_standings(model, basis, remote, now)
    asked_at = _date_demand(now, model, record, requests)
    model = fix_lead(model, record, asked_at, requests)
    seen = look_ahead(model, asked_at, requests, served=is_served(record))
    if asked_at > now:  # The pass's clock judges what falls between the two: look once it has come.
        seen = change(seen, next_edge=min(asked_at, seen.next_edge or asked_at))
    return _Wanted(record, model, seen, guards, missing)


def _look_and_decide(
    wanted: _Wanted, plan_version: int, stack_mode: Mode, remote: Remote, now: datetime
) -> tuple[Situation, Decision]:
    """Gather and decide. A start or stop rests on a whole look: after a glance, the pass makes one more."""
    situation = _gather(wanted, plan_version, stack_mode, remote, now)
    decision = decide(situation)
    calls = decision.call is not None and not decision.call.call.is_of_gate
    if calls and situation.observation.recalled:
        situation = _gather(wanted, plan_version, stack_mode, change(remote, glances=None), now)
        spent_until = budget.spend(situation.record.spent_until, now)  # the glance before it
        situation = change(situation, record=change(situation.record, spent_until=spent_until))
        decision = decide(situation)
    return situation, decision


def _gather(wanted: _Wanted, plan_version: int, stack_mode: Mode, remote: Remote, now: datetime) -> Situation:
    """Read the rest of what the decision rests on: the service itself, and what consumes the model."""
    model, record = wanted.model, wanted.record
    mode = stack_mode if model is None else pick_strictest(stack_mode, model.mode)
    permit = permit_look(record, mode, now)
    record = change(record, writer=remote.writer, spent_until=permit.spent_until)
    look = remote.hosting.describe
    if remote.glances is not None and _is_under_way(wanted):
        look = remote.glances.glance
    observation = permit.instead or observe(record, _find_looked_at(record, model), look)
    situation = Situation(
        model=model,
        plan_version=plan_version,
        mode=mode,
        record=record,
        outlook=wanted.outlook,
        observation=observation,
        now=now,
        seen_at=now,
        guards=wanted.guards,
        stack=remote.stack,
    )
    if model is not None and model.readiness is not None and proving.is_due(situation):
        situation = _prove(situation, model.readiness, remote)
    if remote.scaling is not None and situation.has_looked and scaling.is_reading_due(situation):
        situation = _read_scaling(situation, remote, remote.scaling)
    # A service that Preheat must not call may still have a gate.
    situation = look_downstream(situation, remote)
    if situation.has_looked and situation.finds_a_stranger:
        situation = change(situation, seen_at=remote.clock.now())
    return situation


def _read_standings(
    model: HostedModel, basis: Basis, remote: Remote, now: datetime
) -> tuple[tuple[Standing, ...], Mapping[Subject, int], tuple[str, ...]]:
    """Return the holds and blocks of a model and of its schedules, with the versions that guard the latter.

    The pass reads them after the record, whose version guards the model's own. The plan before may have other
    schedules. The third are those whose items somebody deleted.
    """
    requests: list[Standing] = []
    missing: list[str] = []
    guards: dict[Subject, int] = {}
    for subject in list_subjects(model):
        found = basis.standings.get(subject) or remote.store.read_standings(subject, now - HORIZON)
        if subject.schedule is not None:
            guards[subject] = found.version
        requests += found.requests
        missing += [f"{subject.key}/{found.missing}"] if found.missing is not None else []
    return tuple(requests), guards, tuple(missing)


def _date_demand(now: datetime, model: HostedModel, record: ModelRecord, requests: Sequence[Standing]) -> datetime:
    """Return the instant from which a pass sees demand: not before its facts became known, or work for it began.

    Otherwise a pass with a slow clock would stop a model between its shift and the hold that prolongs it, or under a
    lifted block. It would also stop, as not needed yet, a model that another pass has just started. Leases go by `now`.
    """
    known = (record.since, model.announced_at, *(at for one in requests for at in (one.known_at, one.released_at)))
    return max([now, *(at for at in known if at is not None and at <= now + CLOCKS_APART)])


def _find_looked_at(record: ModelRecord, model: HostedModel | None) -> Target:
    """Return what to look at: the record's target, or that of the next start if there is no capacity for the first."""
    if model is None or model.target != record.target or record.effort is None:
        return record.target
    return model.find_target(record.effort.fallback)


def _is_under_way(wanted: _Wanted) -> bool:
    """Return whether a look at something that Preheat started or adopted has no step after it, as a rule."""
    record = wanted.record
    goes_on = record.phase in (Phase.STARTING, Phase.HOSTED) and wanted.outlook.current is not None
    return record.ownership is not Ownership.NONE and (goes_on or record.phase is Phase.STOPPING)


def _prove(situation: Situation, readiness: Readiness, remote: Remote) -> Situation:
    """Try the inference. It takes the place of the start or stop in the budget, because none follows it."""
    record, begun_at = (
        change(situation.record, spent_until=budget.spend(situation.record.spent_until, situation.now)),
        remote.clock.now(),
    )
    failure, detail = None, ""
    try:
        remote.ask(remote.hosting.probe, record.target, readiness)
    except HostingError as error:
        failure, detail = error.answer, str(error)
    proof = Proof(max(remote.clock.now() - begun_at, timedelta()), failure, detail)
    return change(situation, record=record, observation=change(situation.observation, proof=proof))


def _read_scaling(situation: Situation, remote: Remote, port: Scaling) -> Situation:
    """Read what the stop that may follow would remove; it counts against the model's budget of calls."""
    try:
        reading = remote.ask(port.read, situation.record.target, situation.observation.variants)
    except HostingError as error:
        reading = ScalingReading(failure=error.answer, detail=str(error))
    spent_until = budget.spend(situation.record.spent_until, situation.now, scaling.CALLS if reading.text else 1)
    return change(situation, record=change(situation.record, spent_until=spent_until), scaling_reading=reading)


def _restore(record: ModelRecord, remote: Remote, port: Scaling) -> Outcome:
    """Restore the scaling that the record keeps."""
    if record.scaling is None:
        raise ValueError(f"{record.model_id}: the record keeps no scaling to restore")
    try:
        remote.ask(port.restore, record.target, record.scaling.text)
    except HostingError as error:
        return Outcome(error.answer, str(error))
    return Outcome(Answer.ACCEPTED)


def _act(attempt: Attempt, record: ModelRecord, remote: Remote) -> Outcome:
    if attempt.call.is_of_gate:
        return move_gate(attempt, record, remote)
    call = remote.hosting.start if attempt.call is Call.START else remote.hosting.stop
    try:
        call(attempt)
    except HostingError as error:
        # This pass has just seen the parts of the start; where one may be new, not every part of the service knows it
        # yet.
        if error.answer is Answer.GONE and attempt.call is Call.START and attempt.target.backend.removes:
            return Outcome(Answer.LOST, str(error), retried=error.retried)
        return Outcome(error.answer, str(error), retried=error.retried)
    return Outcome(Answer.ACCEPTED)


def _report_ahead(decision: Decision, ahead: datetime | None) -> Decision:
    """Say in the reason that the record had times from the future, which the pass did not go by."""
    if ahead is None:
        return decision
    reason = f"{decision.reason}. The record had times up to {format_instant(ahead)}, from a clock that was ahead"
    entry = change(decision.entry, reason=reason) if decision.entry is not None else None
    return change(decision, reason=reason, entry=entry)


def _save(decision: Decision, remote: Remote, entries: list[LedgerEntry], guards: Guards) -> ModelRecord:
    if decision.entry is None:
        return remote.store.save(decision.record, None, guards)
    record, entry = accounting.hand_over(decision.record, decision.entry)
    record = remote.store.save(record, entry, guards)
    entries.append(entry)
    return record
