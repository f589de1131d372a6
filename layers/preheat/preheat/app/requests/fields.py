"""The fields of a request message, each once: its reader, what it accepts in words, and its JSON Schema.

The one source of the parser and of the published schema (docs/request.schema.json). A reader returns the value or
raises ValueError. Knows nothing of what a request leads to.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from preheat.domain.calendar.windows import Window
from preheat.domain.demand.request import DEFAULT_PRIORITY, PRIORITY_MAX, REASON_MAX, REQUEST_ID, STORED_ID, Verb
from preheat.domain.plan.plan import MODEL_ID, UNITS_MAX
from preheat.domain.printable import HIDDEN

VERSION: Final = 1
WINDOWS_MAX: Final = 100  # of one set: four weeks of three shifts a day
EDITION_MAX: Final = 10**15  # a time in milliseconds fits
RESERVED: Final = ("unreadable-", "taken-")  # ids for the answers to requests that have no id of their own
REQUESTER_MAX: Final = 64  # characters
SCHEDULE = MODEL_ID  # a plant file's names are all of one form

_INSTANT = re.compile(
    r"20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
_DURATION = re.compile(r"(?=.)(?:([0-9]{1,3})h)?(?:([0-9]{1,4})m)?(?:([0-9]{1,5})s)?")
_PLAIN: Final = f"[^{HIDDEN}]"
_AN_ID: Final = "1 to 128 of [a-zA-Z0-9_.:-] starting with a letter or digit"
_A_NAME: Final = "1 to 63 of [a-z0-9-] starting with a letter or digit"
QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]{1,32}:[0-9]{12}:[a-zA-Z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its reader, what it accepts in words, its JSON Schema, and what it is for."""

    read: Callable[[object], object]
    accepted: str
    schema: Mapping[str, object]
    description: str


@dataclass(frozen=True, slots=True)
class VerbForm:
    """The fields of a verb: the required ones, those of which a message has exactly one, and the optional ones."""

    required: tuple[str, ...]
    one_of: tuple[tuple[str, ...], ...]
    optional: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All its fields."""
        return (*self.required, *(name for names in self.one_of for name in names), *self.optional)


def _define_text(pattern: re.Pattern[str], accepted: str, description: str, most: int | None = None) -> Field:
    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value) or (most is not None and len(value) > most):
            raise ValueError(accepted)
        return value

    limits = {} if most is None else {"maxLength": most}
    return Field(read, accepted, {"type": "string", "pattern": f"^(?:{pattern.pattern})$", **limits}, description)


def _define_whole(least: int, most: int, description: str) -> Field:
    accepted = f"a whole number from {least} to {most}" if least < most else str(least)

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise ValueError(accepted)
        return value

    bounds = {"minimum": least, "maximum": most} if least < most else {"const": least}
    return Field(read, accepted, {"type": "integer", **bounds}, description)


def _define_instant(description: str) -> Field:
    accepted = "an instant of this century with its offset, such as 2026-11-24T20:00:00Z or 2026-11-24T21:00+01:00"
    text = _define_text(_INSTANT, accepted, description)

    def read(value: object) -> datetime:
        try:
            return datetime.fromisoformat(str(text.read(value))).astimezone(UTC)
        except ValueError:  # Also a 30th of February.
            raise ValueError(accepted) from None

    return Field(read, accepted, text.schema, description)


def _define_windows(description: str) -> Field:
    accepted = (
        f"a list of at most {WINDOWS_MAX} texts, each two instants with their offsets, the second after the first: "
        "2026-12-07T06:00+01:00/2026-12-07T14:00+01:00"
    )
    instant = _define_instant(description)

    def read(value: object) -> tuple[Window, ...]:
        if not isinstance(value, list) or len(value) > WINDOWS_MAX:
            raise ValueError(accepted)
        return tuple(read_one(each) for each in value)

    def read_one(value: object) -> Window:
        parts = value.split("/") if isinstance(value, str) else []
        if len(parts) != 2:
            raise ValueError(accepted)
        begin, end = (instant.read(part) for part in parts)
        if not isinstance(begin, datetime) or not isinstance(end, datetime) or end <= begin:
            raise ValueError(accepted)
        return Window(begin, end)

    each = {"type": "string", "pattern": f"^(?:{_INSTANT.pattern})/(?:{_INSTANT.pattern})$"}
    return Field(read, accepted, {"type": "array", "maxItems": WINDOWS_MAX, "items": each}, description)


def _define_duration(description: str) -> Field:
    accepted = "a duration above 0 such as 90s, 45m or 1h30m"

    def read(value: object) -> timedelta:
        found = _DURATION.fullmatch(value) if isinstance(value, str) else None
        hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        span = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if not span:
            raise ValueError(accepted)
        return span

    return Field(read, accepted, {"type": "string", "pattern": f"^(?:{_DURATION.pattern})$"}, description)


def _define_verb() -> Field:
    accepted = ", ".join(Verb)

    def read(value: object) -> Verb:
        if not isinstance(value, str) or value not in list(Verb):
            raise ValueError(accepted)
        return Verb(value)

    return Field(read, accepted, {"enum": [str(verb) for verb in Verb]}, "The operation to perform.")


def _define_flag(description: str) -> Field:
    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("true or false")  # noqa: TRY004 - one error for whatever a message holds
        return value

    return Field(read, "true or false", {"type": "boolean"}, description)


# Behind `::` Preheat itself writes whose request it is: see `scope_id`.
_NOT_RESERVED: Final = re.compile(f"(?!{'|'.join(RESERVED)}|.*::(AROA|account:)){REQUEST_ID.pattern}")
FIELDS: Final[Mapping[str, Field]] = {
    "version": _define_whole(VERSION, VERSION, "Version of this message format."),
    "request_id": _define_text(
        _NOT_RESERVED,
        f"{_AN_ID}; not {' or '.join(RESERVED)}…, and without ::AROA or ::account:",
        "Chosen by the sender, unique for each request. Send it again only with the same request.",
    ),
    "verb": _define_verb(),
    "requester": _define_text(
        re.compile(_PLAIN + "*"),
        f"plain text of at most {REQUESTER_MAX} characters on one line, all of them visible",
        "A display name for the sender. Permissions depend only on the authenticated sender.",
        REQUESTER_MAX,
    ),
    "model": _define_text(MODEL_ID, _A_NAME, "The model, by its name in the plant file."),
    "schedule": _define_text(SCHEDULE, _A_NAME, "Instead of model: every model that has this schedule, now or later."),
    "of": _define_text(STORED_ID, f"{_AN_ID}, as sent or as listed", "The request_id of the hold or block to change."),
    "name": _define_text(
        _NOT_RESERVED,
        f"{_AN_ID}; not {' or '.join(RESERVED)}…, and without ::AROA or ::account:",
        "Name of the set of windows, chosen by the sender: such as line-3-week-49.",
    ),
    "edition": _define_whole(
        1, EDITION_MAX, "Number of this version of the set. A request with a lower one than the stored changes nothing."
    ),
    "windows": _define_windows(
        "Every window of the set that is still to come, in order, none overlapping. An empty list removes the set."
    ),
    "from": _define_instant("When it begins. Default: now. A past instant also means now."),
    "until": _define_instant("When it ends: the first instant at which it is no longer active."),
    "duration": _define_duration("Instead of until: the time from its begin to its end; for extend, the time to add."),
    "ready_for": _define_duration(
        "Instead of until: how long the model is ready. The hold ends this long after it can be ready."
    ),
    "priority": _define_whole(
        0,
        PRIORITY_MAX,
        f"A hold overrides a block only if its priority is higher. Default: {DEFAULT_PRIORITY}.",
    ),
    "units": _define_whole(
        1,
        UNITS_MAX,
        "Least inference units, at most max_units_by_request. Default: the plan's.",
    ),
    "reason": _define_text(
        re.compile(_PLAIN + "*"),
        f"plain text of at most {REASON_MAX} characters on one line, all of them visible",
        "The purpose, for display.",
        REASON_MAX,
    ),
    "hard": _define_flag("If true, the model may not even start during the block. Default: false."),
    "reply_to": _define_text(
        QUEUE_ARN,
        "the ARN of a standard SQS queue",
        "A queue that also receives the replies; the stack must allow it.",
    ),
}
_EACH: Final = ("version", "request_id", "verb")
_SUBJECT: Final = ("model", "schedule")
_END: Final = ("until", "duration")
_ANY: Final = ("requester", "reason", "reply_to")
FORMS: Final[Mapping[Verb, VerbForm]] = {
    Verb.HOLD: VerbForm(_EACH, (_SUBJECT, (*_END, "ready_for")), ("from", "priority", "units", *_ANY)),
    Verb.RELEASE: VerbForm((*_EACH, "of"), (_SUBJECT,), _ANY),
    Verb.BLOCK: VerbForm(_EACH, (_SUBJECT, _END), ("from", "priority", "hard", *_ANY)),
    Verb.UNBLOCK: VerbForm((*_EACH, "of"), (_SUBJECT,), _ANY),
    Verb.START: VerbForm(_EACH, (_SUBJECT,), ("priority", "units", *_ANY)),
    Verb.STOP: VerbForm(_EACH, (_SUBJECT,), ("priority", "hard", *_ANY)),
    Verb.STOP_NOW: VerbForm(_EACH, (_SUBJECT,), ("priority", "hard", *_ANY)),
    Verb.EXTEND: VerbForm((*_EACH, "of"), (_SUBJECT, _END), _ANY),
    Verb.STATUS: VerbForm(_EACH, (_SUBJECT,), _ANY),
    Verb.SCHEDULE_PUT: VerbForm((*_EACH, "model", "name", "edition", "windows"), (), ("priority", "units", *_ANY)),
}
