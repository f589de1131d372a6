"""Writes a move up: the record to store, and a ledger entry if there is something to report.

Owns which entry a pass writes, and what it says. Does not know how entries are stored or published.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from preheat.domain.decision import scaling
from preheat.domain.decision.promise import Judgement
from preheat.domain.decision.situation import Decision, Move, Situation, pick_wake
from preheat.domain.decision.sizing import find_fall_back
from preheat.domain.decision.starting import HAD_NO_CAPACITY, NO_CAPACITY
from preheat.domain.lead import evidence
from preheat.domain.record import budget
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.observation import Proof
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import change

HOLDS_MAX: Final = 500  # that one entry reports; the others get theirs with the next look
NAMES_MAX: Final = 10  # holds that a reason names
TOLD_LENGTH: Final = 40  # characters of a hold's id that a record remembers


def write_up(situation: Situation, move: Move, judgement: Judgement) -> Decision:
    """Return the move as the record to store, with an entry if it changes or reports anything."""
    before = situation.record
    effort, holds = _report_to_holds(situation, move, judgement)
    ended = [each for each in situation.outlook.expired if not _is_expiry_reported(before, each[0])][:HOLDS_MAX]
    expired = tuple(one for _, one in ended)
    action, reason = _name_entry(situation, move, judgement, holds, expired)
    reported = action is not Action.LOOK
    wake_at, spent_until = move.wake_at, move.record.spent_until
    attempt = move.record.attempt
    if move.calls:
        spent_until = budget.spend(spent_until, situation.now)
    if situation.model is not None and situation.model.target != move.record.target and not move.record.is_engaged():
        wake_at = pick_wake(situation, situation.now)  # Release the old target: the next pass turns to the new one.
    record = change(
        move.record,
        phase=move.phase,
        since=find_phase_start(before, move.phase, situation.now),
        effort=effort if situation.desired is Desired.RUN else None,
        ended_effort=None if situation.desired is Desired.RUN else before.effort or before.ended_effort,
        wake_at=wake_at,
        spent_until=spent_until,
        silent_for_plan=move.record.silent_for_plan if attempt is not None and attempt.is_refused() else None,
        sequence=before.sequence + reported,
        expired_by=max(ended_at for ended_at, _ in ended) if ended else before.expired_by,
        last_margin=judgement.margin if reported and judgement.margin is not None else before.last_margin,
    )
    entry = None
    if reported:
        entry = write_entry(
            before,
            change(record, effort=effort or move.record.effort),  # The entry names the demand that ends with it.
            action,
            reason,
            situation.now,
            judgement=judgement,
            proof=situation.observation.proof,
            of_gate=move.of_gate,
        )
        fell_back_to = find_fall_back(situation.model, before, move.record)
        entry = change(entry, requests=holds, expired=expired, fell_back_to=fell_back_to)
    return Decision(action, reason, record, entry, _find_call(move) if move.calls else None, restores=move.restores)


def _name_entry(
    situation: Situation, move: Move, judgement: Judgement, holds: tuple[str, ...], expired: tuple[str, ...]
) -> tuple[Action, str]:
    """Return what the entry reports: the move's own action, or else the first of what else there is to report."""
    reason, late = move.reason, judgement.late
    if move.action is Action.STOP:
        reason = scaling.explain_stop(situation, reason)
    if judgement.lost:
        reason = f"Lost: ready no longer, and the demand goes on. {reason}"
    if move.action is not Action.LOOK:
        return move.action, reason
    if late:
        effort = judgement.effort
        short_since = effort.short_since if effort is not None else None
        if short_since is not None and NO_CAPACITY not in reason:
            return Action.LATE, f"Late. {HAD_NO_CAPACITY} at {format_instant(short_since, situation.zone)}. {reason}"
        return Action.LATE, f"Late. {reason}"
    if late is not None or judgement.lost or move.phase is not situation.record.phase:
        return Action.OBSERVE, reason
    if holds:
        return Action.READY, f"Ready for {_list_names(holds)}. {reason}"
    if expired:
        return Action.EXPIRE, f"Hold expired: {_list_names(expired)}. {reason}"
    return Action.LOOK, reason


def _report_to_holds(situation: Situation, move: Move, judgement: Judgement) -> tuple[Effort | None, tuple[str, ...]]:
    """Return the holds that get a report: each one once that the model is ready, or that it is late."""
    effort, demand = judgement.effort, situation.outlook.current
    if effort is None or demand is None or situation.desired is not Desired.RUN:
        return effort, ()
    holds = tuple(dict.fromkeys(str(piece.request_id) for piece in demand.find_holds(situation.now)))
    # A hold that has ended gets no second report: it leaves the record, which would otherwise grow with a demand that
    # never ends.
    ahead = {str(piece.request_id) for piece in demand.holds if piece.end > situation.now}
    told = tuple(one for one in effort.told if one in ahead or one in {_shorten(each) for each in ahead})
    hosted = move.phase is Phase.HOSTED and situation.observation.observed is Observed.HOSTED
    if not hosted or effort.hosted_at is None:
        return change(effort, told=told), holds[:HOLDS_MAX] if judgement.late or judgement.lost else ()
    fresh = tuple(one for one in holds if one not in told and _shorten(one) not in told)[:HOLDS_MAX]
    return change(effort, told=told + tuple(_shorten(one) for one in fresh)), fresh


def _shorten(request_id: str) -> str:
    """Return an id as the record remembers it: a long one by its digest, so that the record stays small."""
    if len(request_id) <= TOLD_LENGTH:
        return request_id
    return hashlib.sha256(request_id.encode()).hexdigest()[:TOLD_LENGTH]


def _list_names(names: tuple[str, ...]) -> str:
    """Return names for a reason; of many the first."""
    more = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {more} more" if more > 0 else "")


def _is_expiry_reported(record: ModelRecord, ended_at: datetime) -> bool:
    """Return whether the expiry of a hold that ended then is in the ledger."""
    return record.expired_by is not None and ended_at <= record.expired_by


def _find_call(move: Move) -> Attempt | None:
    gate = move.record.gate
    return gate.attempt if move.of_gate and gate is not None else move.record.attempt


def find_phase_start(record: ModelRecord, phase: Phase, now: datetime) -> datetime:
    """Return since when the phase has lasted; it never moves back."""
    if record.since is None:
        return now
    return record.since if phase is record.phase else max(record.since, now)


def write_entry(
    before: ModelRecord,
    after: ModelRecord,
    action: Action,
    reason: str,
    now: datetime,
    *,
    judgement: Judgement | None = None,
    proof: Proof | None = None,
    of_gate: bool = False,
) -> LedgerEntry:
    """Return the ledger entry of a change from one record to the other."""
    attempt = after.gate.attempt if of_gate and after.gate is not None else after.attempt
    effort = after.effort
    margin: timedelta | None = judgement.margin if judgement is not None else None
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
        time_to_hosted=evidence.measure_start(effort, before.samples, now) if measured and effort is not None else None,
        margin=margin,
        inference_latency=proof.latency if proof is not None and proof.failure is None else None,
        late=judgement.late if judgement is not None else None,
        lost=True if judgement is not None and judgement.lost else None,
        ready_at=effort.ready_at if effort else None,
        needed_from=effort.demand_start if effort else None,
        needed_until=effort.until if effort else None,
        units=attempt.units.minimum if attempt and not of_gate else None,
    )
