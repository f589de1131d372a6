"""Names the losses of a plan: models that it renames, and holds and blocks whose schedule or model it drops.

Reads the store and changes nothing. `preheat apply` prints these lines before it asks.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from preheat.app.ports.store import Store
from preheat.domain.demand.request import Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.wording import format_instant
from preheat_cli.views import show
from preheat_cli.views.requests import find_zones

NAMED_MOST: Final = 10  # requests of one subject, in lines


def describe_renames(before: Mapping[ModelId, HostedModel], after: Sequence[HostedModel]) -> Iterator[str]:
    """Yield a line for each model that has another name now: its old name stops it, and its new name starts it."""
    names = {model.model_id for model in after}
    dropped = {model.target.resource(): name for name, model in before.items() if name not in names}
    for model in after:
        old = dropped.get(model.target.resource()) if model.model_id not in before else None
        if old is not None:
            yield (
                f"{model.model_id} in this file is another name of {old}. Preheat stops {old}, then starts"
                f" {model.model_id}. If it must keep running, keep the name {old}"
            )


def describe_lost_requests(
    store: Store, before: Mapping[ModelId, HostedModel], after: Sequence[HostedModel], now: datetime
) -> Iterator[str]:
    """Yield a line for each hold, block and set of windows that ends with its schedule or its model."""
    kept = {model.model_id for model in after}
    zones = find_zones(before.values())
    schedules = {schedule.name for model in after for schedule in model.schedules}
    gone = dict.fromkeys(
        each.name for model in before.values() for each in model.schedules if each.name not in schedules
    )
    subjects = [Subject(schedule=name) for name in gone] + [
        Subject(model_id=name) for name in before if name not in kept
    ]
    asked = store.find_asked(subjects)
    for subject in (one for one in subjects if one in asked):
        lost = [one for one in store.read_standings(subject, now).requests if one.end > now]
        what = f"schedule {subject.schedule}" if subject.schedule is not None else f"model {subject.model_id}"
        for one in lost[:NAMED_MOST]:
            kind = show.format_kind(one) if one.windows else one.kind
            yield (
                f"{what} is not in this file: its {kind} {one.request_id} of {one.requester}, until"
                f" {format_instant(one.end, zones.get(subject))}, loses its effect if you apply it"
            )
        if len(lost) > NAMED_MOST:
            yield f"{what}: {len(lost) - NAMED_MOST} more requests lose their effect if you apply it"
