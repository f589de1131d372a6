"""The report against the simulator's own bill: to the second where a call caused an end, else within its brackets."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import pytest

from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend
from preheat.domain.record.looks import GLANCED_FOR, HOSTED_EVERY
from preheat.domain.record.paid import Cause
from preheat_lab.simulation.faults import MIXES, FaultMix
from preheat_lab.simulation.plant import draw_plant
from preheat_lab.simulation.run import BEGINS_AT
from preheat_lab.simulation.world import SimulatedWorld
from preheat_report import History, ModelReport, Tariff, report_models
from preheat_simulator.core.billing import USD_PER_UNIT_HOUR, Bill
from preheat_simulator.core.switches import Switches

MONTH = 30
TARIFFS = {Backend.LOOKOUT_VISION: Tariff(USD_PER_UNIT_HOUR)}
# A clock that is off moves what it dates; the brackets are of what nobody has seen, by clocks that are right.
RIGHT_CLOCKS = timedelta()


@dataclass(frozen=True)
class Both:
    """The charges of one model, and the report's view of them."""

    bill: Bill
    report: ModelReport
    until: datetime

    @property
    def off(self) -> float:
        """By how many unit-seconds the bill is higher than the report."""
        return self.bill.unit_seconds - self.report.paid.total_seconds()


def live_a_month(seed: int, mix: FaultMix, *, models: int = 3, days: int = MONTH) -> list[Both]:
    """Return both for each model of a simulated month."""
    random = Random(f"{seed}/world")  # noqa: S311 - chance in a simulation
    lines = draw_plant(random, models, announced_at=BEGINS_AT)
    world = SimulatedWorld(lines, BEGINS_AT, days, random=random, mix=mix, switches=Switches(), on_entry=lambda _: None)
    world.run()
    now, bills = world.clock.at, world.service.bill()
    histories = [History(each, world.store.read_ledger(each), world.store.records[each]) for each in world.everyone]
    month = Window(BEGINS_AT, now)
    found = report_models(histories, month, TARIFFS, as_of=now)
    targets = [line.model.target for line in lines]
    return [
        Both(bills[f"{target.project}/{target.version}"], each, now)
        for target, each in zip(targets, found.models, strict=True)
    ]


def draw_mix(seed: int, name: str) -> FaultMix:
    mix = MIXES[name].draw(Random(f"{seed}/mix"))  # noqa: S311 - chance in a simulation
    return replace(mix, skew=RIGHT_CLOCKS)


def test_without_faults_the_report_is_the_bill_to_the_second() -> None:
    for both in live_a_month(1, MIXES["none"]):
        closed = [each for each in both.report.brackets if each.by < both.bill.intervals[-1].begin]
        assert abs(both.off) < 1
        assert closed == []
        assert both.report.unknown_begins == 0
        assert abs(both.report.amounts["USD"] - both.bill.usd) < 1
        assert both.report.by_cause[Cause.UNSCHEDULED] == timedelta()


@pytest.mark.parametrize(("seed", "name"), [(1, "all"), (2, "rough")])
def test_under_every_fault_the_bill_lies_within_the_brackets(seed: int, name: str) -> None:
    surely_seen = 0
    for both in live_a_month(seed, draw_mix(seed, name), days=MONTH if name == "all" else 10):
        less, more = both.report.may_be_less.total_seconds(), both.report.may_be_more.total_seconds()
        assert -less - 1 <= both.off <= more + 1
        surely_seen += bool(both.report.brackets)
    assert surely_seen > 0  # faults that leave nothing in doubt would show nothing


def test_lost_answers_alone_leave_no_more_in_doubt_than_the_time_until_the_next_look() -> None:
    """The glances of a run that goes on write nothing, so its last look may lie as far back as those go on."""
    service = tuple(fault for fault in MIXES["all"].service if fault.kind == "answer_lost")
    for both in live_a_month(4, FaultMix(service=service), days=10):
        assert -both.report.may_be_less.total_seconds() - 1 <= both.off <= both.report.may_be_more.total_seconds() + 1
        for each in both.report.brackets:
            goes_on = not each.begins and each.by == both.until
            assert each.by - each.after <= (GLANCED_FOR if goes_on else HOSTED_EVERY) + timedelta(minutes=1)
