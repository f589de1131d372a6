"""Picks the lead of a model: pinned, learned from its record, or that of the demand in progress.

Owns the rule that a changed lead moves the next start, and never ends a demand in progress. Decides nothing else.
"""

from datetime import datetime

from preheat.domain.demand.demand import look_ahead
from preheat.domain.demand.request import Standing
from preheat.domain.lead.evidence import count_believed
from preheat.domain.lead.lead import Lead, learn_lead, pin_lead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.record.record import ModelRecord
from preheat.domain.values import change


def find_next_lead(model: HostedModel, record: ModelRecord | None) -> Lead:
    """Return the lead of a planned model's next start; without a record there are no samples."""
    if model.learning is None:
        return pin_lead(model.lead)
    samples = record.samples if record is not None else ()
    evidence = count_believed(record, model) if record is not None else 0
    return learn_lead(samples, evidence, model.learning, model.lead)


def fix_next_lead(model: HostedModel, record: ModelRecord | None) -> HostedModel:
    """Return the model with the lead of its next start, pinned."""
    if model.learning is None:
        return model
    return change(model, lead=find_next_lead(model, record).span, learning=None)


def fix_lead(
    model: HostedModel, record: ModelRecord | None, now: datetime, requests: tuple[Standing, ...] = ()
) -> HostedModel:
    """Return the model with the lead that applies at `now`, pinned. `requests` are its holds and blocks.

    A demand in progress keeps its first lead. Otherwise a shorter lead after a new sample could move its start past
    `now`, and a model that just became hosted would stop and start again. The same is true of its turn, which an
    apply may change because of another model.

    Raises:
        ScheduleError: a schedule cannot be evaluated here.
    """
    fresh = fix_next_lead(model, record)
    effort = record.effort if record is not None else None
    if effort is None:
        return fresh
    lead = fresh.lead if model.learning is None else effort.lead or max(fresh.lead, model.lead)
    begun = change(fresh, lead=lead, turn=effort.turn or fresh.turn)
    if begun is fresh:
        return fresh
    return begun if look_ahead(begun, now, requests).current is not None else fresh


def is_served(record: ModelRecord | None) -> bool:
    """Return whether the record has an effort for a demand, see `look_ahead`."""
    return record is not None and record.effort is not None
