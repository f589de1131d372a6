"""The leaves of the plant file: each a domain value, the function that reads it, and its JSON Schema.

A reader returns the value or raises ValueError with what is accepted. Knows neither fields nor places.
"""

import difflib
import re
from collections.abc import Callable
from datetime import time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple
from zoneinfo import available_timezones

from pydantic import PlainValidator, WithJsonSchema

from preheat.domain.calendar.schedule import END_DAY_MAX
from preheat.domain.demand.request import PRIORITY_MAX
from preheat.domain.plan.hosted_model import LATE_TARGET_LEAST, LATE_TARGET_MOST, LEAD_MAX, Resize, Unscheduled
from preheat.domain.plan.plan import (
    FALLBACKS_MAX,
    FUNCTION_ARN,
    MODEL_ID,
    PROJECT,
    REGION,
    ROLE,
    RULES,
    UNIT_HOURS_MAX,
    UNITS_MAX,
    VERSION,
    Backend,
    Idempotence,
    Mode,
)


class OnClosed(StrEnum):
    """The effect of a closed date on a window: the window loses it, or does not start on it."""

    CUT = "cut"
    SKIP = "skip"


class HalfDays(NamedTuple):
    """From when on a country's half days are closed; None: they are open."""

    closed_from: time | None = None


_UNTIL_TIME = re.compile(r"until ['\"]?([0-9:]{4,5})['\"]?")
_DURATION = re.compile(r"(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_A_TIME = 'a local time in quotes such as "06:00"'


def _number(least: float, most: float, accepted: str) -> Callable[[Any], float]:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ValueError(accepted)
        return float(value)

    return read


def _matching(pattern: re.Pattern[str], accepted: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(accepted)
        return value

    return read


def _version(value: Any) -> str:
    accepted = "a version number such as 3"
    if isinstance(value, str) and value.lower() == "latest":
        raise ValueError(f"{accepted}, because 'latest' moves with each training of the model")
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


def _priority(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= PRIORITY_MAX:
        raise ValueError(f"a whole number from 0 to {PRIORITY_MAX}")
    return value


def read_start(value: Any) -> time:
    """Return a local time."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f"{_A_TIME}, 00:00 to 23:59")
    return time(int(found[1]), int(found[2]))


def _end(value: Any) -> timedelta:
    try:
        wall = read_start(value) if value != "24:00" else None
    except ValueError:
        raise ValueError(f"{_A_TIME}, 00:00 to 24:00; one not after the start is on the next day") from None
    return timedelta(hours=wall.hour, minutes=wall.minute) if wall else timedelta(days=1)


def _end_day(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < END_DAY_MAX:
        raise ValueError(f"a number of days from 0 to {END_DAY_MAX - 1}")
    return value


def read_zone(value: Any) -> str:
    """Return an IANA time zone that is known."""
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


def _whole_number(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"a whole number from 1 to {most}")
        return value

    return read


def _one_of[Choice: (Mode, Unscheduled, Backend, Idempotence)](choices: type[Choice]) -> Callable[[Any], Choice]:
    def read(value: Any) -> Choice:
        if not isinstance(value, str) or value not in list(choices):
            raise ValueError(" or ".join(choices))
        return choices(value)

    return read


def _read_on_closed(value: Any) -> OnClosed:
    if isinstance(value, str) and value in list(OnClosed):
        return OnClosed(value)
    raise ValueError("cut: removes only the closed dates; or skip: it does not start on a closed date")


def _half_days(value: Any) -> HalfDays:
    text = f"until {value['until']}" if isinstance(value, dict) and set(value) == {"until"} else value
    if text in ("open", "closed"):
        return HalfDays(time() if text == "closed" else None)
    found = _UNTIL_TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError('open, closed, or until "14:00": half days are closed from that local time on')
    return HalfDays(read_start(found[1]))


def leaf(reads: Any, **schema: Any) -> tuple[PlainValidator, WithJsonSchema]:
    """Return what makes a type a leaf of the file: the function that reads it, and its JSON Schema."""
    return PlainValidator(reads), WithJsonSchema(schema)


def whole(pattern: re.Pattern[str]) -> str:
    """Return a pattern as JSON Schema has it, for the whole text."""
    return f"^(?:{pattern.pattern})$"


def duration_leaf(least: timedelta, most: timedelta, bounds: str) -> tuple[PlainValidator, WithJsonSchema]:
    """Return the leaf of a duration; `bounds` says in words what is accepted."""
    return leaf(_duration(least, most, bounds), **_SPAN)


_NAMES = "a name of 1 to 63 of [a-z0-9-] starting with a letter or digit"
_SPAN = {"type": "string", "pattern": r"^(?=.)(?:\d{1,4}h)?(?:\d{1,5}m)?(?:\d{1,6}s)?$"}

Name = Annotated[str, *leaf(_matching(MODEL_ID, _NAMES), type="string", pattern=whole(MODEL_ID))]
Project = Annotated[
    str,
    *leaf(
        _matching(PROJECT, "1 to 255 of [a-zA-Z0-9_-] starting with a letter or digit"),
        type="string",
        pattern=whole(PROJECT),
    ),
]
Version = Annotated[
    str,
    *leaf(
        _version,
        anyOf=[
            {"type": "integer", "minimum": 1, "maximum": 9_999_999_999},
            {"type": "string", "pattern": whole(VERSION)},
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
    return leaf(
        _matching(rule.pattern, f"{rule.accepted}, a number in quotes"), type="string", pattern=whole(rule.pattern)
    )


def backend_leaf(backend: Backend) -> tuple[PlainValidator, WithJsonSchema]:
    """Return the leaf of the field that names the service of a model."""
    return leaf(_one_of(Backend), const=backend)


LABELS_PROJECT: Final = _service_name(Backend.REKOGNITION, 0)
LABELS_VERSION: Final = _service_name(Backend.REKOGNITION, 1)
LABELS_ARN: Final = leaf(
    _matching(
        VERSION_ARN, "the ARN of a project version: arn:aws:rekognition:REGION:ACCOUNT:project/NAME/version/NAME/NUMBER"
    ),
    type="string",
    pattern=whole(re.compile(re.sub(r"\?P<[a-z]+>", "", VERSION_ARN.pattern))),
)
Endpoint = Annotated[str, *_service_name(Backend.SAGEMAKER, 0)]
EndpointConfig = Annotated[str, *_service_name(Backend.SAGEMAKER, 1)]
_CONFIG: Final = RULES[Backend.SAGEMAKER][1]
CONFIGS_ACCEPTED: Final = f"a list of 1 to {FALLBACKS_MAX + 1} endpoint configs, each once: {_CONFIG.accepted}"


def _configs(value: Any) -> list[str]:
    names = value if isinstance(value, list) else []
    sound = all(isinstance(name, str) and _CONFIG.pattern.fullmatch(name) for name in names)
    if not sound or not 1 <= len(names) <= FALLBACKS_MAX + 1 or len(set(names)) < len(names):
        raise ValueError(CONFIGS_ACCEPTED)
    return names


CONFIGS: Final = leaf(
    _configs,
    type="array",
    items={"type": "string", "pattern": whole(_CONFIG.pattern)},
    minItems=1,
    maxItems=FALLBACKS_MAX + 1,
    uniqueItems=True,
)
Component = Annotated[str, *_service_name(Backend.SAGEMAKER_COMPONENT, 0)]
FUNCTION: Final = leaf(
    _matching(FUNCTION_ARN, RULES[Backend.FUNCTION][0].accepted),
    type="string",
    pattern=whole(re.compile(FUNCTION_ARN.pattern.replace("?P<region>", ""))),
)
IDEMPOTENT_BY: Final = leaf(_one_of(Idempotence), enum=list(Idempotence))
REGION_NAME: Final = leaf(_matching(REGION, "a region such as eu-central-1"), type="string", pattern=whole(REGION))
ROLE_ARN: Final = leaf(
    _matching(ROLE, "the ARN of an IAM role: arn:aws:iam::ACCOUNT:role/NAME"), type="string", pattern=whole(ROLE)
)
FileVersion = Annotated[int, *leaf(_file_version, const=1)]
read_lead: Final = _duration(timedelta(seconds=1), LEAD_MAX, "more than 0 and at most 6h")
LEAD: Final = leaf(read_lead, **_SPAN)
read_late_target: Final = _number(
    LATE_TARGET_LEAST, LATE_TARGET_MOST, f"a share from {LATE_TARGET_LEAST} to {LATE_TARGET_MOST}"
)
LATE_TARGET: Final = leaf(
    read_late_target,
    type="number",
    minimum=LATE_TARGET_LEAST,
    maximum=LATE_TARGET_MOST,
)
LATE_COST: Final = leaf(
    _number(0.001, 1_000_000, "an amount of money from 0.001 to 1000000"),
    type="number",
    minimum=0.001,
    maximum=1_000_000,
)
SLACK: Final = leaf(_duration(timedelta(), LEAD_MAX, "at most 6h"), **_SPAN)
PRIORITY: Final = leaf(_priority, type="integer", minimum=0, maximum=PRIORITY_MAX)
UNITS: Final = leaf(_whole_number(UNITS_MAX), type="integer", minimum=1, maximum=UNITS_MAX)
UNIT_HOURS: Final = leaf(_whole_number(UNIT_HOURS_MAX), type="integer", minimum=1, maximum=UNIT_HOURS_MAX)
Start = Annotated[time, *leaf(read_start, type="string", pattern=whole(_TIME))]
# Since the midnight with which its date begins; 24:00 is a day.
End = Annotated[timedelta, *leaf(_end, type="string", pattern=f"^(?:{_TIME.pattern}|24:00)$")]
END_DAY: Final = leaf(_end_day, type="integer", minimum=0, maximum=END_DAY_MAX - 1)
Zone = Annotated[str, *leaf(read_zone, type="string", examples=["Europe/Berlin", "America/Mexico_City"])]
ON_CLOSED: Final = leaf(_read_on_closed, enum=list(OnClosed))
HALF_DAYS: Final = leaf(
    _half_days,
    anyOf=[
        {"type": "string", "pattern": f"^(?:open|closed|{_UNTIL_TIME.pattern})$"},
        {
            "type": "object",
            "properties": {"until": {"type": "string", "pattern": whole(_TIME)}},
            "required": ["until"],
            "additionalProperties": False,
        },
    ],
)
ModeName = Annotated[Mode, *leaf(_one_of(Mode), enum=list(Mode))]
ResizeName = Annotated[Resize, *leaf(_one_of(Resize), enum=list(Resize))]
UnscheduledName = Annotated[Unscheduled, *leaf(_one_of(Unscheduled), enum=list(Unscheduled))]
