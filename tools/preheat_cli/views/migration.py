"""Describes what a migration changes, for each model and for the plant: target, cost, token, history and quota.

Pure: two plans in, lines out. Depends on no files.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from preheat.domain.demand.demand import find_demands
from preheat.domain.lead.evidence import AFTER_A_CHANGE
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend
from preheat_cli.views import show
from preheat_plantfile.compiling.terms import Terms

AHEAD: Final = timedelta(days=7)

NEEDS: Final = {
    Backend.REKOGNITION: "the stack's rights on rekognition (see the template's parameters), or a role that has them",
    Backend.SAGEMAKER: "an endpoint config of that name, and the stack's rights on sagemaker, or a role that has them",
    Backend.SAGEMAKER_COMPONENT: "an inference component of that name, and the stack's rights on sagemaker, or a role",
}
NO_UNITS: Final = "none (the endpoint config names the instances)"


def report(
    before: Mapping[str, HostedModel], after: Mapping[str, HostedModel], terms: Terms, backend: Backend, now: datetime
) -> Iterator[str]:
    """Yield what changes from one plan to the next; models whose target stays are listed and left."""
    moved = [name for name, model in after.items() if model.target != before[name].target]
    yield f"{len(moved)} of {len(after)} models move to {backend}"
    for name in moved:
        old, new = before[name], after[name]
        yield f"  {name}"
        yield f"    target   {show.target(old.target)} -> {show.target(new.target)}"
        if old.units != new.units:
            counted = "1 copy; write copies for more" if new.target.backend.takes_units else NO_UNITS
            yield f"    units    {show.units(old.units)} -> {counted}"
        yield f"    cost     {_cost(old, terms, now)} -> {_cost(new, terms, now)}"
        yield f"    token    {_token(old.target.backend)} -> {_token(new.target.backend)}"
        yield f"    history  kept; at most {AFTER_A_CHANGE} of its measured starts count until new ones confirm them"
    yield from _quotas(list(after.values()), terms, now)
    if moved:
        yield f"needs: {NEEDS[backend]}"
        yield "`preheat apply` then stops a model at its old target before it starts the new one"
    left = [name for name in after if name not in moved]
    if left:
        yield f"unchanged: {', '.join(left)}"


def _cost(model: HostedModel, terms: Terms, now: datetime) -> str:
    """Return what a model costs in the next week, if every start takes its lead."""
    backend = model.target.backend
    price = terms.find_price(model.model_id, backend)
    hours = sum((end - start for start, end in _runs(model, now)), timedelta()) / timedelta(hours=1)
    if price is None:
        return f"{hours:.0f} h a week of its instances, by their tariff"
    amount = hours * model.units.minimum * float(price.amount)
    return (
        f"{amount:,.2f} {price.currency} a week ({hours:.0f} h x {model.units.minimum} x {price.amount.normalize():f})"
    )


def _token(backend: Backend) -> str:
    if backend is Backend.LOOKOUT_VISION:
        return "a ClientToken prevents a second start"
    if backend is Backend.SAGEMAKER_COMPONENT:
        return "none; the same count of copies again changes nothing"
    key = "the endpoint's name" if backend is Backend.SAGEMAKER else "the observed status"
    return f"none; {key}, the stored intent and its lease prevent a second start"


def _quotas(models: Sequence[HostedModel], terms: Terms, now: datetime) -> Iterator[str]:
    """Yield how many models run at once in each account and region, where a service limits that."""
    places: dict[tuple[Backend, str | None, str | None], list[HostedModel]] = {}
    for model in models:
        places.setdefault((model.target.backend, model.target.account, model.target.region), []).append(model)
    for (backend, account, region), there in places.items():
        allowed = terms.models_at_once.get(backend)
        if allowed is None:
            continue
        most, at = _peak([run for model in there for run in _runs(model, now)])
        where = " ".join(filter(None, [f"account {account}" if account else "the stack's account", region or ""]))
        text = f"quota: {backend} runs {allowed} models at once in {where}; the plant needs {most} in the next week"
        if most > allowed:
            text += f", first at {show.instant(at)}: request a higher quota before you apply"
        yield text


def _runs(model: HostedModel, now: datetime) -> list[tuple[datetime, datetime]]:
    return [
        (max(demand.start_at, now), min(demand.end, now + AHEAD))
        for demand in find_demands(model, now, now + AHEAD)
        if demand.end > now and demand.start_at < now + AHEAD
    ]


def _peak(runs: Sequence[tuple[datetime, datetime]]) -> tuple[int, datetime | None]:
    """Return how many runs overlap at most, and from when on they first do."""
    # An end comes before a start of the same instant: intervals are half-open.
    edges = sorted([(start, 1) for start, _ in runs] + [(end, -1) for _, end in runs])
    most, running, at = 0, 0, None
    for instant, change in edges:
        running += change
        if running > most:
            most, at = running, instant
    return most, at
