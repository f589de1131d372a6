"""The plant file as a typed model: the one source for its reader and for the published JSON Schema.

Each leaf is read by a function that returns a domain value or raises ValueError with what is accepted. Knows neither
YAML nor where anything stands.
"""

import difflib
import re
from collections.abc import Callable
from datetime import time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema

from preheat.domain.plan import LEAD_MAX, MODEL_ID, PROJECT, UNITS_MAX, VERSION, Mode, Unscheduled
from preheat.domain.schedule import Weekday

MODELS_MAX: Final = 1_000
SCHEMA_URL: Final = "https://json-schema.org/draft/2020-12/schema"

_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = "|".join(day.name.lower() for day in Weekday)
_DAYS = re.compile(rf"daily|({_DAY})(-({_DAY}))?")
_A_TIME = 'a local time in quotes such as "06:00"'
_SOME_DAYS = "daily, days such as mon, ranges such as mon-fri or fri-mon, or a list of these"


def _matching(pattern: re.Pattern[str], accepted: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(accepted)
        return value

    return read


def _version(value: Any) -> str:
    accepted = "a version number such as 3"
    if isinstance(value, str) and value.lower() == "latest":
        raise ValueError(f"{accepted}, because what 'latest' means moves whenever the model is retrained")
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not VERSION.fullmatch(text):
        raise ValueError(accepted)
    return text


def _file_version(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value != 1:
        raise ValueError("1, the version of this form of plant file")
    return 1


def _duration(least: timedelta, most: timedelta, bounds: str) -> Callable[[Any], timedelta]:
    def read(value: Any) -> timedelta:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if found is not None and value:
            hours, minutes, seconds = (int(part or 0) for part in found.groups())
            span = timedelta(hours=hours, minutes=minutes, seconds=seconds)
            if least <= span <= most:
                return span
        raise ValueError(f"a duration such as 30s, 45m or 1h30m, {bounds}")

    return read


def _start(value: Any) -> time:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{_A_TIME}, 00:00 to 23:59")
    return time(int(found[1]), int(found[2]))


def _end(value: Any) -> time:
    try:
        return time() if value == "24:00" else _start(value)
    except ValueError:
        raise ValueError(f"{_A_TIME}, 00:00 to 24:00; one not after the start is on the next day") from None


def _days(value: Any) -> frozenset[Weekday]:
    parts = value if isinstance(value, list) else [value]
    days: set[Weekday] = set()
    for part in parts:
        found = _DAYS.fullmatch(part) if isinstance(part, str) else None
        if found is None:
            raise ValueError(_SOME_DAYS)
        if part == "daily":
            days.update(Weekday)
        else:
            first = Weekday[found[1].upper()]
            last = Weekday[(found[3] or found[1]).upper()]
            days.update(Weekday((first + step) % 7) for step in range((last - first) % 7 + 1))
    if not days:
        raise ValueError(_SOME_DAYS)
    return frozenset(days)


def _zone(value: Any) -> str:
    zones = _zones()
    if isinstance(value, str) and value in zones:
        return value
    accepted = "an IANA time zone such as Europe/Berlin"
    known = {zone.lower(): zone for zone in zones}
    close = difflib.get_close_matches(str(value).lower(), known, n=3, cutoff=0.6) if isinstance(value, str) else []
    # A city alone is the commonest slip: `Berlin`.
    cities = [zone for zone in sorted(zones) if isinstance(value, str) and zone.lower().endswith(f"/{value.lower()}")]
    near = list(dict.fromkeys([*cities[:3], *(known[name] for name in close)]))[:3]
    raise ValueError(f"{accepted}; close to it: {', '.join(near)}" if near else accepted)


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _units(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= UNITS_MAX:
        raise ValueError(f"a whole number from 1 to {UNITS_MAX}")
    return value


def _one_of[Choice: (Mode, Unscheduled)](choices: type[Choice]) -> Callable[[Any], Choice]:
    def read(value: Any) -> Choice:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(" or ".join(choices))
        return choices(value)

    return read


def _few(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > MODELS_MAX:
        raise ValueError(f"at most {MODELS_MAX:,} models")
    return value


def _leaf(reads: Any, **schema: Any) -> tuple[PlainValidator, WithJsonSchema]:
    return PlainValidator(reads), WithJsonSchema(schema)


def _whole(pattern: re.Pattern[str]) -> str:
    return f"^(?:{pattern.pattern})$"


_NAMES = "a name of 1 to 63 of [a-z0-9-] starting with a letter or digit"
_SPAN = {"type": "string", "pattern": r"^(?=.)(?:\d{1,4}h)?(?:\d{1,5}m)?(?:\d{1,6}s)?$"}
_WEEKDAYS = {"type": "string", "pattern": _whole(_DAYS)}

Name = Annotated[str, *_leaf(_matching(MODEL_ID, _NAMES), type="string", pattern=_whole(MODEL_ID))]
Project = Annotated[
    str,
    *_leaf(
        _matching(PROJECT, "1 to 255 of [a-zA-Z0-9_-] starting with a letter or digit"),
        type="string",
        pattern=_whole(PROJECT),
    ),
]
Version = Annotated[
    str,
    *_leaf(
        _version,
        anyOf=[
            {"type": "integer", "minimum": 1, "maximum": 9_999_999_999},
            {"type": "string", "pattern": _whole(VERSION)},
        ],
    ),
]
FileVersion = Annotated[int, *_leaf(_file_version, const=1)]
LEAD: Final = _leaf(_duration(timedelta(seconds=1), LEAD_MAX, "more than 0 and at most 6h"), **_SPAN)
SLACK: Final = _leaf(_duration(timedelta(), LEAD_MAX, "at most 6h"), **_SPAN)
UNITS: Final = _leaf(_units, type="integer", minimum=1, maximum=UNITS_MAX)
Start = Annotated[time, *_leaf(_start, type="string", pattern=_whole(_TIME))]
End = Annotated[time, *_leaf(_end, type="string", pattern=f"^(?:{_TIME.pattern}|24:00)$")]
Days = Annotated[
    frozenset[Weekday],
    *_leaf(_days, anyOf=[_WEEKDAYS, {"type": "array", "items": _WEEKDAYS, "minItems": 1}]),
]
Zone = Annotated[str, *_leaf(_zone, type="string", examples=["Europe/Berlin", "America/Mexico_City"])]
ModeName = Annotated[Mode, *_leaf(_one_of(Mode), enum=list(Mode))]
UnscheduledName = Annotated[Unscheduled, *_leaf(_one_of(Unscheduled), enum=list(Unscheduled))]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class WindowEntry(_Strict):
    """A shift window: a local start and end on some weekdays."""

    days: Days = Field(description="Weekdays on which it starts: daily, mon, mon-fri, fri-mon, or a list of these.")
    start: Start = Field(description='Local time, in quotes: "06:00".')
    end: End = Field(description="Local time; one that is not after the start is on the next day. 24:00 is midnight.")


class ScheduleEntry(_Strict):
    """Shift windows in one time zone."""

    zone: Zone = Field(description="IANA time zone of every time in it.")
    windows: list[WindowEntry] = Field(min_length=1, description="Shift windows; together they are the shift.")


class DefaultsEntry(_Strict):
    """What holds for every model that does not say otherwise."""

    lead: Annotated[timedelta, *LEAD] = Field(
        default_factory=lambda: timedelta(minutes=30),
        description="How long ahead of the shift a model is started; 30m.",
    )
    slack: Annotated[timedelta, *SLACK] = Field(
        default_factory=lambda: timedelta(minutes=2), description="Added to the lead for the precision of the tick; 2m."
    )
    min_units: Annotated[int, *UNITS] = Field(default=1, description="Inference units to run, each billed; 1.")


class ModelEntry(_Strict):
    """One hosted model: what runs and when."""

    project: Project = Field(description="Lookout for Vision project.")
    version: Version = Field(description="Version number of the model, never 'latest'.")
    schedules: list[Name] = Field(description="Names of the schedules that need it; several are united.")
    # None is what a field that is not there means; written out, `null` is refused like any other wrong value.
    min_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Inference units to run, each billed."
    )
    max_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Only if the model shall auto-scale: its most units."
    )
    lead: Annotated[timedelta | None, *LEAD] = Field(
        default_factory=lambda: None, description="How long ahead of the shift it is started: 45m."
    )
    slack: Annotated[timedelta | None, *SLACK] = Field(
        default_factory=lambda: None, description="Added to the lead for the precision of the tick."
    )
    mode: ModeName = Field(
        default=Mode.ACT, description="act; observe: decide and record, call nothing; paused: do not look either."
    )
    unscheduled: UnscheduledName = Field(
        default=Unscheduled.LEAVE, description="What becomes of it if a person runs it outside its shifts."
    )


class PlantFile(_Strict):
    """A plant: its schedules and the models that they need."""

    model_config = ConfigDict(title="Preheat plant file")

    version: FileVersion = Field(description="Version of this form of plant file.")
    defaults: DefaultsEntry = Field(default_factory=DefaultsEntry, description="For models that do not say otherwise.")
    schedules: dict[Name, ScheduleEntry] = Field(
        description="Schedules by name.", json_schema_extra={"additionalProperties": False}
    )
    models: Annotated[dict[Name, ModelEntry], BeforeValidator(_few)] = Field(
        description="Models by name. A model's history goes by it: keep the name.",
        json_schema_extra={"additionalProperties": False, "maxProperties": MODELS_MAX},
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the plant file, made of the model above."""
    schema = PlantFile.model_json_schema()
    return {"$schema": SCHEMA_URL, **schema}
