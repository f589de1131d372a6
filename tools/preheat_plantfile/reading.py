"""The plant file, read and checked whole: every problem at once, each with file, line, column, field and remedy.

Owns what an error says. `schema` and `checks` own what is accepted.
"""

import difflib
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from preheat_plantfile.checks.checks import cross_problems
from preheat_plantfile.schema.calendars import CalendarEntry, HolidaysEntry, QuotaEntry, ShutdownEntry, TariffEntry
from preheat_plantfile.schema.drain import DrainEntry
from preheat_plantfile.schema.models import MODEL_ENTRIES, DefaultsEntry, PlantFile, backend_of
from preheat_plantfile.schema.readiness import ReadinessEntry
from preheat_plantfile.schema.senders import EventEntry, SenderEntry
from preheat_plantfile.schema.windows import (
    CrewEntry,
    HoursEntry,
    ReplacedEntry,
    RotationEntry,
    ScheduleEntry,
    WindowEntry,
)
from preheat_plantfile.yaml import Document, FieldPath, NotReadableError, Place, Problem, read_yaml

SIZE_MAX: Final = 5_000_000  # bytes
FOUND_SHOWN: Final = 60  # characters

# The entry at a path; `*` is a number, or a name that the user chose. A model's entry depends on its service.
_ENTRIES: dict[tuple[str, ...], type[BaseModel]] = {
    (): PlantFile,
    ("defaults",): DefaultsEntry,
    ("schedules", "*"): ScheduleEntry,
    ("schedules", "*", "windows", "*"): WindowEntry,
    ("models", "*", "readiness"): ReadinessEntry,
    ("models", "*", "drain"): DrainEntry,
    ("schedules", "*", "rotations", "*"): RotationEntry,
    ("schedules", "*", "rotations", "*", "shifts", "*"): HoursEntry,
    ("schedules", "*", "rotations", "*", "crews", "*"): CrewEntry,
    ("schedules", "*", "added", "*"): WindowEntry,
    ("schedules", "*", "replaced", "*"): ReplacedEntry,
    ("schedules", "*", "replaced", "*", "windows", "*"): HoursEntry,
    ("calendars", "*"): CalendarEntry,
    ("calendars", "*", "holidays", "*"): HolidaysEntry,
    ("calendars", "*", "shutdowns", "*"): ShutdownEntry,
    ("tariffs", "*"): TariffEntry,
    ("quotas", "*"): QuotaEntry,
    ("senders", "*"): SenderEntry,
    ("senders", "*", "events", "*"): EventEntry,
}


class PlantFileError(Exception):
    """The plant file is wrong. `problems`: in order of place. `lines`: one for each; the last counts them."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        ordered = sorted(problems, key=lambda problem: (problem.place, str(problem)))
        self.problems = ordered
        self.lines = [f"{file}:{each.place.line}:{each.place.column}: {each}" for each in ordered]
        count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
        self.lines.append(f"{file}: {count}; Preheat applied nothing")
        super().__init__("\n".join(self.lines))


def read_plant(path: Path) -> PlantFile:
    """Return the plant that a file describes.

    Raises:
        PlantFileError: it cannot be read, or anything in it is wrong; every problem is named.
    """
    try:
        with path.open("rb") as file:
            data = file.read(SIZE_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PlantFileError(str(path), [_whole(f"cannot be read ({reason})", "a file that exists")]) from error
    return parse_plant(data, str(path))


def parse_plant(data: bytes, file: str) -> PlantFile:
    """Return the plant that the content of `file` describes. It looks for other files in the folder of `file`."""
    if len(data) > SIZE_MAX:
        raise PlantFileError(file, [_whole(f"found more than {SIZE_MAX:,} bytes", f"at most {SIZE_MAX:,} bytes")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(before.count(b"\n") + 1, len(before[before.rfind(b"\n") + 1 :].decode()) + 1)
        found = f"found the byte 0x{data[error.start]:02x}, which is not UTF-8"
        raise PlantFileError(file, [Problem(place, (), found, "text saved as UTF-8")]) from error
    try:
        document = read_yaml(text)
    except NotReadableError as error:
        raise PlantFileError(file, [error.problem]) from error
    if not isinstance(document.value, dict):
        found = "found nothing" if document.value is None else f"found {show(document.value)}"
        accepted = "a mapping with version, schedules and models"
        raise PlantFileError(file, [Problem(document.place(()), (), found, accepted)])
    problems = [*document.problems, *cross_problems(document)]
    try:
        plant = PlantFile.model_validate(document.value, context={"folder": Path(file).parent})
    except ValidationError as error:
        problems += [_problem(document, details) for details in error.errors(include_url=False)]
        raise PlantFileError(file, problems) from error
    if problems:
        raise PlantFileError(file, problems)
    return plant


def show(value: Any) -> str:
    """Return a found value in a few words, whatever its size."""
    if isinstance(value, dict):
        return f"a mapping of {len(value)}" if value else "an empty mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= FOUND_SHOWN else f"{text[: FOUND_SHOWN - 1]}… ({len(text)} characters)"


def _problem(document: Document, details: Any) -> Problem:
    """Return what one finding of the typed model says to a person."""
    path: FieldPath = tuple(details["loc"])
    if path[:1] == ("models",) and len(path) > 2 and path[2] in MODEL_ENTRIES:
        path = (*path[:2], *path[3:])  # The third part is only the kind of model that the check used.
    kind, found = details["type"], details["input"]
    if path and path[-1] == "[key]":
        path = path[:-1]
        return Problem(
            document.place(path, of_key=True), path, f"found the name {show(path[-1])}", _describe_accepted(details)
        )
    if kind == "missing":
        return Problem(document.place(path[:-1]), path, "found nothing for a required field", _describe(document, path))
    if kind == "extra_forbidden":
        return _unknown_field(document, path)
    if kind == "value_error":
        accepted = _describe_accepted(details)
    elif kind in {"model_type", "dict_type", "model_attributes_type"}:
        fields = ", ".join(_fields(document, path))
        accepted = f"a mapping with {fields}" if fields else "a mapping of names"
    elif kind == "list_type":
        accepted = f"a list: {_describe(document, path)}"
    elif kind == "too_short":
        accepted = "at least one"
    elif kind == "too_long":
        accepted = f"at most {details['ctx']['max_length']}"
    else:  # Every leaf has a reader of its own; this is what a form not thought of would say.
        accepted = details["msg"]
    return Problem(document.place(path), path, f"found {show(found)}", accepted)


def _unknown_field(document: Document, path: FieldPath) -> Problem:
    accepted = _fields(document, path[:-1])
    close = difflib.get_close_matches(str(path[-1]), accepted, n=1)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    found = f"found {show(path[-1])}, which is no field here{meant}"
    return Problem(document.place(path, of_key=True), path, found, ", ".join(accepted))


def _describe_accepted(details: Any) -> str:
    return str(details["ctx"]["error"])


def _describe(document: Document, path: FieldPath) -> str:
    entry = _entry(document, path[:-1])
    name = str(path[-1])
    fields = entry.model_fields if entry is not None else {}
    field = next((field for key, field in fields.items() if name == (field.alias or key)), None)
    text = field.description if field is not None else None
    if not text:
        return "a value"
    first = text[0] if text[:2].isupper() else text[0].lower()  # an acronym stays as it is
    return first + text[1:].rstrip(".")


def _fields(document: Document, path: FieldPath) -> list[str]:
    entry = _entry(document, path)
    return [field.alias or name for name, field in entry.model_fields.items()] if entry is not None else []


def _entry(document: Document, path: FieldPath) -> type[BaseModel] | None:
    pattern = tuple("*" if index % 2 else str(part) for index, part in enumerate(path))
    if pattern == ("models", "*"):
        return MODEL_ENTRIES[backend_of(document.value["models"].get(path[1]))]
    return _ENTRIES.get(pattern)


def _whole(found: str, accepted: str) -> Problem:
    return Problem(Place(1, 1), (), found, accepted)
