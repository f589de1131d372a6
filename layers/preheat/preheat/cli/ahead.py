"""What lies ahead of a model, seen far enough to be told to a person.

The outlook of a pass sees a demand only so far as a pass needs it; a run that ends later would be shown cut.
"""

from dataclasses import replace
from datetime import datetime

from preheat.domain.demand import HORIZON, Demand, Outlook, demands, outlook
from preheat.domain.plan import HostedModel


def ahead(model: HostedModel, now: datetime) -> Outlook:
    """Return the outlook at `now`, its demands seen up to their ends or for 16 days from their begins at the least."""
    seen = outlook(model, now)
    return replace(seen, current=_whole(model, seen.current), upcoming=_whole(model, seen.upcoming))


def _whole(model: HostedModel, seen: Demand | None) -> Demand | None:
    if seen is None:
        return None
    found = demands(model, seen.begin, seen.begin + 2 * HORIZON)
    return next((demand for demand in found if demand.begin == seen.begin), seen)
