"""From a plant file's fields to the lead of a compiled model: pinned, or learned within which bounds.

Owns which field wins: what a model says before what holds for all, and money before the usual target. Pure.
"""

from datetime import timedelta
from typing import Final

from preheat.domain.lead.lead import find_late_target, learn_lead
from preheat.domain.plan.hosted_model import DEFAULT_LEAD, Learning, Siblings
from preheat.domain.plan.plan import Units
from preheat_plantfile.compiling.terms import Price, find_instance_price, list_prices
from preheat_plantfile.schema.models import LEARNED_FIELDS, AnyModel, PlantFile

USUAL: Final = Learning()


def lead_of(
    entry: AnyModel, plant: PlantFile, units: Units, siblings: Siblings | None = None
) -> tuple[timedelta, Learning | None]:
    """Return the lead of a model, and how to learn it; without that it has the file's lead.

    A model that says how to learn its lead learns it, even if the defaults fix one. Its first starts rely on its
    `siblings`, unless the file has a `default_lead`.
    """
    defaults = plant.defaults
    if entry.lead is not None:
        return entry.lead, None
    if defaults.lead is not None and all(getattr(entry, name) is None for name in LEARNED_FIELDS):
        return defaults.lead, None
    floor, cap = (
        _first(getattr(entry, name), getattr(defaults, name), usual)
        for name, usual in (("lead_floor", USUAL.floor), ("lead_cap", USUAL.cap))
    )
    given = entry.default_lead or defaults.default_lead
    price = find_instance_price(plant, entry) or list_prices(plant).get(str(entry.backend))
    default = given or min(DEFAULT_LEAD, cap)
    learning = Learning(
        _late_target(entry, plant, price, units), floor, cap, siblings=siblings if given is None else None
    )
    return learn_lead((), 0, learning, default).span if learning.siblings is not None else default, learning


def _late_target(entry: AnyModel, plant: PlantFile, price: Price | None, units: Units) -> float:
    for each in (entry, plant.defaults):
        if each.late_target is not None:
            return each.late_target
        if each.late_cost_per_minute is not None and price is not None:  # It refuses a file without a price.
            return find_late_target(price.per_minute(units.minimum), each.late_cost_per_minute)
    return USUAL.late_target


def _first(*found: timedelta | None) -> timedelta:
    return next(each for each in found if each is not None)
