"""The steps that call nothing: KEEP, WAIT, REST and REPORT (and the one stop of a start that hangs).

Owns adoption, the closing of attempts, and what an unreadable service means: another look, never a call.
"""

from datetime import datetime, timedelta

from preheat.domain.decision import proving
from preheat.domain.decision.situation import (
    SPENT,
    Move,
    Situation,
    disown,
    hold,
    mark_left,
    pick_wake,
    repeat,
    withhold,
)
from preheat.domain.decision.sizing import asks_for_more, fall_back, find_delayed_restart, is_outgrown, repeats_restart
from preheat.domain.decision.starting import skip_config
from preheat.domain.decision.stopping import begin_stop
from preheat.domain.lead import evidence
from preheat.domain.plan.plan import Mode
from preheat.domain.plan.turn import look_in_turn
from preheat.domain.record import budget, looks
from preheat.domain.record.attempt import REACTIONS, Answer, Attempt, Call, compute_jitter, pause_before_retry
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import STUCK_AFTER_LEAST, Action, Effort, ModelRecord, Ownership, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import change

LOOKS_TO_SPARE = 12  # calls
GONE_FROM = 4  # looks in a row that did not find it, at least two by the word of the service: three may be wrong
OUTLASTED = "The demand ended before the service responded; checking again"
STOP_UNDER_WAY = "Needed again; waiting because an earlier stop may still be in progress"


def keep(situation: Situation) -> Move:
    """Hosted as required: note it, prove it if its plan requires that, adopt it if somebody else started it."""
    ready = proving.is_ready(situation)
    if situation.observation.foreign:
        if ready:
            return _leave_to_owner(situation, Phase.HOSTED, "Hosted as required", looks.HOSTED_EVERY)
        return _leave_to_owner(
            situation, Phase.WARMING, proving.describe_missing(situation), _pace_inferences(situation)
        )
    return _keep_ours(change(situation, record=disown(situation.record)), ready=ready)


def _keep_ours(situation: Situation, *, ready: bool) -> Move:
    """Hosted: stop it at the demand's end. Before that, at most start it with more units."""
    record, attempt, effort = mark_left(situation.record), situation.record.attempt, situation.record.effort
    if effort is not None:
        effort = change(effort, serving=True, proved=ready and proving.is_required(situation))
        record = _mark_ready(record, effort, situation) if ready else change(record, effort=effort)
    if attempt is not None and attempt.call is Call.STOP:
        if not attempt.is_closable(situation.now):
            return hold(change(situation, record=record), record.phase, STOP_UNDER_WAY, attempt.lease_ends_at())
        if repeats_restart(situation):
            return _repeat_restart(change(situation, record=record), attempt)
        record = change(record, attempt=None)
    action, reason = Action.LOOK, "Hosted as required"
    if record.ownership is Ownership.NONE:
        if not situation.may_adopt:
            return hold(situation, situation.record.phase, OUTLASTED, situation.seen_at)
        record = change(record, ownership=Ownership.ADOPTED)
        action, reason = Action.ADOPT, "Adopted: found hosted during a demand; stopping it when the demand ends"
    if is_outgrown(situation):
        reason = "Stopping to start again with more units, as a hold requires"
        return begin_stop(change(situation, record=record), reason)
    if not ready:
        return _keep_warming(situation, record, action)
    return Move(record, Phase.HOSTED, reason, _find_next_look(situation), action)


def _repeat_restart(situation: Situation, stop: Attempt) -> Move:
    """The service refused the stop of a restart for a moment: its gate stays closed, and the stop comes again soon."""
    if stop.retry_at is not None and situation.now < stop.retry_at:
        reason = f"Waiting to repeat the stop of a restart (last answer: {stop.answer})"
        return hold(situation, Phase.STOPPING, reason, stop.retry_at)
    return repeat(situation, stop, Phase.STOPPING)


def _find_next_look(situation: Situation) -> datetime | None:
    """Return the next look at a ready model; if many begin together, not all of them get a look at that moment."""
    demand = situation.outlook.current
    if situation.turn is not None and demand is not None and situation.outlook.next_edge == demand.ready_at:
        situation = change(situation, outlook=change(situation.outlook, next_edge=situation.outlook.edge_after))
    begins_at = find_delayed_restart(situation)
    wait = looks.HOSTED_EVERY if begins_at is None else begins_at - situation.now + looks.FINEST
    return pick_wake(situation, situation.now + min(wait, looks.HOSTED_EVERY))


def _leave_to_owner(situation: Situation, phase: Phase, seen: str, wait: timedelta) -> Move:
    """It serves the demand, but somebody else created it: not adopted, because a stop would destroy it."""
    record, attempt, effort, wake_at = (
        situation.record,
        situation.record.attempt,
        situation.record.effort,
        situation.now + wait,
    )
    if effort is not None and phase in (Phase.HOSTED, Phase.WARMING):
        effort = change(effort, serving=True)
        if phase is Phase.HOSTED:
            effort = change(effort, hosted_at=effort.hosted_at or situation.now, proved=proving.is_required(situation))
    if attempt is None or situation.now >= attempt.lease_ends_at():
        attempt, ownership = None, Ownership.NONE
    else:
        ownership, wake_at = record.ownership, attempt.lease_ends_at()
    action = Action.LOOK if record.phase is phase and record.ownership is ownership else Action.LEAVE
    record = change(record, attempt=attempt, ownership=ownership, effort=effort)
    return Move(
        record, phase, f"{seen}. Preheat did not create it and never stops it", pick_wake(situation, wake_at), action
    )


def _mark_ready(record: ModelRecord, effort: Effort, situation: Situation) -> ModelRecord:
    """Note that it is ready. The first time in a demand, the time that this took is a sample."""
    attempt = record.attempt
    took = evidence.measure_start(effort, record.samples, situation.now) if effort.hosted_at is None else None
    # A start from a fallback config or with a hold's units says nothing about those of the plan, which the lead is for.
    starts = attempt is not None and attempt.call is Call.START and attempt.target == record.target
    as_planned = starts and not asks_for_more(situation.model, attempt)
    if attempt is not None and as_planned and took is not None:
        late = situation.now > effort.ready_at and evidence.outlasts(effort, situation.now, situation.lead)
        record = evidence.add_sample(record, took, attempt.digest(), late=late)
    return change(record, effort=change(effort, hosted_at=effort.hosted_at or situation.now))


def _keep_warming(situation: Situation, record: ModelRecord, action: Action) -> Move:
    """Hosted, but not proved ready: another inference soon. No stop, no start; the promise reports lateness."""
    return Move(
        record,
        Phase.WARMING,
        proving.describe_missing(situation),
        _look_before_ready(situation, _pace_inferences(situation)),
        action,
    )


def _pace_inferences(situation: Situation) -> timedelta:
    """Return the wait until the next inference."""
    effort = situation.record.effort
    begun = (effort.first_start_at if effort is not None else None) or situation.record.since or situation.now
    return looks.wait_while_warming(situation.now - begun, situation.record.target.backend.calls_a_look + 1)


def _look_before_ready(situation: Situation, wait: timedelta) -> datetime | None:
    """Return the next look, with one just before the promise falls due; all in the model's turn, if it has one."""
    wake_at, effort = look_in_turn(situation.turn, situation.now, wait), situation.record.effort
    if effort is not None:
        last = effort.ready_at - looks.BEFORE_READY
        last = situation.turn.find_last(last) if situation.turn is not None else last
        wake_at = min(wake_at, last) if situation.now < last else wake_at
    return pick_wake(situation, wake_at)


def wait(situation: Situation) -> Move:
    """The service is working, or gave no answer: unknown never starts or stops anything."""
    record, observed = situation.record, situation.observation.observed
    if observed is Observed.STARTING:
        return _wait_for_hosted(situation)
    if observed is Observed.STOPPING:
        if situation.desired is Desired.REST and not record.is_engaged():
            return Move(
                record,
                record.phase,
                "Somebody else is stopping it",
                pick_wake(situation, situation.now + looks.HOSTED_EVERY),
            )
        return Move(
            mark_left(record), Phase.STOPPING, "Stopping", pick_wake(situation, situation.now + looks.STOPPING_EVERY)
        )
    if observed is Observed.BUSY:
        reason = "The service is changing the model; waiting"
        return Move(record, record.phase, reason, pick_wake(situation, situation.now + looks.BUSY_EVERY))
    return _wait_unread(situation)


def _wait_unread(situation: Situation) -> Move:
    """The look did not show the state: another one within minutes. Report it once, and again at the demand's end."""
    record, failure, unread = situation.record, situation.observation.failure, situation.record.unread
    idle = situation.desired is Desired.REST and not record.is_engaged()
    if unread is None or not situation.observation.asked:
        again = budget.affords_a_look_at(record.spent_until or situation.now, record.target.backend.calls_a_look)
        return Move(
            record, record.phase, f"{situation.observation.detail}; checking again", pick_wake(situation, again)
        )
    pause = looks.wait_while_unread(record.unreadable) + compute_jitter(record.model_id, record.unreadable)
    if not idle:
        pause = pause_before_retry(failure or Answer.LOST, record.unreadable, record.model_id) or looks.UNFIT_EVERY
    if failure is None:
        reason = f"The service reports the status {unread.words!r}, which this release does not know; checking again"
    else:
        reason = f"Cannot read the model's state ({unread.words}); checking again"
    refused = failure is None or REACTIONS[failure].told_from is not None
    tell = record.unreadable == (1 if refused else looks.UNREAD_TOLD_FROM)
    if situation.desired is Desired.REST and record.is_engaged() and record.effort is not None:
        reason, tell = f"No demand, but not stopped. {reason}. If the model is running, stop it yourself", True
    return Move(
        record,
        record.phase,
        reason,
        _check_again(situation, record, situation.now + pause),
        Action.UNREAD if tell else Action.LOOK,
    )


def _wait_for_hosted(situation: Situation) -> Move:
    """Starting as required: the next look comes inside the bracket. Stop a hung start once."""
    if situation.observation.foreign:
        return _leave_to_owner(situation, Phase.STARTING, "Starting", looks.BUSY_EVERY)
    situation = change(situation, record=disown(situation.record))
    record, attempt, effort = mark_left(situation.record), situation.record.attempt, situation.record.effort
    action, reason = (
        Action.LOOK,
        "Starting" if situation.observation.serving is None else f"Starting: {situation.observation.detail}",
    )
    if attempt is not None and attempt.call is Call.STOP:
        if not attempt.is_closable(situation.now):
            return hold(situation, record.phase, STOP_UNDER_WAY, attempt.lease_ends_at())
        if effort is not None and effort.unstuck and attempt.answer not in SPENT:
            return _repeat_hung_stop(situation, attempt)
        record = change(record, attempt=None)
    if record.ownership is Ownership.NONE:
        if not situation.may_adopt:
            return hold(situation, situation.record.phase, OUTLASTED, situation.seen_at)
        record = change(record, ownership=Ownership.ADOPTED)
        action, reason = Action.ADOPT, "Adopted: found starting during a demand; stopping it when the demand ends"
    elapsed = situation.now - _find_begin(situation, record, attempt)
    hangs = elapsed > max(2 * situation.lead, STUCK_AFTER_LEAST) and not _serves_in_part(situation)
    if hangs and effort is not None and not effort.unstuck:
        if situation.mode is Mode.OBSERVE:
            return withhold(situation, "stop the hung start")
        record, shortage = fall_back(situation.model, change(record, effort=change(effort, unstuck=True)))
        hung = f"Start hung for {elapsed // timedelta(minutes=1)} min"
        return begin_stop(change(situation, record=record), f"{hung}: stopping once, then starting again{shortage}")
    pace = looks.wait_while_starting(elapsed, record.samples, situation.lead)
    pace = min(pace, looks.HOSTED_EVERY) if situation.observation.serving else pace
    calls = record.target.backend.calls_a_look
    if calls > 1 and budget.is_short(record.spent_until, situation.now, LOOKS_TO_SPARE):
        pace = max(pace, calls * looks.A_CALL_EACH)  # The rest is for the looks around `ready_at`.
    return Move(record, Phase.STARTING, reason, _look_before_ready(situation, pace), action)


def _serves_in_part(situation: Situation) -> bool:
    """Some of the planned copies serve: a stop would remove those too. Preheat may give up copies beyond the plan's."""
    attempt, model = situation.record.attempt, situation.model
    wants_more = attempt is not None and model is not None and attempt.units.minimum > model.units.minimum
    return bool(situation.observation.serving) and not wants_more


def _repeat_hung_stop(situation: Situation, attempt: Attempt) -> Move:
    """The one stop of a hung start was not accepted: repeat the call, or the start would hang for ever."""
    if situation.mode is Mode.OBSERVE:
        return withhold(situation, "stop the hung start")
    if situation.refuses(Call.STOP):
        reason = "The service rejected the stop; waiting for a new plan"
        return Move(situation.record, Phase.REFUSED, reason, pick_wake(situation, situation.now + looks.UNFIT_EVERY))
    if attempt.retry_at is not None and situation.now < attempt.retry_at:
        return hold(
            situation, Phase.STOPPING, f"Waiting to repeat the stop (last answer: {attempt.answer})", attempt.retry_at
        )
    if attempt.is_aged(situation.now):
        return begin_stop(situation, "Stopping the hung start with a new token: the old one is too old to send again")
    return repeat(situation, attempt, Phase.STOPPING)


def _find_begin(situation: Situation, record: ModelRecord, attempt: Attempt | None) -> datetime:
    """Return since when it may have been starting: Preheat repeats a start only if it sees that it is not starting."""
    hosted_before = record.effort is not None and record.effort.serving  # then somebody else has started it again
    if attempt is not None and attempt.call is Call.START and not hosted_before:
        return attempt.intent_at
    return record.since if record.phase is Phase.STARTING and record.since is not None else situation.now


def rest(situation: Situation) -> Move:
    """Not running, and no demand: close the open attempt, once no worker can still be about to call."""
    record, attempt = situation.record, situation.record.attempt
    if attempt is not None:
        # Only time closes a start: if Preheat read its acceptance too early, an orphan would run for ever.
        now = situation.now
        over = now >= attempt.lease_ends_at() or (attempt.call is Call.STOP and attempt.is_closable(now))
        if not over:
            reason = f"Waiting: an earlier {attempt.call} may still be in progress"
            return hold(situation, record.phase, reason, attempt.lease_ends_at())
        if situation.observation.observed is Observed.STOPPED and attempt.may_come_up(now):
            reason = "No demand; checking every minute because the service may show an earlier start late"
            return hold(situation, record.phase, reason, now + looks.STOPPING_EVERY)
    if situation.observation.observed is Observed.GONE:
        return report(situation)
    record = change(record, attempt=None, ownership=Ownership.NONE)
    ahead = situation.outlook.upcoming
    before = f" before {format_instant(ahead.start_at, situation.zone)}" if ahead is not None else ""
    return Move(record, Phase.IDLE, f"Stopped; no demand{before}", pick_wake(situation))


def report(situation: Situation) -> Move:
    """It cannot run: absent, or in a state that no call can change."""
    skipped = skip_config(situation) if situation.desired is Desired.RUN else None
    if skipped is not None:
        return skipped
    record, attempt = situation.record, situation.record.attempt
    again = situation.now + looks.UNFIT_EVERY
    if situation.observation.observed is Observed.GONE:
        again = situation.now + looks.wait_while_unread(record.unreadable)
        let_go = record.phase is Phase.GONE and record.unreadable >= GONE_FROM
    else:
        let_go = True
    if attempt is not None and situation.now < attempt.lease_ends_at():
        again = min(again, attempt.lease_ends_at())
    elif let_go:
        record = change(record, attempt=None, ownership=Ownership.NONE)
    if situation.observation.observed is Observed.GONE:
        reason = "The service does not know this model; checking again"
        return Move(record, Phase.GONE, reason, _check_again(situation, record, again))
    reason = f"The model cannot start now: {situation.observation.detail}"
    return Move(record, Phase.REFUSED, reason, _check_again(situation, record, again))


def _check_again(situation: Situation, record: ModelRecord, again: datetime) -> datetime | None:
    """Return when to check what cannot start, or whose state nobody can read.

    None: no plan names it, and Preheat has nothing to stop or to close there.
    """
    if situation.model is None and record.is_at_rest_under(record.plan_version):
        return None
    return pick_wake(situation, again)
