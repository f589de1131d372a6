"""Notes the answer to a call: the attempt, the phase, the silence, and when to look next.

Owns when an answer gets a ledger entry of its own. The table in `attempt` says what each answer means.
"""

from datetime import datetime, timedelta

from preheat.domain.decision import accounting, gating, scaling
from preheat.domain.decision.situation import Decision, Situation, pick_wake
from preheat.domain.decision.sizing import REFUSES_UNITS, asks_for_more, fall_back, find_fall_back
from preheat.domain.decision.writing import find_phase_start, write_entry
from preheat.domain.lead import evidence
from preheat.domain.plan.turn import look_in_turn
from preheat.domain.record import looks
from preheat.domain.record.attempt import REACTIONS, Answer, Attempt, Call, Outcome
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import Action, ModelRecord, Phase
from preheat.domain.record.wording import describe_answer
from preheat.domain.values import change


def note_gate_answer(situation: Situation, record: ModelRecord, outcome: Outcome, *, now: datetime) -> Decision:
    """Return the record with the answer to its gate's call; an answer worth reporting gets an entry."""
    before = record.gate.attempt if record.gate is not None else None
    after = gating.note_answer(situation, record, outcome, now)
    attempt = after.gate.attempt if after.gate is not None else None
    if before is None or attempt is None:
        raise ValueError(f"{record.model_id}: an answer needs the change of a gate that it answers")
    reason = describe_answer(f"gate {attempt.call} call", outcome)
    return _write_answer(record, after, reason, now, reported=_is_reported(before, attempt), of_gate=True)


def note_restore_answer(record: ModelRecord, outcome: Outcome, *, now: datetime) -> Decision:
    """Return the record after a try to restore an endpoint's scaling, with an entry for success or first failure."""
    after, reported = scaling.note_restore(record, outcome)
    after = change(after, sequence=record.sequence + (reported is not None))
    if reported is None:
        return Decision(Action.LOOK, "Preheat has not restored the scaling of the endpoint yet", after)
    return Decision(Action.SCALE, reported, after, write_entry(record, after, Action.SCALE, reported, now))


def note_answer(situation: Situation, record: ModelRecord, outcome: Outcome, *, now: datetime) -> Decision:
    """Return the record with the answer to its attempt's call; an answer worth reporting gets an entry."""
    before, stored = record.attempt, record
    if before is None:
        raise ValueError(f"{record.model_id}: an answer needs the attempt that it answers")
    answer = outcome.answer
    attempt = before.note_answer(answer, record.model_id, now, retried=outcome.retried, words=outcome.detail)
    reaction, shortage = REACTIONS[answer], ""
    larger = answer in REFUSES_UNITS and asks_for_more(situation.model, attempt)
    if larger:
        record, shortage = fall_back(situation.model, record)
    hosted = situation.desired is Desired.RUN and situation.observation.observed is Observed.HOSTED
    restarts = attempt.call is Call.STOP and hosted
    wake_at, phase, silent, observed = attempt.retry_at, record.phase, record.silent_for_plan, record.observed
    if answer is Answer.ACCEPTED:
        wake_at = _find_first_look(situation, record, attempt, now)
        record = accounting.note_accepted(situation, record, attempt, now)
    elif larger:
        wake_at = attempt.lease_ends_at()  # The plan's own start is next.
    elif restarts and reaction.definite and answer is not Answer.GONE:
        wake_at = now  # The service rejects its restart for more units: it goes on with what it has.
    elif reaction.retry_after is None:
        phase = Phase.GONE if answer is Answer.GONE else Phase.REFUSED
        if situation.model is None:
            wake_at = now + looks.UNPLANNED_EVERY
        else:
            wake_at, silent = now + looks.UNFIT_EVERY, situation.plan_version
        if not attempt.is_without_effect():
            observed = Observed.UNKNOWN  # Another try may have started something.
    effort = record.effort
    if effort is not None and attempt.call is Call.START and evidence.holds_up(answer, attempt.tries):
        effort = change(effort, first_start_at=None)  # Only a call without a rejection starts the clock.
    after = change(
        record,
        attempt=attempt,
        effort=effort,
        phase=phase,
        observed=observed,
        since=find_phase_start(record, phase, now),
        silent_for_plan=silent,
        wake_at=pick_wake(change(situation, now=now), wake_at),
    )
    reason = f"{describe_answer(str(attempt.call), outcome)}{shortage}"
    fell_back_to = find_fall_back(situation.model, stored, after)
    reported = _is_reported(before, attempt) or fell_back_to is not None
    return _write_answer(stored, after, reason, now, reported=reported, fell_back_to=fell_back_to)


def _find_first_look(situation: Situation, record: ModelRecord, attempt: Attempt, now: datetime) -> datetime:
    """Return when to look first at what an accepted call has set going."""
    if attempt.call is not Call.START:
        return now + looks.STOPPING_EVERY
    return look_in_turn(situation.turn, now, looks.wait_while_starting(timedelta(), record.samples, situation.lead))


def _is_reported(before: Attempt, after: Attempt) -> bool:
    """Return whether an answer gets an entry: the first of its kind, or as many in a row as its reaction asks for."""
    if after.answer is None:
        return False
    reports_from = REACTIONS[after.answer].told_from
    is_new = reports_from == 1 and before.answer is not after.answer
    return is_new or reports_from == after.tries > 1


def _write_answer(
    before: ModelRecord,
    after: ModelRecord,
    reason: str,
    now: datetime,
    *,
    reported: bool,
    of_gate: bool = False,
    fell_back_to: int | None = None,
) -> Decision:
    if not reported:
        return Decision(Action.LOOK, reason, after)
    after = change(after, sequence=before.sequence + 1)
    entry = write_entry(before, after, Action.REFUSE, reason, now, of_gate=of_gate)
    entry = change(entry, fell_back_to=fell_back_to)
    return Decision(Action.REFUSE, reason, after, entry)
