"""The gate before a model's consumers and the queue behind it: what looks show, and what a record keeps.

Values only. A gate is a Lambda event source mapping. `gating` opens and closes it; `draining` owns how long a stop
waits for the queue.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preheat.domain.record.attempt import Answer, Attempt, Call


class Passage(StrEnum):
    """The states of a gate."""

    OPEN = "open"
    CLOSED = "closed"
    MOVING = "moving"  # between the two, or in change: wait
    GONE = "gone"  # there is no such mapping: nothing comes through
    UNKNOWN = "unknown"  # not seen since it was last moved, or not readable; never a reason to act


SHUT = frozenset({Passage.CLOSED, Passage.GONE})


@dataclass(frozen=True, slots=True)
class GateLook:
    """The result of one look at a gate: its state, the service's own word, and the failure if the look failed."""

    passage: Passage
    detail: str = ""
    failure: Answer | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """The messages of a queue by what SQS counts: all of them are open work."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def left(self) -> int:
        """How many there are."""
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, slots=True)
class BacklogReading:
    """The result of one reading of a queue; no backlog: it failed."""

    backlog: Backlog | None
    detail: str = ""
    failure: Answer | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that Preheat operates. `attempt`: its last intended change, until a look shows the effect."""

    mapping: str
    attempt: Attempt | None = None
    observed: Passage = Passage.UNKNOWN
    unreadable: int = 0  # looks in a row that failed
    look_at: datetime | None = None  # after a failed look: no other before this
    told: bool = False  # the ledger has the reason why it is not as it should be

    def may_be_opened(self, now: datetime) -> bool:
        """Return whether a worker may still be about to open it."""
        return self.attempt is not None and self.attempt.call is Call.OPEN and not self.attempt.is_closable(now)

    def is_shut(self, now: datetime) -> bool:
        """Return whether a look showed that it lets nothing through, and no worker can still be about to open it."""
        return self.observed in SHUT and not self.may_be_opened(now)


@dataclass(frozen=True, slots=True)
class Draining:
    """A stop that waits: for its queue to be empty, then for its gate to be closed."""

    since: datetime
    empties: int = 0  # readings in a row that found the queue empty; one that failed counts neither way
    empty_since: datetime | None = None
    left: int | None = None  # at the last reading that succeeded
    unreadable: int = 0  # readings in a row that failed
    over_at: datetime | None = None  # when the wait for the queue ended; None: it has not
    came_to: str = ""  # the result of the wait, in words
    undrained: bool = False  # its wait ended because no drain applied, as before a restart or without a plan
    stays: bool = False  # reported as a stop that no longer comes, because the next start is due
