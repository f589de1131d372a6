"""The leaves of the plant file: each a domain value, the function that reads it and the JSON Schema that tells of it.

A reader returns the value or raises ValueError with what is accepted. Knows neither fields nor places.
"""

import difflib
import re
from collections.abc import Callable
from datetime import time, timedelta
from functools import lru_cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import PlainValidator, WithJsonSchema

from preheat.domain.plan import (
    LEAD_MAX,
    MODEL_ID,
    PROJECT,
    REGION,
    ROLE,
    RULES,
    UNITS_MAX,
    VERSION,
    Backend,
    Mode,
    Unscheduled,
)
from preheat.domain.schedule import Weekday

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


def _one_of[Choice: (Mode, Unscheduled, Backend)](choices: type[Choice]) -> Callable[[Any], Choice]:
    def read(value: Any) -> Choice:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(" or ".join(choices))
        return choices(value)

    return read


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

# A version of Rekognition Custom Labels as its ARN names it: with region, account, project and version.
VERSION_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:rekognition:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12})"
    r":project/(?P<project>[a-zA-Z0-9_.-]{1,255})/version/(?P<version>[a-zA-Z0-9_.-]{1,255})/[0-9]+"
)


def _service_name(backend: Backend, index: int) -> tuple[PlainValidator, WithJsonSchema]:
    rule = RULES[backend][index]
    return _leaf(
        _matching(rule.pattern, f"{rule.accepted}, a number in quotes"), type="string", pattern=_whole(rule.pattern)
    )


def backend_leaf(backend: Backend) -> tuple[PlainValidator, WithJsonSchema]:
    """Return the leaf of the field that tells which kind of model an entry is."""
    return _leaf(_one_of(Backend), const=backend)


LABELS_PROJECT: Final = _service_name(Backend.REKOGNITION, 0)
LABELS_VERSION: Final = _service_name(Backend.REKOGNITION, 1)
LABELS_ARN: Final = _leaf(
    _matching(
        VERSION_ARN, "the ARN of a project version: arn:aws:rekognition:REGION:ACCOUNT:project/NAME/version/NAME/NUMBER"
    ),
    type="string",
    pattern=_whole(re.compile(re.sub(r"\?P<[a-z]+>", "", VERSION_ARN.pattern))),
)
Endpoint = Annotated[str, *_service_name(Backend.SAGEMAKER, 0)]
EndpointConfig = Annotated[str, *_service_name(Backend.SAGEMAKER, 1)]
REGION_NAME: Final = _leaf(_matching(REGION, "a region such as eu-central-1"), type="string", pattern=_whole(REGION))
ROLE_ARN: Final = _leaf(
    _matching(ROLE, "the ARN of an IAM role: arn:aws:iam::ACCOUNT:role/NAME"), type="string", pattern=_whole(ROLE)
)
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
