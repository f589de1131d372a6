"""Days on which nothing goes wrong."""

from dataclasses import replace
from datetime import timedelta

from tests.support.day import TARGET, WELD, a_day, a_model, at

from preheat.domain.lead.evidence import count_trusted
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import Mode, Target, Units
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Ownership, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation, Status


def test_a_model_is_hosted_when_its_shift_starts_and_stopped_when_it_ends() -> None:
    with a_day("08:00-16:00", lead="30m") as day:
        day.run_until("07:27:59")
        assert day.observed() is Observed.STOPPED
        day.run_until("07:28")
        assert day.observed() is Observed.STARTING
        day.run_until("08:00")
        assert day.record.phase is Phase.HOSTED
        day.run_until("15:59:59")
        assert day.observed() is Observed.HOSTED
        day.run_until("16:00")
        assert day.observed() is Observed.STOPPING
        day.run_until("16:05")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)
        assert (day.started(), day.stopped()) == (1, 1)


def test_the_ledger_shows_the_day() -> None:
    with a_day() as day:
        day.run_until("18:00")
        told = [(entry.from_phase, entry.to_phase, entry.action) for entry in day.entries]
        assert told == [
            (Phase.IDLE, Phase.STARTING, Action.START),
            (Phase.STARTING, Phase.HOSTED, Action.OBSERVE),
            (Phase.HOSTED, Phase.STOPPING, Action.STOP),
            (Phase.STOPPING, Phase.IDLE, Action.OBSERVE),
        ]
        assert list(day.store.read_ledger(WELD)) == day.entries


def test_the_tokens_sent_are_the_tokens_on_record() -> None:
    with a_day() as day:
        day.run_until("18:00")
        sent = [call.token for call in day.calls if call.changed_state]
        assert sent == [entry.client_token for entry in day.entries if entry.action in (Action.START, Action.STOP)]


def test_time_to_hosted_and_margin_are_measured_once() -> None:
    with a_day(start_takes="17m") as day:
        day.run_until("18:00")
        (measured,) = [entry for entry in day.entries if entry.margin is not None]
        assert measured.time_to_hosted is not None
        assert timedelta(minutes=17) <= measured.time_to_hosted <= timedelta(minutes=19)
        assert measured.margin == timedelta(minutes=32) - measured.time_to_hosted
        assert measured.late is False
        assert day.record.samples == (measured.time_to_hosted,)


def test_an_overnight_shift_is_one_run() -> None:
    with a_day("22:00-06:00") as day:
        day.run_until("12:00")
        assert day.status is Status.TRAINED  # the tail of the night before had its model, and is over
        begun = day.started()
        day.run_until("00:00", day=1)
        assert day.observed() is Observed.HOSTED
        day.run_until("05:59:59", day=1)
        assert day.observed() is Observed.HOSTED
        day.run_until("06:05", day=1)
        assert day.observed() is Observed.STOPPED
        assert day.started() == begun + 1


def test_a_gap_shorter_than_a_restart_is_bridged() -> None:
    with a_day("06:00-14:00", "14:30-22:00", lead="30m") as day:
        day.run_until("23:00")
        assert (day.started(), day.stopped()) == (1, 1)


def test_a_gap_longer_than_a_restart_is_not_paid_for() -> None:
    with a_day("06:00-09:00", "13:00-17:00", lead="30m") as day:
        day.run_until("11:00")
        assert day.observed() is Observed.STOPPED
        day.run_until("13:00")
        assert day.observed() is Observed.HOSTED


def test_a_shift_announced_too_late_is_started_at_once_and_is_not_late() -> None:
    with a_day("20:00-22:00") as day:
        day.run_until("07:55")
        day.apply(a_model("08:00-16:00", announced_at=at("07:55")))
        day.run_until("07:56")
        assert day.observed() is Observed.STARTING
        day.run_until("09:00")
        assert [entry.late for entry in day.entries if entry.late is not None] == [False]


def test_max_units_are_sent_only_if_the_model_scales() -> None:
    with a_day(units=Units(2)) as day:
        day.run_until("09:00")
        assert day.record.attempt is not None
        (view,) = day.service.models()
        assert (view.min_units, view.max_units) == (2, None)


def test_looks_are_few() -> None:
    with a_day() as day:
        day.run_until("07:27")
        assert len(day.calls) == 1  # the first look, at the apply of the plan
        day.run_until("08:00")
        looks = len(day.sent(Operation.DESCRIBE_MODEL)) - 1
        assert looks <= 30


def test_a_duplicate_message_costs_one_read_and_no_call() -> None:
    with a_day() as day:
        day.run_until("07:30")
        before = len(day.calls)
        assert day.look().reason == "Not due yet"
        assert len(day.calls) == before


def test_a_model_taken_out_of_the_plan_is_stopped() -> None:
    with a_day() as day:
        day.run_until("09:00")
        day.apply()
        day.run_until("09:10")
        assert (day.observed(), day.record.phase) == (Observed.STOPPED, Phase.IDLE)


def test_a_new_target_is_started_only_after_the_old_one_is_stopped() -> None:
    with a_day() as day:
        day.service.add_model(TARGET.project, "4")
        day.run_until("09:00")
        new = Target(TARGET.project, "4")
        day.apply(a_model("08:00-16:00", target=new))
        day.run_until("09:01")
        assert day.observed() is Observed.STOPPING
        assert day.service.status(new.project, new.version) is Status.TRAINED
        day.run_until("09:30")
        assert day.service.status(new.project, new.version) is Status.HOSTED
        assert day.record.target == new


def test_observe_decides_and_records_but_never_calls() -> None:
    with a_day() as day:
        day.mode = Mode.OBSERVE
        day.run_until("18:00")
        assert (day.started(), day.stopped()) == (0, 0)
        assert [entry.action for entry in day.entries][:2] == [Action.WITHHOLD, Action.LATE]
        assert "would start the model" in day.entries[0].reason


def test_observe_would_stop_what_it_adopted_and_says_so() -> None:
    with a_day(mode=Mode.OBSERVE) as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("17:00")
        assert day.observed() is Observed.HOSTED
        assert "would stop the model" in day.entries[-1].reason


def test_paused_neither_looks_nor_touches() -> None:
    with a_day(mode=Mode.PAUSED) as day:
        day.run_until("18:00")
        assert day.calls == []
        assert day.record.phase is Phase.PAUSED


def test_a_stack_that_was_paused_over_night_starts_the_next_shift_without_another_apply() -> None:
    with a_day() as day:
        day.run_until("15:30")
        day.mode = Mode.PAUSED
        day.run_until("20:00")
        assert (day.record.phase, day.observed()) == (Phase.PAUSED, Observed.HOSTED)
        day.mode = Mode.ACT
        day.run_until("20:15")
        assert day.observed() is Observed.STOPPED
        day.run_until("08:00", day=1)
        assert day.observed() is Observed.HOSTED


def test_the_stricter_mode_holds() -> None:
    with a_day(mode=Mode.OBSERVE) as day:
        day.mode = Mode.PAUSED
        day.run_until("09:00")
        assert day.record.mode is Mode.PAUSED


def test_a_model_started_by_hand_outside_demand_is_left_alone_and_reported_once() -> None:
    with a_day() as day:
        day.run_until("17:00")
        day.person("starts")
        day.run_until("07:00", day=1)
        assert day.observed() is Observed.HOSTED
        assert day.stopped() == 1  # the shift's own
        assert len(day.entries_of(Action.LEAVE)) <= 1


def test_a_model_started_by_hand_is_adopted_by_the_shift_and_stopped_at_its_end() -> None:
    with a_day() as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("09:00")
        assert day.started() == 0
        assert day.record.ownership is Ownership.ADOPTED
        day.run_until("16:10")
        assert day.observed() is Observed.STOPPED


def test_what_runs_unscheduled_is_stopped_if_the_plan_says_so() -> None:
    with a_day("08:00-16:00", "20:00-21:00", unscheduled=Unscheduled.STOP) as day:
        day.run_until("17:00")
        day.person("starts")
        day.store.wake(WELD, day.clock.at)
        day.run_until("17:10")
        assert day.observed() is Observed.STOPPED


def test_what_was_left_alone_is_not_sampled_when_it_is_adopted() -> None:
    with a_day() as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("09:00")
        assert day.record.samples == ()


def test_another_version_keeps_the_measured_starts_and_believes_them_less() -> None:
    with a_day() as day:
        measured = tuple(timedelta(minutes=10, seconds=number) for number in range(40))
        record = day.record
        day.store.save(replace(record, samples=measured), None)
        day.service.add_model(TARGET.project, "4")
        day.run_until("20:00")
        assert (len(day.record.samples), day.record.evidence) == (41, None)
        day.apply(a_model("08:00-16:00", target=Target(TARGET.project, "4")))
        day.run_until("21:00")
        assert (day.record.target.version, len(day.record.samples), count_trusted(day.record)) == ("4", 41, 9)
        day.run_until("20:00", day=1)
        assert (len(day.record.samples), count_trusted(day.record)) == (42, 10)


def test_a_model_that_a_person_starts_while_the_stack_only_observes_is_the_persons() -> None:
    """S4: a look saw the model at rest since Preheat's own start, so nothing that runs later comes from that start."""
    with a_day("08:00-16:00") as day:
        day.run_until("09:00")
        day.mode = Mode.OBSERVE
        day.person("stops")
        day.run_until("09:31")
        assert (day.record.phase, day.record.attempt, day.record.ownership) == (Phase.WITHHELD, None, Ownership.NONE)
        day.person("starts")
        day.mode = Mode.ACT
        day.apply()
        day.run_until("12:00")
        assert (day.stopped(), day.status) == (0, Status.HOSTED)


def test_a_start_that_may_still_come_up_stays_preheats_while_the_stack_only_observes() -> None:
    with a_day("08:00-16:00") as day:
        day.run_until("07:27")
        day.fault(FaultKind.INTERNAL_ERROR, operation=day.service.words.start)
        day.run_until("07:28")
        day.mode = Mode.OBSERVE
        for minute, owner in (("07:29", Ownership.STARTED), ("07:31", Ownership.STARTED), ("07:39", Ownership.NONE)):
            day.run_until(minute)
            day.look()
            assert (day.record.ownership, day.record.attempt is None) == (owner, owner is Ownership.NONE)


def test_the_last_margin_stays_on_record_until_the_next_start_has_one() -> None:
    with a_day() as day:
        day.run_until("08:00")
        (hosted,) = day.entries_of(Action.OBSERVE)
        assert hosted.margin == at("08:00") - hosted.at
        day.run_until("23:00")
        assert (day.record.phase, day.record.last_margin) == (Phase.IDLE, hosted.margin)


def test_the_policy_of_a_plan_stops_nothing_at_a_version_that_the_plan_no_longer_names() -> None:
    """S4: the service rejected Preheat's start of the old version, and a person started it."""
    with a_day(unscheduled=Unscheduled.STOP) as day:
        day.run_until("07:27")
        day.fault(FaultKind.VALIDATION, operation=day.service.words.start)
        day.run_until("15:00")
        assert (day.record.phase, day.record.attempt is None) == (Phase.REFUSED, False)
        day.person("starts")
        newer = replace(TARGET, version="4")
        day.service.add_model(newer.project, newer.version)
        day.apply(a_model("17:00-18:00", target=newer, unscheduled=Unscheduled.STOP))
        day.run_until("17:00")
        assert day.service.status(newer.project, newer.version) is Status.HOSTED
        assert (day.stopped(), day.service.status(TARGET.project, TARGET.version)) == (0, Status.HOSTED)


def test_a_model_that_a_person_starts_over_a_failed_start_while_the_stack_only_observes_is_the_persons() -> None:
    with a_day("08:00-16:00") as day:
        day.fault(FaultKind.HOSTING_FAILED, operation=day.service.words.start, times=1, after=timedelta(minutes=3))
        day.run_until("07:29")
        day.mode = Mode.OBSERVE
        day.run_until("08:30")
        assert (day.record.observed, day.record.ownership) == (Observed.FAILED, Ownership.NONE)
        day.person("starts")
        day.mode = Mode.ACT
        day.apply()
        day.run_until("10:00")
        assert (day.stopped(), day.status) == (0, Status.HOSTED)


def test_a_model_that_a_person_starts_after_a_stop_while_the_stack_only_observes_is_the_persons() -> None:
    """A look saw it starting after Preheat's stop, as in mode act."""
    with a_day("08:00-16:00", stop_takes="20s") as day:
        day.run_until("16:00:05")
        day.mode = Mode.OBSERVE
        day.run_until("16:00:40")
        day.person("starts")
        day.run_until("16:25")
        assert (day.record.phase, day.record.ownership) == (Phase.UNSCHEDULED, Ownership.NONE)
        day.mode = Mode.ACT
        day.run_until("18:00")
        assert (day.stopped(), day.status) == (1, Status.HOSTED)


def test_a_model_that_a_person_starts_long_after_a_rejected_start_is_the_persons() -> None:
    """The first call had no answer, but for two hours looks have shown that it had no effect."""
    with a_day("08:00-16:00") as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=day.service.words.start, times=1)
        day.fault(FaultKind.VALIDATION, operation=day.service.words.start, times=1)
        day.run_until("09:30")
        assert day.record.phase is Phase.REFUSED
        day.person("starts")
        day.apply()
        day.run_until("12:00")
        assert (day.stopped(), day.status) == (0, Status.HOSTED)
