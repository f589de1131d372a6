"""Billed time: stretches of running units, each with its cause, and the looks between which it began or ended.

Values only. `accounting` notes them; `preheat_report` sums them up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Cause(StrEnum):
    """The reason why units were running."""

    LEAD = "lead"  # on the way to HOSTED, ahead of a demand
    IDLE = "idle"  # HOSTED ahead of a demand
    SHIFT = "shift"  # within a demand, whether it served or was late
    BRIDGE = "bridge"  # in a gap that was too short to stop for
    DRAIN = "drain"  # after the demand, until the stop was accepted
    UNSCHEDULED = "unscheduled"  # without a demand, and started by somebody else


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Stretch:
    """Units that ran over [begin, end), for one cause; an empty one only marks the end of a run.

    `begun_after`: here a run began, after that instant and by `begin`. `ended_after`: here it ended, after that instant
    and by `end`. None: it ran before, or it ran on; or this is unknown, which a gap next to it shows. Not checked at
    birth: a figure must never make a record unreadable that a stop depends on.
    """

    begin: datetime
    end: datetime
    units: int
    cause: Cause
    begun_after: datetime | None = None
    ended_after: datetime | None = None

    @property
    def unit_time(self) -> timedelta:
        """The billed time: units multiplied by duration."""
        return self.units * (self.end - self.begin)


@dataclass(frozen=True)  # without slots, as `ModelRecord`
class Run:
    """The present run, as far as it is known: noted up to `counted_to`.

    `begun_after` moves to the first stretch. `hosted` and `unscheduled` are as of the last look.
    """

    begun_at: datetime
    counted_to: datetime
    units: int
    begun_after: datetime | None = None
    hosted: bool = False
    unscheduled: bool = False
