"""The port `Clock`, and a clock whose error is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class CorrectedClock:
    """A clock that is ahead by `error`, with that taken off."""

    clock: Clock
    error: timedelta

    def now(self) -> datetime:
        """See `Clock`."""
        return self.clock.now() - self.error
