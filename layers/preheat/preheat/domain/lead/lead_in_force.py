"""Which lead a model goes by: pinned, learned from its record, or that of the demand that is under way.

Owns that a lead which has just changed moves the next start, and never ends what is under way. Decides nothing else.
"""

from datetime import datetime

from preheat.domain.demand.demand import outlook
from preheat.domain.demand.request import Standing
from preheat.domain.lead.evidence import believed
from preheat.domain.lead.lead import Lead, learned, pinned
from preheat.domain.plan.plan import HostedModel
from preheat.domain.record.record import ModelRecord
from preheat.domain.values import changed


def next_lead(model: HostedModel, record: ModelRecord | None) -> Lead:
    """Return the lead that the next start of a planned model is given; without a record nothing was measured."""
    if model.learning is None:
        return pinned(model.lead)
    samples = record.samples if record is not None else ()
    evidence = believed(record, model) if record is not None else 0
    return learned(samples, evidence, model.learning, model.lead)


def settled(model: HostedModel, record: ModelRecord | None) -> HostedModel:
    """Return the model with the lead that its next start is given, pinned."""
    if model.learning is None:
        return model
    return changed(model, lead=next_lead(model, record).span, learning=None)


def in_force(
    model: HostedModel, record: ModelRecord | None, now: datetime, requests: tuple[Standing, ...] = ()
) -> HostedModel:
    """Return the model with the lead to go by at `now`, pinned. `requests` are those that stand of it.

    A demand under way keeps the lead it was begun with: were its start counted anew after each sample, a shorter lead
    would move it past `now`, and what is just hosted would be stopped and started again. Of its turn the same holds,
    which an apply may change because of another model.

    Raises:
        ScheduleError: a schedule cannot be evaluated here.
    """
    fresh = settled(model, record)
    effort = record.effort if record is not None else None
    if effort is None:
        return fresh
    lead = fresh.lead if model.learning is None else effort.lead or max(fresh.lead, model.lead)
    begun = changed(fresh, lead=lead, turn=effort.turn or fresh.turn)
    if begun is fresh:
        return fresh
    return begun if outlook(begun, now, requests).current is not None else fresh
