"""The turn of a model among those that start at the same time: a service accepts only so many calls a second.

Owns when it may start and look, so that the account's request rate makes none of them late. `preheat_plantfile` assigns
the turns; a model uses its own alone, and knows none of the others.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TURN_MOST = timedelta(hours=1)
# A look so long before a start in turn, so that the start itself comes to the second, however late a tick is.
ALERT_BEFORE = timedelta(minutes=3)
_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whole seconds. `offset`: the start begins so much earlier; `round`: how long one call for each of them takes."""

    offset: timedelta
    round: timedelta

    def __post_init__(self) -> None:
        if not timedelta() <= self.offset < self.round <= TURN_MOST or self.offset % _SECOND or self.round % _SECOND:
            accepted = f"whole seconds, offset below round, at most {TURN_MOST}"
            raise ValueError(f"turn {self.offset} of {self.round} is out of range; {accepted}")

    def find_last(self, at: datetime) -> datetime:
        """Return its last place at `at` or before: one in each round, and no other turn's."""
        return at - (at - _EPOCH - self.offset) % self.round


def find_offset(turn: Turn | None) -> timedelta:
    """Return how much earlier than its lead a model starts for a window."""
    return turn.offset if turn is not None else timedelta()


def look_in_turn(turn: Turn | None, now: datetime, wait: timedelta) -> datetime:
    """Return the next look at a start: after `wait`, or up to a round sooner, at its place in the round.

    If one look at each takes longer than `wait`, in the next round: no model gets two looks before each got one.
    """
    if turn is None:
        return now + wait
    return turn.find_last(now + max(wait, turn.round))
