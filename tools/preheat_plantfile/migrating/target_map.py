"""The map of a migration: for each model that moves, the target that it moves to. One run reports every mistake.

Owns the form of the map file. The plant file's own rule says what may name a target.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from preheat.domain.plan.plan import Backend, Target
from preheat_plantfile.reading import show
from preheat_plantfile.schema.models import PlantFile
from preheat_plantfile.schema.targets import ComponentTarget, RekognitionTarget, SageMakerTarget
from preheat_plantfile.yaml import Document, FieldPath, NotReadableError, Place, Problem, read_yaml

SIZE_MAX: Final = 1_000_000  # bytes
KINDS: Final[dict[Backend, type[RekognitionTarget | SageMakerTarget | ComponentTarget]]] = {
    Backend.REKOGNITION: RekognitionTarget,
    Backend.SAGEMAKER: SageMakerTarget,
    Backend.SAGEMAKER_COMPONENT: ComponentTarget,
}
FORMS: Final = {
    Backend.REKOGNITION: "PROJECT/VERSION, an ARN, or a mapping with project and version, or with arn",
    Backend.SAGEMAKER: "ENDPOINT/CONFIG, or a mapping with endpoint and config",
    Backend.SAGEMAKER_COMPONENT: "COMPONENT, or a mapping with component",
}
FIELDS: Final = {
    Backend.REKOGNITION: ("project", "version", "arn", "region", "role"),
    Backend.SAGEMAKER: ("endpoint", "config", "region", "role"),
    Backend.SAGEMAKER_COMPONENT: ("component", "region", "role"),
}


class TargetMapError(Exception):
    """The map is wrong. `lines`: one for each problem, in order of place."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        ordered = sorted(problems, key=lambda problem: (problem.place, str(problem)))
        self.lines = [f"{file}:{each.place.line}:{each.place.column}: {each}" for each in ordered]
        super().__init__("\n".join(self.lines))


def read_map(path: Path, plant: PlantFile, backend: Backend) -> dict[str, dict[str, str]]:
    """Return the new target's fields by model, as the plant file writes them, in the plant file's order.

    Raises:
        TargetMapError: the map cannot be read, or anything in it is wrong.
    """
    try:
        with path.open("rb") as file:
            text = file.read(SIZE_MAX + 1).decode("utf-8-sig")
        if len(text) > SIZE_MAX:
            raise TargetMapError(str(path), [_whole("found too much", f"at most {SIZE_MAX:,} bytes")])
        document = read_yaml(text)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise TargetMapError(str(path), [_whole(f"cannot be read ({reason})", "a file that exists")]) from error
    except UnicodeDecodeError as error:
        raise TargetMapError(str(path), [_whole("found what is not UTF-8", "text saved as UTF-8")]) from error
    except NotReadableError as error:
        raise TargetMapError(str(path), [error.problem]) from error
    return _check(str(path), document, plant, backend)


def _check(file: str, document: Document, plant: PlantFile, backend: Backend) -> dict[str, dict[str, str]]:
    if not isinstance(document.value, dict) or not document.value:
        accepted = f"a mapping of models to {FORMS[backend]}"
        found = "found nothing" if document.value is None else f"found {show(document.value)}"
        raise TargetMapError(file, [Problem(Place(1, 1), (), found, accepted)])
    problems = list(document.problems)
    keys: dict[str, str] = {}
    entries: dict[str, dict[str, str]] = {}
    for key, value in document.value.items():
        model = _model(key, plant)
        path: FieldPath = (key,)
        if model is None:
            problems.append(_unknown(document, key, plant))
        elif model in keys:
            found = f"found {key!r}, which is {model}, as {keys[model]!r} is"
            problems.append(Problem(document.place(path, of_key=True), path, found, "each model once"))
        else:
            keys[model] = key
        fields, wrong = _fields(document, path, value, backend)
        problems += wrong
        if model is not None and not wrong:
            entries[model] = fields
    problems += _find_shared(document, keys, entries, plant, backend)
    if problems:
        raise TargetMapError(file, problems)
    return {name: entries[name] for name in plant.models if name in entries}


def _model(key: str, plant: PlantFile) -> str | None:
    """Return the model that a key names: by its name, or by PROJECT/VERSION as the plant file has it."""
    if key in plant.models:
        return key
    named = [name for name, entry in plant.models.items() if key == _names(entry.target())]
    return named[0] if len(named) == 1 else None


def _names(target: Target) -> str:
    return "/".join(target.names)


def _unknown(document: Document, key: str, plant: PlantFile) -> Problem:
    known = [*plant.models, *(_names(entry.target()) for entry in plant.models.values())]
    if known.count(key) > 1:
        accepted = "the model's name, since several are of that project and version"
        return Problem(document.place((key,), of_key=True), (key,), f"found {show(key)}", accepted)
    close = difflib.get_close_matches(key, known, n=1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    accepted = f"one of {', '.join(list(plant.models)[:10])}, or PROJECT/VERSION of one"
    found = f"found {show(key)}, no model of the plant file{meant}"
    return Problem(document.place((key,), of_key=True), (key,), found, accepted)


def _fields(document: Document, path: FieldPath, value: Any, backend: Backend) -> tuple[dict[str, str], list[Problem]]:
    """Return the fields of one new target, and what is wrong with them."""
    given = _split(value, backend)
    if given is None:
        return {}, [Problem(document.place(path), path, f"found {show(value)}", FORMS[backend])]
    problems = [
        Problem(
            document.place((*path, name), of_key=True),
            (*path, name),
            f"found {show(name)}, which is no field here",
            ", ".join(FIELDS[backend]),
        )
        for name in given
        if name not in FIELDS[backend]
    ]
    fields = {name: found for name, found in given.items() if name in FIELDS[backend]}
    try:
        entry = KINDS[backend].model_validate({"backend": backend.value, **fields})
        if isinstance(entry, RekognitionTarget):
            problems += _names_or_arn(document, path, fields)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            where = (*path, *details["loc"])
            if details["type"] == "missing":
                found, accepted = "found nothing for a required field", FORMS[backend]
            else:
                found, accepted = f"found {show(details['input'])}", str(details.get("ctx", {}).get("error", ""))
            problems.append(Problem(document.place(where), where, found, accepted or details["msg"]))
    return fields, problems


def _names_or_arn(document: Document, path: FieldPath, fields: Mapping[str, str]) -> list[Problem]:
    """An ARN names all of it; without one, both names are needed."""
    if ("arn" in fields) != ("project" in fields and "version" in fields) and not (
        "arn" in fields and ({"project", "version", "region"} & set(fields))
    ):
        return []
    found = f"found {', '.join(fields) or 'an empty mapping'}"
    return [Problem(document.place(path), path, found, FORMS[Backend.REKOGNITION])]


def _split(value: Any, backend: Backend) -> dict[str, Any] | None:
    """Return the fields that a value names, or None if it is of no form that does."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, str):
        return None
    if backend is Backend.REKOGNITION and value.startswith("arn:"):
        return {"arn": value}
    if backend is Backend.SAGEMAKER_COMPONENT:
        return {"component": value}
    first, slash, second = value.partition("/")
    if not slash or "/" in second:
        return None
    return dict(zip(FIELDS[backend], (first, second), strict=False))


def _find_shared(
    document: Document,
    keys: Mapping[str, str],
    entries: Mapping[str, Mapping[str, str]],
    plant: PlantFile,
    backend: Backend,
) -> list[Problem]:
    """Two models of one target would start and stop it against each other."""
    problems = []
    owners = {entry.target().resource(): name for name, entry in plant.models.items() if name not in entries}
    for model, fields in entries.items():
        target = KINDS[backend].model_validate({"backend": backend.value, **fields}).target()
        owner = owners.setdefault(target.resource(), model)
        if owner != model:
            path = (keys[model],)
            found = f"found {_names(target)}, which {owner} has already"
            problems.append(
                Problem(document.place(path), path, found, "another target, or one model of both schedules")
            )
    return problems


def _whole(found: str, accepted: str) -> Problem:
    return Problem(Place(1, 1), (), found, accepted)
