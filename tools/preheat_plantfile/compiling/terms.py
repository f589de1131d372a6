"""The terms of the hosting services: what a unit-hour costs, how many models may run at once, how fast they may start.

Owns the defaults where a plant file says nothing. A stored plan has no terms, so these hold for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from preheat.domain.plan.plan import Backend
from preheat.domain.plan.prices import USD_PER_INSTANCE_HOUR, USD_PER_UNIT_HOUR

if TYPE_CHECKING:
    from preheat_plantfile.schema.models import AnyModel, PlantFile

USD: Final = "USD"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one inference unit for an hour."""

    amount: Decimal
    currency: str = USD

    def per_minute(self, units: int) -> float:
        """Return what a minute of some units costs, hosted and idle."""
        return float(self.amount) * units / 60


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms by the service's name; of a service without a number nothing is known.

    `prices_by_model`: of models whose price depends on their instances.
    """

    prices: Mapping[str, Price]
    models_at_once: Mapping[str, int]
    starts_per_second: Mapping[str, int]
    units_per_model: Mapping[str, int]
    prices_by_model: Mapping[str, Price] = field(default_factory=dict)

    def find_price(self, model: str, service: str) -> Price | None:
        """Return the price of a unit-hour of a model; None: nobody has named one."""
        return self.prices_by_model.get(model) or self.prices.get(service)


# Published for the two that bill inference units; SageMaker bills instances, whose price depends on type and region.
DEFAULT = Terms(
    prices={backend.value: Price(amount) for backend, amount in USD_PER_UNIT_HOUR.items()},
    models_at_once={"rekognition": 2},
    starts_per_second={"lookoutvision": 5, "rekognition": 5},
    units_per_model={"lookoutvision": 5, "rekognition": 5},
)


def terms_of(plant: "PlantFile") -> Terms:
    """Return the terms that a plant file names, and the usual ones for what it does not name."""
    at_once = {str(name): entry.models_at_once for name, entry in plant.quotas.items() if entry.models_at_once}
    starts = {str(name): entry.starts_per_second for name, entry in plant.quotas.items() if entry.starts_per_second}
    units = {str(name): entry.units_per_model for name, entry in plant.quotas.items() if entry.units_per_model}
    return Terms(
        list_prices(plant),
        {**DEFAULT.models_at_once, **at_once},
        {**DEFAULT.starts_per_second, **starts},
        {**DEFAULT.units_per_model, **units},
        {
            name: price
            for name, entry in plant.models.items()
            if (price := find_instance_price(plant, entry)) is not None
        },
    )


def list_prices(plant: "PlantFile") -> Mapping[str, Price]:
    """Return the price of a unit-hour by the service's name."""
    named = plant.tariffs.items()
    prices = {str(name): Price(one.unit_hour, one.currency) for name, one in named if one.unit_hour is not None}
    return {**DEFAULT.prices, **prices}


def find_instance_price(plant: "PlantFile", model: "AnyModel") -> Price | None:
    """Return what an hour of an endpoint costs, by its instances; None: the file names none, or a price is missing.

    Each price of the file goes before the list prices of the model's region, also that of an endpoint.
    """
    instances: Mapping[str, int] = getattr(model, "instances", {})
    if not instances:
        return None
    tariff, region = plant.tariffs.get(Backend.SAGEMAKER), getattr(model, "region", None) or plant.defaults.region
    # A list price is in dollars, and is no part of a sum in another currency.
    uses_list = tariff is None or (tariff.currency == USD and tariff.unit_hour is None)
    listed = USD_PER_INSTANCE_HOUR.get(region or "", {}) if uses_list else {}
    prices = {**listed, **(tariff.instance_hour if tariff is not None else {})}
    if any(kind not in prices for kind in instances):
        return None
    amount = sum((prices[kind] * count for kind, count in instances.items()), Decimal())
    return Price(amount, tariff.currency if tariff is not None else USD)
