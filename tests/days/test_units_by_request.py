"""Days on which holds ask for units: with any units and any refusal, the planned shift has its model."""

from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import WELD, Day, a_day, at

from preheat.app.ports.errors import InvalidCall
from preheat.app.publish import make_events
from preheat.domain.demand.request import Kind, RequestId, Standing, Subject
from preheat.domain.plan.hosted_model import Resize
from preheat.domain.plan.plan import Units
from preheat.domain.record.attempt import Answer
from preheat.domain.record.event import EventKind
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.limits import AccountLimits

MINUTE = timedelta(minutes=1)
A_MINUTE = ("09:00", "09:01")
WITHOUT_CAP: dict[str, Any] = {}
WITH_CAP = {"max_units_by_request": 6}
CAPS = pytest.mark.parametrize("cap", [WITHOUT_CAP, WITH_CAP], ids=["the plan's own units", "up to 6 by request"])


def allow(day: Day, units: int) -> None:
    """Let the account have no more than so many units for a model."""
    day.service.limits = AccountLimits(calls_per_second=None, max_units_per_model=units)


def down_within(day: Day, begin: str, end: str) -> list[str]:
    """Run from one time to another, and return the minutes at which the model was not hosted."""
    found, now = [], at(begin)
    while now < at(end):
        day.run_until(f"{now:%H:%M:%S}")
        if day.observed() is not Observed.HOSTED:
            found.append(f"{now:%H:%M}")
        now += MINUTE
    return found


def events_of(day: Day) -> list[EventKind]:
    return [event.kind for entry in day.store.read_ledger(WELD) for event in make_events(entry)]


@CAPS
@pytest.mark.parametrize("end", ["never", "before the start", "after the refusal", "in the shift"])
def test_a_minute_with_more_units_than_the_quota_keeps_no_shift_from_being_served(
    cap: dict[str, Any], end: str
) -> None:
    with a_day(**cap) as day:
        allow(day, 5)
        day.run_until("05:00")
        hold = day.hold(*A_MINUTE, units=6)
        for name, when in (("before the start", "07:00"), ("after the refusal", "07:29"), ("in the shift", "09:00:30")):
            if end == name:
                if when > "08:00":
                    assert down_within(day, "08:00", "09:00") == []
                day.run_until(when)
                day.release(hold)
        assert down_within(day, "09:01" if end == "in the shift" else "08:00", "16:00") == []
        day.run_until("16:05")
        assert day.observed() is Observed.STOPPED


@CAPS
@pytest.mark.parametrize("known", ["07:20", "07:26:40", "07:27:59", "07:28:30", "07:31", "08:30"])
def test_a_hold_that_becomes_known_as_late_as_this_makes_no_shift_late(cap: dict[str, Any], known: str) -> None:
    with a_day(start_takes="29m", **cap) as day:
        allow(day, 5)
        day.run_until(known)
        day.hold(f"{day.clock.at:%H:%M:%S}", "16:00", units=6)
        assert down_within(day, "08:31" if known == "08:30" else "08:00", "16:00") == []
        assert not [entry for entry in day.entries if entry.late]


@CAPS
def test_a_minute_with_more_units_does_not_restart_a_model_for_the_rest_of_the_day(cap: dict[str, Any]) -> None:
    with a_day(resize=Resize.RESTART, **cap) as day:
        allow(day, 5)
        assert down_within(day, "08:00", "10:00") == []
        day.hold("10:00", "10:01", units=6)
        assert down_within(day, "10:00", "16:00") == []
        assert day.started() == 1


def test_a_restart_whose_units_are_refused_comes_back_with_the_plans_own() -> None:
    with a_day(resize=Resize.RESTART, max_units_by_request=6) as day:
        allow(day, 5)
        day.run_until("10:00")
        day.hold("10:00", "14:00", units=6)
        day.run_until("10:00:30")
        assert day.observed() is Observed.STOPPING
        assert down_within(day, "10:30", "16:00") == []
        assert (day.started(), day.stopped()) == (2, 1)
        assert day.record.attempt is not None
        assert day.record.attempt.units == Units(1)


@pytest.mark.parametrize("answer", [Answer.QUOTA, Answer.INVALID])
def test_refused_units_are_reported_once_with_what_it_gets_instead(answer: Answer) -> None:
    with a_day(max_units_by_request=6) as day:
        refuse_more_than(day, 5, answer)
        day.run_until("05:00")
        day.hold("09:00", "12:00", units=6)
        day.hold("10:00", "12:00", "hold-2", units=6)
        day.run_until("15:00")
        told = [entry for entry in day.entries if entry.fell_back_to is not None]
        assert [(entry.action, entry.fell_back_to) for entry in told] == [(Action.REFUSE, 1)]
        assert "6 units" in told[0].reason
        assert "the plan's 1" in told[0].reason
        assert events_of(day).count(EventKind.UNITS_NOT_AVAILABLE) == 1
        assert EventKind.START_FAILED not in events_of(day)
        assert [entry.units for entry in day.entries_of(Action.START)] == [6, 1]
        assert day.observed() is Observed.HOSTED


def test_a_start_with_more_units_that_fails_is_followed_by_one_with_the_plans_own() -> None:
    with a_day(max_units_by_request=3) as day:
        day.run_until("05:00")
        day.fault(FaultKind.HOSTING_FAILED, operation=day.service.words.start, times=1, after=timedelta(minutes=5))
        day.hold("09:00", "12:00", units=3)
        day.run_until("12:00")
        assert [entry.units for entry in day.entries_of(Action.START)] == [3, 1]
        assert [entry.fell_back_to for entry in day.entries if entry.fell_back_to is not None] == [1]
        assert events_of(day).count(EventKind.UNITS_NOT_AVAILABLE) == 1
        assert day.observed() is Observed.HOSTED


def test_a_start_with_more_units_that_hangs_is_followed_by_one_with_the_plans_own() -> None:
    with a_day(max_units_by_request=3) as day:
        day.run_until("05:00")
        day.fault(FaultKind.STUCK, operation=day.service.words.start, times=1)
        day.hold("09:00", "15:30", units=3)
        day.run_until("15:00")
        assert [entry.units for entry in day.entries_of(Action.START)] == [3, 1]
        assert events_of(day).count(EventKind.UNITS_NOT_AVAILABLE) == 1
        assert day.observed() is Observed.HOSTED


def test_the_next_demand_asks_for_the_units_again() -> None:
    with a_day(max_units_by_request=6) as day:
        allow(day, 5)
        day.run_until("05:00")
        day.hold("09:00", "12:00", units=6)
        day.run_until("17:00")
        allow(day, 6)
        day.run_until("20:00")
        day.hold("21:00", "23:00", "hold-2", units=6)
        day.run_until("21:00")
        assert day.record.attempt is not None
        assert day.record.attempt.units == Units(6)


def test_a_changed_ask_kills_the_token_that_was_refused() -> None:
    with a_day(max_units_by_request=3) as day:
        day.run_until("05:00")
        hold = day.hold("09:00", "12:00", units=3)
        day.fault(FaultKind.THROTTLE, operation=day.service.words.start, probability=1.0)
        day.run_until("07:25:30")
        day.release(hold)
        day.run_until("07:27")
        day.service.clear_faults()
        day.run_until("08:00")
        starts = day.entries_of(Action.START)
        assert [entry.units for entry in starts] == [3, 1]
        assert starts[0].client_token != starts[1].client_token
        assert day.observed() is Observed.HOSTED


def test_units_are_those_of_holds_that_are_active_or_still_ahead() -> None:
    with a_day("08:00-10:00", "12:30-16:00", max_units_by_request=4, start_takes="10m") as day:
        day.run_until("05:00")
        day.hold("06:00", "07:00", units=4)
        day.run_until("06:30")
        assert day.record.attempt is not None
        assert day.record.attempt.units == Units(4)
        day.run_until("07:30")
        day.person("stops")
        day.run_until("09:00")
        assert day.record.attempt.units == Units(1)  # the hold is over; it still belongs to the demand
        assert day.observed() is Observed.HOSTED


def test_a_plan_that_lowers_the_cap_limits_what_was_accepted_before() -> None:
    with a_day(max_units_by_request=2) as day:
        day.run_until("05:00")
        day.hold("09:00", "12:00", units=6)
        day.run_until("08:00")
        assert day.record.attempt is not None
        assert day.record.attempt.units == Units(2)


def test_a_shift_whose_holds_spent_all_attempts_before_it_has_attempts_of_its_own() -> None:
    with a_day() as day:
        day.run_until("05:00")
        day.fault(
            FaultKind.HOSTING_FAILED, operation=day.service.words.start, probability=1.0, after=timedelta(seconds=60)
        )
        day.hold("05:00", "08:00")
        day.run_until("07:00")
        assert len(day.entries_of(Action.START)) == 5
        day.service.clear_faults()
        assert down_within(day, "08:00", "16:00") == []


def test_a_shift_with_attempts_of_its_own_is_not_taken_for_a_time_by_a_clock_that_is_ahead() -> None:
    with a_day() as day:
        day.run_until("05:00")
        day.hold("05:00", "08:00")
        assert down_within(day, "06:00", "16:00") == []
        assert not [entry for entry in day.entries if "clock" in entry.reason]
        assert len([entry for entry in day.entries if entry.late is not None]) == 1


@pytest.mark.parametrize("begin", ["07:20", "07:35", "07:50", "07:59"])
def test_a_restart_for_more_units_waits_until_the_shift_has_begun(begin: str) -> None:
    with a_day(start_takes="10m", resize=Resize.RESTART, max_units_by_request=4) as day:
        allow(day, 4)
        day.run_until(begin)
        day.hold(begin, "12:00", units=4)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        day.run_until("08:30")
        attempt = day.record.attempt
        assert attempt is not None
        assert (day.observed(), attempt.units) == (Observed.HOSTED, Units(4))
        assert [entry.late for entry in day.entries if entry.late is not None] == [False]


def refuse_more_than(day: Day, units: int, answer: Answer) -> None:
    """Let the service answer so to a start with more units."""
    if answer is Answer.QUOTA:
        allow(day, units)
        return
    start = day.hosting.start

    def refusing(attempt: Any) -> None:
        if attempt.units.minimum > units:
            raise InvalidCall(f"{attempt.units.minimum} units; at most {units} are valid")
        start(attempt)

    day.hosting.start = refusing  # type: ignore[method-assign]  # the test's own service


def test_a_refusal_of_an_earlier_shift_keeps_no_hold_from_its_units() -> None:
    with a_day(lead="20m", start_takes="5m", resize=Resize.RESTART, max_units_by_request=3) as day:
        day.fault(FaultKind.VALIDATION, operation=day.service.words.start, times=1)
        day.run_until("09:00")
        assert day.record.silent_for_plan is not None
        day.run_until("16:01")
        assert day.record.silent_for_plan is None
        day.run_until("09:00", day=1)
        until = at("14:00", day=1)
        hold = Standing(
            RequestId("hold-1"), Kind.HOLD, Subject(model_id=WELD), "role-1", day.clock.at, until, day.clock.at, units=3
        )
        day.ask(hold)
        day.run_until("10:00", day=1)
        assert (day.record.attempt is not None and day.record.attempt.units, day.observed()) == (
            Units(3),
            Observed.HOSTED,
        )
