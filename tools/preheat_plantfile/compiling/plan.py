"""From a plant file to the models of a plan: the compiled form that the functions evaluate.

Owns since when a model's schedules have been known. Pure; knows neither YAML nor any store.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.hosted_model import HostedModel, Readiness, Resize, Siblings
from preheat.domain.plan.plan import UNITS_MAX, Backend, ModelId, Target, Units
from preheat_plantfile.compiling.holidays import BEHIND, Range, ahead_of
from preheat_plantfile.compiling.leads import lead_of
from preheat_plantfile.compiling.schedules import schedule
from preheat_plantfile.compiling.terms import DEFAULT, Terms, terms_of
from preheat_plantfile.compiling.turns import SEEN, with_turns
from preheat_plantfile.schema.models import (
    AnyModel,
    ComponentModel,
    FunctionModel,
    LookoutModel,
    PlantFile,
    RekognitionModel,
    SageMakerModel,
)

type Service = tuple[Backend, str | None, str | None, str]

NEWS: Final = timedelta(days=3)  # more than the longest lead and slack together


def compile_models(
    plant: PlantFile,
    *,
    now: datetime,
    previous: Mapping[ModelId, HostedModel],
    region: str | None = None,
    span: Range | None = None,
    seen: Window | None = None,
    siblings: Mapping[Service, Siblings] | None = None,
) -> tuple[HostedModel, ...]:
    """Return the plant's models in the file's order; `previous` are those of the plan that they replace.

    `region` is the stack's: a model that names it is in the same place as one that names none. This resolves closed
    days within `span`, by default from a little before `now` to 24 months after. It looks for models that begin
    together within `seen`, by default the weeks after `now`. `siblings` are what models take that have run before: a
    new model on the same service begins with them, and keeps what it began with.
    """
    span = span or ahead_of(now.date())
    schedules = {name: schedule(name, entry, plant.calendars, span) for name, entry in plant.schedules.items()}
    terms = terms_of(plant)
    models = [
        _model(
            ModelId(name),
            entry,
            (plant, terms),
            schedules,
            previous.get(ModelId(name)),
            now=now,
            region=region,
            siblings=siblings or {},
        )
        for name, entry in plant.models.items()
    ]
    priorities = {ModelId(name): entry.priority for name, entry in plant.models.items()}
    return with_turns(models, priorities, terms, seen or Window(now, now + SEEN))


def find_announced_at(schedules: tuple[Schedule, ...], previous: HostedModel | None, now: datetime) -> datetime:
    """Return since when these schedules have been known for a model: a demand known before stays known.

    Windows, zones and exceptions count, names and order do not.
    """
    if previous is None or _when(schedules, now) != _when(previous.schedules, now):
        return now
    return previous.announced_at


def _when(schedules: tuple[Schedule, ...], now: datetime) -> frozenset[tuple[object, ...]]:
    """Return what decides when schedules want something from now on, as far as a change of it can be late news.

    Only windows that begin within a lead and a slack from now can. The closed days move on with each apply, so only
    those near by count.
    """
    near = Range(now.date() - BEHIND, now.date() + NEWS)
    return frozenset(
        (schedule.zone, kind, window, closed, half_days, schedule.replaced_days, schedule.first, schedule.last)
        for schedule in schedules
        for closed in [frozenset(day for day in schedule.closed if day in near)]
        for half_days in [frozenset(each for each in schedule.half_days if each.day in near)]
        for kind in ("shift_windows", "added", "replaced")
        for window in getattr(schedule, kind)
    )


def _model(
    model_id: ModelId,
    entry: AnyModel,
    file: tuple[PlantFile, Terms],
    known: Mapping[str, Schedule],
    previous: HostedModel | None,
    *,
    now: datetime,
    region: str | None,
    siblings: Mapping[Service, Siblings],
) -> HostedModel:
    plant, terms = file
    defaults = plant.defaults
    target = _target(model_id, entry, plant, region)
    known_from = _pick_siblings(find_service(target), previous, siblings)
    schedules = tuple(known[name] for name in dict.fromkeys(entry.schedules))
    units = _units(entry, plant)
    lead, learning = lead_of(entry, plant, units, known_from)
    return HostedModel(
        model_id=model_id,
        target=target,
        units=units,
        schedules=schedules,
        lead=lead,
        slack=defaults.slack if entry.slack is None else entry.slack,
        announced_at=find_announced_at(schedules, previous, now),
        mode=entry.mode,
        unscheduled=entry.unscheduled,
        readiness=_readiness(entry),
        drain=entry.drain.drain() if entry.drain is not None else None,
        gate=entry.gate,
        resize=entry.resize if isinstance(entry, LookoutModel | RekognitionModel) else Resize.KEEP,
        learning=learning,
        max_unit_hours_by_request=entry.max_unit_hours_by_request or defaults.max_unit_hours_by_request,
        max_units_by_request=_cap(entry, plant, units, terms),
        tags=tuple((defaults.tags | entry.tags).items()) if isinstance(entry, SageMakerModel) else (),
        fallbacks=entry.fallbacks() if isinstance(entry, SageMakerModel) else (),
        price=_price(model_id, entry, terms),
    )


def find_service(target: Target) -> Service:
    """Return what the starts of models have in common: service, account and region; of functions, the function."""
    return target.backend, target.region, target.role, target.project if target.backend is Backend.FUNCTION else ""


def _pick_siblings(
    service: Service, previous: HostedModel | None, siblings: Mapping[Service, Siblings]
) -> Siblings | None:
    if previous is None or find_service(previous.target) != service:
        return siblings.get(service)
    return previous.learning.siblings if previous.learning is not None else None


def _price(model_id: ModelId, entry: AnyModel, terms: Terms) -> str | None:
    """Return the price of a unit-hour as a plan has it; None: the list price, or nobody has named one."""
    service = entry.backend.value
    found = terms.find_price(model_id, service)
    return None if found is None or found == DEFAULT.prices.get(service) else f"{found.amount:f} {found.currency}"


def _readiness(entry: AnyModel) -> Readiness | None:
    if isinstance(entry, FunctionModel) or entry.readiness is None:
        return None
    return entry.readiness.readiness()


def _target(model_id: ModelId, entry: AnyModel, plant: PlantFile, home: str | None) -> Target:
    target, defaults = entry.target(), plant.defaults
    region = target.region or defaults.region
    if target.backend is Backend.FUNCTION:  # its ARN names the region, and the stack's own role invokes it
        return replace(target, version=model_id, region=None if region == home else region)
    return replace(target, region=None if region == home else region, role=target.role or defaults.role)


def _cap(entry: AnyModel, plant: PlantFile, units: Units, terms: Terms) -> int | None:
    """Return the most units that a hold may ask for, at most the service's quota; None: the plan's own units."""
    if isinstance(entry, SageMakerModel):
        return None
    asked = entry.max_units_by_request or plant.defaults.max_units_by_request or units.minimum
    allowed = terms.units_per_model.get(entry.backend.value, UNITS_MAX)
    cap = max(units.minimum, min(asked, allowed))
    return cap if cap > units.minimum else None


def _units(entry: AnyModel, plant: PlantFile) -> Units:
    if isinstance(entry, SageMakerModel):
        return Units()
    if isinstance(entry, ComponentModel):
        return Units(entry.copies)
    if isinstance(entry, FunctionModel):
        return Units(entry.units)
    return Units(plant.defaults.min_units if entry.min_units is None else entry.min_units, entry.max_units)
