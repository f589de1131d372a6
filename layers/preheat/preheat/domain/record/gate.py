"""The gate before a model's consumers and the queue behind it: what is seen of them, and what a record keeps of that.

Values only. A gate is a Lambda event source mapping; what is done with it is `gating`'s affair, how long a stop waits
for the queue is `draining`'s.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from preheat.domain.record.attempt import Answer, Attempt, Call


class Passage(StrEnum):
    """What a gate lets through."""

    OPEN = "open"
    CLOSED = "closed"
    MOVING = "moving"  # between the two, or being changed: wait
    GONE = "gone"  # there is no such mapping: nothing comes through
    UNKNOWN = "unknown"  # not seen since it was last moved, or not readable; never a reason to act


SHUT = frozenset({Passage.CLOSED, Passage.GONE})


@dataclass(frozen=True, slots=True)
class GateLook:
    """What one look at a gate told: what it lets through, the service's own word, the failure if the look failed."""

    passage: Passage
    detail: str = ""
    failure: Answer | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """The messages of a queue by what SQS counts: all of them are work that is not done."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def left(self) -> int:
        """How many there are."""
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, slots=True)
class BacklogReading:
    """What one reading of a queue told; no backlog: it failed, and tells nothing."""

    backlog: Backlog | None
    detail: str = ""
    failure: Answer | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate in Preheat's care. `attempt`: the change of it that was last intended, until it is seen to be made."""

    mapping: str
    attempt: Attempt | None = None
    observed: Passage = Passage.UNKNOWN
    unreadable: int = 0  # looks in a row that told nothing
    look_at: datetime | None = None  # after a look that told nothing: not again before
    told: bool = False  # what keeps it from being as it should be was told

    def may_be_opened(self, now: datetime) -> bool:
        """Tell whether a worker may still be about to open it."""
        return self.attempt is not None and self.attempt.call is Call.OPEN and not self.attempt.is_closable(now)

    def is_shut(self, now: datetime) -> bool:
        """Tell whether it was seen to let nothing through, and no worker can still be about to open it."""
        return self.observed in SHUT and not self.may_be_opened(now)


@dataclass(frozen=True, slots=True)
class Draining:
    """A stop that waits: for its queue to be empty, then for its gate to be closed."""

    since: datetime
    empties: int = 0  # readings in a row that found the queue empty; one that failed counts neither way
    empty_since: datetime | None = None
    left: int | None = None  # at the last reading that told anything
    unreadable: int = 0  # readings in a row that told nothing
    over_at: datetime | None = None  # when the queue was waited for no longer, if it was at all
    came_to: str = ""  # what the waiting came to, in words
