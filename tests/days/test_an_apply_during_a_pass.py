"""An `apply` that lands between two calls of a pass: a decision that takes something away rests on the current plan."""

from typing import Any

import pytest
from tests.support.calls import look
from tests.support.day import GATE, WELD, Day, a_day, a_model

from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action

READS = ("read_basis", "describe")


def apply_after(day: Day, call: str, model: Any) -> Any:
    """Return what applies a plan of `model` right after the first call of this name in a pass."""
    applied: list[str] = []

    def meets(called: str, after: bool) -> None:
        if called == call and after and not applied:
            applied.append(call)
            # As the pointer of a real plan, which is current some moments before the first model wakes.
            day.store.plans[day.store.current + 1] = {WELD: model}
            day.store.current += 1

    return meets


@pytest.mark.parametrize("call", READS)
def test_a_stop_is_not_made_on_a_plan_that_is_no_longer_current(call: str) -> None:
    with a_day(window="08:00-16:00") as day:
        day.run_until("15:58")
        day.ticks = False
        day.run_until("16:00")
        look(day, apply_after(day, call, a_model("08:00-18:00")))
        day.ticks = True
        day.run_until("17:59")
        assert (day.observed(), day.stopped(), day.started()) == (Observed.HOSTED, 0, 1)
        assert not day.entries_of(Action.STOP)
        day.run_until("18:10")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


@pytest.mark.parametrize("call", READS)
def test_a_gate_is_not_closed_on_a_plan_that_is_no_longer_current(call: str) -> None:
    with a_day(window="08:00-16:00", gate=GATE) as day:
        day.run_until("15:58")
        day.ticks = False
        day.run_until("16:00")
        look(day, apply_after(day, call, a_model("08:00-18:00", gate=GATE)))
        day.ticks = True
        day.run_until("17:59")
        assert not day.entries_of(Action.CLOSE)
        assert day.observed() is Observed.HOSTED


@pytest.mark.parametrize("call", READS)
def test_a_stranger_is_not_stopped_by_a_policy_that_is_no_longer_current(call: str) -> None:
    with a_day(window="08:00-16:00", unscheduled=Unscheduled.STOP) as day:
        day.ticks = False
        day.run_until("03:00")
        day.person("starts")
        day.run_until("03:30")
        day.store.wake(WELD, day.clock.at)
        look(day, apply_after(day, call, a_model("08:00-16:00")))
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)


def test_a_stop_follows_a_plan_that_was_applied_before_it() -> None:
    with a_day(window="08:00-16:00") as day:
        day.run_until("12:00")
        day.apply(a_model("08:00-11:00"))
        day.run_until("12:10")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)
