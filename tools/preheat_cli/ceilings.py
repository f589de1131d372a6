"""The cost of a plan in the next 30 days, and the ceilings that it may not exceed unless you name them. Pure.

Reads compiled models, the ceilings of the plant file, and the parameter of the stack. Depends on no command.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.demand.spend import find_unit_hours
from preheat.domain.lead.lead_in_force import fix_next_lead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.errors import CHECK_FAILED, CliError
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_plantfile.compiling.terms import Terms
    from preheat_plantfile.schema.models import PlantFile

MONTH: Final = timedelta(days=30)
NAMED: Final = 5  # models that exceed their own ceiling; a line counts the others
TOLERANCE: Final = 1e-6  # sums of fractions of an hour differ by less
STACK_PARAMETER: Final = "PlanMaxUnitHours"


class Ceiling(StrEnum):
    """The ceilings, by the words that allow a plan above one."""

    MODEL_DAY = "model-day"  # max_unit_hours_a_day of a model or of the defaults
    PLAN_DAY = "plan-day"  # ceilings.unit_hours_a_day
    PLAN_MONTH = "plan-month"  # ceilings.amount_a_month
    STACK_DAY = "stack-day"  # the parameter PlanMaxUnitHours


AllowOverOption = Annotated[
    list[Ceiling] | None,
    typer.Option("--allow-over", help="Allow a cost above this ceiling. Repeat it to allow several."),
]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a plan in MONTH from `now`, without what requests add: unit-hours by model and UTC day, and money.

    `unpriced`: models of services without a tariff. It counts a model in mode observe as if it acted.
    """

    by_model: Mapping[ModelId, Mapping[date, float]] = field(default_factory=dict)
    amounts: Mapping[str, Decimal] = field(default_factory=dict)  # by currency
    unpriced: int = 0

    @property
    def by_day(self) -> Mapping[date, float]:
        """Return the unit-hours of all models by day."""
        found: dict[date, float] = defaultdict(float)
        for days in self.by_model.values():
            for day, hours in days.items():
                found[day] += hours
        return found

    @property
    def total(self) -> float:
        """Return all unit-hours."""
        return sum(self.by_day.values())

    def describe(self) -> str:
        """Return the cost in a line."""
        day, most = find_most(self.by_day)
        money = [f"{amount:,.2f} {currency}" for currency, amount in sorted(self.amounts.items())]
        money += [f"{show.count(self.unpriced, 'model')} without a tariff"] * bool(self.unpriced)
        a_day = f"at most {most:,.1f} on a UTC day ({day})" if day else "none on any day"
        return f"cost in the next {MONTH.days} days: {self.total:,.1f} unit-hours, {a_day}; {', '.join(money) or '-'}"


@dataclass(frozen=True, slots=True)
class Overrun:
    """A ceiling that a plan exceeds, and by what, in words."""

    ceiling: Ceiling
    words: str


def measure_cost(
    models: Sequence[HostedModel], records: Mapping[ModelId, ModelRecord], now: datetime, terms: "Terms"
) -> Cost:
    """Return the cost of a plan from the UTC day of `now` on. A schedule that cannot be evaluated costs nothing."""
    today = now.astimezone(UTC).date()
    begin = datetime.combine(today, time(), UTC)
    by_model: dict[ModelId, Mapping[date, float]] = {}
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    unpriced = 0
    for model in models:
        if model.mode is Mode.PAUSED:
            continue
        try:
            found = find_unit_hours(fix_next_lead(model, records.get(model.model_id)), begin, begin + MONTH)
        except ScheduleError:
            continue  # `preheat status` reports it
        days = {day: hours for day, hours in found.items() if today <= day < today + MONTH}
        by_model[model.model_id] = days
        price = terms.find_price(model.model_id, model.target.backend.value)
        if price is None:
            unpriced += bool(days)
        else:
            amounts[price.currency] += price.amount * Decimal(sum(days.values()))
    return Cost(by_model, dict(amounts), unpriced)


def find_overruns(cost: Cost, plant: "PlantFile", parameters: Mapping[str, str] | None = None) -> list[Overrun]:
    """Return the ceilings of a plant file and of the stack that the cost of its plan exceeds."""
    return [*_judge_models(cost, plant), *_judge_plan(cost, plant, parameters or {})]


def refuse_overruns(file: object, overruns: Sequence[Overrun], allowed: Collection[Ceiling], *, unchanged: str) -> None:
    """Refuse a plan above a ceiling that is not in `allowed`.

    Raises:
        CliError: each ceiling is a line; the last one names the option that allows it.
    """
    found = [each for each in overruns if each.ceiling not in allowed]
    if found:
        options = " ".join(f"--allow-over {name}" for name in dict.fromkeys(each.ceiling.value for each in found))
        lines = [f"{file}: {each.words}" for each in found]
        raise CliError(*lines, f"{unchanged}; use {options} if you mean it", status=CHECK_FAILED)


def find_most(by_day: Mapping[date, float]) -> tuple[date | None, float]:
    """Return the most expensive day and its unit-hours; None: no day costs anything."""
    day = max(by_day, key=lambda each: (round(by_day[each], 6), -each.toordinal()), default=None)
    return day, by_day[day] if day is not None else 0.0


def _judge_models(cost: Cost, plant: "PlantFile") -> Iterator[Overrun]:
    over = []
    for name, entry in plant.models.items():
        most = entry.max_unit_hours_a_day or plant.defaults.max_unit_hours_a_day
        day, hours = find_most(cost.by_model.get(ModelId(name), {}))
        if most is not None and hours > most + TOLERANCE:
            over.append(
                f"models.{name}: {hours:,.1f} unit-hours on {day}; max_unit_hours_a_day allows {most:,}. Shorten its "
                "schedules, take fewer units, or raise it"
            )
    more = f"and {len(over) - NAMED:,} more models are above max_unit_hours_a_day"
    lines = over if len(over) <= NAMED else [*over[:NAMED], more]
    yield from (Overrun(Ceiling.MODEL_DAY, line) for line in lines)


def _judge_plan(cost: Cost, plant: "PlantFile", parameters: Mapping[str, str]) -> Iterator[Overrun]:
    day, hours = find_most(cost.by_day)
    given = plant.ceilings
    most = given.unit_hours_a_day
    if most is not None and hours > most + TOLERANCE:
        words = f"{hours:,.1f} unit-hours on {day}; ceilings.unit_hours_a_day allows {most:,}"
        yield Overrun(Ceiling.PLAN_DAY, words)
    outer = parameters.get(STACK_PARAMETER, "0")
    if outer.isdecimal() and int(outer) and hours > int(outer) + TOLERANCE:
        words = f"{hours:,.1f} unit-hours on {day}; the parameter {STACK_PARAMETER} of the stack allows {int(outer):,}"
        yield Overrun(Ceiling.STACK_DAY, words)
    if given.amount_a_month is None:
        return
    amount = cost.amounts.get(given.currency, Decimal())
    others = sorted({*cost.amounts} - {given.currency})
    what = f"ceilings.amount_a_month allows {given.amount_a_month:,.2f} {given.currency}"
    if amount > given.amount_a_month:
        yield Overrun(Ceiling.PLAN_MONTH, f"{amount:,.2f} {given.currency} in {MONTH.days} days; {what}")
    elif cost.unpriced or others:
        # A cost that nobody can compare is not known to be below the ceiling.
        unknown = [f"{show.count(cost.unpriced, 'model')} have no tariff"] * bool(cost.unpriced)
        unknown += [f"some have a tariff in {', '.join(others)}"] * bool(others)
        yield Overrun(
            Ceiling.PLAN_MONTH, f"{what}, but {' and '.join(unknown)}: add their tariffs, in {given.currency}"
        )
