"""When a needed model will probably be ready: the moment its start can begin, and its lead.

A start gets its lead; Preheat promises no more. None: nobody can name a moment.
"""

from datetime import datetime, timedelta

from preheat.domain.decision.resting import STUCK_AFTER_LEAST
from preheat.domain.record.attempt import Answer, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Phase
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


def estimate_ready(facts: VerdictFacts) -> datetime | None:
    """Return when it will probably be ready for the present demand, if nothing new gets in its way."""
    now, attempt, effort = facts.now, facts.attempt, facts.effort
    if facts.observed is Observed.HOSTED:
        return now
    if facts.observed is Observed.STARTING:
        expected = (find_begin(facts) or now) + facts.lead
        return expected if expected > now else None
    if attempt is not None and attempt.call is Call.START and not attempt.is_without_effect():
        # A lost answer may have had its effect; every other try begins again.
        again = None if attempt.answer is Answer.LOST else attempt.retry_at
        expected = max(attempt.intent_at, again or attempt.intent_at) + facts.lead
        return expected if expected > now else None
    waits = [
        at for at in (attempt.retry_at if attempt is not None else None, effort.retry_at if effort else None) if at
    ]
    if attempt is not None and attempt.call is Call.STOP and attempt.retry_at is None:
        waits.append(attempt.lease_ends_at())
    return max([now, *waits]) + facts.lead
