"""The step STOP: stop what Preheat started or adopted, with the protocol of a start and a generation of its own.

Owns the rule that Preheat stops only models that it started or adopted, and what a policy or a block adds to it.
"""

from preheat.domain.decision.situation import (
    RECOVER_AFTER,
    SPENT,
    Move,
    Situation,
    disown,
    hold,
    hold_for_lease,
    pick_wake,
    repeat,
    withhold,
)
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import Mode, Units
from preheat.domain.record import looks
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, ModelRecord, Ownership, Phase
from preheat.domain.values import change


def stop(situation: Situation) -> Move:
    """No demand, and the model runs: stop it if Preheat started or adopted it, or if the plan or a block says so."""
    if situation.observation.foreign:
        return _let_go(situation)
    situation = change(situation, record=disown(situation.record))
    if not situation.record.is_engaged() and not _may_stop_any(situation):
        return leave_running(situation, situation.record)
    return _stop(situation)


def _may_stop_any(situation: Situation) -> bool:
    """Return whether Preheat stops what somebody else started: by the policy of its plan, or while a block is active.

    The first stop makes the model Preheat's, so that Preheat completes the stop even if the block ends before it.
    """
    if situation.outlook.block is not None:
        return True
    model = situation.model
    return model is not None and model.target == situation.record.target and model.unscheduled is Unscheduled.STOP


def _let_go(situation: Situation) -> Move:
    """Somebody else's model has replaced this one. A stop, even one for the plan or a block, would destroy it."""
    waiting = hold_for_lease(situation)
    if waiting is not None:
        return waiting
    return leave_running(situation, change(situation.record, attempt=None, ownership=Ownership.NONE))


def _stop(situation: Situation) -> Move:
    """Preheat started or adopted it, or the policy is to stop it."""
    record, attempt = situation.record, situation.record.attempt
    if attempt is not None and _is_started_since(situation, attempt) and not _may_stop_any(situation):
        return leave_running(situation, change(record, attempt=None, ownership=Ownership.NONE))
    if situation.mode is Mode.OBSERVE:
        return withhold(situation, "stop the model")
    if situation.refuses(Call.STOP):
        reason = "The service rejected the stop; waiting for a new plan"
        return Move(record, Phase.REFUSED, reason, pick_wake(situation, situation.now + looks.UNFIT_EVERY))
    if attempt is None:
        return begin_stop(situation, _describe_stop(situation))
    if attempt.call is Call.START:
        if not attempt.is_closable(situation.now):
            reason = "No demand; waiting because a start may still be in progress"
            return hold(situation, record.phase, reason, attempt.lease_ends_at())
        return begin_stop(situation, _describe_stop(situation))
    if attempt.answer in SPENT or attempt.is_aged(situation.now):
        return _stop_again(situation, attempt)
    if attempt.retry_at is not None and situation.now < attempt.retry_at:
        return hold(
            situation, Phase.STOPPING, f"Waiting to repeat the stop (last answer: {attempt.answer})", attempt.retry_at
        )
    return repeat(situation, attempt, Phase.STOPPING)


def _is_started_since(situation: Situation, attempt: Attempt) -> bool:
    """Return whether a stop had its effect, and somebody else has started the model since: no stop leads to STARTING.

    A model that was starting all along may be one whose stop the service accepted during an update, without doing it.
    """
    if attempt.call is not Call.STOP or situation.now < attempt.lease_ends_at():
        return False
    return attempt.answer is Answer.ACCEPTED and situation.record.observed is Observed.STARTING and attempt.left


def _describe_stop(situation: Situation) -> str:
    if situation.record.is_engaged() or situation.outlook.block is None:
        return "Stopping: no demand"
    return f"Stopping: somebody else started it, and block {situation.outlook.block} is active"


def _stop_again(situation: Situation, attempt: Attempt) -> Move:
    """The token of the last stop is used up, and the model still runs."""
    if situation.now < attempt.lease_ends_at():
        reason = f"Stop answered {attempt.answer}; the model is still {situation.record.observed}"
        return hold(situation, Phase.STOPPING, reason, attempt.lease_ends_at())
    return begin_stop(
        situation, f"Stopping again: the model is {situation.record.observed} (last stop answered {attempt.answer})"
    )


def begin_stop(situation: Situation, reason: str) -> Move:
    """Record the intent of a stop with a token of its own."""
    record = situation.record
    attempt = Attempt.intend(
        record.model_id,
        Call.STOP,
        generation=record.stop_generation + 1,
        demand_start=record.effort.demand_start if record.effort else situation.now,
        target=record.target,
        units=record.attempt.units if record.attempt else Units(),
        now=situation.now,
        stack=situation.stack,
    )
    attempt = change(attempt, left=situation.observation.observed is not Observed.STARTING)
    ours = Ownership.ADOPTED if record.ownership is Ownership.NONE else record.ownership
    record = change(record, attempt=attempt, stop_generation=attempt.generation, ownership=ours)
    return Move(record, Phase.STOPPING, reason, situation.now + RECOVER_AFTER, Action.STOP, calls=True)


def leave_running(situation: Situation, record: ModelRecord) -> Move:
    """It runs, no demand needs it, and Preheat neither started nor adopted it."""
    reason = "Running outside any demand and not started by Preheat; leaving it running"
    if _may_stop_any(situation):
        reason = (
            "Running outside any demand. Preheat did not create this endpoint and never deletes it: delete it yourself"
        )
    action = Action.LOOK if record.phase is Phase.UNSCHEDULED else Action.LEAVE
    return Move(record, Phase.UNSCHEDULED, reason, pick_wake(situation), action)
