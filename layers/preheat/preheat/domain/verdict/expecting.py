"""How the start of a needed model goes, and when the model will probably be ready: its begin, and its lead.

A start gets its lead; Preheat promises no more. None: nobody can name a moment.
"""

from datetime import datetime, timedelta

from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ATTEMPTS_MAX, STUCK_AFTER_LEAST, Phase
from preheat.domain.verdict.facts import VerdictFacts


def find_begin(facts: VerdictFacts) -> datetime | None:
    """Return when the start that is under way began, as far as it is known."""
    record, attempt = facts.record, facts.attempt
    if record is None:
        return None
    if attempt is not None and attempt.call is Call.START and not attempt.is_without_effect():
        return attempt.intent_at  # Preheat repeats a call only while looks show that the model does not start.
    if record.run is not None:
        return record.run.begun_at
    return record.since if record.phase is Phase.STARTING else None


def measure_elapsed(facts: VerdictFacts) -> timedelta:
    """Return how long it has been starting."""
    began = find_begin(facts)
    return facts.now - began if began is not None else timedelta()


def hangs(facts: VerdictFacts) -> bool:
    """Return whether the start has taken so long that it will hardly end by itself."""
    return measure_elapsed(facts) > max(2 * facts.lead, STUCK_AFTER_LEAST)


def has_failed(facts: VerdictFacts) -> bool:
    """Return whether an accepted start for this demand has failed, also while Preheat clears the rest of it away."""
    effort, attempt = facts.effort, facts.attempt
    if effort is None or attempt is None or not effort.attempts or effort.is_short:
        return False
    if attempt.call is Call.START:
        return facts.observed is Observed.FAILED and attempt.answer is Answer.ACCEPTED
    return effort.hosted_at is None and not effort.unstuck


def count_attempts(facts: VerdictFacts, *, at_least: int = 1) -> str:
    """Return which attempt for this demand it is; nothing below `at_least`."""
    tried = facts.effort.attempts if facts.effort is not None else 0
    return f"attempt {tried} of {ATTEMPTS_MAX}" if tried >= at_least else ""


def estimate_ready(facts: VerdictFacts) -> datetime | None:
    """Return when it will probably be ready for the present demand, if nothing new gets in its way."""
    now, attempt, effort = facts.now, facts.attempt, facts.effort
    if facts.observed is Observed.HOSTED:
        return now
    if facts.observed is Observed.STARTING:
        expected = (find_begin(facts) or now) + facts.lead
        return expected if expected > now else None
    if attempt is not None and attempt.call is Call.START and not attempt.is_without_effect():
        if facts.observed is Observed.FAILED and not _looked_before(facts, attempt):
            # Preheat tries again once its lease is over.
            return max(now, attempt.lease_ends_at()) + facts.lead
        # A lost answer may have had its effect, and an accepted start had it; every other try begins again.
        again = None if attempt.answer in (Answer.LOST, Answer.ACCEPTED) else attempt.retry_at
        expected = max(attempt.intent_at, again or attempt.intent_at) + facts.lead
        return expected if expected > now else None
    waits = [
        at for at in (attempt.retry_at if attempt is not None else None, effort.retry_at if effort else None) if at
    ]
    if attempt is not None and attempt.call is Call.STOP and attempt.retry_at is None:
        waits.append(attempt.lease_ends_at())
    return max([now, *waits]) + facts.lead


def _looked_before(facts: VerdictFacts, attempt: Attempt) -> bool:
    """Return whether the last look came before a call: what it showed is no result of that call."""
    looked_at = facts.record.looked_at if facts.record is not None else None
    return looked_at is not None and looked_at <= attempt.intent_at
