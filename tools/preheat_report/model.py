"""The report on one model over a range: unit time and money by cause, its uncertainty, the promise, the savings."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from preheat.domain.bill import savings
from preheat.domain.bill.history import Bracket, History, Paid, all_paid, brackets, unknown_begins, within
from preheat.domain.bill.money import Amounts, Tariff, charge
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend, ModelId
from preheat.domain.record.paid import Cause
from preheat_report.promise import Promise, judge_promise

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ModelReport:
    """The result of one model. The true bill lies between `paid` less `may_be_less`, and `paid` with `may_be_more`.

    A run that begins and ends between two observations is in no bracket.
    """

    model_id: ModelId
    by_cause: Mapping[Cause, timedelta] = field(default_factory=dict)  # unit time
    amounts: Amounts = field(default_factory=dict)
    amounts_by_cause: Mapping[Cause, Amounts] = field(default_factory=dict)
    by_day: Mapping[date, Mapping[Cause, timedelta]] = field(default_factory=dict)  # days of UTC
    brackets: tuple[Bracket, ...] = ()
    unknown_begins: int = 0  # runs with no record of when they began
    promise: Promise = field(default_factory=Promise)
    around_the_clock: timedelta = timedelta()
    fixed_lead: timedelta = timedelta()
    undelivered: timedelta = timedelta()  # unit time in which it was needed, and not ready: no saving
    vain_lead: timedelta = timedelta()  # of the fixed lead, ahead of demands for which it was never ready
    unpriced: timedelta = timedelta()  # unit time of a service without a tariff, part of the paid time
    saved: Amounts = field(default_factory=dict)  # against around the clock
    saved_on_fixed_lead: Amounts = field(default_factory=dict)

    @property
    def paid(self) -> timedelta:
        """The paid unit time."""
        return sum(self.by_cause.values(), timedelta())

    @property
    def may_be_more(self) -> timedelta:
        """The unit time by which the bill may be higher: begins may have come earlier."""
        return sum((each.unit_time for each in self.brackets if each.begins), timedelta())

    @property
    def may_be_less(self) -> timedelta:
        """The unit time by which the bill may be lower: ends may have come earlier."""
        return sum((each.unit_time for each in self.brackets if not each.begins), timedelta())


def report_model(history: History, asked: Window, tariffs: Mapping[Backend, Tariff], *, as_of: datetime) -> ModelReport:
    """Return the report on one model. Ignores everything after `as_of`."""
    until = min(asked.end, as_of)
    if until <= asked.start:
        return ModelReport(history.model_id)
    known = Window(asked.start, until)
    everything = all_paid(history, as_of)
    parts = list(within(everything, known))
    by_cause = {cause: _sum(parts, cause) for cause in Cause}
    tariff = tariffs.get(history.entries[-1].target.backend) if history.entries else None
    paid = sum(by_cause.values(), timedelta())
    clock, fixed = (
        savings.compute_around_the_clock(history.entries, known),
        savings.compute_with_fixed_lead(history.entries, known),
    )
    vain_lead = savings.compute_vain_lead(history.entries, known)
    undelivered = savings.compute_undelivered(history.entries, [each.stretch for each in everything], known)
    return ModelReport(
        history.model_id,
        by_cause,
        _charge(parts, tariffs),
        {cause: _charge([each for each in parts if each.stretch.cause is cause], tariffs) for cause in Cause},
        _by_day(parts),
        tuple(brackets(everything, known)),
        unknown_begins(everything, known),
        judge_promise(history.entries, everything, known),
        clock,
        fixed,
        undelivered,
        vain_lead,
        sum((each.stretch.unit_time for each in parts if each.backend not in tariffs), timedelta()),
        charge([(clock - undelivered - paid, tariff)]),
        charge([(fixed - undelivered - vain_lead - paid, tariff)]),
    )


def _sum(parts: list[Paid], cause: Cause) -> timedelta:
    return sum((each.stretch.unit_time for each in parts if each.stretch.cause is cause), timedelta())


def _charge(parts: list[Paid], tariffs: Mapping[Backend, Tariff]) -> Amounts:
    return charge((each.stretch.unit_time, tariffs.get(each.backend)) for each in parts)


def _by_day(parts: list[Paid]) -> dict[date, dict[Cause, timedelta]]:
    days: dict[date, dict[Cause, timedelta]] = defaultdict(lambda: dict.fromkeys(Cause, timedelta()))
    for stretch in (each.stretch for each in parts):
        begin = stretch.begin
        while begin < stretch.end:
            midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
            end = min(stretch.end, midnight)
            days[begin.date()][stretch.cause] += stretch.units * (end - begin)
            begin = end
    return dict(days)
