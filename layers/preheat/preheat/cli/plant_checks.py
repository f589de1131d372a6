"""What no single field can tell: names that lead nowhere, models that would fight, units that contradict each other.

Reads the values as they stand in the file, whole or not, so that these problems are told together with all others.
"""

from collections.abc import Iterator
from typing import Any

from preheat.cli.plant_schedule_checks import calendar_problems, schedule_problems, unknown
from preheat.cli.plant_sizes import size_problems
from preheat.cli.plant_yaml import Document, FieldPath, Problem, mapping_of


def cross_problems(document: Document) -> Iterator[Problem]:
    """Yield the problems between fields; whatever is not of the right form is passed over, its own problem is told."""
    yield from calendar_problems(document)
    yield from schedule_problems(document)
    yield from size_problems(document)
    schedules = mapping_of(document.value, "schedules")
    owners: dict[tuple[str, str], str] = {}
    least = mapping_of(document.value, "defaults").get("min_units", 1)
    for name, model in mapping_of(document.value, "models").items():
        path: FieldPath = ("models", name)
        if isinstance(model, dict):
            yield from _unknown_schedules(document, path, model, schedules)
            yield from _shared_target(document, path, model, owners)
            yield from _crossed_units(document, path, model, least)


def _unknown_schedules(
    document: Document, path: FieldPath, model: dict[str, Any], schedules: dict[str, Any]
) -> Iterator[Problem]:
    named = model.get("schedules")
    for index, name in enumerate(named if isinstance(named, list) else []):
        if isinstance(name, str) and name not in schedules:
            yield unknown(document, (*path, "schedules", index), name, "schedule of this file", schedules)


def _shared_target(
    document: Document, path: FieldPath, model: dict[str, Any], owners: dict[tuple[str, str], str]
) -> Iterator[Problem]:
    project, version = model.get("project"), model.get("version")
    if not isinstance(project, str) or not isinstance(version, int | str):
        return
    first = owners.setdefault((project, str(version)), str(path[1]))
    if first != path[1]:
        line = document.place(("models", first), of_key=True).line
        yield Problem(
            document.place((*path, "project")),
            path,
            f"found {project}/{version}, which {first} (line {line}) has already",
            "one model for each version of a project, since two would start and stop it against each other; "
            "name both schedules in one model",
        )


def _crossed_units(document: Document, path: FieldPath, model: dict[str, Any], default: object) -> Iterator[Problem]:
    least, most = model.get("min_units", default), model.get("max_units")
    if _is_count(least) and _is_count(most) and most < least:
        where = (*path, "max_units")
        yield Problem(document.place(where), where, f"found {most}", f"at least min_units, which is {least}")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
