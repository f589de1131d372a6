"""What was paid for: stretches of running units, each with its cause, and between which looks an end of one lies.

Values only. Who notes them is `accounting`; what they sum up to is `reporting`'s affair.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """What units were running for."""

    LEAD = "lead"  # on the way to HOSTED, ahead of a demand
    IDLE = "idle"  # HOSTED ahead of a demand
    SHIFT = "shift"  # within a demand, whether it served or was late
    BRIDGE = "bridge"  # in a gap that was too short to stop for
    DRAIN = "drain"  # after the demand, until the stop was accepted
    UNSCHEDULED = "unscheduled"  # for nobody's demand, and started by somebody else


@dataclass(frozen=True, slots=True)
class Stretch:
    """Units that ran over [begin, end), for one cause; an empty one only tells that a run has ended.

    `begun_after`: here a run began, after that instant and by `begin`. `ended_after`: here it ended, after that instant
    and by `end`. None: it ran before, or it ran on; or that is not known, which a gap beside it tells. Not checked at
    birth: a figure must never make a record that a stop depends on unreadable.
    """

    begin: datetime
    end: datetime
    units: int
    cause: Cause
    begun_after: datetime | None = None
    ended_after: datetime | None = None

    @property
    def unit_time(self) -> timedelta:
        """What is paid for."""
        return self.units * (self.end - self.begin)


@dataclass(frozen=True, slots=True)
class Run:
    """What runs now, as far as it is known: noted up to `counted_to`.

    `begun_after` stands until the first stretch has it. `hosted` and `unscheduled` are as of the last look.
    """

    begun_at: datetime
    counted_to: datetime
    units: int
    begun_after: datetime | None = None
    hosted: bool = False
    unscheduled: bool = False
