"""Days on which SageMaker has no capacity: for one start, for hours, and back after an hour."""

from datetime import timedelta
from itertools import pairwise

from tests.support.day import WELD, Day, a_day, at

from preheat.app.publish import make_events
from preheat.domain.plan.plan import Backend
from preheat.domain.record.event import EventKind
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.verdict.causes import VerdictCause
from preheat_simulator.core.faults import FaultKind

QUICKLY = timedelta(minutes=3)


def no_capacity(day: Day, times: int | None = None, **details: float) -> None:
    day.fault(FaultKind.CAPACITY, operation=day.service.words.start, times=times, after=QUICKLY, **details)


def test_one_shortage_spends_no_attempt_and_the_next_try_is_in_time() -> None:
    with a_day(backend=Backend.SAGEMAKER, lead="40m") as day:
        no_capacity(day, times=1)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert [entry.attempt for entry in day.entries_of(Action.START)] == [1, 1]
        (told,) = day.entries_of(Action.CAPACITY)
        assert "InsufficientInstanceCapacity" in told.reason
        assert day.entries_of(Action.FAIL) == []


def test_a_shortage_of_hours_is_reported_once_and_tried_until_the_demand_ends() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        no_capacity(day, probability=1.0)
        day.run_until("15:50")
        starts = day.entries_of(Action.START)
        gaps = [after.at - before.at for before, after in pairwise(starts)]
        assert max(gaps) <= timedelta(minutes=16)  # Preheat has to delete each failed endpoint first
        assert len(day.entries_of(Action.CAPACITY)) == 1
        assert day.entries_of(Action.FAIL) == []
        (late,) = [entry for entry in day.entries if entry.late]
        assert "capacity" in late.reason
        day.run_until("16:30")
        # A failed endpoint costs nothing; Preheat deletes it before the next start.
        assert day.observed() in (Observed.STOPPED, Observed.FAILED)
        assert day.record.phase is Phase.IDLE


def test_capacity_that_is_back_after_an_hour_is_used_within_minutes() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        no_capacity(day, probability=1.0)
        day.run_until("08:28")
        day.service.clear_faults()
        day.run_until("09:05")
        assert day.observed() is Observed.HOSTED
        day.run_until("16:30")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_a_shortage_is_reported_again_at_the_next_demand() -> None:
    with a_day("08:00-16:00", backend=Backend.SAGEMAKER) as day:
        no_capacity(day, probability=1.0)
        day.run_until("17:00", day=1)
        assert len(day.entries_of(Action.CAPACITY)) == 2


def test_a_shortage_says_nothing_about_how_long_a_start_takes() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        no_capacity(day, probability=1.0)
        day.run_until("10:00")
        day.service.clear_faults()
        day.run_until("11:00")
        assert day.record.samples
        assert max(day.record.samples) <= timedelta(minutes=19)


def test_a_shortage_makes_one_event_of_its_own_and_no_failed_start() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        no_capacity(day, probability=1.0)
        day.run_until("12:00")
        kinds = [event.kind for entry in day.store.read_ledger(WELD) for event in make_events(entry)]
        assert kinds.count(EventKind.NO_CAPACITY) == 1
        assert EventKind.START_FAILED not in kinds


def test_a_start_that_fails_for_another_reason_still_spends_its_attempts() -> None:
    with a_day(backend=Backend.SAGEMAKER) as day:
        no_capacity(day, times=2)
        day.fault(FaultKind.HOSTING_FAILED, operation=day.service.words.start, probability=1.0, after=QUICKLY)
        day.run_until("12:00")
        assert [entry.attempt for entry in day.entries_of(Action.START)] == [1, 1, 1, 2, 3, 4, 5]
        assert day.record.phase is Phase.FAILED
        assert day.clock.at == at("12:00")


def test_a_start_that_fails_after_a_shortage_is_no_shortage() -> None:
    with a_day(backend=Backend.SAGEMAKER, lead="40m") as day:
        no_capacity(day, times=1)
        day.fault(FaultKind.HOSTING_FAILED, operation=day.service.words.start, probability=1.0, after=QUICKLY)
        day.run_until("07:59")
        assert {entry.cause for entry in day.entries_of(Action.CAPACITY)} == {VerdictCause.CAPACITY}
        assert {entry.cause for entry in day.entries_of(Action.FAIL)} == {VerdictCause.START_FAILED}


def test_a_start_that_is_late_after_a_shortage_does_not_report_one_now() -> None:
    with a_day(backend=Backend.SAGEMAKER, lead="40m", start_takes="45m") as day:
        no_capacity(day, times=1)
        day.run_until("08:30")
        (late,) = [entry for entry in day.entries if entry.late]
        (short,) = day.entries_of(Action.CAPACITY)
        assert late.cause is VerdictCause.STARTING
        assert f"The service had no capacity for it at {format_instant(short.at, 'UTC')}" in late.reason


def test_a_shortage_for_more_units_leaves_the_next_start_the_plans_own() -> None:
    with a_day(backend=Backend.SAGEMAKER_COMPONENT, lead="40m", max_units_by_request=4) as day:
        day.run_until("05:00")
        day.hold("06:00", "12:00", units=4)
        no_capacity(day, times=1)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert [entry.units for entry in day.entries_of(Action.START)] == [4, 1]
        (told,) = day.entries_of(Action.CAPACITY)
        assert "4 units are not available" in told.reason
        assert told.fell_back_to == 1
        assert [entry.late for entry in day.entries if entry.late is not None] == [False]


def test_a_shortage_after_the_model_was_lost_in_its_shift_says_its_cause_too() -> None:
    with a_day(backend=Backend.SAGEMAKER, lead="40m") as day:
        day.run_until("10:00")
        no_capacity(day, probability=1.0)
        day.person("stops")
        day.run_until("12:00")
        (told,) = day.entries_of(Action.CAPACITY)
        assert (told.at_risk, told.cause) == (None, "capacity")
