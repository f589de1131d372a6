"""The terms of the hosting services: what a unit-hour costs, how many models may run at once, how fast they may start.

Owns the defaults where a plant file says nothing. A stored plan has no terms, so these hold for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from preheat.domain.plan.prices import USD_PER_UNIT_HOUR

if TYPE_CHECKING:
    from preheat_plantfile.schema.models import PlantFile


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one inference unit for an hour."""

    amount: Decimal
    currency: str = "USD"

    def per_minute(self, units: int) -> float:
        """Return what a minute of some units costs, hosted and idle."""
        return float(self.amount) * units / 60


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms by the service's name; of a service without a number nothing is known."""

    prices: Mapping[str, Price]
    models_at_once: Mapping[str, int]
    starts_per_second: Mapping[str, int]
    units_per_model: Mapping[str, int]


# Published for the two that bill inference units; SageMaker bills instances, whose price depends on their kind.
DEFAULT = Terms(
    prices={backend.value: Price(amount) for backend, amount in USD_PER_UNIT_HOUR.items()},
    models_at_once={"rekognition": 2},
    starts_per_second={"lookoutvision": 5, "rekognition": 5},
    units_per_model={"lookoutvision": 5, "rekognition": 5},
)


def terms_of(plant: "PlantFile") -> Terms:
    """Return the terms that a plant file names, and the usual ones for what it does not name."""
    prices = {str(name): Price(entry.unit_hour, entry.currency) for name, entry in plant.tariffs.items()}
    at_once = {str(name): entry.models_at_once for name, entry in plant.quotas.items() if entry.models_at_once}
    starts = {str(name): entry.starts_per_second for name, entry in plant.quotas.items() if entry.starts_per_second}
    units = {str(name): entry.units_per_model for name, entry in plant.quotas.items() if entry.units_per_model}
    return Terms(
        {**DEFAULT.prices, **prices},
        {**DEFAULT.models_at_once, **at_once},
        {**DEFAULT.starts_per_second, **starts},
        {**DEFAULT.units_per_model, **units},
    )
