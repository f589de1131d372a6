"""The units that a demand asks for: the plan's, raised by holds within the plan's cap.

Owns the rules that keep a hold from harming a shift. A start asks for more units only while a refusal still leaves the
plan's own start its whole lead. A restart for more units comes only for a hold that outlasts it. It never comes so
shortly before a shift that the model would be away at its begin. Does not know what the service answered.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from preheat.domain.demand.demand import Demand
from preheat.domain.demand.pieces import STOP_TIME, Piece
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Units

# A refused start costs its lease of 120 s before the next, and that one takes a pass.
REFUSAL_COSTS = timedelta(seconds=150)


def raise_units(model: HostedModel, pieces: Iterable[Piece]) -> Units:
    """Return the plan's units, raised to the most that any of the pieces asks for and the plan lets a request have."""
    units = model.units
    asked = max([0, *(piece.units for piece in pieces if piece.units is not None)])
    raised = min(asked, model.units_by_request)
    if raised <= units.minimum or not model.target.backend.takes_units:
        return units
    return Units(raised, None if units.maximum is None else max(raised, units.maximum))


def find_ask(model: HostedModel, demand: Demand, now: datetime, *, served: int = 0) -> Units:
    """Return the units to ask for in a start at `now`: of holds that are active or ahead, if that harms no shift.

    `served`: so many units the service has accepted for this demand already, so they are no risk.
    """
    units = raise_units(model, (hold for hold in demand.holds if hold.end > now))
    if units.minimum <= max(model.units.minimum, served) or _leaves_time(model, demand, now):
        return units
    return model.units


def find_restart(model: HostedModel, demand: Demand, now: datetime) -> Units:
    """Return the units that a restart at `now` would be worth: of active holds that last longer than it takes."""
    ready_at = _find_restarted(model, now)
    return raise_units(model, (hold for hold in demand.find_holds(now) if hold.end > ready_at))


def find_made_late(model: HostedModel, demand: Demand, now: datetime) -> datetime | None:
    """Return when the shift has to be ready that a restart at `now` would make late; None: there is no such shift."""
    return max(
        (one.ready_at for one in demand.shifts if now <= one.ready_at <= _find_restarted(model, now)), default=None
    )


def _find_restarted(model: HostedModel, now: datetime) -> datetime:
    return now + STOP_TIME + model.lead + model.slack


def _leaves_time(model: HostedModel, demand: Demand, now: datetime) -> bool:
    """Return whether a refusal at `now` leaves the plan's own start its lead, for each shift to come."""
    coming = (shift for shift in demand.shifts if shift.end > now)
    return all(now + REFUSAL_COSTS <= shift.ready_at - model.lead for shift in coming)
