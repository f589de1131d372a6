"""Problems between the fields of leads: contradictions, bounds out of order, a price that is missing.

Reads the values as the file has them. Ignores a value of the wrong form, because the schema reports it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from preheat.domain.plan.hosted_model import Learning
from preheat.domain.plan.plan import Backend
from preheat.domain.plan.prices import USD_PER_INSTANCE_HOUR
from preheat_plantfile.compiling.terms import DEFAULT, USD
from preheat_plantfile.schema.leaves import read_lead
from preheat_plantfile.schema.models import LEARNED_FIELDS, backend_of
from preheat_plantfile.yaml import Document, FieldPath, Problem, mapping_of

_COST: Final = "late_cost_per_minute"


def lead_problems(document: Document) -> Iterator[Problem]:
    """Yield what is wrong between the fields of leads, in the defaults and in each model."""
    defaults = mapping_of(document.value, "defaults")
    yield from _contradictions(document, ("defaults",), defaults)
    yield from _out_of_order(document, ("defaults",), {}, defaults)
    tariffs = mapping_of(document.value, "tariffs")
    for service, tariff in tariffs.items():
        if isinstance(tariff, dict) and not {"unit_hour", "instance_hour"} & tariff.keys():
            where: FieldPath = ("tariffs", service)
            yield Problem(document.place(where, of_key=True), where, "found no price", "unit_hour, or instance_hour")
    for name, model in mapping_of(document.value, "models").items():
        if not isinstance(model, dict):
            continue
        path: FieldPath = ("models", name)
        yield from _contradictions(document, path, model)
        if any(field in model for field in LEARNED_FIELDS):
            yield from _out_of_order(document, path, defaults, model)
        yield from _no_price(document, path, defaults, model, tariffs)


def _contradictions(document: Document, path: FieldPath, entry: dict[str, Any]) -> Iterator[Problem]:
    named = [field for field in LEARNED_FIELDS if field in entry]
    if "lead" in entry and named:
        where = (*path, named[0])
        found = f"found {' and '.join(named)} beside lead, which pins it"
        yield Problem(document.place(where, of_key=True), where, found, "lead alone, or the others without it")
    elif "late_target" in entry and _COST in entry:
        where = (*path, _COST)
        found = f"found {_COST} beside late_target"
        yield Problem(
            document.place(where, of_key=True), where, found, "one of the two: a target follows from the cost"
        )


def _out_of_order(
    document: Document, path: FieldPath, defaults: dict[str, Any], entry: dict[str, Any]
) -> Iterator[Problem]:
    usual = Learning()
    cap = _lead(entry, defaults, "lead_cap") or usual.cap
    for field, span in (
        ("lead_floor", _lead(entry, defaults, "lead_floor") or usual.floor),
        ("default_lead", _lead(entry, defaults, "default_lead")),
    ):
        if span is not None and span > cap:
            where = (*path, field if field in entry else "lead_cap")
            found = f"found {field} {_minutes(span)} above lead_cap {_minutes(cap)}"
            yield Problem(document.place(where), where, found, "lead_floor and default_lead up to lead_cap")


def _no_price(
    document: Document, path: FieldPath, defaults: dict[str, Any], model: dict[str, Any], tariffs: dict[str, Any]
) -> Iterator[Problem]:
    service = str(backend_of(model))
    if "lead" in model or "late_target" in model or _has_price(service, defaults, model, tariffs):
        return
    if _COST in model:
        where: FieldPath = (*path, _COST)
    elif _COST in defaults and "lead" not in defaults:
        where = ("defaults", _COST)
    else:
        return
    found = f"found a cost of being late, but no price of {service}, which {path[1]} runs on"
    yield Problem(
        document.place(where), where, found, f"tariffs.{service}.unit_hour in this file, or late_target in the model"
    )


def _has_price(service: str, defaults: dict[str, Any], model: dict[str, Any], tariffs: dict[str, Any]) -> bool:
    tariff = mapping_of(tariffs, service)
    if service in DEFAULT.prices or "unit_hour" in tariff:
        return True
    listed = USD_PER_INSTANCE_HOUR.get(str(model.get("region", defaults.get("region"))), {})
    known = {*mapping_of(tariff, "instance_hour"), *(listed if tariff.get("currency", USD) == USD else ())}
    kinds = mapping_of(model, "instances").keys()
    return service == Backend.SAGEMAKER and bool(kinds) and kinds <= known


def _lead(entry: dict[str, Any], defaults: dict[str, Any], field: str) -> timedelta | None:
    try:
        return read_lead(entry.get(field, defaults.get(field)))
    except ValueError:
        return None


def _minutes(span: timedelta) -> str:
    return f"{span / timedelta(minutes=1):g}m"
