"""Owns the meter: the charged inference units of a model, from when to when, and what that costs.

It knows nothing of statuses; the code that moves a model opens and closes its meter. It simulates no auto-scaling, so
the charged units are the minimum of the model's start.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

USD_PER_UNIT_HOUR = Decimal(4)
"""The published price of the first tier."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Units charged over [begin, end); `end` is None while the meter runs."""

    begin: datetime
    end: datetime | None
    units: int

    def duration(self, now: datetime) -> timedelta:
        """Return how long it lasted, up to `now` if it still does."""
        return (self.end or now) - self.begin


@dataclass(frozen=True, slots=True)
class Bill:
    """The charges of one model; `unit_minutes` rounds each interval up to whole minutes, as the price list does."""

    intervals: tuple[Interval, ...]
    unit_seconds: float
    unit_minutes: int
    usd: Decimal
    usd_by_the_minute: Decimal


@dataclass(slots=True)
class Meter:
    """The intervals of one model, in order; at most the last is open."""

    closed: list[Interval] = field(default_factory=list)
    running: Interval | None = None

    def open(self, at: datetime, units: int) -> None:
        """Begin to charge; a meter that already runs stays as it is."""
        if self.running is None:
            self.running = Interval(at, None, units)

    def close(self, at: datetime) -> None:
        """Stop charging, if it runs."""
        if self.running is not None:
            self.closed.append(Interval(self.running.begin, at, self.running.units))
            self.running = None

    def bill(self, now: datetime, usd_per_unit_hour: Decimal = USD_PER_UNIT_HOUR) -> Bill:
        """Return the bill up to `now`; money to the hundredth of a cent."""
        intervals = (*self.closed, self.running) if self.running else tuple(self.closed)
        seconds = sum(each.units * each.duration(now).total_seconds() for each in intervals)
        minutes = sum(each.units * ceil(each.duration(now) / timedelta(minutes=1)) for each in intervals)
        return Bill(
            intervals=intervals,
            unit_seconds=seconds,
            unit_minutes=minutes,
            usd=round(Decimal(str(seconds)) / 3600 * usd_per_unit_hour, 4),
            usd_by_the_minute=round(Decimal(minutes) / 60 * usd_per_unit_hour, 4),
        )
