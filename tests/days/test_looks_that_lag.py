"""Looks that lag behind calls: for minutes after a call, the service shows the state from before it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import Day, a_day, at

from preheat.adapters.hosting.lookout import OBSERVED
from preheat.app.ports.remote import Remote
from preheat.domain.plan.plan import Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation

LAGS = [timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=3), timedelta(minutes=6), timedelta(minutes=9)]


class Lagging:
    """The service, whose looks show what was so a while ago; calls have their effect at once."""

    def __init__(self, day: Day, hosting: Any, lag: timedelta) -> None:
        self._day, self._hosting, self._lag = day, hosting, lag

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hosting, name)

    def describe(self, target: Target) -> Observation:
        shown = self._hosting.describe(target)
        day = self._day
        model = day.service._fleet.model(target.project, target.version, day.clock.at)
        seen: Observation = replace(shown, observed=OBSERVED[model.status_at(day.clock.at - self._lag)], serving=None)
        return seen


def lag(day: Day, by: timedelta) -> None:
    def with_lag(remote: Remote) -> Remote:
        return replace(remote, hosting=Lagging(day, remote.hosting, by))

    day.remote = with_lag


@pytest.mark.parametrize("by", LAGS, ids=str)
@pytest.mark.parametrize("minutes", [1, 2, 3, 5, 10])
def test_a_start_for_a_short_demand_never_runs_on_without_an_owner(minutes: int, by: timedelta) -> None:
    with a_day(window="20:00-21:00") as day:
        lag(day, by)
        day.run_until("10:00")
        one = day.hold("10:00", "14:00")
        day.run_until(f"10:{minutes:02}")
        day.release(one)
        day.run_until("10:45")
        assert day.started() == 1
        assert day.observed() is Observed.STOPPED
        assert not day.record.is_engaged()


@pytest.mark.parametrize("by", LAGS[:3], ids=str)
def test_a_shift_is_served_and_stopped_although_looks_lag(by: timedelta) -> None:
    with a_day(window="08:00-16:00") as day:
        lag(day, by)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED
        day.run_until("16:30")
        assert not day.record.is_engaged()


def test_without_a_lag_what_was_let_go_needs_no_more_looks_after_ten_minutes() -> None:
    with a_day(window="20:00-21:00") as day:
        day.run_until("10:00")
        one = day.hold("10:00", "14:00")
        day.run_until("10:01")
        day.release(one)
        day.run_until("10:30")
        assert (day.observed(), day.record.is_engaged()) == (Observed.STOPPED, False)
        assert day.record.wake_at is not None
        assert day.record.wake_at > at("15:00")
