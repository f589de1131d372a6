"""The shifts of a demand that would be demands of their own without holds: each has attempts of its own.

Owns which shift that is at an instant. Does not know attempts.
"""

from datetime import datetime

from preheat.domain.demand.demand import Demand, find_bridge_limit
from preheat.domain.demand.pieces import Piece
from preheat.domain.plan.hosted_model import HostedModel


def find_due_shift(model: HostedModel, demand: Demand, now: datetime) -> Piece | None:
    """Return the last shift whose start is due at `now` and that the plan alone does not join to one before it.

    None: so far only holds want the model.
    """
    limit, found, over_at = find_bridge_limit(model), None, None
    for shift in demand.shifts:
        if shift.start_at > now:
            break
        if over_at is None or shift.begin - over_at > limit:
            found = shift
        over_at = shift.end if over_at is None else max(over_at, shift.end)
    return found
