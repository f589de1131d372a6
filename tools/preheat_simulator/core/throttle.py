"""Owns the request rate: a token bucket per operation, as full as one second's calls. Knows no clock of its own."""

from datetime import datetime


class Throttle:
    """Admits at most `per_second` calls of each operation in any burst, refilled evenly; None admits all."""

    def __init__(self, per_second: float | None) -> None:
        self.per_second = per_second
        self._buckets: dict[str, tuple[float, datetime]] = {}

    def admits(self, operation: str, now: datetime) -> bool:
        """Take one call from the operation's bucket; False if there is none left at `now`."""
        if self.per_second is None:
            return True
        size = max(self.per_second, 1.0)
        left, since = self._buckets.get(operation, (size, now))
        left = min(size, left + (now - since).total_seconds() * self.per_second)
        admitted = left >= 1
        self._buckets[operation] = (left - 1 if admitted else left, now)
        return admitted
