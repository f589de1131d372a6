"""The plant file's calendars of closed days, its tariffs and its quotas as typed models.

Owns the fields and what a country, an amount or a currency is. `compiling.holidays` owns the dates.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import Field

from preheat.domain.plan.plan import UNIT_HOURS_MAX, UNITS_MAX, Backend
from preheat_plantfile.holiday_library import countries
from preheat_plantfile.schema.dates import DATES, Date
from preheat_plantfile.schema.leaves import HALF_DAYS, HalfDays, leaf, whole
from preheat_plantfile.schema.windows import Strict, absent

_COUNTRY = re.compile(r"[A-Z]{2}")
_CATEGORY = re.compile(r"[a-z][a-z_]{0,40}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"\d{1,7}(?:\.\d{1,6})?")
_INSTANCE_TYPE = re.compile(r"ml\.[a-z0-9-]{1,20}\.[a-z0-9-]{1,20}")
_TEXT_MAX: Final = 200
PLAN_UNIT_HOURS_MAX: Final = 1_000 * UNIT_HOURS_MAX  # of as many models as a plant file has


def _country(value: Any) -> str:
    if isinstance(value, str) and _COUNTRY.fullmatch(value) and value in countries():
        return value
    raise ValueError("a country of the holiday library, as ISO 3166-1 in two capitals, such as DE")


def _text(value: Any) -> str:
    if isinstance(value, str) and 1 <= len(value) <= _TEXT_MAX and value.isprintable():
        return value
    raise ValueError(f"a text of 1 to {_TEXT_MAX} printable characters")


def _category(value: Any) -> str:
    if isinstance(value, str) and _CATEGORY.fullmatch(value):
        return value
    raise ValueError("a category of holidays such as public or bank")


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ValueError("true or false")


def _amount(value: Any) -> Decimal:
    text = str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    if _AMOUNT.fullmatch(text):
        return Decimal(text)
    raise ValueError("an amount such as 4 or 4.25, 0 to 9999999, at most 6 decimals")


def _currency(value: Any) -> str:
    if isinstance(value, str) and _CURRENCY.fullmatch(value):
        return value
    raise ValueError("a currency of ISO 4217 such as USD")


def _backend(value: Any) -> Backend:
    if isinstance(value, str) and value in list(Backend):
        return Backend(value)
    raise ValueError(" or ".join(Backend))


def _count(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"a whole number from 1 to {most}")
        return value

    return read


def _instance_type(value: Any) -> str:
    if isinstance(value, str) and _INSTANCE_TYPE.fullmatch(value):
        return value
    raise ValueError("a SageMaker instance type such as ml.g4dn.xlarge")


InstanceType = Annotated[
    str, *leaf(_instance_type, type="string", pattern=whole(_INSTANCE_TYPE), examples=["ml.g4dn.xlarge"])
]
Country = Annotated[str, *leaf(_country, type="string", pattern=whole(_COUNTRY), examples=["DE", "MX", "US"])]
Text = Annotated[str, *leaf(_text, type="string", minLength=1, maxLength=_TEXT_MAX)]
_TEXT: Final = leaf(_text, type="string", minLength=1, maxLength=_TEXT_MAX)
Category = Annotated[str, *leaf(_category, type="string", pattern=whole(_CATEGORY))]
Flag = Annotated[bool, *leaf(_flag, type="boolean")]
AMOUNT: Final = leaf(
    _amount,
    anyOf=[
        {"type": "number", "minimum": 0, "maximum": 9_999_999.999999},
        {"type": "string", "pattern": whole(_AMOUNT)},
    ],
)
Amount = Annotated[Decimal, *AMOUNT]
Currency = Annotated[str, *leaf(_currency, type="string", pattern=whole(_CURRENCY))]
BackendName = Annotated[Backend, *leaf(_backend, enum=list(Backend))]


class HolidaysEntry(Strict):
    """The public holidays of a country, or of a part of it."""

    country: Country = Field(description="Country of ISO 3166-1: DE.")
    subdivision: Annotated[str | None, *_TEXT] = absent("Part of the country, of ISO 3166-2 without the country: BY.")
    categories: Annotated[list[Category], Field(min_length=1)] = Field(
        default_factory=lambda: ["public"], description="Kinds of holidays that count; [public]."
    )
    without: Annotated[list[Text], Field(min_length=1)] = Field(
        default_factory=list, description="Holidays by name on which the plant works."
    )


class ShutdownEntry(Strict):
    """Days in a row of a shutdown."""

    from_: Date = Field(description="First closed date.", alias="from")
    until: Date = Field(description="Last closed date.")
    reason: Annotated[str | None, *_TEXT] = absent("Reason that people read, such as a plant shutdown.")


class CalendarEntry(Strict):
    """Closed days that schedules name."""

    holidays: Annotated[list[HolidaysEntry], Field(min_length=1, max_length=20)] = Field(
        default_factory=list, description="Public holidays."
    )
    bridge_days: Flag = Field(
        default=False, description="Also close a single working day between a holiday and a weekend or holiday; false."
    )
    make_up_days: Flag = Field(
        default=False, description="Work the weekend days that make up for a holiday, as the day made up for; false."
    )
    half_days: Annotated[HalfDays, *HALF_DAYS] = Field(
        default=HalfDays(), description='Half-day holidays: open, closed, or until "14:00"; open.'
    )
    shutdowns: Annotated[list[ShutdownEntry], Field(min_length=1, max_length=100)] = Field(
        default_factory=list, description="Shutdowns of the plant."
    )
    dates: Annotated[frozenset[date] | None, *DATES] = absent("Single closed dates.")


class TariffEntry(Strict):
    """The bill of a hosting service."""

    unit_hour: Amount | None = absent("Price of one inference unit for an hour; for SageMaker, of one endpoint.")
    instance_hour: dict[InstanceType, Amount] = Field(
        default_factory=dict,
        description="SageMaker: price of one instance for an hour, by its type. It goes before the list price.",
    )
    currency: Currency = Field(default="USD", description="Currency of ISO 4217; USD.")


class CeilingsEntry(Strict):
    """The most that the schedules of all models may cost."""

    unit_hours_a_day: Annotated[
        int | None, *leaf(_count(PLAN_UNIT_HOURS_MAX), type="integer", minimum=1, maximum=PLAN_UNIT_HOURS_MAX)
    ] = absent("Most unit-hours on a UTC day.")
    amount_a_month: Annotated[Decimal | None, *AMOUNT] = absent("Most money in 30 days, in the currency below.")
    currency: Currency = Field(default="USD", description="Currency of amount_a_month, of ISO 4217; USD.")


class QuotaEntry(Strict):
    """The quotas of a hosting service in the account and region."""

    units_per_model: Annotated[int | None, *leaf(_count(UNITS_MAX), type="integer", minimum=1, maximum=UNITS_MAX)] = (
        absent("Inference units allowed for one model; 5.")
    )

    models_at_once: Annotated[int | None, *leaf(_count(10_000), type="integer", minimum=1, maximum=10_000)] = absent(
        "Models that may run at once."
    )
    starts_per_second: Annotated[int | None, *leaf(_count(1_000), type="integer", minimum=1, maximum=1_000)] = absent(
        "Calls of StartModel allowed each second."
    )
