"""The events that other services receive: one for each thing that a ledger entry or a reply reports.

Values only, and the one rule that matters to a receiver: an event that comes twice has the same id. `publish` decides
which entry makes which event; docs/events.md lists the fields, and a test compares the two.
"""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

SOURCE = "preheat"


class EventKind(StrEnum):
    """The kinds of events, by their `detail-type`."""

    REQUEST_ACCEPTED = "Request Accepted"
    REQUEST_REJECTED = "Request Rejected"
    MODEL_READY = "Model Ready"
    MODEL_AT_RISK = "Model At Risk"
    MODEL_LATE = "Model Late"
    MODEL_LOST = "Model Lost"
    HOLD_EXPIRED = "Hold Expired"
    START_FAILED = "Start Failed"
    NO_CAPACITY = "No Capacity"
    UNITS_NOT_AVAILABLE = "Units Not Available"
    MODEL_UNSCHEDULED = "Model Unscheduled"
    MODEL_UNKNOWN = "Model Unknown"
    PLAN_APPLIED = "Plan Applied"


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `kind` is its detail-type; the rest is its detail, without the fields that are None."""

    kind: EventKind
    event_id: str  # the same for each put of the event
    at: datetime  # when it happened, not when Preheat put it
    reason: str
    request_id: str | None = None
    model: str | None = None
    schedule: str | None = None
    ready_at: datetime | None = None
    expected_at: datetime | None = None
    cause: str | None = None
    remedies: str | None = None
    margin: timedelta | None = None
    late: bool | None = None
    code: str | None = None
    verb: str | None = None
    of: str | None = None
    requester: str | None = None
    session: str | None = None
    retry_at: datetime | None = None
    begin: datetime | None = None
    until: datetime | None = None
    phase: str | None = None
    plan: int | None = None
    models: int | None = None
    applied_by: str | None = None
    digest: str | None = None

    def detail(self) -> dict[str, str | float | bool]:
        """Return the event's detail as JSON data: instants in UTC to the second's fraction, the margin in seconds."""
        found: dict[str, str | float | bool] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "kind" or value is None:
                continue
            match value:
                case datetime():
                    found[field.name] = value.isoformat().replace("+00:00", "Z")
                case timedelta():
                    found[f"{field.name}_seconds"] = value.total_seconds()
                case _:
                    found[field.name] = value
        return found


def make_event_id(*parts: str | int | None) -> str:
    """Return the id of the event that `parts` name: same parts, same id; 32 hexadecimal digits.

    >>> make_event_id("nightly-7", "expired") == make_event_id("nightly-7", "expired")
    True
    >>> make_event_id("nightly-7", "expired") == make_event_id("nightly-8", "expired")
    False
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
