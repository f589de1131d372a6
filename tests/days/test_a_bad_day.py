"""Days on which the service, a person or a worker does not do as it should."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from tests.support.day import TARGET, WELD, Day, a_day, a_model, at

from preheat.adapters.memory.listing import MemoryListing
from preheat.app.audit.audit import Audit
from preheat.domain.plan.plan import Backend, Mode, Units
from preheat.domain.record.attempt import LEASE, TOKEN_AGE_MAX
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.switches import Switches, TokenAfterStop, WhenAlready, WhenPossible
from preheat_simulator.core.views import ModelView
from preheat_simulator.lookout import LookoutService


def test_a_lost_answer_does_not_start_a_model_twice() -> None:
    with a_day() as day:
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.START_MODEL)
        day.run_until("18:00")
        assert day.started() == 1
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 1


def test_a_start_that_never_arrived_is_repeated_with_the_same_token() -> None:
    with a_day() as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.START_MODEL, times=3)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert len(day.sent(Operation.START_MODEL)) == 4
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 1


def test_a_lost_stop_answer_does_not_leave_the_model_running() -> None:
    with a_day() as day:
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.STOP_MODEL)
        day.run_until("16:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_throttling_is_waited_out_and_costs_no_attempt() -> None:
    with a_day() as day:
        day.fault(FaultKind.THROTTLE, operation=Operation.START_MODEL, times=4)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert [entry.attempt for entry in day.entries_of(Action.START)] == [1]


def test_a_failed_start_is_followed_by_a_new_one_with_a_new_token() -> None:
    with a_day(start_takes="5m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=3))
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert day.started() == 2
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 2
        (failed,) = day.entries_of(Action.FAIL)
        assert "attempt 1 of 5" in failed.reason


def test_attempts_are_spent_with_growing_pauses_and_end_at_five() -> None:
    with a_day(start_takes="5m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=99)
        day.run_until("15:00")
        assert day.started() == 5
        assert len(day.entries_of(Action.FAIL)) == 5
        assert day.record.phase is Phase.FAILED
        starts = [entry.at for entry in day.entries_of(Action.START)]
        pauses = [later - earlier for earlier, later in pairwise(starts)]
        assert pauses == sorted(pauses)
        assert min(pauses) >= LEASE


def test_a_new_demand_has_attempts_of_its_own() -> None:
    with a_day(start_takes="5m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=5)
        day.run_until("08:00", day=1)
        assert day.observed() is Observed.HOSTED


def test_a_failed_model_that_refuses_to_start_is_stopped_first() -> None:
    switches = Switches(start_from_hosting_failed=WhenPossible.CONFLICT)
    with a_day(start_takes="5m", stop_takes="1m", switches=switches) as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1))
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert day.stopped() == 1


def test_a_start_that_hangs_is_stopped_at_the_timeout_and_begun_again() -> None:
    with a_day(start_takes="5m", stop_takes="1m") as day:
        day.fault(FaultKind.STUCK)
        day.run_until("08:27")
        assert day.observed() is Observed.STARTING
        day.run_until("10:00")
        assert day.observed() is Observed.HOSTED
        assert day.stopped() == 1


def test_a_second_attempt_has_the_whole_timeout_of_its_own() -> None:
    with a_day(start_takes="55m", stop_takes="1m") as day:
        day.run_until("07:50")
        day.person("stops")
        day.run_until("09:00")
        assert day.observed() is Observed.HOSTED
        assert day.stopped() == 0


def test_lateness_is_reported_within_two_minutes_and_once() -> None:
    with a_day(start_takes="50m") as day:
        day.run_until("08:02")
        (late,) = day.entries_of(Action.LATE)
        assert late.at <= at("08:02")
        day.run_until("12:00")
        assert [entry.late for entry in day.entries if entry.late is not None] == [True]
        (measured,) = [entry for entry in day.entries if entry.margin is not None]
        assert measured.margin is not None
        assert measured.margin < timedelta()


def test_lateness_is_reported_also_while_the_service_cannot_be_read() -> None:
    with a_day() as day:
        day.run_until("07:20")
        day.fault(FaultKind.INTERNAL_ERROR, times=500)
        day.run_until("08:02")
        assert day.started() == 0
        assert len(day.entries_of(Action.LATE)) == 1


def test_an_unreadable_service_stops_nothing() -> None:
    with a_day() as day:
        day.run_until("15:59")
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.DESCRIBE_MODEL, times=4)
        day.run_until("16:00:20")
        assert day.stopped() == 0
        day.run_until("16:05")
        assert day.stopped() == 1


def test_a_model_the_system_updates_is_neither_started_nor_stopped() -> None:
    with a_day() as day:
        day.run_until("07:20")
        day.service.system_update(TARGET.project, TARGET.version, timedelta(minutes=15))
        day.run_until("07:34")
        assert not day.sent(Operation.START_MODEL)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED


def test_a_model_stopped_by_a_person_in_its_shift_is_started_again_at_most_twice() -> None:
    with a_day(start_takes="5m", stop_takes="1m") as day:
        for hour in ("09", "10", "11", "12"):
            day.run_until(f"{hour}:00")
            if day.observed() is Observed.HOSTED:
                day.person("stops")
        day.run_until("13:00")
        assert day.started() == 3
        assert day.record.phase is Phase.FAILED
        assert "no further start" in day.entries[-1].reason


def test_a_token_is_never_sent_again_after_the_model_left_and_returned() -> None:
    with a_day(start_takes="5m", stop_takes="1m") as day:
        day.run_until("09:00")
        day.person("stops")
        day.run_until("10:00")
        tokens = [call.token for call in day.sent(Operation.START_MODEL)]
        assert len(tokens) == len(set(tokens)) == 2


def test_a_start_answered_but_without_effect_is_renewed_with_another_token() -> None:
    with a_day(start_takes="5m", stop_takes="1m") as day:
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.START_MODEL)
        day.run_until("07:28")
        day.person("stops")  # before anybody looked
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert day.started() == 2


def test_a_quota_is_asked_again_with_the_same_token_and_reported_once() -> None:
    with a_day(start_takes="5m") as day:
        day.service.limits = AccountLimits(calls_per_second=None, max_units_per_model=1)
        day.apply(a_model("08:00-16:00", units=Units(3)))
        day.run_until("07:50")
        assert len(day.entries_of(Action.REFUSE)) == 1
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 1
        day.service.limits = AccountLimits(calls_per_second=None)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED


def test_what_a_person_starts_after_a_shift_whose_start_was_always_refused_is_left_alone() -> None:
    with a_day(start_takes="5m") as day:
        day.service.limits = AccountLimits(calls_per_second=None, max_units_per_model=1)
        day.apply(a_model("08:00-16:00", units=Units(3)))
        day.run_until("16:00")
        day.person("starts")
        day.run_until("16:30")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)
        assert not day.sent(Operation.STOP_MODEL)


def test_what_a_person_starts_in_a_shift_whose_start_was_always_refused_is_adopted() -> None:
    with a_day(start_takes="5m") as day:
        day.service.limits = AccountLimits(calls_per_second=None, max_units_per_model=1)
        day.apply(a_model("08:00-16:00", units=Units(3)))
        day.run_until("08:00")
        day.person("starts")
        day.run_until("16:10")
        assert len(day.entries_of(Action.ADOPT)) == 1
        assert day.record.samples == ()  # it says nothing about the time of a start by Preheat
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


def test_a_start_whose_answer_was_lost_counts_as_preheats_though_its_repeat_was_refused() -> None:
    switches = Switches(token_after_stop=TokenAfterStop.NEW_CALL)
    with a_day("08:00-08:10", lead="5m", start_takes="40m", switches=switches) as day:
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.START_MODEL)
        day.fault(FaultKind.THROTTLE, operation=Operation.START_MODEL, skip=1)
        day.run_until("08:30")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


def test_a_look_that_outlasts_the_demand_adopts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_day("08:00-16:00", mode=Mode.OBSERVE) as day:
        day.run_until("15:59:50")
        assert isinstance(day.service, LookoutService)
        describe = day.service.describe_model

        def slowly(project: str, version: str) -> ModelView:
            day.clock.advance_to(at("16:00:05"))
            day.person("starts")
            return describe(project, version)

        monkeypatch.setattr(day.service, "describe_model", slowly)
        day.store.wake(WELD, day.clock.at)
        day.look()
        monkeypatch.undo()
        day.run_until("16:01")
        assert day.status is Status.STARTING_HOSTING
        assert (day.record.phase, day.entries_of(Action.ADOPT)) == (Phase.UNSCHEDULED, [])


def test_a_stop_that_is_accepted_without_effect_while_the_system_updates_is_made_again() -> None:
    switches = Switches(calls_during_system_updating=WhenAlready.NO_OP)
    with a_day("08:00-08:10", lead="5m", start_takes="40m", switches=switches) as day:
        day.fault(FaultKind.SYSTEM_UPDATING, operation=Operation.STOP_MODEL, lasts=timedelta(minutes=3))
        day.run_until("08:30")
        assert (day.observed(), day.stopped()) == (Observed.STOPPED, 1)


def test_what_a_person_starts_after_an_accepted_stop_is_left_alone() -> None:
    with a_day("08:00-16:00", stop_takes="30s") as day:
        day.run_until("16:00:45")
        day.person("starts")  # before anybody has seen it stopped
        day.run_until("16:30")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)


def test_a_start_that_was_refused_for_hours_does_not_hang_once_it_is_accepted() -> None:
    with a_day(start_takes="17m") as day:
        day.service.limits = AccountLimits(calls_per_second=None, max_units_per_model=1)
        day.apply(a_model("08:00-16:00", units=Units(3)))
        day.run_until("11:00")
        day.service.limits = AccountLimits(calls_per_second=None)
        day.run_until("11:20")
        assert (day.observed(), day.sent(Operation.STOP_MODEL)) == (Observed.HOSTED, [])


def test_the_stop_of_a_hanging_start_is_repeated_until_it_is_accepted() -> None:
    with a_day("08:00-16:00", start_takes="10m", stop_takes="1m") as day:
        day.fault(FaultKind.STUCK)
        day.fault(FaultKind.THROTTLE, operation=Operation.STOP_MODEL, times=2)
        day.run_until("09:00")
        assert day.observed() is Observed.HOSTED
        assert len({call.token for call in day.sent(Operation.STOP_MODEL)}) == 1
        assert (day.started(), day.stopped()) == (2, 1)


def test_the_stop_of_a_hanging_start_that_is_refused_for_hours_gets_a_new_token_before_the_old_is_forgotten() -> None:
    with a_day("08:00-22:00", switches=Switches(stop_while_starting=WhenPossible.CONFLICT)) as day:
        day.fault(FaultKind.STUCK)
        day.run_until("21:00")
        asked: dict[str | None, list[datetime]] = {}
        for call in day.sent(Operation.STOP_MODEL):
            asked.setdefault(call.token, []).append(call.at)
        assert len(asked) == 2
        assert all(times[-1] - times[0] < TOKEN_AGE_MAX for times in asked.values())


def test_a_refused_start_is_sent_again_when_the_plan_asks_for_less() -> None:
    with a_day(start_takes="5m") as day:
        day.service.limits = AccountLimits(calls_per_second=None, max_units_per_model=1)
        day.apply(a_model("08:00-16:00", units=Units(3)))
        day.run_until("07:40")
        day.apply(a_model("08:00-16:00", units=Units(1)))
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 2


def test_a_call_found_invalid_is_not_repeated_before_the_plan_changes() -> None:
    with a_day() as day:
        day.fault(FaultKind.VALIDATION, operation=Operation.START_MODEL)
        day.run_until("08:30")
        assert len(day.sent(Operation.START_MODEL)) == 1
        assert day.record.phase is Phase.REFUSED
        assert len(day.entries_of(Action.REFUSE)) == 1
        day.apply(a_model("08:00-16:00"))
        day.run_until("09:00")
        assert day.observed() is Observed.HOSTED


def test_a_model_that_is_gone_is_reported_once_and_checked_every_ten_minutes_until_the_plan_changes() -> None:
    with a_day() as day:
        day.run_until("07:00")
        day.service.delete(TARGET.project, TARGET.version)
        day.run_until("12:00")
        assert day.record.phase is Phase.GONE
        looks = [call for call in day.calls if call.at >= at("07:00")]
        assert {call.operation for call in looks} == {Operation.DESCRIBE_MODEL}
        assert 27 <= len(looks) <= 32
        assert len([entry for entry in day.entries if entry.to_phase is Phase.GONE and not entry.late]) == 1
        day.service.add_model(TARGET.project, TARGET.version)
        day.apply(a_model("08:00-16:00"))
        day.run_until("13:00")
        assert day.observed() is Observed.HOSTED


def test_refused_access_is_tried_every_five_minutes_and_reported_once() -> None:
    with a_day() as day:
        day.fault(FaultKind.ACCESS_DENIED, operation=Operation.START_MODEL, times=3)
        day.run_until("07:30")
        assert len(day.sent(Operation.START_MODEL)) == 1
        day.run_until("08:30")
        assert day.observed() is Observed.HOSTED
        assert len(day.entries_of(Action.REFUSE)) == 1


def test_a_model_in_training_is_not_started() -> None:
    with a_day() as day:
        day.service.set_status(TARGET.project, TARGET.version, Status.TRAINING)
        day.run_until("07:40")
        assert not day.sent(Operation.START_MODEL)
        assert day.record.phase is Phase.REFUSED
        day.service.set_status(TARGET.project, TARGET.version, Status.TRAINED)
        day.run_until("08:05")
        assert day.sent(Operation.START_MODEL)


def test_a_stop_refused_while_starting_is_retried_until_it_is_accepted() -> None:
    switches = Switches(stop_while_starting=WhenPossible.CONFLICT)
    with a_day("08:00-16:00", start_takes="40m", switches=switches) as day:
        day.run_until("07:35")
        day.apply(a_model("20:00-21:00"))
        day.run_until("08:10")
        assert day.observed() is Observed.STOPPING
        tokens = {call.token for call in day.sent(Operation.STOP_MODEL)}
        assert len(tokens) == 1


def test_calls_stay_under_ninety_an_hour_whatever_is_refused() -> None:
    switches = Switches(stop_while_starting=WhenPossible.CONFLICT)
    with a_day("08:00-16:00", start_takes="300m", switches=switches) as day:
        day.run_until("07:35")
        day.apply(a_model("20:00-21:00"))
        day.run_until("12:00")
        for hour in range(7, 12):
            begun = at(f"{hour:02}:35")
            assert sum(begun <= call.at < begun + timedelta(hours=1) for call in day.calls) <= 90


def test_a_model_hosted_again_after_an_accepted_stop_is_stopped_again() -> None:
    with a_day() as day:
        day.run_until("16:00")
        day.service.set_status(TARGET.project, TARGET.version, Status.HOSTED)
        day.run_until("16:03")
        assert day.observed() is Observed.STOPPING
        assert len({call.token for call in day.sent(Operation.STOP_MODEL)}) == 2


def test_a_model_somebody_starts_after_our_stop_is_left_alone() -> None:
    with a_day(start_takes="20m", stop_takes="10s") as day:
        day.run_until("16:00")
        day.clock.advance(timedelta(seconds=20))
        day.person("starts")
        day.run_until("17:00")
        assert day.observed() is Observed.HOSTED
        assert day.stopped() == 1


@pytest.mark.parametrize("minutes", [1, 15])
def test_lost_ticks_delay_a_start_by_no_more_than_the_gap(minutes: int) -> None:
    with a_day(lead="45m") as day:
        day.run_until("07:10")
        day.ticks = False
        day.run_until(f"07:{10 + minutes:02}")
        day.ticks = True
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED


def test_an_apply_that_was_interrupted_is_made_up_for_by_the_resync() -> None:
    with a_day("20:00-21:00") as day:
        day.run_until("07:00")
        model = a_model("08:00-16:00")
        day.store.plans[2] = {WELD: model}  # the plan is current, and nobody woke a model
        day.store.current = 2
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED


def test_a_paused_model_that_an_interrupted_apply_removed_is_stopped_by_the_resync() -> None:
    with a_day() as day:
        day.run_until("09:00")
        day.apply(replace(a_model("08:00-16:00"), mode=Mode.PAUSED))
        day.run_until("09:05")
        assert (day.observed(), day.record.wake_at) == (Observed.HOSTED, None)
        day.store.plans[day.store.current + 1] = {}  # the plan is current, and nobody woke a model
        day.store.current += 1
        day.run_until("09:20")
        assert day.observed() is Observed.STOPPED
        assert day.store.list_former_models() == []


def test_the_oldest_due_model_is_the_pickup_delay() -> None:
    with a_day() as day:
        day.run_until("07:00")
        day.ticks = False
        day.run_until("07:35")
        assert day.tick().pickup_delay == timedelta(minutes=7)


def test_a_plan_that_went_back_in_time_stops_nothing_and_the_next_apply_fixes_it() -> None:
    with a_day() as day:
        day.apply(a_model("08:00-16:00"))
        day.run_until("09:00")
        day.store.current = 0  # a restore took the plans back to before the first one
        day.run_until("09:30")
        assert day.observed() is Observed.HOSTED
        assert day.results[-1].incomplete
        day.apply(a_model("08:00-16:00"))
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED


def test_a_model_seen_hosted_while_a_stop_may_be_under_way_is_not_called_late() -> None:
    with a_day("08:00-12:00", lead="10m", start_takes="5m") as day:
        day.run_until("11:59")
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.STOP_MODEL, times=1)
        day.run_until("12:00")
        day.apply(a_model("12:01-16:00", announced_at=at("00:00")))
        day.run_until("12:10")
        assert [entry.late for entry in day.entries if entry.late is not None] == [False, False]
        ready = [entry for entry in day.entries if entry.late is False]
        assert [entry.to_phase for entry in ready] == [Phase.HOSTED, Phase.HOSTED]


def test_a_model_that_stops_after_it_was_seen_hosted_with_a_stop_under_way_is_late() -> None:
    with a_day("08:00-12:00", lead="10m", start_takes="5m") as day:
        day.run_until("11:59")
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.STOP_MODEL, times=1)
        day.run_until("12:00")
        day.apply(a_model("12:01-16:00", announced_at=at("00:00")))
        day.run_until("12:00:30")
        day.person("stops")
        day.run_until("12:30")
        assert [entry.late for entry in day.entries if entry.late is not None] == [False, True]


def test_a_failed_model_whose_start_was_lost_and_then_refused_is_stopped_first_all_the_same() -> None:
    switches = Switches(start_from_hosting_failed=WhenPossible.CONFLICT)
    with a_day(start_takes="5m", stop_takes="1m", lead="45m", switches=switches) as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1))
        day.run_until("07:20")
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.START_MODEL)
        day.run_until("08:00")
        assert day.observed() is Observed.HOSTED


def test_a_model_somebody_restarts_in_its_shift_is_not_taken_for_one_that_hangs() -> None:
    with a_day(start_takes="5m", stop_takes="1m") as day:
        day.run_until("12:00:05")
        day.person("stops")
        day.run_until("12:02")
        day.person("starts")
        day.run_until("13:00")
        assert day.observed() is Observed.HOSTED
        assert (day.started(), day.stopped()) == (1, 0)


def test_a_model_taken_out_of_the_plan_whose_stop_is_refused_permanently_is_asked_again_each_hour() -> None:
    """No plan that comes will name it, so none would wake it: it would run, and cost money, for ever (L2)."""
    with a_day() as day:
        day.run_until("12:00")
        day.fault(FaultKind.VALIDATION, operation=Operation.STOP_MODEL, times=2)
        day.apply()
        day.run_until("13:30")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.REFUSED)
        assert len(day.entries_of(Action.REFUSE)) == 2
        day.run_until("14:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)
        assert day.record.wake_at is None


def test_a_model_whose_stop_was_refused_is_not_stopped_as_one_that_hangs() -> None:
    """No pass repeats a permanently refused stop before the next plan, and the looks go on."""
    with a_day("00:30-01:00", lead="10m") as day:
        day.run_until("00:20")
        day.fault(FaultKind.VALIDATION, operation=Operation.STOP_MODEL)
        day.apply(a_model("05:30-09:30", lead="10m"))
        day.run_until("00:30")
        assert (day.observed(), day.record.phase) == (Observed.STARTING, Phase.REFUSED)
        day.run_until("09:00")
        assert len(day.sent(Operation.STOP_MODEL)) == 1


def count_unscheduled(day: Day) -> int:
    found = Audit(day.clock, day.store, MemoryListing(), (), "line-", lambda *_: []).run()
    return len(found.unscheduled or ())


def test_a_function_that_refuses_a_stop_permanently_is_counted_as_running_without_a_demand() -> None:
    """No service lists what a user's function manages: only the last check shows this leak."""
    with a_day(backend=Backend.FUNCTION) as day:
        day.run_until("15:00")
        assert count_unscheduled(day) == 0
        day.fault(FaultKind.VALIDATION, operation=day.service.words.stop, times=10_000)
        day.run_until("16:30")
        assert (day.observed(), count_unscheduled(day)) == (Observed.HOSTED, 1)


def test_what_somebody_else_runs_behind_a_function_is_counted_too() -> None:
    with a_day(backend=Backend.FUNCTION) as day:
        day.run_until("18:00")
        day.person("starts")
        day.store.wake(WELD, day.clock.at)
        day.run_until("18:45")
        assert (day.record.phase, count_unscheduled(day)) == (Phase.UNSCHEDULED, 1)


def test_failed_starts_wait_for_none_two_four_and_eight_minutes() -> None:
    with a_day(start_takes="5m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=99)
        day.run_until("15:00")
        starts = [entry.at for entry in day.entries_of(Action.START)][1:]
        failures = [entry.at for entry in day.entries_of(Action.FAIL)]
        waits = [begun - failed for failed, begun in zip(failures[:-1], starts, strict=True)]
        assert [round(wait / timedelta(minutes=1)) for wait in waits] == [0, 2, 4, 8]
