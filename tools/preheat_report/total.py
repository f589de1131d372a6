"""The report on all models over a range, and their sums."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from preheat.domain.bill.history import History
from preheat.domain.bill.money import Amounts, Tariff, add_amounts
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend
from preheat.domain.record.paid import Cause
from preheat_report.model import ModelReport, report_model
from preheat_report.promise import LateDemand, Promise


@dataclass(frozen=True, slots=True)
class Report:
    """The models in the caller's order. Ignores everything after `as_of`."""

    asked: Window
    as_of: datetime
    models: tuple[ModelReport, ...]

    @property
    def by_cause(self) -> Mapping[Cause, timedelta]:
        """The unit time of all models, by cause."""
        zero = timedelta()
        return {cause: sum((each.by_cause.get(cause, zero) for each in self.models), zero) for cause in Cause}

    @property
    def by_day(self) -> Mapping[date, Mapping[Cause, timedelta]]:
        """The unit time of all models, day by day of UTC and by cause; every day between the first and the last."""
        found = {day for each in self.models for day in each.by_day}
        if not found:
            return {}
        zero, first = timedelta(), min(found)
        days = [first + timedelta(days=number) for number in range((max(found) - first).days + 1)]
        return {
            day: {
                cause: sum((each.by_day[day][cause] for each in self.models if day in each.by_day), zero)
                for cause in Cause
            }
            for day in days
        }

    @property
    def paid(self) -> timedelta:
        """The unit time of all models."""
        return sum((each.paid for each in self.models), timedelta())

    @property
    def amounts(self) -> Amounts:
        """The cost of all models."""
        return add_amounts(each.amounts for each in self.models)

    @property
    def unpriced(self) -> timedelta:
        """The unit time without a tariff: the cost is that of the rest."""
        return sum((each.unpriced for each in self.models), timedelta())

    @property
    def undelivered(self) -> timedelta:
        """The unit time in which models were needed, and not ready."""
        return sum((each.undelivered for each in self.models), timedelta())

    @property
    def late(self) -> list[LateDemand]:
        """The demands whose model was late, those that it was never ready for first."""
        found = [one for each in self.models for one in each.promise.late_demands]
        return sorted(found, key=lambda one: (one.ready_at is not None, one.needed_at, one.model_id))

    @property
    def promise(self) -> Promise:
        """The promise over all models."""
        return sum((each.promise for each in self.models), Promise())

    @property
    def saved(self) -> Amounts:
        """The savings against running around the clock."""
        return add_amounts(each.saved for each in self.models)

    @property
    def saved_on_fixed_lead(self) -> Amounts:
        """The savings against a fixed lead of 30 minutes; below 0 if starts got more."""
        return add_amounts(each.saved_on_fixed_lead for each in self.models)


def report_models(
    histories: Sequence[History],
    asked: Window,
    tariffs: Mapping[Backend, Tariff],
    *,
    as_of: datetime,
    by_model: Mapping[str, Mapping[Backend, Tariff]] | None = None,
) -> Report:
    """Return the report on `histories` over a range: what the ledgers say, up to `as_of`.

    `by_model`: the tariffs of single models, such as those of their instances. They go before the others.
    """
    known = by_model or {}
    reports = [
        report_model(history, asked, {**tariffs, **known.get(history.model_id, {})}, as_of=as_of)
        for history in histories
    ]
    return Report(asked, as_of, tuple(reports))
