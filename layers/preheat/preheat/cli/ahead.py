"""What lies ahead of a model, seen far enough to be told to a person.

The outlook of a pass ends 8 days from now, which is all a pass needs; a run that begins near there would be shown cut.
"""

from dataclasses import replace
from datetime import datetime

from preheat.domain.demand import HORIZON, Outlook, demands, outlook
from preheat.domain.plan import HostedModel


def ahead(model: HostedModel, now: datetime) -> Outlook:
    """Return the outlook at `now`, its demands seen up to their ends or for 8 days from their begins at the least."""
    seen = outlook(model, now)
    begins = [demand.begin for demand in (seen.current, seen.upcoming) if demand is not None]
    if not begins:
        return seen
    far = demands(model, now - HORIZON, max(begins) + 2 * HORIZON)
    whole = {demand.begin: demand for demand in far}
    current = whole.get(seen.current.begin, seen.current) if seen.current is not None else None
    upcoming = whole.get(seen.upcoming.begin, seen.upcoming) if seen.upcoming is not None else None
    return replace(seen, current=current, upcoming=upcoming)
