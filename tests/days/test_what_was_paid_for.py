"""The paid time in the ledger: each stretch with its cause, and how well its ends are known."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.day import TARGET, WELD, Day, Skewed, a_day, a_model, at

from preheat.app.ports.remote import Remote
from preheat.domain.decision.accounting import STRETCHES_MOST
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import Backend, Mode, Units
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Cause, Stretch
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation


def list_stretches(day: Day) -> list[Stretch]:
    """Return the paid time in the ledger, and in the record since."""
    return [stretch for entry in day.store.read_ledger(WELD) for stretch in entry.paid] + list(day.record.paid)


def spans(day: Day) -> list[tuple[Cause, datetime, datetime]]:
    """Return cause, begin and end of each stretch that is not empty; those that follow on one another are one."""
    found: list[tuple[Cause, datetime, datetime]] = []
    for each in list_stretches(day):
        if found and found[-1][0] is each.cause and found[-1][2] == each.begin:
            found[-1] = (each.cause, found[-1][1], each.end)
        elif each.begin < each.end:
            found.append((each.cause, each.begin, each.end))
    return found


def measure_billed(day: Day) -> timedelta:
    seconds = sum(bill.unit_seconds for bill in day.service.bill().values())
    return timedelta(seconds=round(seconds, 6))


def measure_counted(day: Day) -> timedelta:
    return sum((each.unit_time for each in list_stretches(day)), timedelta())


def doubts(day: Day) -> tuple[timedelta, timedelta]:
    """Return by how much begins and ends may have come earlier."""
    begins = [each.begin - each.begun_after for each in list_stretches(day) if each.begun_after is not None]
    ends = [each.end - each.ended_after for each in list_stretches(day) if each.ended_after is not None]
    return sum(begins, timedelta()), sum(ends, timedelta())


@pytest.mark.parametrize("backend", Backend)
def test_an_ordinary_day_is_lead_idle_and_shift_and_nothing_is_in_doubt(backend: Backend) -> None:
    with a_day("08:00-16:00", backend=backend) as day:
        day.run_until("16:30")
        hosted = next(entry.at for entry in day.store.read_ledger(WELD) if entry.margin is not None)
        assert spans(day) == [
            (Cause.LEAD, at("07:28"), hosted),
            (Cause.IDLE, hosted, at("08:00")),
            (Cause.SHIFT, at("08:00"), at("16:00")),
        ]
        assert measure_counted(day) == measure_billed(day)
        assert doubts(day) == (timedelta(), timedelta())


def test_a_bridged_gap_is_paid_for_and_named() -> None:
    with a_day("08:00-12:00", "12:30-16:00") as day:
        day.run_until("16:30")
        assert (Cause.BRIDGE, at("12:00"), at("12:30")) in spans(day)
        assert measure_counted(day) == measure_billed(day)


def test_a_stop_that_is_refused_for_a_while_is_paid_for_as_drain() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("15:59")
        day.fault(FaultKind.THROTTLE, operation=Operation.STOP_MODEL, times=2)
        day.run_until("16:30")
        cause, begin, end = spans(day)[-1]
        assert (cause, begin) == (Cause.DRAIN, at("16:00"))
        assert timedelta(seconds=10) < end - begin < timedelta(minutes=2)
        assert measure_counted(day) == measure_billed(day)


def test_an_accepted_start_whose_answer_is_lost_lies_between_two_looks() -> None:
    with a_day("08:00-16:00") as day:
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.START_MODEL, times=1)
        day.run_until("16:30")
        more, less = doubts(day)
        assert timedelta() < more < timedelta(minutes=1)
        assert less == timedelta()
        assert timedelta() <= measure_billed(day) - measure_counted(day) <= more


def test_what_a_person_runs_is_unscheduled_until_a_demand_comes() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("02:00")
        day.person("starts")
        day.store.wake(WELD, at("02:10"))
        day.run_until("16:30")
        assert spans(day)[0] == (Cause.UNSCHEDULED, at("02:10"), at("07:28"))
        assert spans(day)[1] == (Cause.IDLE, at("07:28"), at("08:00"))
        more, _ = doubts(day)
        assert measure_billed(day) - measure_counted(day) == timedelta(minutes=10) <= more


def test_nobody_knows_when_a_run_began_that_the_first_look_at_a_new_target_shows() -> None:
    with a_day("08:00-16:00") as day:
        other = replace(TARGET, project="paint-shop-front")
        day.service.add_model(other.project, other.version)
        day.run_until("00:30")
        day.service.person_starts(other.project, other.version)
        day.run_until("01:00")
        look_now(day)  # at the old target, which says nothing about the new one
        day.apply(a_model("08:00-16:00", target=other))
        day.run_until("01:05")
        assert day.record.target == other
        assert day.record.run is not None
        assert (day.record.run.begun_at, day.record.run.begun_after) == (at("01:01"), None)


def test_a_stop_by_a_person_lies_between_two_looks() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("10:03")
        day.person("stops")
        day.run_until("16:30")
        _, less = doubts(day)
        assert timedelta() <= measure_counted(day) - measure_billed(day) <= less <= timedelta(minutes=10)


def test_a_start_that_fails_is_paid_for_until_it_was_seen_to() -> None:
    with a_day("08:00-16:00") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=5), times=1)
        day.run_until("16:30")
        _, less = doubts(day)
        assert timedelta() < less
        assert timedelta() <= measure_counted(day) - measure_billed(day) <= less


def test_a_look_that_cannot_be_read_says_nothing() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("09:05")
        before = day.record.looked_at
        # The glance fails, and so does the look of the pass that follows it at once.
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.DESCRIBE_MODEL, times=2)
        day.run_until("09:10:05")
        assert day.record.unreadable == 1
        assert day.record.looked_at == before
        day.run_until("16:30")
        assert measure_counted(day) == measure_billed(day)


def test_what_is_paused_is_counted_at_the_next_look() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("09:05")
        day.mode = Mode.PAUSED
        day.run_until("11:00")
        day.mode = Mode.ACT
        day.run_until("16:30")
        assert spans(day)[-1] == (Cause.SHIFT, at("08:00"), at("16:00"))
        assert measure_counted(day) == measure_billed(day)


def test_units_are_those_of_the_start() -> None:
    with a_day("08:00-16:00", units=Units(3)) as day:
        day.run_until("16:30")
        assert {each.units for each in list_stretches(day)} == {3}
        assert measure_counted(day) == measure_billed(day)


def test_a_demand_taken_back_while_it_starts_is_paid_for_until_the_stop() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("07:33")
        day.apply(a_model("18:00-20:00"))
        day.run_until("09:00")
        assert measure_counted(day) == measure_billed(day)


def test_each_entry_names_the_demand_and_the_units_it_is_about() -> None:
    with a_day("08:00-16:00", units=Units(2)) as day:
        day.run_until("16:30")
        start, *_ = day.store.read_ledger(WELD)
        assert (start.needed_from, start.needed_until, start.units) == (at("08:00"), at("16:00"), 2)


def test_a_day_of_many_gaps_keeps_the_record_small_and_loses_no_second() -> None:
    windows = [
        f"{hour:02}:{minute:02}-{hour:02}:{minute + 5:02}" for hour in range(4, 20) for minute in (0, 15, 30, 45)
    ]
    with a_day(*windows) as day:
        day.run_until("20:30")
        assert max(len(entry.paid) for entry in day.store.read_ledger(WELD)) <= STRETCHES_MOST
        assert measure_counted(day) == measure_billed(day)


def test_of_many_stretches_those_become_one_that_give_the_least_time_a_wrong_cause() -> None:
    windows = [f"{hour:02}:{minute:02}-{hour:02}:{minute + 5:02}" for hour in range(4, 20) for minute in (0, 20, 40)]
    with a_day(*windows) as day:
        day.run_until("20:30")
        sums = dict.fromkeys(Cause, timedelta())
        for cause, begin, end in spans(day):
            sums[cause] += end - begin
        ahead, window = at("04:00") - at("03:28"), timedelta(minutes=5)
        assert ahead <= sums[Cause.LEAD] + sums[Cause.IDLE] <= ahead + window
        assert sums[Cause.BRIDGE] >= 47 * timedelta(minutes=15)  # a gap is longer than the windows next to it
        assert sum(sums.values(), timedelta()) == measure_counted(day) == at("19:45") - at("03:28")


def test_a_run_of_other_units_is_another_run_that_began_between_two_looks() -> None:
    with a_day("08:00-16:00", start_takes="4m", stop_takes="1m") as day:
        day.run_until("12:01")
        day.person("stops")
        day.run_until("12:03")
        day.service.person_starts(day.target.project, day.target.version, 3)
        day.run_until("16:30")
        runs = [(each.units, each.begun_after, each.ended_after) for each in list_stretches(day)]
        assert runs[-3:-1] == [(1, None, at("12:00")), (3, at("12:00"), None)]
        more, less = (3 * doubts(day)[0], doubts(day)[1])
        assert -less <= measure_billed(day) - measure_counted(day) <= more


def test_a_hosted_model_that_is_starting_again_ended_between_two_looks() -> None:
    with a_day("08:00-16:00", stop_takes="1m") as day:
        day.run_until("12:01")
        day.person("stops")
        day.run_until("12:03")
        day.person("starts")
        day.run_until("16:30")
        more, less = doubts(day)
        assert (more, less) == (timedelta(minutes=10), timedelta(minutes=10))
        assert -more <= measure_counted(day) - measure_billed(day) <= less


def test_a_run_does_not_end_before_its_start_was_accepted() -> None:
    with a_day("08:00-16:00", stop_takes="1m") as day:
        day.hosting = SlowHosting(day)
        day.run_until("07:28:10")
        day.person("stops")
        day.run_until("07:40")
        (run, *_) = list_stretches(day)
        assert (run.begin, run.ended_after) == (at("07:28:10"), at("07:28:10"))


def test_a_clock_that_went_back_puts_no_begin_or_end_of_a_run_after_the_look_that_shows_it() -> None:
    with a_day("08:00-16:00") as day:
        for looked, does, seen in (("02:00", "starts", "02:00:10"), ("04:00", "stops", "04:00:10")):
            day.run_until(looked)
            day.remote = run_ahead
            look_now(day)
            day.remote = lambda remote: remote
            day.person(does)
            day.run_until(seen)
            look_now(day)
        (run,) = list_stretches(day)
        assert (run.begin, run.begun_after) == (at("02:00:10"), at("02:00:10"))
        assert run.ended_after == run.end


def test_no_stretch_of_a_run_ends_before_it_begins_if_the_clock_goes_back() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("07:46")
        day.remote = run_ahead
        look_now(day)
        assert day.record.run is not None
        assert day.record.run.counted_to == at("07:46:30")
        assert day.record.paid == ()  # they are in the entry that it is ready
        day.remote = lambda remote: remote
        day.apply(a_model("18:00-20:00"))
        look_now(day)
        assert day.stopped() == 1
        assert all(each.begin <= each.end for each in list_stretches(day))


def test_what_a_person_runs_outside_any_demand_stays_unscheduled_until_its_stop_is_accepted() -> None:
    with a_day("08:00-16:00", unscheduled=Unscheduled.STOP) as day:
        day.run_until("02:00")
        day.fault(FaultKind.THROTTLE, operation=Operation.STOP_MODEL, times=2)
        day.person("starts")
        look_now(day)
        day.run_until("03:00")
        assert (day.stopped(), day.observed()) == (1, Observed.STOPPED)
        assert {cause for cause, _, _ in spans(day)} == {Cause.UNSCHEDULED}


def look_now(day: Day) -> None:
    """Let a pass look at the model now, although it is not due."""
    day.store.wake(WELD, day.clock.at)
    day.look()


class SlowHosting:
    """The service of a day, whose start takes ten seconds to answer."""

    def __init__(self, day: Day) -> None:
        self._day, self._hosting = day, day.hosting

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hosting, name)

    def start(self, attempt: Attempt) -> None:
        """Start the model, ten seconds before the answer is there."""
        self._hosting.start(attempt)
        self._day.clock.advance_to(self._day.clock.at + timedelta(seconds=10))


def run_ahead(remote: Remote) -> Remote:
    """Return the outside with a clock that is half a minute ahead, and a store that does not say what time it is."""
    return replace(remote, clock=Skewed(remote.clock, timedelta(seconds=30)), served_at=lambda: None)
