"""A plant file as text, for the imports: what they found becomes YAML that people can go on with.

Owns names, quotes and layout. Knows neither calendars nor any other tool's configuration; it reads its output back and
checks it before the caller gets it.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from preheat.domain.printable import printable

type Value = str | int | Sequence[str | int]
type Fields = Mapping[str, Value]

NAME_MAX: Final = 63
WIDTH: Final = 118
_PLAIN: Final = re.compile(r"[a-z][a-z0-9#-]*")
_WORDS: Final = frozenset({"null", "true", "false"})


@dataclass(frozen=True, slots=True)
class ScheduleText:
    """One schedule: its zone, its windows, the windows that start on closed days too, and its closed dates."""

    zone: str
    windows: Sequence[Fields]
    added: Sequence[Fields] = ()
    closed: Sequence[str] = ()  # dates
    notes: Sequence[str] = ()  # what people called it


@dataclass(frozen=True, slots=True)
class PlantText:
    """A plant: schedules by name, and for each model the schedules that need it."""

    schedules: Mapping[str, ScheduleText]
    models: Mapping[str, Sequence[str]]
    notes: Sequence[str] = ()
    calendars: Mapping[str, Sequence[str]] = field(
        default_factory=dict
    )  # closed dates in addition to those of schedules


class TooLargeError(Exception):
    """The import does not fit into one plant file; `lines` say which parts are too many."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def plain_name(text: str, taken: Collection[str]) -> str:
    """Return a name of the plant file's form that is like `text`, and none of the taken ones.

    >>> plain_name("Office_Hours (EU)", ())
    'office-hours-eu'
    """
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:NAME_MAX].rstrip("-") or "imported"
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name[: NAME_MAX - len(str(number)) - 1]}-{number}"
    return found


def write_plant(plant: PlantText, origin: str) -> str:
    """Return a plant file's text, checked.

    Raises:
        TooLargeError: it is more than a plant file may hold.
    """
    from preheat_plantfile.reading import PlantFileError, parse_plant  # noqa: PLC0415 - loads the file's typed model

    text = "\n".join([*_lines(plant, origin), ""])
    try:
        parse_plant(text.encode(), "the plant file")
    except PlantFileError as error:
        first = f"preheat: {origin} holds more than one plant file can; divide it, and import the parts one by one"
        raise TooLargeError([first, *error.lines[:10]]) from error
    return text


def _lines(plant: PlantText, origin: str) -> list[str]:
    lines = [f"# Imported from {_comment(origin)}.", *(f"# {_comment(note)}" for note in plant.notes), "", "version: 1"]
    calendars = {name: schedule.closed for name, schedule in plant.schedules.items() if schedule.closed}
    calendars |= plant.calendars
    if calendars:
        lines += ["", "calendars:"]
        for name, dates in calendars.items():
            lines += [f"  {_scalar(name)}:", f"    dates: {_value(sorted(dates))}"]
    lines += ["", "schedules:" if plant.schedules else "schedules: {}"]
    for name, schedule in plant.schedules.items():
        lines += [f"  # {_comment(note)}" for note in schedule.notes]
        lines += [f"  {_scalar(name)}:", f"    zone: {_scalar(schedule.zone)}"]
        for field_name, windows in (("windows", schedule.windows), ("added", schedule.added)):
            if windows:
                lines += [f"    {field_name}:", *(f"      - {_flow(window)}" for window in windows)]
        if schedule.closed:
            lines.append(f"    closed: [{_scalar(name)}]")
    lines += ["", "models:" if plant.models else "models: {}"]
    endpoints: list[str] = []  # like the models' names, but no two are equal and none ends in a hyphen
    for name, schedules in plant.models.items():
        endpoint = plain_name(name, endpoints)
        endpoints.append(endpoint)
        lines += [
            f"  {_scalar(name)}:",
            "    backend: sagemaker   # placeholder: name the service, endpoint and config of your model",
            f"    endpoint: {_scalar(endpoint)}",
            f"    config: {_scalar(endpoint)}",
            f"    schedules: {_value(schedules)}",
        ]
    return lines


def _flow(fields: Fields) -> str:
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in fields.items()) + "}"


def _value(value: Value) -> str:
    if isinstance(value, str | int):
        return _scalar(value)
    return f"[{', '.join(_scalar(each) for each in value)}]"


def _scalar(value: str | int) -> str:
    if isinstance(value, int) or (_PLAIN.fullmatch(value) and "#" not in value and value not in _WORDS):
        return str(value)
    # Neither quote nor backslash is in any name, zone, date, time or rule that comes here.
    return f'"{value}"'


def _comment(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= WIDTH - 10 else f"{shown[: WIDTH - 11]}…"
