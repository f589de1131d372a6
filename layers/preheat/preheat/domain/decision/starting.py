"""The step START: begin a start, repeat it with the same token, or renew it with another one once the old one is dead.

Owns the rules on tokens, attempts, repairs and backoff. Reached only while a demand is current.
"""

from datetime import timedelta

from preheat.domain.decision.situation import RECOVER_AFTER, Move, Situation, edge, hold, repeat, withheld
from preheat.domain.decision.stopping import new_stop
from preheat.domain.plan.plan import TAGS_ALLOWED, Mode, Tags
from preheat.domain.record import looks
from preheat.domain.record.attempt import REACTIONS, Answer, Attempt, Call, parameter_digest
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Ownership, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import changed

ATTEMPTS_MAX = 5
REPAIRS_MAX = 2
NO_CAPACITY = "The service has no capacity for it"
# Minutes after the first, second, … burnt attempt: its lease is over by then, and the first retry may yet make it.
BACKOFF = (0, 2, 4, 8)


def start(s: Situation) -> Move:
    """Run is wanted and the model is stopped or failed: begin, repeat or renew a start."""
    attempt, failed = s.record.attempt, s.observation.observed is Observed.FAILED
    if s.mode is Mode.OBSERVE:
        return withheld(s, "start the model")
    if s.refuses(Call.START):
        reason = "The service rejected the planned start; waiting for a new plan"
        return Move(s.record, Phase.REFUSED, reason, edge(s, s.now + looks.UNFIT_EVERY))
    if failed and s.observation.foreign:
        return _failed_and_foreign(s)
    if attempt is not None and attempt.call is Call.STOP:
        return _start_after_stop(s, attempt, failed=failed)
    if attempt is None:
        if failed and s.record.target.backend.deletes_failed:
            return _cleared(s)
        return new_start(s, repair=s.record.effort is not None and s.record.effort.serving)
    return _start_again(s, attempt, failed=failed)


def _cleared(s: Situation) -> Move:
    """What failed has to be stopped before anything else, unless the attempts of this demand are spent."""
    effort = s.record.effort
    if effort is not None and effort.attempts >= ATTEMPTS_MAX:
        return Move(s.record, Phase.FAILED, "Gave up; no further start until the demand ends", edge(s))
    return new_stop(s, "Failed: stopping first, then starting")


def _failed_and_foreign(s: Situation) -> Move:
    """Something of somebody else's stands failed in the place of the model: it can neither be started nor removed."""
    attempt = s.record.attempt
    if attempt is not None and s.now < attempt.lease_ends_at():
        return hold(s, s.record.phase, "Waiting: an earlier call may still be in progress", attempt.lease_ends_at())
    record = changed(s.record, attempt=None, ownership=Ownership.NONE)
    reason = f"Failed, and Preheat did not create it: delete it or hand it over to Preheat ({s.observation.detail})"
    action = Action.LOOK if record.phase is Phase.REFUSED else Action.REFUSE
    return Move(record, Phase.REFUSED, reason, edge(s, s.now + looks.UNFIT_EVERY), action)


def _start_again(s: Situation, attempt: Attempt, *, failed: bool) -> Move:
    """A start of ours stands already: repeat it, or renew it once its token is dead and its lease over."""
    if failed and attempt.answer is Answer.WRONG_STATE:
        if attempt.is_closable(s.now):
            return new_stop(s, "Failed, and the service rejects the start: stopping first, then starting")
        reason = "Failed, and the service rejects the start; waiting for the lease to end"
        return hold(s, s.record.phase, reason, attempt.lease_ends_at())
    death = _death(s, attempt, failed=failed)
    if death is None:
        if attempt.retry_at is not None and s.now < attempt.retry_at:
            reason = f"Waiting to repeat the start (last answer: {attempt.answer})"
            return hold(s, Phase.STARTING, reason, attempt.retry_at)
        if attempt.target.backend.tokenless and attempt.is_on_its_way(s.now):
            # Two calls would be two starts, if the first has failed by the time of the second.
            reason = "Waiting: the start may be in progress, and this service has no client token"
            return hold(s, s.record.phase, reason, attempt.lease_ends_at())
        return repeat(s, attempt, Phase.STARTING)
    if s.now < attempt.lease_ends_at():  # Whatever is known, a worker of this attempt may still be about to call.
        return hold(s, s.record.phase, f"{death}; waiting for the lease to end", attempt.lease_ends_at())
    if failed and s.observation.no_capacity:
        return _wait_for_capacity(s)
    if failed:
        return burnt(s, death)
    return new_start(s, repair=attempt.left)


def _death(s: Situation, attempt: Attempt, *, failed: bool) -> str | None:
    """Return why the token of a start must not be sent again, or None while repeating it is the same call."""
    # Without a token a repeated start is one more start: a failure seen under an open one is taken for its outcome.
    own_outcome = attempt.target.backend.tokenless and attempt.answer in (None, Answer.LOST)
    if failed and (attempt.left or own_outcome or s.now >= attempt.lease_ends_at()):
        return "Start failed"
    if not failed and attempt.left:
        return "Stopped again: somebody stopped the model, or an earlier call used its token"
    if attempt.is_aged(s.now):
        return "The token is too old to send again"
    if attempt.answer is not None and REACTIONS[attempt.answer].definite and s.model is not None:
        if attempt.answer in (Answer.INVALID, Answer.GONE):
            return "The service rejected the start under an earlier plan"
        if parameter_digest(s.model.target, s.units) != attempt.digest():
            return "The plan or the required units changed after the service rejected the start"
    return None


def _start_after_stop(s: Situation, attempt: Attempt, *, failed: bool) -> Move:
    """A stop of ours stands before the start: see it through, or close it."""
    if failed and attempt.answer in (None, Answer.LOST, Answer.THROTTLED) and not attempt.is_aged(s.now):
        if attempt.retry_at is not None and s.now < attempt.retry_at:
            return hold(s, Phase.STOPPING, "Waiting to repeat the stop", attempt.retry_at)
        return repeat(s, attempt, Phase.STOPPING)
    if not attempt.is_closable(s.now):
        return hold(s, s.record.phase, "Waiting: an earlier stop may still be in progress", attempt.lease_ends_at())
    if failed and attempt.target.backend.deletes_failed:
        return _not_cleared(s, attempt)
    if failed:
        return burnt(s, "Failed, and the service accepts neither a start nor a stop")
    return new_start(s, repair=False)


def _not_cleared(s: Situation, attempt: Attempt) -> Move:
    """What failed is still there after its stop: seen too early within the lease, a spent attempt after it."""
    effort = s.record.effort
    if s.now < attempt.lease_ends_at() or effort is None:
        reason = f"Stop answered {attempt.answer}, but the service still reports the model as failed"
        return hold(s, Phase.STOPPING, reason, attempt.lease_ends_at())
    counted = changed(effort, attempts=min(effort.attempts + 1, ATTEMPTS_MAX))
    return burnt(changed(s, record=changed(s.record, effort=counted)), "Failed, and the stop did not remove it")


def new_start(s: Situation, *, repair: bool) -> Move:
    """Record the intent of a start with a token of its own."""
    record, model, effort = s.record, s.model, s.record.effort
    if model is None or effort is None:
        raise ValueError(f"{record.model_id}: a start needs a planned model and a demand")  # _desired rules it out
    if effort.retry_at is not None and s.now < effort.retry_at:
        why = "Waiting before the next attempt" if effort.short_since is None else f"{NO_CAPACITY}; trying again soon"
        return hold(s, Phase.FAILED, why, effort.retry_at)
    if effort.attempts >= ATTEMPTS_MAX or (repair and effort.repairs >= REPAIRS_MAX):
        record = changed(record, attempt=None)
        limit = f"{effort.attempts} attempts and {effort.repairs} repairs"
        return Move(record, Phase.FAILED, f"Gave up after {limit}; no further start until the demand ends", edge(s))
    attempt = Attempt.intended(
        record.model_id,
        Call.START,
        generation=record.start_generation + 1,
        demand_start=effort.demand_start,
        target=model.target,
        units=s.units,
        now=s.now,
        tags=_merge_tags(model.tags, record.kept_tags),
    )
    effort = changed(
        effort,
        attempts=effort.attempts + 1,
        repairs=effort.repairs + repair,
        # What was stopped by somebody says nothing of how long a start takes: its clock runs anew.
        first_start_at=(None if repair else effort.first_start_at) or s.now,
        retry_at=None,
        serving=False,
    )
    record = changed(
        record,
        attempt=attempt,
        start_generation=attempt.generation,
        ownership=Ownership.STARTED,
        effort=effort,
    )
    why = f"repair {effort.repairs} of {REPAIRS_MAX}" if repair else f"attempt {effort.attempts} of {ATTEMPTS_MAX}"
    ready_by = "" if effort.ready_at == effort.demand_start else f"; can be ready by {format_instant(effort.ready_at)}"
    reason = f"Starting ({why}); needed from {format_instant(effort.demand_start)}{ready_by}"
    return Move(record, Phase.STARTING, reason, s.now + RECOVER_AFTER, Action.START, calls=True)


def _wait_for_capacity(s: Situation) -> Move:
    """The service has no capacity for it, as under a quota: no attempt is spent, and it is tried until the demand ends.

    Reported once in a demand. What it waited says nothing of how long a start takes.
    """
    effort = s.record.effort
    if effort is None:
        raise ValueError(f"{s.record.model_id}: a start fails only during a demand")
    retry_at = s.now + looks.CAPACITY_EVERY
    action = Action.CAPACITY if effort.short_since is None else Action.LOOK
    effort = changed(
        effort,
        attempts=max(effort.attempts - 1, 0),
        retry_at=retry_at,
        first_start_at=None,
        short_since=effort.short_since or s.now,
    )
    reason = f"{NO_CAPACITY} ({s.observation.detail}). Trying again every few minutes until the demand ends"
    return Move(changed(s.record, attempt=None, effort=effort), Phase.FAILED, reason, edge(s, retry_at), action)


def burnt(s: Situation, why: str) -> Move:
    """Record a burnt attempt, whose lease is over; from the second one on the next waits for its backoff."""
    effort = s.record.effort
    if effort is None:
        raise ValueError(f"{s.record.model_id}: a start uses its last attempt only during a demand")
    if effort.attempts >= ATTEMPTS_MAX:
        retry_at, then = None, "no further attempt until the demand ends"
    else:
        retry_at = s.now + timedelta(minutes=BACKOFF[max(effort.attempts, 1) - 1])
        then = f"next attempt at {format_instant(retry_at)}" if retry_at > s.now else "next attempt now"
    record = changed(s.record, attempt=None, effort=changed(effort, retry_at=retry_at))
    reason = f"{why} (attempt {effort.attempts} of {ATTEMPTS_MAX}, {s.observation.detail}); {then}"
    return Move(record, Phase.FAILED, reason, edge(s, retry_at), Action.FAIL)


def _merge_tags(planned: Tags, kept: Tags) -> Tags:
    """Return the tags of a new endpoint: the plan's, and of those that its owner gave it as many as AWS allows."""
    others = [(key, value) for key, value in kept if key not in dict(planned)]
    return (*planned, *others[: TAGS_ALLOWED - len(planned)])
