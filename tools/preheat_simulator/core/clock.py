"""Owns the simulator's time: real, scaled or stopped until a caller moves it. Knows nothing of what happens in it."""

import time
from datetime import UTC, datetime, timedelta


class ScaledClock:
    """Time that runs `scale` times as fast as the machine's; 0 is virtual time, which only `advance` moves.

    It never runs backwards: changing the scale goes on from the instant reached.
    """

    def __init__(self, scale: float = 1.0, start_at: datetime | None = None) -> None:
        """Begin at `start_at` (aware), the machine's time if None. Raises ValueError for a scale below 0."""
        self._scale = _check(scale)
        self._reached = start_at or datetime.now(UTC)
        self._since = time.monotonic()

    @property
    def scale(self) -> float:
        """How many simulated seconds pass in a real one."""
        return self._scale

    def now(self) -> datetime:
        """Return the simulated instant, aware UTC."""
        if not self._scale:
            return self._reached
        return self._reached + timedelta(seconds=(time.monotonic() - self._since) * self._scale)

    def set_scale(self, scale: float) -> None:
        """Run at another scale from now on; raises ValueError for one below 0."""
        scale = _check(scale)
        self._reached, self._since, self._scale = self.now(), time.monotonic(), scale

    def advance(self, by: timedelta) -> datetime:
        """Jump ahead, at any scale, and return the new instant; raises ValueError for a jump back."""
        if by < timedelta(0):
            raise ValueError(f"advance {by}: time does not run backwards")
        try:
            self._reached += by
        except OverflowError as error:
            raise ValueError(f"advance {by}: time ends with the year 9999") from error
        return self.now()


def _check(scale: float) -> float:
    if not 0 <= scale <= 1_000_000:
        raise ValueError(f"scale {scale:g}: it must be within 0 (virtual time) and 1000000")
    return scale
