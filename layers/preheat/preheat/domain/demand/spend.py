"""The unit-hours that demand costs, by UTC day: from each start to the end of its demand.

Owns the budget of requests: how many unit-hours holds may add to the plan's own on each day. An estimate: it counts the
units of a demand over all of it, and foresees no failures, waits or scaling.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from preheat.domain.demand.demand import HORIZON, find_demands
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.demand.units import raise_units
from preheat.domain.plan.hosted_model import HostedModel

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
# Sums of fractions of an hour may differ by less than this, a hundredth of a second.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Excess:
    """A day on which a hold costs more than remains: what it adds, what remains, and what requests may add in all."""

    day: date
    added: float
    left: float
    budget: float


def find_unit_hours(
    model: HostedModel, after: datetime, before: datetime, requests: Sequence[Standing] = ()
) -> dict[date, float]:
    """Return the unit-hours of the demands that overlap [after, before), by the UTC days that pay for them."""
    found: dict[date, float] = defaultdict(float)
    for demand in find_demands(model, after, before, requests):
        units, at = raise_units(model, demand.holds).minimum, demand.start_at.astimezone(UTC)
        while at < demand.end:
            until = min(datetime.combine(at.date() + _DAY, time(), UTC), demand.end)
            found[at.date()] += units * ((until - at) / _HOUR)
            at = until
    return dict(found)


def find_added(model: HostedModel, change: Standing, requests: Sequence[Standing]) -> dict[date, float]:
    """Return the unit-hours that the holds of `requests` add to the plan's own, by day, around the time of `change`.

    As if there were no blocks: they can only save, and somebody may lift them.
    """
    after, before = change.begin - HORIZON, change.until + HORIZON
    plan = find_unit_hours(model, after, before)
    asked = find_unit_hours(model, after, before, [one for one in requests if one.kind is Kind.HOLD])
    return {day: max(hours - plan.get(day, 0.0), 0.0) for day, hours in asked.items()}


def find_growth(
    model: HostedModel, change: Standing, standing: Sequence[Standing], *, now: datetime
) -> dict[date, tuple[float, float]]:
    """Return the unit-hours that holds add without a new or longer hold, and with it: by day, from today on.

    `standing`: the requests without it, or with its version before.
    """
    after = [*(one for one in standing if one.request_id != change.request_id), change]
    was, will = find_added(model, change, standing), find_added(model, change, after)
    today = now.astimezone(UTC).date()
    return {day: (was.get(day, 0.0), will[day]) for day in sorted(will) if day >= today}


def find_excess(growth: Mapping[date, tuple[float, float]], budget: float) -> Excess | None:
    """Return the first day on which a growth costs more than the budget has; None: it fits."""
    for day, (before, after) in growth.items():
        if after > max(budget, before) + _TOLERANCE:
            return Excess(day, after - before, max(budget - before, 0.0), budget)
    return None


def sum_growth(growth: Mapping[date, tuple[float, float]]) -> float:
    """Return the unit-hours that a growth adds in all; a day on which it saves counts as 0."""
    return sum(max(after - before, 0.0) for before, after in growth.values())
