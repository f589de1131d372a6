"""The demand ahead of a model, far enough for a person to read.

The outlook of a pass sees a demand only as far as a pass needs; a run that ends later would look too short.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from preheat.app.ports.store import Store
from preheat.domain.demand.demand import HORIZON, Demand, Outlook, find_demands, look_ahead
from preheat.domain.demand.request import Standing, Subject
from preheat.domain.plan.hosted_model import HostedModel


def read_requests(store: Store, model: HostedModel, now: datetime) -> tuple[Standing, ...]:
    """Return the requests of a model and of its schedules, as far back as a pass reads them.

    Raises:
        UnreadableItem: an item has a form that this release does not know.
    """
    schedules = dict.fromkeys(schedule.name for schedule in model.schedules)
    subjects = [Subject(model_id=model.model_id), *(Subject(schedule=name) for name in schedules)]
    return tuple(one for subject in subjects for one in store.read_standings(subject, now - HORIZON).requests)


def active_requests(requests: Sequence[Standing], at: datetime) -> list[Standing]:
    """Return the requests that end after `at`, in order of their begins."""
    found = [one for one in requests if one.until > at and one.released_at is None]
    return sorted(found, key=lambda one: (one.begin, one.request_id))


def ahead(model: HostedModel, now: datetime, requests: tuple[Standing, ...] = (), *, served: bool = True) -> Outlook:
    """Return the outlook at `now`, with each demand up to its end, or for at least 16 days from its begin.

    `served`: see `look_ahead`.
    """
    seen = look_ahead(model, now, requests, served=served)
    current, upcoming = (_whole(model, demand, requests) for demand in (seen.current, seen.upcoming))
    return replace(seen, current=current, upcoming=upcoming)


def _whole(model: HostedModel, seen: Demand | None, requests: tuple[Standing, ...]) -> Demand | None:
    if seen is None:
        return None
    found = find_demands(model, seen.begin, seen.begin + 2 * HORIZON, requests)
    return next((demand for demand in found if demand.begin == seen.begin), seen)
