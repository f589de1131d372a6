"""The step START: begin a start, repeat it with the same token, or begin another once that token is dead.

Owns the rules on tokens, attempts, repairs and backoff. Reached only while a demand is current.
"""

from datetime import datetime, timedelta

from preheat.domain.decision.situation import (
    RECOVER_AFTER,
    Move,
    Situation,
    hold,
    hold_for_lease,
    pick_wake,
    repeat,
    withhold,
)
from preheat.domain.decision.sizing import fall_back, keeps_asking, pick_units
from preheat.domain.decision.stopping import begin_stop
from preheat.domain.plan.plan import FALLBACKS_MAX, TAGS_ALLOWED, Mode, Tags
from preheat.domain.record import looks
from preheat.domain.record.attempt import REACTIONS, SHOWN_WITHIN, Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ATTEMPTS_MAX, REPAIRS_MAX, Action, Ownership, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import change

NO_CAPACITY = "The service has no capacity for it"
HAD_NO_CAPACITY = "The service had no capacity for it"
# Minutes after the first, second, … failed attempt. Its lease is over by then, and the first retry may still be in
# time.
BACKOFF = (0, 2, 4, 8)


def start(situation: Situation) -> Move:
    """A demand is active and the model is in STOPPED or FAILED: begin or repeat a start."""
    attempt, failed = situation.record.attempt, situation.observation.observed is Observed.FAILED
    if situation.mode is Mode.OBSERVE:
        return withhold(_end_run(situation), "start the model")
    if not failed and attempt is not None:
        situation = _settle(situation, attempt)
    if situation.refuses(Call.START):
        reason = "The service rejected the planned start; waiting for a new plan"
        return Move(situation.record, Phase.REFUSED, reason, pick_wake(situation, situation.now + looks.UNFIT_EVERY))
    if failed and situation.observation.foreign:
        return _report_foreign_failure(situation)
    if attempt is not None and attempt.call is Call.STOP:
        return _start_after_stop(situation, attempt, failed=failed)
    if attempt is None:
        if failed and situation.record.target.backend.deletes_failed:
            return _clear(situation)
        return begin_start(situation, repair=situation.record.effort is not None and situation.record.effort.serving)
    return _start_again(situation, attempt, failed=failed)


def _end_run(situation: Situation) -> Situation:
    """Nothing runs, and Preheat starts nothing: what runs later is not Preheat's, unless its last start comes up."""
    attempt = situation.record.attempt
    if attempt is not None and (situation.now < attempt.lease_ends_at() or attempt.may_come_up(situation.now)):
        return situation
    return change(situation, record=change(situation.record, attempt=None, ownership=Ownership.NONE))


def _settle(situation: Situation, attempt: Attempt) -> Situation:
    """Nothing runs, so long after a start that the service rejected in the end: none of its calls had an effect."""
    rejected = attempt.call is Call.START and attempt.is_refused()
    if not rejected or situation.now < attempt.lease_ends_at() or attempt.may_come_up(situation.now):
        return situation
    settled = change(attempt, doubtful=False, open_writers=0)
    return change(situation, record=change(situation.record, attempt=settled))


def _clear(situation: Situation) -> Move:
    """Stop a failed model before anything else, unless no further start comes for this demand."""
    effort = situation.record.effort
    if effort is not None and (effort.gave_up or effort.attempts >= ATTEMPTS_MAX):
        return _give_up(situation, "Gave up; no further start until the demand ends")
    return begin_stop(situation, "Failed: stopping first, then starting")


def _give_up(situation: Situation, reason: str) -> Move:
    """No further start comes for this demand: look on, because a person may start the model by hand."""
    record = situation.record
    before = record.since if record.phase is Phase.FAILED and record.attempt is None else None
    # Until then, a look may show the last start late. Somebody else starts what runs after that.
    is_over = before is not None and situation.now >= before + SHOWN_WITHIN
    record = change(record, attempt=None, ownership=Ownership.NONE if is_over else record.ownership)
    return Move(record, Phase.FAILED, reason, _look_on(situation), gives_up=True)


def _look_on(situation: Situation) -> datetime | None:
    return pick_wake(situation, situation.now + looks.UNFIT_EVERY)


def _report_foreign_failure(situation: Situation) -> Move:
    """Somebody else's failed model is in the place of this one: Preheat can neither start nor remove it."""
    waiting = hold_for_lease(situation)
    if waiting is not None:
        return waiting
    record = change(situation.record, attempt=None, ownership=Ownership.NONE)
    reason = (
        f"Failed, and Preheat did not create it: delete it or hand it over to Preheat ({situation.observation.detail})"
    )
    action = Action.LOOK if record.phase is Phase.REFUSED else Action.REFUSE
    return Move(record, Phase.REFUSED, reason, pick_wake(situation, situation.now + looks.UNFIT_EVERY), action)


def _start_again(situation: Situation, attempt: Attempt, *, failed: bool) -> Move:
    """An open start exists: repeat it, or begin another once its token is dead and its lease over."""
    if failed and attempt.answer is Answer.WRONG_STATE:
        if attempt.is_closable(situation.now):
            return begin_stop(situation, "Failed, and the service rejects the start: stopping first, then starting")
        reason = "Failed, and the service rejects the start; waiting for the lease to end"
        return hold(situation, situation.record.phase, reason, attempt.lease_ends_at())
    death = _find_death(situation, attempt, failed=failed)
    if death is None:
        if attempt.retry_at is not None and situation.now < attempt.retry_at:
            reason = f"Waiting to repeat the start (last answer: {attempt.answer})"
            return hold(situation, Phase.STARTING, reason, attempt.retry_at)
        if attempt.target.tokenless and attempt.is_on_its_way(situation.now):
            # Two calls would be two starts, if the first has failed by the time of the second.
            reason = "Waiting: the start may be in progress, and this service has no client token"
            return hold(situation, situation.record.phase, reason, attempt.lease_ends_at())
        return repeat(situation, attempt, Phase.STARTING)
    if situation.now < attempt.lease_ends_at():  # A worker of this attempt may still be about to call.
        return hold(
            situation, situation.record.phase, f"{death}; waiting for the lease to end", attempt.lease_ends_at()
        )
    if failed and situation.observation.no_capacity:
        return _wait_for_capacity(situation)
    if failed:
        return burn_attempt(situation, death)
    return begin_start(situation, repair=attempt.left)


def _find_death(situation: Situation, attempt: Attempt, *, failed: bool) -> str | None:
    """Return why Preheat must not send a start's token again, or None while repeating it is the same call."""
    # Without a token a repeated start is one more start: a failure that shows while one is open counts as its outcome.
    own_outcome = attempt.target.tokenless and attempt.answer in (None, Answer.LOST)
    if failed and (attempt.left or own_outcome or situation.now >= attempt.lease_ends_at()):
        return "Start failed"
    if not failed and attempt.left:
        return "Stopped again: somebody stopped the model, or an earlier call used its token"
    if attempt.is_aged(situation.now):
        return "The token is too old to send again"
    if attempt.answer is not None and REACTIONS[attempt.answer].definite and situation.model is not None:
        if attempt.answer in (Answer.INVALID, Answer.GONE) and keeps_asking(situation, attempt):
            return "The service rejected the start under an earlier plan"
        if not keeps_asking(situation, attempt):
            return "The plan or the required units changed after the service rejected the start"
    return None


def _start_after_stop(situation: Situation, attempt: Attempt, *, failed: bool) -> Move:
    """An open stop comes before the start: finish it, or close it."""
    if failed and attempt.answer in (None, Answer.LOST, Answer.THROTTLED) and not attempt.is_aged(situation.now):
        if attempt.retry_at is not None and situation.now < attempt.retry_at:
            return hold(situation, Phase.STOPPING, "Waiting to repeat the stop", attempt.retry_at)
        return repeat(situation, attempt, Phase.STOPPING)
    if not attempt.is_closable(situation.now):
        return hold(
            situation,
            situation.record.phase,
            "Waiting: an earlier stop may still be in progress",
            attempt.lease_ends_at(),
        )
    if failed and attempt.target.backend.deletes_failed:
        return _fail_to_clear(situation, attempt)
    if failed:
        return burn_attempt(situation, "Failed, and the service accepts neither a start nor a stop")
    return begin_start(situation, repair=False)


def _fail_to_clear(situation: Situation, attempt: Attempt) -> Move:
    """The failed model is still there after its stop: wait within the lease; after it, an attempt is used up."""
    effort = situation.record.effort
    if situation.now < attempt.lease_ends_at() or effort is None:
        reason = f"Stop answered {attempt.answer}, but the service still reports the model as failed"
        return hold(situation, Phase.STOPPING, reason, attempt.lease_ends_at())
    counted = change(effort, attempts=min(effort.attempts + 1, ATTEMPTS_MAX))
    return burn_attempt(
        change(situation, record=change(situation.record, effort=counted)), "Failed, and the stop did not remove it"
    )


def begin_start(situation: Situation, *, repair: bool) -> Move:
    """Record the intent of a start with a token of its own."""
    record, model, effort = situation.record, situation.model, situation.record.effort
    if model is None or effort is None:
        raise ValueError(f"{record.model_id}: a start needs a planned model and a demand")  # _desired rules it out
    if effort.retry_at is not None and situation.now < effort.retry_at:
        why = "Waiting before the next attempt" if not effort.is_short else f"{NO_CAPACITY}; trying again soon"
        return hold(situation, Phase.FAILED, why, effort.retry_at)
    if effort.gave_up or effort.attempts >= ATTEMPTS_MAX or (repair and effort.repairs >= REPAIRS_MAX):
        limit = f"{effort.attempts} attempts and {effort.repairs} repairs"
        return _give_up(situation, f"Gave up after {limit}; no further start until the demand ends")
    attempt = Attempt.intend(
        record.model_id,
        Call.START,
        generation=record.start_generation + 1,
        demand_start=effort.demand_start,
        target=situation.start_target,
        units=pick_units(situation),
        now=situation.now,
        stack=situation.stack,
        tags=_merge_tags(model.tags, record.kept_tags),
    )
    if record.attempt is not None and record.attempt.may_come_up(situation.now):
        # The copy that comes up may be of the start before, even if the service rejects this one: Preheat still has to
        # stop it.
        attempt = change(attempt, doubtful=True)
    effort = change(
        effort,
        attempts=effort.attempts + 1,
        repairs=effort.repairs + repair,
        # A model that somebody stopped says nothing about how long a start takes: its clock starts again.
        first_start_at=(None if repair else effort.first_start_at) or situation.now,
        retry_at=None,
        serving=False,
    )
    record = change(
        record,
        attempt=attempt,
        start_generation=attempt.generation,
        ownership=Ownership.STARTED,
        effort=effort,
    )
    why = f"repair {effort.repairs} of {REPAIRS_MAX}" if repair else f"attempt {effort.attempts} of {ATTEMPTS_MAX}"
    ready_by = (
        ""
        if effort.ready_at == effort.demand_start
        else f"; can be ready by {format_instant(effort.ready_at, situation.zone)}"
    )
    config = "" if attempt.target == model.target else f" with the fallback config {attempt.target.version}"
    reason = f"Starting{config} ({why}); needed from {format_instant(effort.demand_start, situation.zone)}{ready_by}"
    return Move(record, Phase.STARTING, reason, situation.now + RECOVER_AFTER, Action.START, calls=True)


def _wait_for_capacity(situation: Situation) -> Move:
    """The service has no capacity for it, as under a quota: it costs no attempt, and tries go on until the demand ends.

    The next endpoint config follows at once; after the last one, the first follows after a wait. There may be room for
    the plan's units where there is none for more: they follow at once too. Reported once in a demand. The wait says
    nothing about how long a start takes.
    """
    effort = situation.record.effort
    model = situation.model
    if effort is None or model is None:
        raise ValueError(f"{situation.record.model_id}: a start fails only during a demand")
    fallback = model.find_next_config(effort.fallback, effort.unusable)
    record, shortage = fall_back(model, situation.record)
    effort = record.effort or effort
    retry_at = situation.now + (looks.CAPACITY_EVERY if fallback is None and not shortage else timedelta())
    action = Action.CAPACITY if effort.short_since is None else Action.LOOK
    effort = change(
        effort,
        attempts=max(effort.attempts - 1, 0),
        retry_at=retry_at,
        first_start_at=None,
        fallback=fallback,
        short_since=effort.short_since or situation.now,
    )
    then = "Trying again every few minutes until the demand ends"
    if fallback is not None:
        then = f"Trying the fallback config {fallback}"
    elif model.fallbacks:
        then = "Trying each config again every few minutes until the demand ends"
    reason = f"{NO_CAPACITY} ({situation.observation.detail}). {then}{shortage}"
    return Move(
        change(record, attempt=None, effort=effort),
        Phase.FAILED,
        reason,
        pick_wake(situation, retry_at),
        action,
    )


def skip_config(situation: Situation) -> Move | None:
    """Return the move to the next endpoint config if the next start cannot use its own; None: it is the first.

    Reported once for each config in a demand. An open start keeps its lease, and what it may have made its owner.
    """
    effort, model, attempt = situation.record.effort, situation.model, situation.record.attempt
    if effort is None or model is None or effort.fallback not in model.fallbacks:
        return None
    if attempt is not None and not attempt.is_closable(situation.now):
        reason = "Waiting: an earlier call may still be in progress"
        return hold(situation, situation.record.phase, reason, attempt.lease_ends_at())
    unusable = (*effort.unusable, effort.fallback)[-FALLBACKS_MAX:]
    fallback = model.find_next_config(effort.fallback, unusable)
    retry_at = situation.now + (looks.CAPACITY_EVERY if fallback is None else timedelta())
    then = "the first config again soon" if fallback is None else f"the fallback config {fallback}"
    detail = situation.observation.detail
    reason = f"Preheat cannot use the fallback config {effort.fallback} ({detail}). Trying {then}"
    effort = change(effort, fallback=fallback, unusable=unusable, retry_at=retry_at)
    record = change(situation.record, attempt=None, effort=effort)
    return Move(record, Phase.FAILED, reason, pick_wake(situation, retry_at), Action.REFUSE)


def burn_attempt(situation: Situation, why: str) -> Move:
    """Record a failed attempt whose lease is over; from the second one on, the next attempt waits for its backoff."""
    effort = situation.record.effort
    if effort is None:
        raise ValueError(f"{situation.record.model_id}: a start uses its last attempt only during a demand")
    if effort.attempts >= ATTEMPTS_MAX:
        retry_at, then = None, "no further attempt until the demand ends"
    else:
        retry_at = situation.now + timedelta(minutes=BACKOFF[max(effort.attempts, 1) - 1])
        then = (
            f"next attempt at {format_instant(retry_at, situation.zone)}"
            if retry_at > situation.now
            else "next attempt now"
        )
    record, shortage = fall_back(situation.model, change(situation.record, effort=change(effort, retry_at=retry_at)))
    reason = f"{why} (attempt {effort.attempts} of {ATTEMPTS_MAX}, {situation.observation.detail}); {then}{shortage}"
    record = change(record, attempt=None)
    wake_at = _look_on(situation) if retry_at is None else pick_wake(situation, retry_at)
    return Move(record, Phase.FAILED, reason, wake_at, Action.FAIL, gives_up=retry_at is None)


def _merge_tags(planned: Tags, kept: Tags) -> Tags:
    """Return the tags of a new endpoint: the plan's, and of those that its owner gave it as many as AWS allows."""
    others = [(key, value) for key, value in kept if key not in dict(planned)]
    return (*planned, *others[: TAGS_ALLOWED - len(planned)])
