"""Judges S14: what accepted holds add to the plan's unit-hours stays within their budget.

For simulation and explorer. Owns a second count of these unit-hours, over what the demand is. Knows no ruling.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from preheat.domain.demand.demand import find_demands
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.plan.hosted_model import HostedModel

HOUR = timedelta(hours=1)
AROUND = timedelta(days=9)
TOLERANCE = 0.01  # unit-hours


def find_overspent(
    model: HostedModel, hold: Standing, before: Sequence[Standing], after: Sequence[Standing], now: datetime
) -> str | None:
    """Return how the answer that stored `hold` lets requests spend more than they may; None: it does not.

    `before` and `after`: the holds of the same subject, and those of the model's schedules.
    """
    was, will = (_count(model, hold, standing) for standing in (before, after))
    plan, budget = _count(model, hold, ()), model.max_unit_hours_by_request
    if budget is None:
        budget = 24 * max(model.units.minimum, model.max_unit_hours_by_request or model.units_by_request)
    for day in sorted(will):
        added, grown = will[day] - plan[day], will[day] - was[day]
        if day >= now.astimezone(UTC).date() and grown > TOLERANCE and added > budget + TOLERANCE:
            return f"holds add {added:.1f} unit-hours on {day}, and may add {budget}"
    return None


def _count(model: HostedModel, around: Standing, holds: Sequence[Standing]) -> dict[date, float]:
    """Return the unit-hours of each day, without blocks."""
    found: dict[date, float] = defaultdict(float)
    asked = [one for one in holds if one.kind is Kind.HOLD]
    for demand in find_demands(model, around.begin - AROUND, around.until + AROUND, asked):
        most = max([model.units.minimum, *(min(one.units or 0, model.units_by_request) for one in demand.holds)])
        units = most if model.target.backend.takes_units else 1
        at = demand.start_at.astimezone(UTC)
        while at < demand.end:
            midnight = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            until = min(midnight, demand.end)
            found[at.date()] += units * ((until - at) / HOUR)
            at = until
    return found
