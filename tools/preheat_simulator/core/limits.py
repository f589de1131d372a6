"""Owns the simulated account's limits. Does not know who must keep them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from preheat_simulator.core.billing import USD_PER_UNIT_HOUR


@dataclass(frozen=True, slots=True)
class AccountLimits:
    """The limits of an account; None is no limit. Raises ValueError for a limit below 1."""

    calls_per_second: float | None = 5.0
    """Per operation, DetectAnomalies excepted."""
    max_units_per_model: int | None = 5
    max_hosted_models: int | None = None
    """At once, starting ones included."""
    max_units: int | None = None
    """At once, over all models."""
    list_lag: timedelta = timedelta(0)
    """How far ListModels lags behind DescribeModel in the statuses it shows."""
    usd_per_unit_hour: Decimal = USD_PER_UNIT_HOUR

    def __post_init__(self) -> None:
        for name in ("max_units_per_model", "max_hosted_models", "max_units"):
            value: int | None = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} {value}: it must be 1 or more, or null for no limit")
        if self.calls_per_second is not None and not self.calls_per_second > 0:
            raise ValueError(f"calls_per_second {self.calls_per_second}: it must be above 0, or null for no limit")
        if not self.usd_per_unit_hour >= 0:
            raise ValueError(f"usd_per_unit_hour {self.usd_per_unit_hour}: it must be 0 or more")
        if self.list_lag < timedelta(0):
            raise ValueError("list_lag: it must not be negative")
