"""The verdict on one model, from its plan, its record, its demand and the moment.

A pure function. It never states an intent as a fact: only what the service showed decides whether a model runs. A state
that nobody could read is UNKNOWN, whatever the record says.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from preheat.domain.plan.plan import Mode
from preheat.domain.record.attempt import Answer, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ATTEMPTS_MAX, Ownership, Phase
from preheat.domain.values import change
from preheat.domain.verdict.causes import CAUSES, MAY_END, VerdictCause, VerdictState
from preheat.domain.verdict.expecting import count_attempts, estimate_ready, hangs, has_failed, measure_elapsed
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.remedies import suggest_remedies
from preheat.domain.verdict.verdict import Verdict

OVERDUE_AFTER = timedelta(minutes=5)  # a check that was due this long ago: the functions do not run
STOPS_AT_LATEST = timedelta(minutes=30)  # the verdict reports a stop that takes longer
REFUSALS = {  # the name of an answer to a start while the start is needed
    Answer.QUOTA: VerdictCause.QUOTA,
    Answer.DENIED: VerdictCause.START_DENIED,
    Answer.INVALID: VerdictCause.START_INVALID,
    Answer.GONE: VerdictCause.ABSENT,
    Answer.THROTTLED: VerdictCause.THROTTLED,
    Answer.WRONG_STATE: VerdictCause.WRONG_STATE,
    Answer.LOST: VerdictCause.NO_ANSWER,
    Answer.ACCEPTED: VerdictCause.START_SENT,
}
# A start with such an answer goes no further, with any amount of time.
_REFUSED = frozenset({Answer.QUOTA, Answer.DENIED, Answer.INVALID, Answer.GONE})


class _Finding(NamedTuple):
    state: VerdictState | None  # None: by the remaining time
    cause: VerdictCause
    words: str = ""
    since: datetime | None = None
    detail: str = ""


def judge(facts: VerdictFacts) -> Verdict:
    """Return the verdict on one model.

    Raises:
        ValueError: neither the plan nor a record names it.
    """
    if facts.model is None and facts.record is None and not facts.problem:
        raise ValueError(f"{facts.model_id} is neither planned nor on record")
    found = (
        _find_unknown(facts)
        or _find_rejected(facts)
        or (_judge_needed(facts) if facts.demand is not None else _judge_unneeded(facts))
    )
    return _write_verdict(facts, found)


def is_refused(facts: VerdictFacts) -> bool:
    """Return whether the service refuses the start under way."""
    return facts.find_answer(Call.START) in _REFUSED and facts.observed not in (Observed.STARTING, Observed.HOSTED)


def _find_unknown(facts: VerdictFacts) -> _Finding | None:
    """Return why nobody knows whether it runs; None: that is known."""
    unknown, record = VerdictState.UNKNOWN, facts.record
    if facts.problem:
        return _Finding(unknown, VerdictCause.UNSTORED, words=facts.problem)
    seen_at = record.looked_at if record is not None else None
    if facts.strictest is Mode.PAUSED:
        return _Finding(unknown, VerdictCause.PAUSED, since=seen_at)
    if record is None:
        return _Finding(unknown, VerdictCause.UNSEEN)
    if record.unread is not None:
        cause = {
            None: VerdictCause.STRANGE_STATUS,
            Answer.DENIED: VerdictCause.READ_DENIED,
        }.get(record.unread.failure, VerdictCause.READ_FAILED)
        return _Finding(unknown, cause, record.unread.words, record.unread.since)
    if record.wake_at is not None and facts.now - record.wake_at > OVERDUE_AFTER:
        return _Finding(unknown, VerdictCause.OVERDUE, since=record.wake_at)
    if record.observed is Observed.BUSY:
        return _Finding(unknown, VerdictCause.BUSY, record.status, seen_at)
    if record.observed is Observed.UNKNOWN and not is_refused(facts):
        return _Finding(unknown, VerdictCause.UNSEEN)
    return None


def _find_rejected(facts: VerdictFacts) -> _Finding | None:
    """Return what no further try can change; needed and past its ready time, it is LATE by the same cause."""
    record = facts.record
    words = record.status if record is not None else ""
    since = record.since if record is not None else None
    if facts.model is None and record is not None and not record.is_engaged():
        return None  # Nobody wants it to start.
    if facts.observed is Observed.GONE or Answer.GONE in (facts.find_answer(Call.START), facts.find_answer(Call.STOP)):
        return _Finding(None, VerdictCause.ABSENT, _quote_refusal(facts) or words, since)
    if facts.observed is Observed.UNFIT:
        return _Finding(None, VerdictCause.UNFIT, words, since)
    if facts.find_answer(Call.START) is Answer.INVALID and facts.observed not in (Observed.HOSTED, Observed.STARTING):
        return _Finding(None, VerdictCause.START_INVALID, _quote_refusal(facts), since)
    if facts.observed is Observed.FAILED and record is not None and record.phase is Phase.REFUSED:
        return _Finding(None, VerdictCause.FAILED_FOREIGN, words, since)
    return None


def _quote_refusal(facts: VerdictFacts) -> str:
    return facts.attempt.words if facts.attempt is not None else ""


def _judge_needed(facts: VerdictFacts) -> _Finding:
    """A demand includes the moment."""
    record, effort = facts.record, facts.effort
    words = record.status if record is not None else ""
    if facts.observed is Observed.HOSTED:
        return _judge_serving(facts, words)
    if facts.observed is Observed.STARTING:
        cause = VerdictCause.HANGING if hangs(facts) else VerdictCause.STARTING
        if cause is VerdictCause.STARTING and measure_elapsed(facts) > facts.lead:
            cause = VerdictCause.SLOW
        return _Finding(None, cause, words, detail=count_attempts(facts, at_least=2))
    if facts.strictest is Mode.OBSERVE:
        return _Finding(None, VerdictCause.OBSERVE, words)
    if has_failed(facts):
        return _judge_failed(facts, words)
    answer = facts.find_answer(Call.START)
    if answer is not None:
        return _Finding(None, REFUSALS[answer], _quote_refusal(facts))
    if facts.attempt is not None or facts.observed is Observed.STOPPING:
        of_start = facts.attempt is not None and facts.attempt.call is Call.START
        return _Finding(None, VerdictCause.START_DUE if of_start else VerdictCause.CLEARING, _quote_refusal(facts))
    if effort is not None and effort.is_short and effort.retry_at is not None:
        return _Finding(None, VerdictCause.CAPACITY, words, effort.short_since)
    if effort is not None and (_has_given_up(facts) or (effort.attempts and facts.observed is Observed.FAILED)):
        return _judge_failed(facts, words)
    return _Finding(None, VerdictCause.START_DUE, detail=count_attempts(facts))


def _judge_failed(facts: VerdictFacts, words: str) -> _Finding:
    """Its start has failed: is there another attempt?"""
    cause = VerdictCause.GIVEN_UP if _has_given_up(facts) else VerdictCause.START_FAILED
    return _Finding(None, cause, words, detail=count_attempts(facts))


def _has_given_up(facts: VerdictFacts) -> bool:
    """Return whether no further start comes for the demand: it has no attempt left, or was lost once too often."""
    return facts.effort is not None and (facts.effort.gave_up or facts.effort.attempts >= ATTEMPTS_MAX)


def _judge_serving(facts: VerdictFacts, words: str) -> _Finding:
    """Hosted, and needed."""
    ready, record, demand = VerdictState.READY, facts.record, facts.demand
    if record is None or demand is None:
        raise ValueError(f"{facts.model_id} is not needed, or Preheat has never seen it")
    if record.phase is Phase.WARMING:
        return _Finding(None, VerdictCause.INFERENCE, words)
    since = facts.effort.hosted_at if facts.effort is not None and facts.effort.hosted_at is not None else record.since
    if record.ownership is Ownership.NONE and record.phase is Phase.HOSTED and record.attempt is None:
        return _Finding(ready, VerdictCause.NOT_OURS, since=since)
    if any(gap.start <= facts.now < gap.end for gap in demand.bridged):
        return _Finding(ready, VerdictCause.BRIDGED, since=since)
    early = facts.ready_at is not None and facts.now < facts.ready_at
    return _Finding(ready, VerdictCause.EARLY if early else VerdictCause.HOSTED, since=since)


def _judge_unneeded(facts: VerdictFacts) -> _Finding:
    """No demand includes the moment."""
    record = facts.record
    since = record.since if record is not None else None
    if facts.observed in (Observed.STARTING, Observed.HOSTED) or _has_started_since(facts):
        return _judge_running(facts, since)
    if facts.block is not None:
        return _Finding(VerdictState.BLOCKED, VerdictCause.BLOCK, since=facts.block.begin)
    if facts.observed is Observed.STOPPING:
        if _is_stop_overdue(facts) and facts.attempt is not None:
            return _Finding(VerdictState.UNSCHEDULED, VerdictCause.STOP_OVERDUE, since=facts.attempt.first_at)
        return _Finding(VerdictState.OFF, VerdictCause.STOPPING, since=since)
    if facts.model is None:
        return _Finding(VerdictState.OFF, VerdictCause.UNPLANNED, since=since)
    if facts.observed is Observed.FAILED and record is not None:
        return _Finding(VerdictState.OFF, VerdictCause.FAILED_BEFORE, record.status, since)
    return _Finding(VerdictState.OFF, VerdictCause.RESTING, since=since)


def _judge_running(facts: VerdictFacts, since: datetime | None) -> _Finding:
    """It runs, and nothing needs it."""
    unscheduled, record = VerdictState.UNSCHEDULED, facts.record
    answer = facts.find_answer(Call.STOP)
    if answer in (Answer.DENIED, Answer.INVALID):
        return _Finding(VerdictState.REFUSED, VerdictCause.STOP_REFUSED, _quote_refusal(facts), since)
    if not facts.is_ours:
        return _Finding(unscheduled, VerdictCause.FOREIGN_RUN, since=since)
    if facts.strictest is Mode.OBSERVE:
        return _Finding(unscheduled, VerdictCause.STOP_WITHHELD, since=since)
    drains = record is not None and record.phase is Phase.DRAINING
    # Before the first pass after the demand, nobody has read the queue yet, and no pass has decided on a stop.
    drains |= facts.model is not None and facts.model.drain is not None and not _is_stopping(facts)
    if drains and facts.observed is Observed.HOSTED:
        return _Finding(VerdictState.READY, VerdictCause.DRAINING, since=since)
    if facts.attempt is not None and _is_stop_overdue(facts):
        return _Finding(unscheduled, VerdictCause.STOP_OVERDUE, _quote_refusal(facts), facts.attempt.first_at)
    if facts.observed is Observed.HOSTED:
        return _Finding(VerdictState.READY, VerdictCause.ENDING, since=since)
    return _Finding(unscheduled, VerdictCause.STOP_DUE, since=since)


def _has_started_since(facts: VerdictFacts) -> bool:
    """Return whether the service has accepted a start after the last look: what that showed is over."""
    attempt, record = facts.attempt, facts.record
    if attempt is None or record is None or record.looked_at is None or attempt.answer is not Answer.ACCEPTED:
        return False
    return attempt.call is Call.START and record.looked_at <= attempt.intent_at


def _is_stopping(facts: VerdictFacts) -> bool:
    return facts.attempt is not None and facts.attempt.call is Call.STOP


def _is_stop_overdue(facts: VerdictFacts) -> bool:
    return facts.attempt is not None and _is_stopping(facts) and facts.now - facts.attempt.first_at > STOPS_AT_LATEST


def _write_verdict(facts: VerdictFacts, found: _Finding) -> Verdict:
    """Return the verdict with its demand; where the finding has no state, the remaining time decides."""
    demand, ahead = facts.demand, facts.outlook.upcoming
    about = demand or ahead
    ready_at = facts.ready_at if demand is not None else ahead.ready_at if ahead is not None else None
    verdict = Verdict(
        facts.model_id,
        facts.now,
        found.state or VerdictState.REFUSED,
        found.cause,
        found.detail,
        found.words,
        found.since,
        ready_at=ready_at,
        until=about.end if about is not None else None,
        schedule=about.schedule if about is not None else None,
        start_at=ahead.start_at if demand is None and ahead is not None else None,
    )
    if found.state is None and demand is not None:
        verdict = _judge_time(facts, verdict)
    return change(verdict, remedies=suggest_remedies(facts, verdict))


def _judge_time(facts: VerdictFacts, verdict: Verdict) -> Verdict:
    """Return whether it is on time, at risk or late: from the expected and the promised ready time.

    Nobody expects a model after the end of its demand: Preheat stops it then.
    """
    states, ready_at = CAUSES[verdict.cause].states, verdict.ready_at
    expected = None if not states & {VerdictState.ON_TIME} and verdict.cause not in MAY_END else estimate_ready(facts)
    too_late = expected is not None and verdict.until is not None and verdict.until <= expected
    if ready_at is not None and facts.now >= ready_at:
        lost = facts.effort is not None and facts.effort.hosted_at is not None and facts.record is not None
        since = facts.record.since if lost and facts.record is not None and facts.record.since is not None else ready_at
        in_demand = None if too_late else expected
        return change(verdict, state=VerdictState.LATE, since=max(since, ready_at), expected_at=in_demand)
    if VerdictState.REFUSED in states:
        return verdict
    if too_late:
        if VerdictState.ON_TIME not in states:
            return change(verdict, state=VerdictState.AT_RISK)
        return change(verdict, state=VerdictState.AT_RISK, cause=VerdictCause.TOO_SHORT, expected_at=expected)
    in_time = expected is not None and ready_at is not None and expected <= ready_at
    on_time = in_time and VerdictState.ON_TIME in states
    return change(verdict, state=VerdictState.ON_TIME if on_time else VerdictState.AT_RISK, expected_at=expected)
