"""The step STOP: stop what is ours, with the same protocol as a start and a generation of its own.

Owns the rule that what Preheat neither started nor adopted is left alone.
"""

from preheat.domain.decision.situation import RECOVER_AFTER, Move, Situation, disowned, edge, hold, repeat, withheld
from preheat.domain.plan.plan import Mode, Units, Unscheduled
from preheat.domain.record import looks
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, ModelRecord, Ownership, Phase
from preheat.domain.values import changed

SPENT = (Answer.ACCEPTED, Answer.INVALID, Answer.GONE)  # a stop so answered is never repeated with the same token


def stop(s: Situation) -> Move:
    """Nothing is wanted and the model runs: stop it if it is ours."""
    if s.observation.foreign:
        return _let_go(s)
    s = changed(s, record=disowned(s.record))
    if not s.record.is_engaged() and not (s.model and s.model.unscheduled is Unscheduled.STOP):
        return unscheduled(s, s.record)
    return _stop(s)


def _let_go(s: Situation) -> Move:
    """Somebody else's stands where ours was, or was to be: whatever the policy, to stop it would destroy it."""
    attempt = s.record.attempt
    if attempt is not None and s.now < attempt.lease_ends_at():
        return hold(s, s.record.phase, "Waiting: an earlier call may still be in progress", attempt.lease_ends_at())
    return unscheduled(s, changed(s.record, attempt=None, ownership=Ownership.NONE))


def _stop(s: Situation) -> Move:
    """It is ours, or the policy is to stop it."""
    record, attempt = s.record, s.record.attempt
    if s.mode is Mode.OBSERVE:
        return withheld(s, "stop the model")
    if s.refuses(Call.STOP):
        reason = "The service rejected the stop; waiting for a new plan"
        return Move(record, Phase.REFUSED, reason, edge(s, s.now + looks.UNFIT_EVERY))
    if attempt is None:
        return new_stop(s, "Stopping: no demand")
    if attempt.call is Call.START:
        if not attempt.is_closable(s.now):
            reason = "No demand; waiting because a start may still be in progress"
            return hold(s, record.phase, reason, attempt.lease_ends_at())
        return new_stop(s, "Stopping: no demand")
    if attempt.answer in SPENT or attempt.is_aged(s.now):
        return _stop_anew(s, attempt)
    if attempt.retry_at is not None and s.now < attempt.retry_at:
        return hold(s, Phase.STOPPING, f"Waiting to repeat the stop (last answer: {attempt.answer})", attempt.retry_at)
    return repeat(s, attempt, Phase.STOPPING)


def _stop_anew(s: Situation, attempt: Attempt) -> Move:
    """The token of the last stop is spent, and the model still runs."""
    if s.now < attempt.lease_ends_at():
        reason = f"Stop answered {attempt.answer}; the model is still {s.record.observed}"
        return hold(s, Phase.STOPPING, reason, attempt.lease_ends_at())
    if attempt.answer is Answer.ACCEPTED and s.record.observed is Observed.STARTING and attempt.left:
        # A stop never leads to STARTING: it had its effect, and somebody else has started the model since. What was
        # starting all along may be what the service has accepted to stop while it was updated, without doing it.
        return unscheduled(s, changed(s.record, attempt=None, ownership=Ownership.NONE))
    return new_stop(s, f"Stopping again: the model is {s.record.observed} (last stop answered {attempt.answer})")


def new_stop(s: Situation, reason: str) -> Move:
    """Record the intent of a stop with a token of its own."""
    record = s.record
    attempt = Attempt.intended(
        record.model_id,
        Call.STOP,
        generation=record.stop_generation + 1,
        demand_start=record.effort.demand_start if record.effort else s.now,
        target=record.target,
        units=record.attempt.units if record.attempt else Units(),
        now=s.now,
    )
    attempt = changed(attempt, left=s.observation.observed is not Observed.STARTING)
    ours = Ownership.ADOPTED if record.ownership is Ownership.NONE else record.ownership
    record = changed(record, attempt=attempt, stop_generation=attempt.generation, ownership=ours)
    return Move(record, Phase.STOPPING, reason, s.now + RECOVER_AFTER, Action.STOP, calls=True)


def unscheduled(s: Situation, record: ModelRecord) -> Move:
    """It runs, no demand covers it, and it is not ours."""
    reason = "Running outside any demand and not started by Preheat; leaving it running"
    action = Action.LOOK if record.phase is Phase.UNSCHEDULED else Action.LEAVE
    return Move(record, Phase.UNSCHEDULED, reason, edge(s), action)
