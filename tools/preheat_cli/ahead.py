"""What lies ahead of a model, seen far enough to be told to a person.

The outlook of a pass sees a demand only so far as a pass needs it; a run that ends later would be shown cut.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from preheat.app.ports.store import Store
from preheat.domain.demand.demand import HORIZON, Demand, Outlook, demands, outlook
from preheat.domain.demand.request import Standing, Subject
from preheat.domain.plan.plan import HostedModel


def asked_of(store: Store, model: HostedModel, now: datetime) -> tuple[Standing, ...]:
    """Return what stands of a model and of its schedules, as far back as a pass reads it.

    Raises:
        UnreadableItem: something of it is of a form that this release does not know.
    """
    schedules = dict.fromkeys(schedule.name for schedule in model.schedules)
    subjects = [Subject(model_id=model.model_id), *(Subject(schedule=name) for name in schedules)]
    return tuple(one for subject in subjects for one in store.standings(subject, now - HORIZON).requests)


def standing(requests: Sequence[Standing], at: datetime) -> list[Standing]:
    """Return those that have not ended by `at`, in order of their begins."""
    found = [one for one in requests if one.until > at and one.released_at is None]
    return sorted(found, key=lambda one: (one.begin, one.request_id))


def ahead(model: HostedModel, now: datetime, requests: tuple[Standing, ...] = ()) -> Outlook:
    """Return the outlook at `now`, its demands seen up to their ends or for 16 days from their begins at the least."""
    seen = outlook(model, now, requests)
    current, upcoming = (_whole(model, demand, requests) for demand in (seen.current, seen.upcoming))
    return replace(seen, current=current, upcoming=upcoming)


def _whole(model: HostedModel, seen: Demand | None, requests: tuple[Standing, ...]) -> Demand | None:
    if seen is None:
        return None
    found = demands(model, seen.begin, seen.begin + 2 * HORIZON, requests)
    return next((demand for demand in found if demand.begin == seen.begin), seen)
