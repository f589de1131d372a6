"""Money: what unit time costs under a tariff, in its currency. Amounts of several currencies stay apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend
from preheat.domain.plan.prices import USD_PER_UNIT_HOUR

type Amounts = Mapping[str, Decimal]  # by currency; what has no tariff is in none


@dataclass(frozen=True, slots=True)
class Tariff:
    """The price of one inference unit for an hour."""

    unit_hour: Decimal
    currency: str = "USD"

    def amount(self, unit_time: timedelta) -> Decimal:
        """Return what unit time costs, not rounded."""
        return Decimal(unit_time // timedelta(microseconds=1)) / 3_600_000_000 * self.unit_hour


def find_tariffs(model: HostedModel | None) -> Mapping[Backend, Tariff]:
    """Return the tariffs by service: the list prices of units, and the plan's price for a model's own service."""
    listed = {backend: Tariff(price) for backend, price in USD_PER_UNIT_HOUR.items()}
    if model is None or model.price is None:
        return listed
    amount, _, currency = model.price.partition(" ")
    return listed | {model.target.backend: Tariff(Decimal(amount), currency)}


def charge(parts: Iterable[tuple[timedelta, Tariff | None]]) -> Amounts:
    """Return what parts of unit time cost together; to the hundredth of a cent, rounded once."""
    sums: dict[str, Decimal] = {}
    for unit_time, tariff in parts:
        if tariff is not None:
            sums[tariff.currency] = sums.get(tariff.currency, Decimal()) + tariff.amount(unit_time)
    # Plus 0, because less than half of the last digit below 0 would be `-0.0000`.
    return {currency: round(amount, 4) + 0 for currency, amount in sorted(sums.items())}


def add_amounts(amounts: Iterable[Amounts]) -> Amounts:
    """Return the sum of amounts, currency by currency."""
    sums: dict[str, Decimal] = {}
    for each in amounts:
        for currency, amount in each.items():
            sums[currency] = sums.get(currency, Decimal()) + amount
    return dict(sorted(sums.items()))
