"""Clocks: the machine's, and one that tests and simulations move by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)


@dataclass(slots=True)
class VirtualClock:
    """A clock that moves only when a test moves it; it never goes back."""

    at: datetime

    def now(self) -> datetime:
        """Return the instant that it shows."""
        return self.at

    def advance_to(self, at: datetime) -> None:
        """Move to `at`.

        Raises:
            ValueError: `at` lies behind.
        """
        if at < self.at:
            raise ValueError(f"the clock stands at {self.at}; it cannot go back to {at}")
        self.at = at

    def advance(self, by: timedelta) -> None:
        """Move on by a duration."""
        self.advance_to(self.at + by)
