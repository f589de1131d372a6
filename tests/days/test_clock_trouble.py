"""Days on which the functions' clocks are off: by a minute either way, or one of them by an hour."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from tests.support.day import WELD, Day, Skewed, a_day, a_model, at

from preheat.app.ports.hosting import Hosting
from preheat.app.ports.remote import Remote
from preheat.domain.plan.plan import Units
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation


def skew(day: Day, *offsets: timedelta) -> None:
    """Let one pass after the other have the next of these clocks."""
    passes = count()

    def with_its_clock(remote: Remote) -> Remote:
        return replace(remote, clock=Skewed(remote.clock, offsets[next(passes) % len(offsets)]))

    day.remote = with_its_clock


def test_clocks_a_minute_off_either_way_neither_start_twice_nor_miss_the_shift() -> None:
    minute = timedelta(seconds=60)
    for offsets in ((minute, -minute), (-minute, minute, timedelta()), (-minute,), (minute,)):
        with a_day() as day:
            skew(day, *offsets)
            day.run_until("08:00")
            assert day.observed() is Observed.HOSTED
            day.run_until("16:10")
            assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)
            (stop,) = [call for call in day.sent(Operation.STOP_MODEL) if call.changed_state]
            assert at("15:59") <= stop.at <= at("16:03")
            instants = [entry.at for entry in day.entries]
            assert day.record.since == max(instants)


OFF = [timedelta(hours=6), timedelta(hours=1), timedelta(seconds=91), -timedelta(seconds=91), -timedelta(hours=6)]


@pytest.mark.parametrize("by", OFF)
def test_a_pass_whose_clock_differs_from_the_stores_takes_no_step_and_says_so(by: timedelta) -> None:
    with a_day() as day:
        day.run_until("12:00")
        skew(day, by)
        day.store.wake(WELD, at("00:00"))
        before = day.record
        result = day.look()
        assert day.record == before
        assert result.incomplete
        assert "This function's clock shows" in result.reason
        day.run_until("12:30")
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)


def test_one_function_with_a_wrong_clock_among_others_harms_no_shift() -> None:
    with a_day() as day:
        skew(day, timedelta(hours=6), timedelta(), -timedelta(hours=6))
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        day.run_until("16:10")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)


@pytest.mark.parametrize("hours", [1, 4, 6, 22, 48])
@pytest.mark.parametrize("when", ["03:00", "07:30", "07:40", "12:00", "15:58", "16:02"])
def test_what_a_clock_that_was_ahead_has_left_on_the_record_holds_nobody_up(when: str, hours: int) -> None:
    with a_day() as day:
        day.run_until(when)
        unchecked(day, timedelta(hours=hours))  # as by a store that does not say what time it is
        day.store.wake(WELD, at("00:00"))
        day.look()
        day.remote = lambda remote: remote
        back_by = day.clock.at + timedelta(minutes=50)
        day.run_until(f"{back_by:%H:%M}")
        wanted = at("08:00") <= day.clock.at < at("16:00")
        assert day.observed() is (Observed.HOSTED if wanted else Observed.STOPPED)
        day.run_until("16:55")
        assert day.observed() is Observed.STOPPED
        day.run_until("08:00", day=1)
        assert day.observed() is Observed.HOSTED
        day.run_until("16:15", day=1)
        assert day.observed() is Observed.STOPPED
        if hours < 20 and when == "12:00":
            assert any("from a clock that was ahead" in result.reason for result in day.results)


def unchecked(day: Day, by: timedelta) -> None:
    """Let each pass have a clock that is off, over a store that does not say what time it is."""

    def with_its_clock(remote: Remote) -> Remote:
        return replace(remote, clock=Skewed(remote.clock, by), served_at=lambda: None)

    day.remote = with_its_clock


@pytest.mark.parametrize("by", ["Preheat", "a person"])
def test_a_pass_whose_clock_is_behind_does_not_stop_what_another_has_just_begun_to_serve(by: str) -> None:
    with a_day() as day:  # a start is due at 07:28
        if by == "a person":
            day.run_until("07:20")
            day.person("starts")
        day.run_until("07:28:30")
        skew(day, -timedelta(seconds=59))
        day.apply(a_model("08:00-16:00", units=Units(2)))
        day.store.wake(WELD, at("07:27:20"))  # by a clock that is behind as well
        day.look()
        day.run_until("08:00")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, int(by == "Preheat"), 0)
        assert not day.entries_of(Action.LATE)


@pytest.mark.parametrize("by", [-59, -9, 9, 59])
def test_an_answer_is_noted_by_the_same_time_as_its_intent(by: int) -> None:
    found = []
    for error in (0, by):
        with a_day() as day:
            day.run_until("07:27:59")
            day.fault(FaultKind.THROTTLE, operation=Operation.START_MODEL, times=1)
            skew(day, timedelta(seconds=error))
            day.clock.advance_to(at("07:28"))
            day.look()
            found.append((day.record.attempt, day.record.wake_at))
    assert found[0] == found[1]


class Paused:
    """A hosting service that a worker reaches only after `meanwhile`: it paused between write and call."""

    def __init__(self, hosting: Hosting, meanwhile: Callable[[], object]) -> None:
        self._hosting, self._meanwhile = hosting, meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hosting, name)

    def stop(self, attempt: Attempt) -> None:
        self._meanwhile()
        self._hosting.stop(attempt)


@pytest.mark.parametrize("ahead", [0, 7, 9, 30, 59, 89])
@pytest.mark.parametrize("behind", [0, 7, 9, 30, 59, 89])
def test_no_clock_ends_the_lease_of_a_worker_that_may_still_call(behind: int, ahead: int) -> None:
    """The function of the paused worker ends after 100 s; its stop goes out one second before that."""
    with a_day() as day:
        day.run_until("15:59:59")
        kept: list[bool] = []

        def meanwhile() -> None:
            day.clock.advance(timedelta(seconds=99))
            day.hold("16:00", "17:00")  # the model is needed again
            skew(day, timedelta(seconds=ahead))
            day.look()
            kept.append(day.record.attempt is not None and day.record.attempt.call is Call.STOP)
            day.remote = lambda remote: remote

        def as_paused(remote: Remote) -> Remote:
            clock = Skewed(remote.clock, timedelta(seconds=-behind))
            return replace(remote, clock=clock, hosting=Paused(remote.hosting, meanwhile))

        day.clock.advance_to(at("16:02"))
        day.store.wake(WELD, at("15:00"))
        day.remote = as_paused
        day.look()
        assert kept == [True], "the intent of the other worker was closed within its lease"


def test_a_demand_that_only_a_clock_ahead_saw_ended_goes_on_with_its_judgement_and_its_attempts() -> None:
    """A pass whose clock is 8 s ahead sees a block begin that somebody lifts before its begin."""
    with a_day() as day:
        day.run_until("09:59:50")
        block = day.block("10:00", "11:00")
        judged = [entry.late for entry in day.entries if entry.late is not None]
        skew(day, timedelta(seconds=8))
        day.run_until("09:59:54")
        day.store.wake(WELD, at("00:00"))
        day.look()
        assert (day.record.effort, day.record.ended_effort is not None) == (None, True)
        day.release(block)
        skew(day, timedelta())
        day.run_until("12:00")
        assert day.observed() is Observed.HOSTED
        assert (day.started(), day.record.effort.attempts, day.record.ended_effort) == (2, 2, None)  # type: ignore[union-attr]
        assert [entry.late for entry in day.entries if entry.late is not None] == judged == [False]


@pytest.mark.parametrize("ahead", [5, 30, 59])
def test_a_longer_shift_applied_by_a_clock_ahead_does_not_stop_the_start_for_it(ahead: int) -> None:
    """To a pass whose clock is right, the plan is not known yet, and before a plan nothing needs its model."""
    with a_day("08:00-16:00", start_takes="20m") as day:
        day.run_until("07:40")
        known_at = day.clock.at + timedelta(seconds=ahead)
        longer = replace(a_model("08:00-17:00"), announced_at=known_at)
        day.store.apply([longer], expected_version=day.store.read_plan_version(), at=known_at)
        day.store.wake(WELD, day.clock.at)
        day.look()
        day.run_until("16:59")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, 1, 0)


@pytest.mark.parametrize("ahead", [5, 30, 59])
def test_a_block_that_a_clock_ahead_lifts_at_its_begin_stops_no_model(ahead: int) -> None:
    """To a pass whose clock is right, the block ends only when that clock shows the time of its lifting."""
    with a_day("08:00-16:00") as day:
        day.run_until("09:59:59")
        block = day.block("10:00", "11:00")
        day.ask(replace(block, released_at=at("10:00") + timedelta(seconds=ahead), revision=2))
        day.clock.advance_to(at("10:00:01"))
        day.store.wake(WELD, day.clock.at)
        day.look()
        day.run_until("15:59")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, 1, 0)
