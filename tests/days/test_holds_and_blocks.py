"""Days on which others ask: holds that start and extend, blocks that stop, and what comes between read and write."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.calls import Faulty
from tests.support.day import WELD, Day, Skewed, a_day, a_model, at

from preheat.app.ports.remote import Remote
from preheat.domain.demand.request import Subject
from preheat.domain.plan.hosted_model import Resize
from preheat.domain.plan.plan import Units
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation

EARLY = Subject(schedule="early")
SUBJECTS = pytest.mark.parametrize("subject", [Subject(model_id=WELD), EARLY], ids=["model", "schedule"])


def between_read_and_write(day: Day, act: Any) -> None:
    """Let something happen once, after the next pass has read the service and before it writes."""
    left = [act]

    def faulty(remote: Remote) -> Remote:
        def meets(name: str, done: bool) -> None:
            if name == "describe" and done and left:
                left.pop()()

        hosting: Any = Faulty(remote.hosting, meets)
        return Remote(remote.clock, remote.store, hosting, remote.queue, remote.writer)

    day.remote = faulty


@SUBJECTS
def test_a_hold_on_a_cold_model_starts_it_at_once_and_it_is_stopped_at_its_end(subject: Subject) -> None:
    with a_day() as day:
        day.run_until("03:00:20")
        day.hold("03:00:20", "05:00", subject=subject)
        day.run_until("03:00:25")
        assert day.observed() is Observed.STARTING
        day.run_until("03:20")
        assert day.observed() is Observed.HOSTED
        (ready,) = [entry for entry in day.entries if entry.requests]
        assert (ready.requests, ready.late, ready.schedule) == (("hold-1",), False, "request")
        day.run_until("04:59:59")
        assert day.observed() is Observed.HOSTED
        day.run_until("05:05")
        assert day.observed() is Observed.STOPPED
        (over,) = [entry for entry in day.entries if entry.expired]
        assert (over.expired, over.action, over.at) == (("hold-1",), Action.STOP, at("05:00"))
        assert (day.started(), day.stopped()) == (1, 1)


def test_a_hold_that_comes_while_it_is_hosted_is_reported_ready_once_and_extends_the_shift() -> None:
    with a_day() as day:
        day.run_until("15:00")
        day.hold("15:00", "18:00")
        day.run_until("15:00:05")
        (ready,) = day.entries_of(Action.READY)
        assert ready.requests == ("hold-1",)
        day.run_until("18:10")
        assert (day.started(), day.stopped()) == (1, 1)
        (stopped,) = day.entries_of(Action.STOP)
        assert (stopped.at, stopped.expired) == (at("18:00"), ("hold-1",))
        assert len([entry for entry in day.entries if entry.requests]) == 1


def test_a_hold_that_is_late_is_reported_late_and_then_ready() -> None:
    with a_day(start_takes="40m") as day:
        day.run_until("03:00")
        day.hold("03:00", "05:00")
        day.run_until("03:45")
        told = [(entry.action, entry.late, entry.requests) for entry in day.entries if entry.requests]
        assert told == [(Action.LATE, True, ("hold-1",)), (Action.OBSERVE, None, ("hold-1",))]


def test_an_expiry_inside_a_shift_is_reported_by_itself_and_stops_nothing() -> None:
    with a_day() as day:
        day.run_until("10:00")
        day.hold("10:00", "12:00")
        day.run_until("12:01")
        (over,) = day.entries_of(Action.EXPIRE)
        assert (over.expired, over.at) == (("hold-1",), at("12:00"))
        day.run_until("15:00")
        assert len([entry for entry in day.entries if entry.expired]) == 1
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 0)


def test_a_hold_that_is_released_ends_then_and_has_not_expired() -> None:
    with a_day() as day:
        day.run_until("02:00")
        one = day.hold("02:00", "05:00")
        day.run_until("03:00")
        day.release(one)
        day.run_until("06:00")
        assert day.observed() is Observed.STOPPED
        (stopped,) = day.entries_of(Action.STOP)
        assert stopped.at == at("03:00")
        assert not [entry for entry in day.entries if entry.expired]


@SUBJECTS
def test_a_block_inside_a_shift_stops_the_model_which_is_ready_again_at_its_end(subject: Subject) -> None:
    with a_day() as day:
        day.run_until("10:00")
        day.block("10:00", "12:00", subject=subject)
        day.run_until("10:05")
        assert day.observed() is Observed.STOPPED
        day.run_until("11:27:59")
        assert day.started() == 1
        day.run_until("12:00")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 2)
        day.run_until("16:05")
        assert day.stopped() == 2
        assert not [entry for entry in day.entries if entry.late]


def test_a_short_block_stops_the_model_too_and_what_cannot_be_in_time_is_not_late() -> None:
    with a_day() as day:
        day.run_until("09:00")
        day.block("10:00", "10:10")
        day.run_until("10:04:30")
        assert day.observed() is Observed.STOPPED
        day.run_until("10:30")
        assert day.observed() is Observed.HOSTED
        assert not [entry for entry in day.entries if entry.late]


def test_no_start_begins_inside_a_hard_block() -> None:
    with a_day() as day:
        day.block("06:00", "09:00", hard=True)
        day.run_until("08:59:59")
        assert day.started() == 0
        day.run_until("09:20")
        assert day.observed() is Observed.HOSTED
        assert not [entry for entry in day.entries if entry.late]


def test_a_block_that_is_lifted_early_has_the_model_back_at_once() -> None:
    with a_day() as day:
        day.run_until("10:00")
        one = day.block("10:00", "14:00")
        day.run_until("11:00")
        day.release(one)
        day.run_until("11:18")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 2)


@pytest.mark.parametrize("block", [("12:10", "16:00"), ("12:06", "12:15"), ("12:01", "12:03")])
def test_a_block_lifted_in_the_gap_that_it_parted_makes_nothing_late_that_was_over(block: tuple[str, str]) -> None:
    """Two shifts with a gap that the model would run through: they are one demand, but for the block."""
    with a_day("08:00-12:00", "12:30-16:00") as day:
        day.run_until("11:00")
        one = day.block(*block)
        day.run_until("12:04" if block[0] > "12:04" else "12:02")
        day.release(one)
        day.run_until("12:57")
        assert day.observed() is Observed.HOSTED
        assert not [entry for entry in day.entries if entry.late]
        ready = [entry.ready_at for entry in day.entries if entry.ready_at is not None]
        assert len(set(ready)) == 2
        day.run_until("16:05")
        assert day.observed() is Observed.STOPPED


@pytest.mark.parametrize("when", ["12:02", "12:05", "12:12"])
def test_a_lead_made_longer_in_the_gap_that_it_bridges_makes_nothing_late_that_was_over(when: str) -> None:
    with a_day("08:00-12:00", "12:45-16:00") as day:
        day.run_until(when)
        day.apply(a_model("08:00-12:00", "12:45-16:00", lead="60m"))
        day.run_until("12:44")
        assert day.observed() is Observed.HOSTED
        assert not [entry for entry in day.entries if entry.late]
        assert day.record.effort is not None
        assert day.record.effort.ready_at == at("12:45")
        day.run_until("16:05")
        assert (day.observed(), day.started()) == (Observed.STOPPED, 2)


@pytest.mark.parametrize(("priority", "runs"), [(50, False), (51, True)])
def test_a_block_beats_a_hold_of_its_own_priority_and_no_higher_one(priority: int, runs: bool) -> None:
    with a_day() as day:
        day.block("00:30", "05:00", priority=50)
        day.run_until("01:00")
        day.hold("01:00", "04:00", priority=priority)
        day.run_until("01:30")
        assert (day.observed() is Observed.HOSTED) is runs


def test_of_overlapping_holds_the_last_to_end_counts_and_each_is_reported_once() -> None:
    with a_day() as day:
        day.run_until("01:00")
        day.hold("01:00", "03:00", "a")
        day.run_until("01:10")
        day.hold("01:10", "04:00", "b")
        day.run_until("05:00")
        assert (day.started(), day.stopped()) == (1, 1)
        assert [entry.requests for entry in day.entries if entry.requests] == [("a", "b")]
        assert [entry.expired for entry in day.entries if entry.expired] == [("a",), ("b",)]
        (stopped,) = day.entries_of(Action.STOP)
        assert stopped.at == at("04:00")


@SUBJECTS
def test_a_stop_that_was_decided_before_a_hold_was_accepted_loses_its_write(subject: Subject) -> None:
    with a_day() as day:
        day.run_until("15:59:59")
        between_read_and_write(day, lambda: day.hold("16:00", "18:00", subject=subject))
        day.run_until("17:59:59")
        assert (day.observed(), day.sent(day.service.words.stop)) == (Observed.HOSTED, [])
        day.run_until("18:05")
        assert day.observed() is Observed.STOPPED


def test_a_hold_at_the_end_of_a_shift_is_served_also_by_a_pass_whose_clock_is_behind() -> None:
    with a_day() as day:
        day.run_until("15:59:58")
        day.remote = lambda remote: replace(remote, clock=Skewed(remote.clock, timedelta(seconds=-0.5)))
        day.clock.advance_to(at("16:00:01"))
        day.hold("16:00:01", "18:00")
        day.run_until("17:59")
        assert (day.stopped(), day.observed()) == (0, Observed.HOSTED)


def test_a_block_that_was_lifted_is_over_also_for_a_pass_whose_clock_is_behind() -> None:
    with a_day() as day:
        day.run_until("12:00:30")
        block = day.block("12:00:30", "14:00")
        day.clock.advance_to(at("12:01"))
        day.release(block)
        day.store.wake(WELD, at("12:00:30"))  # for the block; a release on a schedule wakes after it is stored
        day.remote = lambda remote: replace(remote, clock=Skewed(remote.clock, timedelta(seconds=-20)))
        day.look()
        day.run_until("15:00")
        assert (day.stopped(), day.observed()) == (0, Observed.HOSTED)


def test_what_falls_between_a_passs_clock_and_what_it_has_read_is_checked_when_it_has_come() -> None:
    with a_day() as day:
        day.fault(FaultKind.VALIDATION, operation=Operation.START_MODEL)
        hold = day.hold("12:00", "13:00")
        day.run_until("07:59:50")
        day.ask(replace(hold, released_at=at("08:00:10"), revision=2))  # by a clock that is ahead
        day.run_until("08:02")
        assert [entry.ready_at for entry in day.entries if entry.late] == [at("08:00")]


def test_a_hold_of_a_model_that_no_plan_names_is_not_kept() -> None:
    with a_day() as day:
        day.run_until("01:00")
        day.hold("01:00", "05:00")
        day.run_until("01:30")
        day.apply()
        day.run_until("01:40")
        assert day.observed() is Observed.STOPPED


@pytest.mark.parametrize(("resize", "units"), [(Resize.KEEP, 1), (Resize.RESTART, 4)])
def test_a_larger_hold_restarts_what_runs_only_where_the_plan_says_so(resize: Resize, units: int) -> None:
    with a_day(resize=resize, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:40")
        assert day.observed() is Observed.HOSTED
        attempt = day.record.attempt
        assert attempt is not None
        assert (attempt.units, day.stopped()) == (Units(units), int(resize is Resize.RESTART))
        day.run_until("15:00")
        assert day.started() == 1 + (resize is Resize.RESTART)


def test_restarts_for_more_units_come_to_an_end() -> None:
    with a_day(resize=Resize.RESTART, max_units_by_request=9) as day:
        for number in range(5):
            day.run_until(f"{10 + number}:00")
            day.hold(f"{10 + number}:00", "16:00", f"hold-{number}", units=2 + number)
        day.run_until("15:59")
        assert (day.observed(), day.stopped()) == (Observed.HOSTED, 2)


def test_a_start_has_the_units_that_its_demand_asks_for() -> None:
    with a_day(max_units_by_request=4) as day:
        day.hold("09:00", "10:00", units=3)
        day.run_until("08:00")
        attempt = day.record.attempt
        assert attempt is not None
        assert attempt.units == Units(3)


def test_a_hold_asked_for_in_a_gap_that_the_model_runs_through_costs_no_stop() -> None:
    """The hold joined neither shift, and so it parted them: the stop and the start made the second shift late."""
    with a_day("06:00-14:00", "14:40-22:00", stop_takes="13m", start_takes="29m") as day:
        day.run_until("14:00:30")
        assert day.observed() is Observed.HOSTED
        day.hold("14:39", "15:30")
        day.run_until("14:50")
        assert (day.stopped(), day.started(), [entry for entry in day.entries if entry.late]) == (0, 1, [])


def test_a_stopped_model_names_its_next_demand_and_not_the_end_of_a_hold_under_a_block() -> None:
    with a_day() as day:
        day.run_until("12:00")
        day.hold("12:30", "13:00")
        day.block("12:00", "18:00")
        day.run_until("12:20")
        (stopped,) = [
            entry for entry in day.entries if entry.to_phase is Phase.IDLE and entry.from_phase is not Phase.IDLE
        ]
        assert stopped.reason == "Stopped; no demand before 2026-11-24 07:28:00Z"


def test_holds_that_end_while_no_pass_looks_are_each_reported_once() -> None:
    with a_day() as day:
        day.run_until("11:00")
        day.hold("11:00", "12:01", "first")
        day.hold("11:00", "12:03", "second")
        day.run_until("11:59")
        day.ticks, enqueue = False, day.queue.enqueue
        day.queue.enqueue = lambda *_, **__: None  # type: ignore[method-assign]  # nothing looks for a while
        day.run_until("12:05")
        day.ticks, day.queue.enqueue = True, enqueue  # type: ignore[method-assign]
        day.run_until("15:00")
        expired = [entry.expired for entry in day.entries if entry.expired]
        assert [sorted(names) for names in expired] == [["first", "second"]]


def test_a_hold_with_a_long_name_is_reported_ready_once() -> None:
    name = "rework-of-the-night-shift-at-the-welding-line-of-hall-4"
    with a_day("08:00-16:00") as day:
        day.run_until("09:00")
        day.hold("09:00", "15:00", name)
        day.run_until("14:00")
        assert [entry.requests for entry in day.entries if entry.requests] == [(name,)]
