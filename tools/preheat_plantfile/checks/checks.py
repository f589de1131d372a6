"""Problems between fields: names that nothing has, models with one target, units that contradict each other.

Reads the values as the file has them, valid or not, so that one run reports all problems.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, TypeIs

from preheat.domain.plan.plan import ROLE, Backend, Target, read_account
from preheat_plantfile.checks.calendars import calendar_problems
from preheat_plantfile.checks.leads import lead_problems
from preheat_plantfile.checks.schedules import schedule_problems, unknown
from preheat_plantfile.checks.senders import sender_problems
from preheat_plantfile.checks.sizes import size_problems
from preheat_plantfile.compiling.terms import DEFAULT
from preheat_plantfile.schema.leaves import VERSION_ARN
from preheat_plantfile.schema.models import backend_of
from preheat_plantfile.schema.targets import (
    ComponentTarget,
    FunctionTarget,
    LookoutTarget,
    RekognitionTarget,
    SageMakerConfigs,
)
from preheat_plantfile.yaml import Document, FieldPath, Problem, mapping_of

TARGETS: Final[
    dict[Backend, type[LookoutTarget | RekognitionTarget | SageMakerConfigs | ComponentTarget | FunctionTarget]]
] = {
    Backend.LOOKOUT_VISION: LookoutTarget,
    Backend.REKOGNITION: RekognitionTarget,
    Backend.SAGEMAKER: SageMakerConfigs,
    Backend.SAGEMAKER_COMPONENT: ComponentTarget,
    Backend.FUNCTION: FunctionTarget,
}

KINDS: Final = {
    Backend.SAGEMAKER: "endpoint",
    Backend.SAGEMAKER_COMPONENT: "component",
    Backend.FUNCTION: "function and its parameters",
}
"""The thing that only one model may name; for the other services it is a version of a project."""


def cross_problems(document: Document) -> Iterator[Problem]:
    """Yield the problems between fields. It ignores a value of the wrong form; the schema reports it."""
    yield from calendar_problems(document)
    yield from schedule_problems(document)
    yield from size_problems(document)
    yield from lead_problems(document)
    yield from sender_problems(document)
    schedules = mapping_of(document.value, "schedules")
    owners: dict[tuple[object, ...], str] = {}
    defaults = mapping_of(document.value, "defaults")
    least = defaults.get("min_units", 1)
    gates: dict[str, str] = {}
    place = {name: defaults[name] for name in ("region", "role") if isinstance(defaults.get(name), str)}
    for name, model in mapping_of(document.value, "models").items():
        path: FieldPath = ("models", name)
        if isinstance(model, dict):
            yield from _unknown_schedules(document, path, model, schedules)
            # An ARN names its region, so that a default one does not count.
            placed = {name: text for name, text in place.items() if name == "role" or "arn" not in model} | model
            yield from _arn_or_names(document, path, placed)
            yield from _config_or_configs(document, path, model)
            yield from _find_shared_target(document, path, placed, owners)
            yield from _find_crossed_units(document, path, model, least)
            yield from _units_above_quota(document, path, model)
            yield from _find_shared_gate(document, path, model, gates)


def _unknown_schedules(
    document: Document, path: FieldPath, model: dict[str, Any], schedules: dict[str, Any]
) -> Iterator[Problem]:
    named = model.get("schedules")
    for index, name in enumerate(named if isinstance(named, list) else []):
        if isinstance(name, str) and name not in schedules:
            yield unknown(document, (*path, "schedules", index), name, "schedule of this file", schedules)


def _find_shared_target(
    document: Document, path: FieldPath, model: dict[str, Any], owners: dict[tuple[object, ...], str]
) -> Iterator[Problem]:
    try:
        target = _target(model)
        if target.backend is Backend.FUNCTION:
            target = replace(target, version=str(path[1]))
    except ValueError:  # pydantic's ValidationError is one: the reader reports its problems.
        return
    first = owners.setdefault(target.resource(), str(path[1]))
    if first != path[1]:
        line = document.place(("models", first), of_key=True).line
        name = target.project if target.backend is Backend.SAGEMAKER else "/".join(target.names)
        kind = KINDS.get(target.backend, "version of a project")
        if target.backend is Backend.FUNCTION:
            name = "the same function with the same parameters"
        field = next(field for field in ("endpoint", "arn", "component", "function", "project") if field in model)
        yield Problem(
            document.place((*path, field)),
            path,
            f"found {name}, which {first} (line {line}) has already",
            f"one model for each {kind}, since two would start and stop "
            "it against each other; name both schedules in one model",
        )


def _find_shared_gate(
    document: Document, path: FieldPath, model: dict[str, Any], owners: dict[str, str]
) -> Iterator[Problem]:
    gate = model.get("gate")
    first = owners.setdefault(gate.lower(), str(path[1])) if isinstance(gate, str) else path[1]
    if first != path[1]:
        line = document.place(("models", first), of_key=True).line
        where = (*path, "gate")
        yield Problem(
            document.place(where),
            where,
            f"found {gate}, which {first} (line {line}) has already",
            "one model for each gate, since two would open and close it against each other",
        )


def _target(model: dict[str, Any]) -> Target:
    kind = TARGETS[backend_of(model)]
    return kind.model_validate({name: value for name, value in model.items() if name in kind.model_fields}).target()


def _arn_or_names(document: Document, path: FieldPath, model: dict[str, Any]) -> Iterator[Problem]:
    if backend_of(model) is not Backend.REKOGNITION:
        return
    arn, names = model.get("arn"), [name for name in ("project", "version") if name in model]
    if "arn" not in model:
        if len(names) < 2:
            found = f"found {names[0]} alone" if names else "found no model"
            yield Problem(document.place(path), path, found, "project and version, or arn in their place")
        return
    if names:
        where = (*path, names[0])
        found = f"found {' and '.join(names)} beside arn"
        yield Problem(document.place(where, of_key=True), where, found, "arn alone, or project and version without it")
    parts = VERSION_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if parts is None:
        return
    region, role = model.get("region"), model.get("role")
    if isinstance(region, str) and region != parts["region"]:
        where = (*path, "region")
        accepted = f"{parts['region']}, which the arn names, or no region"
        yield Problem(document.place(where), where, f"found {region!r}", accepted)
    if isinstance(role, str) and ROLE.fullmatch(role) and read_account(role) != parts["account"]:
        where = (*path, "role")
        accepted = f"a role of account {parts['account']}, which the arn names"
        yield Problem(document.place(where), where, f"found a role of account {role.split(':')[4]}", accepted)


def _config_or_configs(document: Document, path: FieldPath, model: dict[str, Any]) -> Iterator[Problem]:
    if backend_of(model) is not Backend.SAGEMAKER:
        return
    if "config" not in model and "configs" not in model:
        accepted = "name of the endpoint config from which Preheat creates the endpoint, or configs in its place"
        yield Problem(document.place(path), (*path, "config"), "found nothing for a required field", accepted)
    if "config" in model and "configs" in model:
        where = (*path, "config")
        accepted = "configs alone, which begins with the config to use first, or config alone"
        yield Problem(document.place(where, of_key=True), where, "found config beside configs", accepted)


def _find_crossed_units(
    document: Document, path: FieldPath, model: dict[str, Any], default: object
) -> Iterator[Problem]:
    least, most = model.get("min_units", default), model.get("max_units")
    if _is_count(least) and _is_count(most) and most < least:
        where = (*path, "max_units")
        yield Problem(document.place(where), where, f"found {most}", f"at least min_units, which is {least}")
    cap, where = model.get("max_units_by_request", least), (*path, "max_units_by_request")
    if _is_count(least) and _is_count(cap) and cap < least:
        yield Problem(document.place(where), where, f"found {cap}", f"at least min_units, which is {least}")


def _units_above_quota(document: Document, path: FieldPath, model: dict[str, Any]) -> Iterator[Problem]:
    """Yield a cap for requests that the service's quota would refuse."""
    service = backend_of(model).value
    quota = mapping_of(mapping_of(document.value, "quotas"), service).get("units_per_model")
    allowed = quota if _is_count(quota) else DEFAULT.units_per_model.get(service)
    cap, where = model.get("max_units_by_request"), (*path, "max_units_by_request")
    if _is_count(cap) and allowed is not None and cap > allowed:
        accepted = f"at most {allowed}, which quotas.{service}.units_per_model allows"
        yield Problem(document.place(where), where, f"found {cap}", accepted)


def _is_count(value: object) -> TypeIs[int]:
    return isinstance(value, int) and not isinstance(value, bool)
