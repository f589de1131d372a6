"""How far Preheat trusts a model's measured starts: the evidence for the lead rule.

Owns which starts count as samples. A late start, or a change of version, region, account, service or units, weakens
them. The history stays, and counts for little until new starts confirm it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from preheat.domain.plan.hosted_model import DEFAULT_LEAD, HostedModel
from preheat.domain.plan.plan import Target
from preheat.domain.record import looks
from preheat.domain.record.attempt import REACTIONS, Answer, digest_parameters
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import SAMPLES_KEPT, Effort, ModelRecord
from preheat.domain.values import change

# Samples from other circumstances, or from before a late start, count for at most this many.
AFTER_A_CHANGE = 9
# A service that rejects a call for a moment is part of how long starts take; one that keeps rejecting it is not.
BLIP_TRIES = 3
# A look that came later than this after it was due does not show how long a start took.
OVERDUE_MOST = timedelta(minutes=3)
_HELD_UP = (Answer.QUOTA, Answer.DENIED, Answer.INVALID, Answer.GONE)


def count_trusted(record: ModelRecord) -> int:
    """Return how many starts the samples count for: at most their number."""
    kept = len(record.samples)
    return kept if record.evidence is None else min(record.evidence, kept)


def count_next(before: int, kept: int, *, late: bool) -> int:
    """Return how many starts count after one more: it confirms those `before`; a late one is evidence against them.

    `kept`: how many samples there are with it.
    """
    evidence = min(before + 1, kept)
    return min(evidence, AFTER_A_CHANGE) if late else evidence


def count_believed(record: ModelRecord, model: HostedModel) -> int:
    """Return how many starts the samples count for if the next one is as planned: few, if it differs from them."""
    differs = record.target != model.target or (
        record.measured_as not in ("", digest_parameters(model.target, model.units))
    )
    return min(count_trusted(record), AFTER_A_CHANGE) if differs else count_trusted(record)


def cut(record: ModelRecord) -> ModelRecord:
    """Return the record with its samples believed no further than `AFTER_A_CHANGE` of them."""
    return change(record, evidence=min(count_trusted(record), AFTER_A_CHANGE))


def add_sample(record: ModelRecord, sample: timedelta, parameters: str, *, late: bool = False) -> ModelRecord:
    """Return the record with one more start, measured under `parameters` (their digest)."""
    if record.measured_as not in ("", parameters):
        record = cut(record)
    samples = (*record.samples, sample)[-SAMPLES_KEPT:]
    evidence = count_next(count_trusted(record), len(samples), late=late)
    return change(
        record, samples=samples, evidence=None if evidence == len(samples) else evidence, measured_as=parameters
    )


def measure_start(effort: Effort, before: Sequence[timedelta], now: datetime) -> timedelta | None:
    """Return how long the start of a demand took that a look shows ready at `now`; None: that is not known.

    Too long by the time since the look before. None if Preheat did not start it, or if no look came for long, as during
    a pause. `before` are the samples so far.
    """
    began, seen = effort.first_start_at, effort.unready_at or now
    if began is None:
        return None
    due = looks.wait_while_starting(seen - began, before, effort.lead or DEFAULT_LEAD)
    due = max(due, effort.turn.round) if effort.turn is not None else due
    return now - began if now - seen <= due + OVERDUE_MOST else None


def outlasts(effort: Effort, now: datetime, lead: timedelta) -> bool:
    """Return whether a start has taken longer by `now` than its lead: `lead`, if none is on record.

    If it is also late, that is its own fault. A start that a quota, a rejection, a person or an outage delayed is late
    as well, but says nothing about the lead.
    """
    began = effort.first_start_at
    return began is not None and now - began > (effort.lead or lead)


def holds_up(answer: Answer, tries: int) -> bool:
    """Return whether an answer means that the start has not begun, and through no slowness of starts."""
    refused = REACTIONS[answer].definite and answer is not Answer.ACCEPTED
    return answer in _HELD_UP or (refused and tries > BLIP_TRIES)


def turn_to(record: ModelRecord, target: Target) -> ModelRecord:
    """Return the record of a model that Preheat releases at its old target, to look at another from now on.

    The scaling and the tags that Preheat keeps belong to an endpoint: another one does not get them.
    """
    if target.resource() != record.target.resource():
        record = change(record, scaling=None, kept_tags=())
    return change(
        cut(record),
        target=target,
        observed=Observed.UNKNOWN,
        unreadable=0,
        unread=None,
        status="",
        looked_at=None,
        run=None,
    )
