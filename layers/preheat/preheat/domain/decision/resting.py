"""The steps that call nothing: KEEP, WAIT, REST and REPORT (and the one stop of a start that hangs).

Owns adoption, the closing of attempts, and what an unreadable service means: another look, never an act.
"""

from datetime import datetime, timedelta

from preheat.domain.decision import proving
from preheat.domain.decision.situation import Move, Situation, disowned, edge, hold, left, repeat, withheld
from preheat.domain.decision.stopping import SPENT, new_stop
from preheat.domain.lead import evidence
from preheat.domain.plan.plan import Mode
from preheat.domain.plan.turn import look_in_turn
from preheat.domain.record import budget, looks
from preheat.domain.record.attempt import REACTIONS, Answer, Attempt, Call, jitter, retry_after
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import Action, Effort, ModelRecord, Ownership, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.values import changed

STUCK_AFTER_LEAST = timedelta(minutes=60)
LOOKS_TO_SPARE = 12  # calls
UNREAD_TOLD_FROM = 3  # looks in a row that got no answer: one is no news
GONE_FROM = 3  # looks in a row that did not find it, the last two by the service's word: one may be wrong
OUTLASTED = "The demand ended before the service responded; checking again"
STOP_UNDER_WAY = "Needed again; waiting because an earlier stop may still be in progress"


def keep(s: Situation) -> Move:
    """Hosted, as wanted: take note, have it proved if its plan asks for that, adopt it if nobody of ours started it."""
    ready = proving.is_ready(s)
    if s.observation.foreign:
        if ready:
            return _not_ours(s, Phase.HOSTED, "Hosted as required", looks.HOSTED_EVERY)
        return _not_ours(s, Phase.WARMING, proving.missing(s), _warming_pace(s))
    return _keep_ours(changed(s, record=disowned(s.record)), ready=ready)


def _keep_ours(s: Situation, *, ready: bool) -> Move:
    """Hosted, and to be stopped at the demand's end; before it only to be started with more units."""
    record, attempt, effort = left(s.record), s.record.attempt, s.record.effort
    if effort is not None:
        effort = changed(effort, serving=True, proved=ready and proving.is_asked(s))
        record = _ready(record, effort, s) if ready else changed(record, effort=effort)
    if attempt is not None and attempt.call is Call.STOP:
        if not attempt.is_closable(s.now):
            return hold(changed(s, record=record), record.phase, STOP_UNDER_WAY, attempt.lease_ends_at())
        record = changed(record, attempt=None)
    action, reason = Action.LOOK, "Hosted as required"
    if record.ownership is Ownership.NONE:
        if not s.may_adopt:
            return hold(s, s.record.phase, OUTLASTED, s.seen_at)
        record = changed(record, ownership=Ownership.ADOPTED)
        action, reason = Action.ADOPT, "Adopted: found hosted during a demand; stopping it when the demand ends"
    if s.outgrown:
        reason = "Stopping to start again with more units, as a hold requires"
        return new_stop(changed(s, record=record), reason)
    if not ready:
        return _warming(s, record, action)
    return Move(record, Phase.HOSTED, reason, _next_of_ready(s), action)


def _next_of_ready(s: Situation) -> datetime | None:
    """Return when to look again at what is ready; where many begin together, they are not all looked at just then."""
    demand = s.outlook.current
    if s.turn is not None and demand is not None and s.outlook.next_edge == demand.ready_at:
        s = changed(s, outlook=changed(s.outlook, next_edge=s.outlook.edge_after))
    return edge(s, s.now + looks.HOSTED_EVERY)


def _not_ours(s: Situation, phase: Phase, seen: str, wait: timedelta) -> Move:
    """It serves the demand, but was made by somebody else: not adopted, since its stop would destroy it."""
    record, attempt, effort, wake_at = s.record, s.record.attempt, s.record.effort, s.now + wait
    if effort is not None and phase in (Phase.HOSTED, Phase.WARMING):
        effort = changed(effort, serving=True)
        if phase is Phase.HOSTED:
            effort = changed(effort, hosted_at=effort.hosted_at or s.now, proved=proving.is_asked(s))
    if attempt is None or s.now >= attempt.lease_ends_at():
        attempt, ownership = None, Ownership.NONE
    else:
        ownership, wake_at = record.ownership, attempt.lease_ends_at()
    action = Action.LOOK if record.phase is phase and record.ownership is ownership else Action.LEAVE
    record = changed(record, attempt=attempt, ownership=ownership, effort=effort)
    return Move(record, phase, f"{seen}. Preheat did not create it and never stops it", edge(s, wake_at), action)


def _ready(record: ModelRecord, effort: Effort, s: Situation) -> ModelRecord:
    """Note that it is ready; the first time in a demand, how long that took is a sample."""
    attempt = record.attempt
    took = evidence.sample(effort, record.samples, s.now) if effort.hosted_at is None else None
    if attempt is not None and attempt.call is Call.START and took is not None:
        late = s.now > effort.ready_at and evidence.outlasts(effort, s.now, s.lead)
        record = evidence.measured(record, took, attempt.digest(), late=late)
    return changed(record, effort=changed(effort, hosted_at=effort.hosted_at or s.now))


def _warming(s: Situation, record: ModelRecord, action: Action) -> Move:
    """Hosted, but not proved ready: another inference soon. Nothing is stopped or started for it; late is told."""
    return Move(record, Phase.WARMING, proving.missing(s), _by_ready(s, _warming_pace(s)), action)


def _warming_pace(s: Situation) -> timedelta:
    """Return the wait until the next inference."""
    effort = s.record.effort
    begun = (effort.first_start_at if effort is not None else None) or s.record.since or s.now
    return looks.while_warming(s.now - begun, s.record.target.backend.calls_a_look + 1)


def _by_ready(s: Situation, wait: timedelta) -> datetime | None:
    """Return when to look next, with one look just before the promise falls due; all in its turn, where it has one."""
    wake_at, effort = look_in_turn(s.turn, s.now, wait), s.record.effort
    if effort is not None:
        last = effort.ready_at - looks.BEFORE_READY
        last = s.turn.last_by(last) if s.turn is not None else last
        wake_at = min(wake_at, last) if s.now < last else wake_at
    return edge(s, wake_at)


def wait(s: Situation) -> Move:
    """The service is on its way, or could not be read: unknown never starts or stops anything."""
    record, observed = s.record, s.observation.observed
    if observed is Observed.STARTING:
        return _wait_for_hosted(s)
    if observed is Observed.STOPPING:
        if s.desired is Desired.REST and not record.is_engaged():
            return Move(record, record.phase, "Somebody else is stopping it", edge(s, s.now + looks.HOSTED_EVERY))
        return Move(left(record), Phase.STOPPING, "Stopping", edge(s, s.now + looks.STOPPING_EVERY))
    if observed is Observed.BUSY:
        reason = "The service is changing the model; waiting"
        return Move(record, record.phase, reason, edge(s, s.now + looks.BUSY_EVERY))
    return _unread(s)


def _unread(s: Situation) -> Move:
    """The look did not show the state: another one within minutes. It is reported once, and at the demand's end."""
    record, failure, unread = s.record, s.observation.failure, s.record.unread
    idle = s.desired is Desired.REST and not record.is_engaged()
    if unread is None or not s.observation.asked:
        again = budget.affords_a_look_at(record.spent_until or s.now, record.target.backend.calls_a_look)
        return Move(record, record.phase, f"{s.observation.detail}; checking again", edge(s, again))
    pause = looks.while_unread(record.unreadable) + jitter(record.model_id, record.unreadable)
    if not idle:
        pause = retry_after(failure or Answer.LOST, record.unreadable, record.model_id) or looks.UNFIT_EVERY
    if failure is None:
        reason = f"The service reports the status {unread.words!r}, which this release does not know; checking again"
    else:
        reason = f"Cannot read the model's state ({unread.words}); checking again"
    refused = failure is None or REACTIONS[failure].told_from is not None
    tell = record.unreadable == (1 if refused else UNREAD_TOLD_FROM)
    if s.desired is Desired.REST and record.is_engaged() and record.effort is not None:
        reason, tell = f"No demand, but not stopped. {reason}. If the model is running, stop it yourself", True
    return Move(record, record.phase, reason, edge(s, s.now + pause), Action.UNREAD if tell else Action.LOOK)


def _wait_for_hosted(s: Situation) -> Move:
    """Starting, as wanted: look again inside the bracket; a start that hangs is stopped once."""
    if s.observation.foreign:
        return _not_ours(s, Phase.STARTING, "Starting", looks.BUSY_EVERY)
    s = changed(s, record=disowned(s.record))
    record, attempt, effort = left(s.record), s.record.attempt, s.record.effort
    action, reason = Action.LOOK, f"Starting: {s.observation.detail}" if s.observation.serving == 0 else "Starting"
    if attempt is not None and attempt.call is Call.STOP:
        if not attempt.is_closable(s.now):
            return hold(s, record.phase, STOP_UNDER_WAY, attempt.lease_ends_at())
        if effort is not None and effort.unstuck and attempt.answer not in SPENT:
            return _stop_of_hanging(s, attempt)
        record = changed(record, attempt=None)
    if record.ownership is Ownership.NONE:
        if not s.may_adopt:
            return hold(s, s.record.phase, OUTLASTED, s.seen_at)
        record = changed(record, ownership=Ownership.ADOPTED)
        action, reason = Action.ADOPT, "Adopted: found starting during a demand; stopping it when the demand ends"
    elapsed = s.now - _begun(s, record, attempt)
    if elapsed > max(2 * s.lead, STUCK_AFTER_LEAST) and effort is not None and not effort.unstuck:
        if s.mode is Mode.OBSERVE:
            return withheld(s, "stop the hung start")
        stuck = changed(s, record=changed(record, effort=changed(effort, unstuck=True)))
        reason = f"Start hung for {elapsed // timedelta(minutes=1)} min: stopping once, then starting again"
        return new_stop(stuck, reason)
    pace = looks.while_starting(elapsed, record.samples, s.lead)
    calls = record.target.backend.calls_a_look
    if calls > 1 and budget.is_short(record.spent_until, s.now, LOOKS_TO_SPARE):
        pace = max(pace, calls * looks.A_CALL_EACH)  # What is left is for the looks around `ready_at`.
    return Move(record, Phase.STARTING, reason, _by_ready(s, pace), action)


def _stop_of_hanging(s: Situation, attempt: Attempt) -> Move:
    """The one stop of a start that hangs was not accepted: the same call again, else it would hang for ever."""
    if s.mode is Mode.OBSERVE:
        return withheld(s, "stop the hung start")
    if s.refuses(Call.STOP):
        reason = "The service rejected the stop; waiting for a new plan"
        return Move(s.record, Phase.REFUSED, reason, edge(s, s.now + looks.UNFIT_EVERY))
    if attempt.retry_at is not None and s.now < attempt.retry_at:
        return hold(s, Phase.STOPPING, f"Waiting to repeat the stop (last answer: {attempt.answer})", attempt.retry_at)
    if attempt.is_aged(s.now):
        return new_stop(s, "Stopping the hung start with a new token: the old one is too old to send again")
    return repeat(s, attempt, Phase.STOPPING)


def _begun(s: Situation, record: ModelRecord, attempt: Attempt | None) -> datetime:
    """Return since when it may have been starting: a start is asked for again only while it is seen not to be."""
    hosted_before = record.effort is not None and record.effort.serving  # then somebody else has started it again
    if attempt is not None and attempt.call is Call.START and not hosted_before:
        return attempt.intent_at
    return record.since if record.phase is Phase.STARTING and record.since is not None else s.now


def rest(s: Situation) -> Move:
    """Not running, and nothing wanted: close what is open, once no worker can still be about to call."""
    record, attempt = s.record, s.record.attempt
    if attempt is not None:
        # A start is closed by time alone: were its acceptance read too early, an orphan would run for ever.
        over = s.now >= attempt.lease_ends_at() or (attempt.call is Call.STOP and attempt.is_closable(s.now))
        if not over:
            reason = f"Waiting: an earlier {attempt.call} may still be in progress"
            return hold(s, record.phase, reason, attempt.lease_ends_at())
    if s.observation.observed is Observed.GONE:
        return report(s)
    record = changed(record, attempt=None, ownership=Ownership.NONE)
    reason = (
        "Stopped; no demand"
        if s.outlook.next_edge is None
        else f"Stopped; no demand before {format_instant(s.outlook.next_edge)}"
    )
    return Move(record, Phase.IDLE, reason, edge(s))


def report(s: Situation) -> Move:
    """It cannot run: absent, or in a state that no call can change."""
    record, attempt = s.record, s.record.attempt
    again = s.now + looks.UNFIT_EVERY
    if s.observation.observed is Observed.GONE:
        again = s.now + looks.while_unread(record.unreadable)
        let_go = record.phase is Phase.GONE and record.unreadable >= GONE_FROM
    else:
        let_go = True
    if attempt is not None and s.now < attempt.lease_ends_at():
        again = min(again, attempt.lease_ends_at())
    elif let_go:
        record = changed(record, attempt=None, ownership=Ownership.NONE)
    if s.observation.observed is Observed.GONE:
        return Move(record, Phase.GONE, "The service does not know this model; checking again", edge(s, again))
    return Move(record, Phase.REFUSED, f"The model cannot start now: {s.observation.detail}", edge(s, again))
