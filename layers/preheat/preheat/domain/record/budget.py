"""The budget of service calls per model: bounded calls, whatever goes wrong (S10).

A leaky bucket kept as one instant on the record: each call moves `spent_until` on by what one call costs, time alone
brings it back. Knows no call and no reason.
"""

from datetime import datetime, timedelta

CALL_COSTS = timedelta(seconds=60)  # in the long run, one call a minute
BURST = 25  # calls ahead of that: at most 60 + 25 in any hour
# Calls reserved for the model itself, whatever is wrong with its queue and gate. The second applies while a gate must
# open for a ready model, or close before a stop that waits for it.
RESERVE = 4
RESERVE_IN_HASTE = 2


def spend(spent_until: datetime | None, now: datetime, calls: int = 1) -> datetime:
    """Return the bucket after one more call at `now`, or several."""
    return max(spent_until or now, now) + calls * CALL_COSTS


def is_spent(spent_until: datetime | None, now: datetime) -> bool:
    """Return whether a pass must not call now: a look and the call that may follow would not both fit."""
    return spent_until is not None and spent_until - now > (BURST - 2) * CALL_COSTS


def affords_a_look_at(spent_until: datetime, calls: int) -> datetime:
    """Return from when on a look of `calls` fits, and the call that may follow."""
    return spent_until + (calls - 1 - (BURST - 2)) * CALL_COSTS


def is_short(spent_until: datetime | None, now: datetime, reserve: int = RESERVE) -> bool:
    """Return whether a pass must not call anything but the model's own service now."""
    return spent_until is not None and spent_until - now > (BURST - 2 - reserve) * CALL_COSTS


def affords_at(spent_until: datetime, calls: int, reserve: int = RESERVE) -> datetime:
    """Return from when on a pass is not short any more once it has made `calls`."""
    return spent_until + (calls - (BURST - 2 - reserve)) * CALL_COSTS
