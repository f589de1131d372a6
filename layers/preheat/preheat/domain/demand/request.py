"""Holds and blocks of other services, and the reply that every request gets.

Values only, checked at birth. `demand` applies them. `app.requests` reads messages, checks who may ask, and replies.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NewType, Self

from preheat.domain.plan.plan import UNITS_MAX, ModelId
from preheat.domain.record.record import Phase
from preheat.domain.values import change

RequestId = NewType("RequestId", str)

REQUEST_ID = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.:-]{0,127}")
# An id as it is stored: the sender's own, or with its requester behind it if another sender had the id already.
STORED_ID = re.compile(rf"{REQUEST_ID.pattern}(::[a-zA-Z0-9_.:/-]{{1,128}})?")
PRIORITY_MAX = 100
DEFAULT_PRIORITY = 50
REASON_MAX = 200  # characters
# Released ones stay as long: a late message must still find its hold or block.
KEPT_AFTER_EXPIRY = timedelta(days=30)

# A reply outlives every message that may still ask about it. A hold begins at most 90 days ahead and lasts at most
# 30 days. It stays 30 days more, and a queue keeps a message for 14 days. The rest is for people who ask later.
REPLIES_KEPT = timedelta(days=400)


class Verb(StrEnum):
    """The operation that a request asks for."""

    HOLD = "hold"
    RELEASE = "release"
    BLOCK = "block"
    UNBLOCK = "unblock"
    START = "start"  # a hold from now on, for as long as the stack allows
    STOP = "stop"  # a block until the end of the current demand; without one a short block, to stop what runs
    STOP_NOW = "stop_now"  # the older name of `stop`
    EXTEND = "extend"
    STATUS = "status"
    SCHEDULE_PUT = "schedule_put"  # all windows of a named set, in place of those before


class Kind(StrEnum):
    """The two kinds of active request."""

    HOLD = "hold"  # demand
    BLOCK = "block"  # its opposite: it forbids HOSTED


def scope_id(request_id: RequestId, requester: str) -> RequestId:
    """Return the id under which a request is stored if another sender has its own id: `own-id::requester`."""
    return RequestId(f"{request_id}::{requester}")


def is_of_sender(stored: str, requester: str) -> bool:
    """Return whether `stored` names this requester; an earlier release did not note the source of an event."""
    return stored == requester or (stored.startswith("account:") and requester.startswith(f"{stored}:"))


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of a request: one model, or every model that has a schedule of this name."""

    model_id: ModelId | None = None
    schedule: str | None = None

    def __post_init__(self) -> None:
        if (self.model_id is None) == (self.schedule is None):
            raise ValueError("a request names either a model or a schedule")

    @property
    def key(self) -> str:
        """The partition that holds its requests: a model's own, or one of the schedule."""
        return self.model_id if self.model_id is not None else f"schedule#{self.schedule}"

    @classmethod
    def of_key(cls, key: str) -> Self:
        """Return the subject of `key`, the reverse of its key."""
        schedule = key.removeprefix("schedule#")
        return cls(schedule=schedule) if schedule != key else cls(model_id=ModelId(key))


@dataclass(frozen=True, slots=True)
class HeldWindow:
    """A time in which a hold is active, [begin, end); `known_at`: when it became known that it begins then."""

    begin: datetime
    end: datetime
    known_at: datetime

    def __post_init__(self) -> None:
        if self.end <= self.begin:
            raise ValueError(f"a window ends at {self.end}, which is not after its begin {self.begin}")


@dataclass(frozen=True, slots=True)
class Standing:
    """A hold or a block: its subject, its time, its priority and its requester.

    It is active in [begin, end); a hold with `windows` in these alone, and from the first to the last of them.
    `known_at` is when its begin became known; `units` and `hard` are a hold's and a block's. `edition`: the sender's
    own number of the set of windows.
    """

    request_id: RequestId
    kind: Kind
    subject: Subject
    requester: str  # its authenticated sender, not the one that a message claims
    begin: datetime
    until: datetime
    known_at: datetime
    priority: int = DEFAULT_PRIORITY
    units: int | None = None
    hard: bool = False  # a block: no start may begin inside it, not even to be ready at its end
    reason: str = ""
    released_at: datetime | None = None
    revision: int = 1  # the number of its writes; a change names the one that it replaces
    session: str = ""  # of the requester: the name of its role's session
    windows: tuple[HeldWindow, ...] = ()
    edition: int = 0

    def __post_init__(self) -> None:
        if not STORED_ID.fullmatch(self.request_id):
            raise ValueError(f"request id {self.request_id!r} is not 1 to 128 of [a-zA-Z0-9_.:-]")
        if self.until <= self.begin:
            raise ValueError(f"{self.request_id}: its end {self.until} is not after its begin {self.begin}")
        if not 0 <= self.priority <= PRIORITY_MAX:
            raise ValueError(f"{self.request_id}: priority {self.priority} is out of range; 0 to {PRIORITY_MAX}")
        if self.units is not None and not 1 <= self.units <= UNITS_MAX:
            raise ValueError(f"{self.request_id}: units {self.units} is out of range; 1 to {UNITS_MAX}")
        if self.windows:
            self._check_windows()

    def _check_windows(self) -> None:
        if self.kind is not Kind.HOLD:
            raise ValueError(f"{self.request_id}: a block has no windows")
        if (self.begin, self.until) != (self.windows[0].begin, self.windows[-1].end):
            raise ValueError(f"{self.request_id}: it does not last from its first window to its last")
        if any(one.end > two.begin for one, two in pairwise(self.windows)):
            raise ValueError(f"{self.request_id}: its windows overlap, or are not in order of time")

    @property
    def end(self) -> datetime:
        """When it is no longer active: released, or expired."""
        return self.until if self.released_at is None else min(self.until, self.released_at)

    @property
    def spans(self) -> tuple[HeldWindow, ...]:
        """The times in which it is active, in order: each window until its end, or until the release."""
        if not self.windows:
            return (HeldWindow(self.begin, self.end, self.known_at),) if self.begin < self.end else ()
        cut = (
            self.windows
            if self.released_at is None
            else (change(one, end=min(one.end, self.end)) for one in self.windows if one.begin < self.end)
        )
        return tuple(cut)

    def __contains__(self, instant: datetime) -> bool:
        """Return whether it is active at `instant`."""
        return any(one.begin <= instant < one.end for one in self.spans)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A release that came before its hold or block: from the same requester or an admin, it ends that at once."""

    of: RequestId
    subject: Subject
    requester: str
    admin: bool
    at: datetime
    until: datetime  # the table keeps it until then


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to a request: an entry of the request's own ledger, written once and never changed.

    `code` is for machines, `reason` is the same as a sentence. `digest` names the content: the same request gets the
    same reply again, and the desk rejects another one under its id. `phase`, `ready_at` and `margin` are those of the
    subject, where it is one model.
    """

    request_id: RequestId
    verb: Verb | None  # None: the read failed
    subject: Subject | None
    requester: str
    at: datetime
    accepted: bool
    code: str
    reason: str
    digest: str
    of: RequestId | None = None
    begin: datetime | None = None
    until: datetime | None = None
    phase: Phase | None = None
    ready_at: datetime | None = None
    margin: timedelta | None = None
    reply_to: str | None = None
    session: str = ""  # of the requester: the name of its role's session, for people
    retry_at: datetime | None = None  # when a sender that asked too often may try again
    number: int = 1  # of the answers under this id: only one with `retry_at` has another after it

    def may_be_followed(self, at: datetime) -> bool:
        """Return whether the same request, sent again at `at`, gets another answer."""
        return self.retry_at is not None and at >= self.retry_at


@dataclass(frozen=True, slots=True)
class Standings:
    """The holds and blocks of one subject; `version` counts the changes of a schedule's, and is 0 for a model's.

    The version of a model's record, which each change bumps, guards those of a model.
    """

    version: int = 0
    requests: tuple[Standing, ...] = ()
    missing: RequestId | None = None  # the hold or block that changed last, if somebody deleted or changed its item
