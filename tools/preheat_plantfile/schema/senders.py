"""The plant file's senders' table: who may ask for what. Owns the fields; `compiling.senders` makes rules of them."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from preheat.domain.demand.request import Verb
from preheat.domain.plan.senders import (
    ACCOUNT,
    DEFAULT_LONGEST,
    DEFAULT_PLACES,
    DEFAULT_PRIORITY_MAX,
    DEFAULT_REQUESTS,
    DEFAULT_VERBS,
    LONGEST_MOST,
    NAME_PATTERN,
    PLACES_MOST,
    REQUESTS_MOST,
    SOURCE_PATTERN,
)
from preheat_plantfile.schema.leaves import PRIORITY, UNITS, duration_leaf, leaf, whole
from preheat_plantfile.schema.windows import Strict

ROLE_PATTERN: Final = re.compile(
    r"AROA[A-Z0-9]{1,124}|[\w+=,.@*-]{1,64}|arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/*-]{1,512}", re.ASCII
)
LIST_MOST: Final = 50  # of the roles, events or patterns of one entry
_A_ROLE: Final = "the name, the ARN or the id (AROA…) of an IAM role; * stands for any characters of a name"
_A_NAME: Final = "a name, or a pattern such as weld-*; 1 to 63 of [a-z0-9*-]"


def _read_text(pattern: re.Pattern[str], accepted: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(accepted)
        return value

    return read


def _read_account(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        raise ValueError('an account number of 12 digits in quotes, such as "123456789012"')  # noqa: TRY004 - as below
    if not isinstance(value, str) or not ACCOUNT.fullmatch(value):
        raise ValueError('an account number of 12 digits in quotes, such as "123456789012"')
    return value


def _read_verb(value: Any) -> Verb:
    if not isinstance(value, str) or value not in list(Verb):
        raise ValueError(" or ".join(Verb))
    return Verb(value)


def _whole_number(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"a whole number from 1 to {most}")
        return value

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - pydantic reports only a ValueError at its place
    return value


RoleName = Annotated[str, *leaf(_read_text(ROLE_PATTERN, _A_ROLE), type="string", pattern=whole(ROLE_PATTERN))]
Pattern = Annotated[str, *leaf(_read_text(NAME_PATTERN, _A_NAME), type="string", pattern=whole(NAME_PATTERN))]
Source = Annotated[
    str,
    *leaf(
        _read_text(SOURCE_PATTERN, "the source of an event such as com.example.mes; * stands for any characters"),
        type="string",
        pattern=whole(SOURCE_PATTERN),
    ),
]
Account = Annotated[str, *leaf(_read_account, type="string", pattern=whole(ACCOUNT))]
VerbName = Annotated[Verb, *leaf(_read_verb, enum=[str(verb) for verb in Verb])]
LONGEST: Final = duration_leaf(timedelta(minutes=1), LONGEST_MOST, "1m to 720h")
HOURS: Final = duration_leaf(timedelta(minutes=1), timedelta(days=1), "1m to 24h")
PLACES: Final = leaf(_whole_number(PLACES_MOST), type="integer", minimum=1, maximum=PLACES_MOST)
REQUESTS: Final = leaf(_whole_number(REQUESTS_MOST), type="integer", minimum=1, maximum=REQUESTS_MOST)
FLAG: Final = leaf(_flag, type="boolean")


class EventEntry(Strict):
    """Events that count as requests of these senders."""

    source: Source = Field(description="Source of the events, such as com.example.mes; * stands for any characters.")
    account: Account = Field(description="Account that puts the events, in quotes.")


class SenderEntry(Strict):
    """Senders of requests, and what they may ask for."""

    roles: list[RoleName] = Field(
        default_factory=list,
        max_length=LIST_MOST,
        description="Roles that send: names, ARNs or ids. `preheat apply` looks names and patterns up in the account.",
    )
    events: list[EventEntry] = Field(
        default_factory=list, max_length=LIST_MOST, description="Events that count as requests of these senders."
    )
    admin: Annotated[bool, *FLAG] = Field(
        default=False, description="true: may ask for everything, also change what belongs to others; false."
    )
    models: list[Pattern] | None = Field(
        default_factory=lambda: None,
        max_length=LIST_MOST,
        description="Models that they may ask for: names or patterns. Absent, and no schedules either: every model.",
    )
    schedules: list[Pattern] | None = Field(
        default_factory=lambda: None,
        max_length=LIST_MOST,
        description="Schedules that they may ask for. Absent, and no models either: every schedule.",
    )
    verbs: list[VerbName] = Field(
        default_factory=lambda: [Verb(verb) for verb in DEFAULT_VERBS],
        min_length=1,
        description=f"Verbs that they may use; {', '.join(DEFAULT_VERBS)}. They may always end their own requests.",
    )
    max_priority: Annotated[int, *PRIORITY] = Field(
        default=DEFAULT_PRIORITY_MAX, description=f"Highest priority of a hold or block; {DEFAULT_PRIORITY_MAX}."
    )
    max_units: Annotated[int | None, *UNITS] = Field(
        default_factory=lambda: None, description="Most units of a hold. Absent: as the model allows."
    )
    max_time: Annotated[timedelta, *LONGEST] = Field(
        default=DEFAULT_LONGEST, description="Longest time of one hold or block; 12h."
    )
    max_time_per_day: Annotated[timedelta | None, *HOURS] = Field(
        default_factory=lambda: None,
        description="Time that a sender's holds of one model or schedule may last in a UTC day. Absent: no limit.",
    )
    max_active: Annotated[int, *PLACES] = Field(
        default=DEFAULT_PLACES,
        description=f"Active and future holds and blocks of one sender, for a model or schedule; {DEFAULT_PLACES}.",
    )
    max_requests_per_hour: Annotated[int, *REQUESTS] = Field(
        default=DEFAULT_REQUESTS,
        description=f"Requests of one sender about one model or schedule in an hour; {DEFAULT_REQUESTS}.",
    )
