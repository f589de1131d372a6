"""Notes in the record what a pass saw before it decides: the observation, and the effort of the current demand.

Decides nothing. `accounting` notes billed runs, `draining` the queue, `gating` the gate.
"""

from preheat.domain.decision import proving
from preheat.domain.decision.situation import Situation, find_effort
from preheat.domain.demand.demand import Demand
from preheat.domain.demand.shifts import find_due_shift
from preheat.domain.plan.plan import Tags
from preheat.domain.record.attempt import WORDS_MAX, Call
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import Effort, Ownership, Unread
from preheat.domain.values import change


def note_observation(situation: Situation) -> Situation:
    """Note which plan and mode the pass follows, and what its look showed."""
    record, observed = situation.record, situation.observation.observed
    readable = observed is not Observed.UNKNOWN
    record = change(
        record,
        plan_version=situation.plan_version,
        mode=situation.mode,
        observed=observed if readable else record.observed,
        unreadable=_count_unreadable(situation),
        unread=_find_unread(situation),
        status=_find_status(situation),
        kept_tags=_keep_tags(situation),
        silent_for_plan=record.silent_for_plan if situation.silent else None,
    )
    if record.ended_effort is not None and record.plan_version != situation.record.plan_version:
        record = change(record, ended_effort=_refresh(record.ended_effort))
    return change(situation, record=record)


def note_demand(situation: Situation) -> Situation:
    """Open the effort of the current demand, or extend it to the demand's present end."""
    demand = situation.outlook.current
    if situation.desired is not Desired.RUN or demand is None:
        return situation
    effort = find_effort(situation.record, demand, situation.lead, situation.turn)
    effort = change(effort, proved=effort.proved and situation.observation.observed in proving.STANDS)
    effort = _renew(situation, demand, effort)
    return change(situation, record=change(situation.record, effort=effort))


def _renew(situation: Situation, demand: Demand, effort: Effort) -> Effort:
    """Return the effort with fresh attempts, if a shift is due that a hold has joined to what came before it.

    Without the hold, the shift would have had them: no request may use them up.
    """
    shift = find_due_shift(situation.model, demand, situation.now) if situation.model is not None else None
    if shift is None or shift.begin <= effort.demand_start or effort.renewed_for == shift.begin:
        return effort
    return change(_refresh(effort), renewed_for=shift.begin)


def _refresh(effort: Effort) -> Effort:
    """Return the effort with fresh attempts: those of another shift, or of a plan that names its demand again."""
    return change(effort, attempts=0, repairs=0, retry_at=None, unstuck=False, gave_up=False)


def _count_unreadable(situation: Situation) -> int:
    """Return how many looks in a row did not find the model; one that says it is gone may be wrong."""
    if not situation.observation.asked:
        return situation.record.unreadable
    found = situation.observation.observed not in (Observed.UNKNOWN, Observed.GONE)
    return 0 if found else situation.record.unreadable + 1


def _find_unread(situation: Situation) -> Unread | None:
    """Return since when checks do not show the state; without a check nothing changes."""
    observation, before = situation.observation, situation.record.unread
    if not observation.asked:
        return before
    if observation.observed is not Observed.UNKNOWN:
        return None
    since = before.since if before is not None else situation.now
    return Unread(since, observation.detail[:WORDS_MAX], observation.failure)


def _keep_tags(situation: Situation) -> Tags:
    """Return the tags to keep: what the owner of the endpoint has given it, beside what the plan had put on it."""
    record, tags = situation.record, situation.observation.tags
    attempt = record.attempt
    started = attempt is not None and attempt.call is Call.START
    if tags is None or situation.observation.foreign or not (started or record.ownership is Ownership.ADOPTED):
        return record.kept_tags
    sent = dict(attempt.tags) if attempt is not None and started else {}
    kept = dict(record.kept_tags)
    return tuple((key, value) for key, value in tags if key in kept or sent.get(key) != value)


def _find_status(situation: Situation) -> str:
    """Return the service's own words for the state, or for the inference if that failed."""
    observation = situation.observation
    if not observation.asked or observation.observed is Observed.UNKNOWN:
        return situation.record.status
    proof = observation.proof
    return (proof.detail if proof is not None and proof.failure is not None else observation.detail)[:WORDS_MAX]
