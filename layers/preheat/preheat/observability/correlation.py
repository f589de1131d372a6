"""The cause of a piece of work: one id from the trigger over the message to the pass and to the call it makes.

Owns the id of the work in hand, and its valid form. It is for people who read logs. Nothing depends on it, so it
travels with a message and never in it, and a message without one is as good. Does not know who logs or sends.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

ATTRIBUTE: Final = "correlation_id"  # of an SQS message; a release that does not know it never reads it
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}", re.ASCII)
_current: ContextVar[str] = ContextVar("correlation_id", default="")


@contextmanager
def name_cause(*found: object) -> Iterator[None]:
    """Name the cause of the work inside: the first of `found` that is 1 to 100 of [A-Za-z0-9._-], else nothing."""
    fit = (one for one in found if isinstance(one, str) and _ID.fullmatch(one))
    token = _current.set(next(fit, ""))
    try:
        yield
    finally:
        _current.reset(token)


def read_cause() -> str:
    """Return the id of the work in hand; empty if it has none."""
    return _current.get()


def read_invocation(context: object) -> object:
    """Return the id of an invocation, to name it as the cause of its work."""
    return getattr(context, "aws_request_id", None)


def read_message(record: Any) -> tuple[object, ...]:
    """Return what an SQS record, as Lambda gets it, says of its cause: what its sender passed on, else its own id."""
    told = record.get("messageAttributes") or {}
    passed_on = told.get(ATTRIBUTE) if isinstance(told, dict) else None
    return (passed_on.get("stringValue") if isinstance(passed_on, dict) else None, record.get("messageId"))
