"""The decision: what one pass does about one model, and why, in words.

A pure function of the plan, the record, what was observed and `now`. It takes at most one step, and every outside call
it asks for is an attempt that stands in the record it returns: the caller stores that record first, then calls.
Which step fits which state is `lifecycle`'s table; `starting`, `stopping` and `resting` hold a step back where the
protocol says so; this module judges the promise (late or on time) and writes the step up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.domain.decision import accounting, draining, gating, proving
from preheat.domain.decision.resting import keep, report, rest, wait
from preheat.domain.decision.situation import Move, Situation, edge, served
from preheat.domain.decision.starting import NO_CAPACITY, start
from preheat.domain.decision.stopping import stop
from preheat.domain.lead import evidence
from preheat.domain.plan.plan import Mode
from preheat.domain.plan.turn import look_in_turn
from preheat.domain.record import budget, looks
from preheat.domain.record.attempt import REACTIONS, WORDS_MAX, Answer, Attempt, Call, Outcome
from preheat.domain.record.lifecycle import LIFECYCLE, Desired, Observed, Step
from preheat.domain.record.observation import Proof
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Phase, Unread
from preheat.domain.record.wording import describe_answer, format_instant
from preheat.domain.values import changed

STEPS: dict[Step, Callable[[Situation], Move]] = {
    Step.START: start,
    Step.STOP: stop,
    Step.KEEP: keep,
    Step.WAIT: wait,
    Step.REST: rest,
    Step.REPORT: report,
}


@dataclass(frozen=True, slots=True)
class Decision:
    """One step: the record to store with its entry, then the call to make, if any. LOOK tells nothing new."""

    action: Action
    reason: str
    record: ModelRecord
    entry: LedgerEntry | None = None
    call: Attempt | None = None


def decide(situation: Situation) -> Decision:
    """Return the one step to take now, with its reason. Total: every pair of the table has an answer."""
    s = _with_effort(situation, accounting.seen(situation))
    if s.mode is Mode.PAUSED:
        return _written_up(
            s, Move(s.record, Phase.PAUSED, "Paused: Preheat does not check, start or stop this model", None)
        )
    move = STEPS[LIFECYCLE[s.desired][s.observation.observed]](s)
    if draining.stops_what_may_serve(s, move):
        return _written_up(s, draining.before_stop(s, move))
    tells = move.action is not Action.LOOK or move.phase is not s.record.phase
    tells = tells or _judged(s, move.record.effort)[1] is not None
    return _written_up(s, gating.gated(s, move, tells=tells))


def after_gate_call(s: Situation, record: ModelRecord, outcome: Outcome, *, now: datetime) -> Decision:
    """Return the record with the outcome of its gate's call; an answer worth telling gets an entry."""
    after, told, reason = gating.answered(s, record, outcome, now)
    after = changed(after, sequence=record.sequence + told)
    action = Action.REFUSE if told else Action.LOOK
    entry = _entry(record, after, action, reason, now, of_gate=True) if told else None
    return Decision(action, reason, after, entry)


def after_call(s: Situation, record: ModelRecord, outcome: Outcome, *, now: datetime) -> Decision:
    """Return the record with the outcome of its attempt's call; an answer worth telling gets an entry."""
    before = record.attempt
    if before is None:
        raise ValueError(f"{record.model_id}: an answer needs the attempt that it answers")
    answer = outcome.answer
    attempt = before.answered(answer, record.model_id, now, retried=outcome.retried, words=outcome.detail)
    reaction = REACTIONS[answer]
    restarts = attempt.call is Call.STOP and s.desired is Desired.RUN and s.observation.observed is Observed.HOSTED
    wake_at, phase, silent, observed = attempt.retry_at, record.phase, record.silent_for_plan, record.observed
    if answer is Answer.ACCEPTED:
        first_look_at = now + looks.STOPPING_EVERY
        if attempt.call is Call.START:
            first_look_at = look_in_turn(s.turn, now, looks.while_starting(timedelta(), record.samples, s.lead))
        wake_at = first_look_at
        record = accounting.accepted(s, record, attempt, now)
    elif restarts and reaction.definite and answer is not Answer.GONE:
        wake_at = now  # Its restart for more units is refused: it goes on with what it has.
    elif reaction.retry_after is None:
        phase = Phase.GONE if answer is Answer.GONE else Phase.REFUSED
        if s.model is None:
            wake_at = now + looks.UNPLANNED_EVERY
        else:
            silent = s.plan_version
        if not attempt.is_without_effect():
            # Another try of it may have begun something: whoever must not look may not rest on what was seen before.
            observed = Observed.UNKNOWN
    effort = record.effort
    if effort is not None and attempt.call is Call.START and evidence.holds_up(answer, attempt.tries):
        effort = changed(effort, first_start_at=None)  # The clock of the start runs from a call that is not refused.
    told = reaction.told_from == 1 and before.answer is not answer
    told = told or reaction.told_from == attempt.tries > 1
    reason = describe_answer(str(attempt.call), outcome)
    after = changed(
        record,
        attempt=attempt,
        effort=effort,
        phase=phase,
        observed=observed,
        since=_since(record, phase, now),
        silent_for_plan=silent,
        wake_at=edge(changed(s, now=now), wake_at),
        sequence=record.sequence + told,
    )
    action = Action.REFUSE if told else Action.LOOK
    return Decision(action, reason, after, _entry(record, after, action, reason, now) if told else None)


def _with_effort(s: Situation, record: ModelRecord) -> Situation:
    """Note the observation in the record, and open or extend the effort of the current demand."""
    demand = s.outlook.current
    readable = s.observation.observed is not Observed.UNKNOWN
    effort = record.effort
    if s.desired is Desired.RUN and demand is not None:
        effort = served(record, demand, s.lead, s.turn)
        effort = changed(effort, proved=effort.proved and s.observation.observed in proving.STANDS)
    record = changed(
        record,
        plan_version=s.plan_version,
        mode=s.mode,
        observed=s.observation.observed if readable else record.observed,
        unreadable=0 if readable else record.unreadable + 1,
        unread=_unread(s, record),
        status=_status(s, record),
        silent_for_plan=record.silent_for_plan if s.silent else None,
        effort=effort,
    )
    return gating.noted(draining.noted(changed(s, record=record)))


def _unread(s: Situation, record: ModelRecord) -> Unread | None:
    """Return since when checks do not show the state; a check that was not made changes nothing."""
    if not s.observation.asked:
        return record.unread
    if s.observation.observed is not Observed.UNKNOWN:
        return None
    since = record.unread.since if record.unread is not None else s.now
    return Unread(since, s.observation.detail[:WORDS_MAX], s.observation.failure)


def _status(s: Situation, record: ModelRecord) -> str:
    """Return the service's own words for the state; of a model that did not answer its inference, those of that."""
    if not s.observation.asked or s.observation.observed is Observed.UNKNOWN:
        return record.status
    proof = s.observation.proof
    return (proof.detail if proof is not None and proof.failure is not None else s.observation.detail)[:WORDS_MAX]


def _written_up(s: Situation, move: Move) -> Decision:
    """Turn a move into the record to store, and into an entry if it changes or tells anything."""
    move = changed(move, record=_weighed(s, move.record))
    effort, late, margin = _judged(s, move.record.effort)
    action, reason = move.action, move.reason
    if action is Action.LOOK and late:
        action, reason = Action.LATE, f"Late. {reason}"
        if effort is not None and effort.short_since is not None and NO_CAPACITY not in reason:
            reason = f"Late. {NO_CAPACITY} since {format_instant(effort.short_since)}. {move.reason}"
    elif action is Action.LOOK and (move.phase is not s.record.phase or late is not None):
        action = Action.OBSERVE
    effort, requests = _told(s, move, effort, late=bool(late))
    expired = tuple(one for ended_at, one in s.outlook.expired if not _knows(s.record, ended_at))
    if action is Action.LOOK and requests:
        action, reason = Action.READY, f"Ready for {', '.join(requests)}. {reason}"
    elif action is Action.LOOK and expired:
        action, reason = Action.EXPIRE, f"Hold expired: {', '.join(expired)}. {reason}"
    told = action is not Action.LOOK
    wake_at, spent_until = move.wake_at, move.record.spent_until
    if move.calls:
        spent_until = budget.spent(spent_until, s.now)
    if s.model is not None and s.model.target != move.record.target and not move.record.is_engaged():
        wake_at = edge(s, s.now)  # The old target is let go: the next pass turns to the new one.
    record = changed(
        move.record,
        phase=move.phase,
        since=_since(s.record, move.phase, s.now),
        effort=effort if s.desired is Desired.RUN else None,
        wake_at=wake_at,
        spent_until=spent_until,
        sequence=s.record.sequence + told,
        expired_by=max(ended_at for ended_at, _ in s.outlook.expired) if expired else s.record.expired_by,
    )
    entry = None
    if told:
        spent = changed(record, effort=effort or move.record.effort)  # The entry names the demand that ends with it.
        proof, of_gate = s.observation.proof, move.of_gate
        entry = _entry(s.record, spent, action, reason, s.now, late=late, margin=margin, proof=proof, of_gate=of_gate)
        entry = changed(entry, requests=requests, expired=expired)
    return Decision(
        action,
        reason,
        record,
        entry,
        _call(move) if move.calls else None,
    )


def _call(move: Move) -> Attempt | None:
    gate = move.record.gate
    return gate.attempt if move.of_gate and gate is not None else move.record.attempt


def _told(s: Situation, move: Move, effort: Effort | None, *, late: bool) -> tuple[Effort | None, tuple[str, ...]]:
    """Return the holds to be told now that it is ready, once each, or that it is late; the effort knows the former."""
    demand = s.outlook.current
    if effort is None or demand is None or s.desired is not Desired.RUN:
        return effort, ()
    served = tuple(dict.fromkeys(str(piece.request_id) for piece in demand.served(s.now)))
    ready = move.phase is Phase.HOSTED and s.observation.observed is Observed.HOSTED and effort.hosted_at is not None
    if not ready:
        return effort, served if late else ()
    fresh = tuple(one for one in served if one not in effort.told)
    return changed(effort, told=effort.told + fresh), fresh


def _knows(record: ModelRecord, ended_at: datetime) -> bool:
    """Tell whether a hold that has ended then was told of."""
    return record.expired_by is not None and ended_at <= record.expired_by


def _weighed(s: Situation, record: ModelRecord) -> ModelRecord:
    """Note that it was seen not ready yet, and what that says of the starts before: it may never become ready."""
    effort = record.effort
    if effort is None or effort.hosted_at is not None or not s.has_looked:
        return record
    record = changed(record, effort=changed(effort, unready_at=s.now))
    late = s.now >= effort.ready_at and evidence.outlasts(effort, s.now, s.lead)
    return evidence.cut(record) if late else record


def _judged(s: Situation, effort: Effort | None) -> tuple[Effort | None, bool | None, timedelta | None]:
    """Judge the demand's start, once: return the effort, late or not (None: not now), and the margin if it is seen."""
    if effort is None:
        return None, None, None
    seen_now = effort.hosted_at == s.now and s.observation.observed is Observed.HOSTED
    margin = effort.ready_at - s.now if seen_now else None
    overdue = s.now >= effort.ready_at and effort.ready_at < effort.until
    if effort.judged or not (seen_now or overdue):
        return effort, None, margin
    return changed(effort, judged=True), s.now > effort.ready_at if seen_now else True, margin


def _since(record: ModelRecord, phase: Phase, now: datetime) -> datetime:
    """Return since when the phase has lasted; it never moves back."""
    if record.since is None:
        return now
    return record.since if phase is record.phase else max(record.since, now)


def _entry(
    before: ModelRecord,
    after: ModelRecord,
    action: Action,
    reason: str,
    now: datetime,
    *,
    late: bool | None = None,
    margin: timedelta | None = None,
    proof: Proof | None = None,
    of_gate: bool = False,
) -> LedgerEntry:
    attempt = after.gate.attempt if of_gate and after.gate is not None else after.attempt
    effort = after.effort
    measured = margin is not None and attempt is not None and attempt.call is Call.START
    return LedgerEntry(
        model_id=after.model_id,
        sequence=after.sequence,
        at=now,
        from_phase=before.phase,
        to_phase=after.phase,
        action=action,
        reason=reason,
        target=after.target,
        schedule=effort.schedule if effort else None,
        client_token=attempt.client_token if attempt else None,
        parameter_digest=attempt.digest() if attempt else None,
        generation=attempt.generation if attempt else None,
        attempt=effort.attempts if effort else None,
        time_to_hosted=evidence.sample(effort, before.samples, now) if measured and effort is not None else None,
        margin=margin,
        inference_latency=proof.latency if proof is not None and proof.failure is None else None,
        late=late,
        ready_at=effort.ready_at if effort else None,
        needed_from=effort.demand_start if effort else None,
        needed_until=effort.until if effort else None,
        units=attempt.units.minimum if attempt and not of_gate else None,
    )
