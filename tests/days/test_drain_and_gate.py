"""Days on which something waits behind the model: its queue drains and its gate closes before it stops."""

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.calls import Faulty, failing, look
from tests.support.day import GATE, OTHER_GATE, QUEUE, Day, a_day, a_model, at

from preheat.app.audit.invariants import judge_ledger
from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, InvalidCall, QuotaExceeded, Throttled
from preheat.app.ports.remote import Remote
from preheat.domain.plan.hosted_model import Drain, HostedModel, Readiness, Resize, Unscheduled
from preheat.domain.plan.plan import Backend, Mode, Units
from preheat.domain.record import budget
from preheat.domain.record.attempt import Answer, Call
from preheat.domain.record.gate import Passage
from preheat.domain.record.record import Action, LedgerEntry, Ownership, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation, Status

DRAIN = Drain(QUEUE, timedelta(minutes=30))
STOPS = Operation.STOP_MODEL
MINUTE = timedelta(minutes=1)


def a_day_with_both(**changes: Any) -> AbstractContextManager[Day]:
    both: dict[str, Any] = {"drain": DRAIN, "gate": GATE}
    return a_day(**both | changes)


def phases(day: Day) -> list[Phase]:
    return [entry.to_phase for entry in day.entries]


def actions(day: Day) -> list[Action]:
    return [entry.action for entry in day.entries]


def is_open(day: Day, mapping: str = GATE) -> bool:
    return day.gates.mappings[mapping].enabled


def the_stop(day: Day) -> LedgerEntry:
    (stop,) = day.entries_of(Action.STOP)
    return stop


def refusing(day: Day, error: HostingError, *names: str) -> None:
    """Refuse every call of these names from now on."""

    def meets(called: str, after: bool) -> None:
        if called in names and not after:
            raise error

    def refuses(remote: Remote) -> Remote:
        gates, backlogs = Faulty(remote.gates, meets, "gate "), Faulty(remote.backlogs, meets)
        return replace(remote, gates=gates, backlogs=backlogs)

    day.remote = refuses


# --- an ordinary day --------------------------------------------------------------------------------------------------


def test_the_gate_opens_when_the_model_is_ready_and_closes_before_it_stops() -> None:
    with a_day_with_both() as day:
        day.run_until("07:40")
        assert (day.status, is_open(day)) == (Status.STARTING_HOSTING, False)
        day.run_until("18:00")
        opened, closed = day.gates.changes
        (hosted,) = [entry for entry in day.entries if entry.from_phase is Phase.STARTING]
        assert (opened[1:], closed[1:]) == ((GATE, True), (GATE, False))
        assert hosted.at < opened[0] < hosted.at + timedelta(seconds=10)
        assert closed[0] < the_stop(day).at < closed[0] + timedelta(seconds=60)
        assert actions(day) == [
            Action.START,
            Action.OBSERVE,
            Action.OPEN,
            Action.DRAIN,
            Action.CLOSE,
            Action.STOP,
            Action.OBSERVE,
        ]
        assert phases(day)[3:] == [Phase.DRAINING, Phase.DRAINING, Phase.STOPPING, Phase.IDLE]
        assert not list(judge_ledger(day.entries))
        assert (day.record.draining, day.record.gate and day.record.gate.observed) == (None, Passage.CLOSED)


def test_an_empty_queue_keeps_the_stop_waiting_for_three_readings_in_a_minute() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("18:00")
        assert at("16:01:00") <= the_stop(day).at <= at("16:01:10")
        assert the_stop(day).reason == "Drained after 60 s. Stopping: no demand"
        assert (day.stopped(), day.status) == (1, Status.TRAINED)


def test_the_stop_waits_until_the_queue_is_empty_and_says_for_how_long() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("15:59")
        day.waiting(40)
        day.run_until("16:08")
        assert (day.status, day.record.phase) == (Status.HOSTED, Phase.DRAINING)
        day.waiting(0)
        day.run_until("18:00")
        stop = the_stop(day)
        assert at("16:09") <= stop.at <= at("16:12")
        assert stop.reason.startswith("Drained after ")
        (first,) = day.entries_of(Action.DRAIN)
        assert first.reason == ("Draining: the queue has 40 messages; stopping at 2026-11-23 16:30:00Z at the latest")


@pytest.mark.parametrize("counts", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_what_is_in_flight_or_delayed_is_work_too(counts: tuple[int, int, int]) -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("15:59")
        day.waiting(*counts)
        day.run_until("16:10")
        assert day.record.phase is Phase.DRAINING
        assert day.record.draining is not None
        assert day.record.draining.left == 1


def test_at_the_limit_the_stop_waits_no_longer_and_says_how_many_are_left() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("15:59")
        day.waiting(7)
        day.run_until("18:00")
        stop = the_stop(day)
        assert at("16:30") <= stop.at <= at("16:30:10")
        assert stop.reason == "Drain limit reached after 1800 s with 7 messages left. Stopping: no demand"


def test_a_queue_that_looks_empty_once_is_not_drained() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("16:00:30")
        day.waiting(1)
        day.run_until("16:05")
        day.waiting(0)
        day.run_until("18:00")
        assert the_stop(day).at >= at("16:06")


@pytest.mark.parametrize("backend", Backend)
def test_every_service_drains_and_closes_within_its_budget_of_calls(backend: Backend) -> None:
    with a_day_with_both(backend=backend) as day:
        day.run_until("15:59")
        day.waiting(3)
        day.run_until("18:00")
        assert (day.status, is_open(day)) == (Status.TRAINED, False)
        assert at("16:30") <= the_stop(day).at <= at("16:34")


# --- readings that fail -----------------------------------------------------------------------------------------------


def test_a_queue_that_cannot_be_read_never_counts_as_empty_and_the_limit_bounds_it() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("15:59")
        refusing(day, AccessRefused("no"), "count")
        day.run_until("18:00")
        stop = the_stop(day)
        assert at("16:30") <= stop.at <= at("16:31")
        assert (
            stop.reason
            == "Drain limit reached after 1800 s with an unknown number of messages left. Stopping: no demand"
        )
        assert "cannot read the queue (no)" in day.entries_of(Action.DRAIN)[0].reason


def test_a_reading_that_fails_between_two_empty_ones_does_not_count() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("15:59:50")
        failing_once = failing("count", AnswerLost("no answer"))
        day.clock.advance_to(at("16:00"))
        look(day, failing_once)
        day.run_until("18:00")
        assert the_stop(day).at >= at("16:01:10")


def test_readings_that_fail_are_counted_one_by_one_until_one_succeeds() -> None:
    with a_day_with_both() as day:
        day.run_until("15:59")
        refusing(day, Throttled("too often"), "count")
        counted: list[int] = []
        while len(counted) < 3:
            day.run_until(f"{day.clock.at + timedelta(seconds=5):%H:%M:%S}")
            found = day.record.draining.unreadable if day.record.draining is not None else 0
            counted += [found] if found not in (0, *counted) else []
        assert counted == [1, 2, 3]
        day.remote = lambda remote: remote
        day.run_until("16:10")
        assert the_stop(day).reason.startswith("Drained")


def test_a_queue_that_does_not_exist_is_not_an_empty_one() -> None:
    with a_day(drain=DRAIN) as day:
        day.backlogs.backlogs.clear()
        day.run_until("18:00")
        assert the_stop(day).at >= at("16:30")


# --- demand that comes back, plans that change ------------------------------------------------------------------------


def test_demand_that_comes_back_ends_the_drain_and_the_gate_stays_open() -> None:
    with a_day_with_both() as day:
        day.run_until("15:59")
        day.waiting(5)
        day.run_until("16:10")
        assert day.record.phase is Phase.DRAINING
        day.apply(a_model("08:00-18:00", drain=DRAIN, gate=GATE))
        day.run_until("17:00")
        assert (day.record.phase, day.record.draining, is_open(day)) == (Phase.HOSTED, None, True)
        assert (day.stopped(), len(day.gates.changes)) == (0, 1)
        day.waiting(0)
        day.run_until("19:00")
        assert (day.status, is_open(day)) == (Status.TRAINED, False)


def test_demand_that_comes_back_after_the_gate_was_closed_opens_it_again() -> None:
    with a_day_with_both(drain=None) as day:
        day.run_until("16:00:05")
        assert (day.record.phase, is_open(day), day.stopped()) == (Phase.DRAINING, False, 0)
        day.apply(a_model("08:00-18:00", gate=GATE))
        day.run_until("17:00")
        assert (day.record.phase, is_open(day), day.stopped()) == (Phase.HOSTED, True, 0)


def test_a_changed_mapping_closes_the_old_one_and_opens_the_new() -> None:
    with a_day_with_both() as day:
        day.run_until("10:00")
        day.apply(a_model("08:00-16:00", gate=OTHER_GATE))
        day.run_until("10:05")
        assert (is_open(day), is_open(day, OTHER_GATE)) == (False, True)
        day.run_until("18:00")
        assert (is_open(day, OTHER_GATE), day.stopped()) == (False, 1)


def test_a_mapping_that_is_planned_no_more_is_closed_and_let_go_of() -> None:
    with a_day_with_both() as day:
        day.run_until("10:00")
        day.apply(a_model("08:00-16:00"))
        day.run_until("10:05")
        assert (is_open(day), day.record.gate, day.status) == (False, None, Status.HOSTED)


def test_a_model_that_is_planned_no_more_has_its_gate_closed_before_it_is_stopped_and_drains_nothing() -> None:
    with a_day_with_both() as day:
        day.run_until("10:00")
        day.waiting(9)
        day.apply()
        day.run_until("10:10")
        assert (is_open(day), day.record.gate, day.status) == (False, None, Status.TRAINED)
        assert day.gates.changes[-1][0] < the_stop(day).at


def test_another_version_during_the_shift_does_not_wait_for_the_queue_and_the_gate_closes_between_them() -> None:
    with a_day_with_both(start_takes="5m") as day:
        day.run_until("10:00")
        day.waiting(9)
        newer = replace(day.target, version="4")
        day.service.add_model(newer.project, newer.version)
        day.apply(a_model("08:00-16:00", target=newer, drain=DRAIN, gate=GATE))
        day.run_until("12:00")
        assert [enabled for _, _, enabled in day.gates.changes] == [True, False, True]
        assert (day.record.target, day.record.phase) == (newer, Phase.HOSTED)


# --- hands, failures and proofs ---------------------------------------------------------------------------------------


def test_a_restart_for_a_larger_hold_closes_the_gate_and_opens_it_again() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.waiting(40)
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:30")
        opened, closed, reopened = day.gates.changes
        assert [change[2] for change in (opened, closed, reopened)] == [True, False, True]
        assert closed[0] < the_stop(day).at < closed[0] + MINUTE < reopened[0]
        (told,) = day.entries_of(Action.CLOSE)
        assert "no demand" not in told.reason
        attempt = day.record.attempt
        assert attempt is not None
        assert (day.status, attempt.units, is_open(day)) == (Status.HOSTED, Units(4), True)
        day.run_until("15:59")
        assert (day.stopped(), day.status, is_open(day)) == (1, Status.HOSTED, True)


def test_what_has_become_hosted_with_too_few_units_is_restarted_before_its_gate_is_opened() -> None:
    with a_day_with_both(window="20:00-22:00", resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("07:30")
        day.hold("07:30", "12:00")
        day.run_until("07:35")
        day.hold("07:35", "12:00", "larger", units=4)
        day.run_until("08:15")
        attempt = day.record.attempt
        assert attempt is not None
        assert (day.status, attempt.units, is_open(day)) == (Status.HOSTED, Units(4), True)
        assert [change[2] for change in day.gates.changes] == [True]


def test_a_larger_hold_that_is_released_while_the_gate_closes_leaves_the_model_as_it_is() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        hold = day.hold("10:00", "12:00", units=4)
        day.run_until("10:00:05")
        assert (day.record.phase, is_open(day)) == (Phase.DRAINING, False)
        day.release(hold)
        day.run_until("10:05")
        assert (day.stopped(), day.record.phase, is_open(day)) == (0, Phase.HOSTED, True)
        assert day.record.draining is None


def test_a_restart_that_is_refused_permanently_leaves_the_model_serving_with_what_it_has() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.fault(FaultKind.VALIDATION, operation=STOPS)
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:10")
        assert len(day.entries_of(Action.REFUSE)) == 1
        assert (day.status, day.record.phase, is_open(day)) == (Status.HOSTED, Phase.HOSTED, True)
        day.run_until("18:00")
        assert (len(day.sent(STOPS)), day.stopped(), day.status) == (2, 1, Status.TRAINED)


def test_a_restart_that_is_refused_during_a_drain_leaves_the_model_to_be_stopped_at_the_end() -> None:
    with a_day(drain=DRAIN, resize=Resize.RESTART, max_units_by_request=4) as day:
        day.waiting(40)
        day.run_until("16:03")
        day.fault(FaultKind.VALIDATION, operation=STOPS)
        day.hold("16:03", "18:00", units=4)
        day.run_until("17:59")
        assert (day.status, day.record.phase) == (Status.HOSTED, Phase.HOSTED)
        day.run_until("18:40")
        assert day.status is Status.TRAINED


def test_a_restart_that_is_denied_has_its_gate_opened_again_at_once() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.fault(FaultKind.ACCESS_DENIED, operation=STOPS, times=2)
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:01")
        assert (day.status, day.record.phase, is_open(day)) == (Status.HOSTED, Phase.HOSTED, True)


@pytest.mark.parametrize("gated", [True, False])
def test_a_restart_whose_stop_is_refused_for_a_moment_is_tried_again(*, gated: bool) -> None:
    with (a_day_with_both if gated else a_day)(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.fault(FaultKind.THROTTLE, operation=STOPS, times=2)
        day.hold("10:00", "14:00", units=4)
        day.run_until("11:30")
        attempt = day.record.attempt
        assert attempt is not None
        assert (attempt.call, attempt.units, day.started(), day.stopped()) == (Call.START, Units(4), 2, 1)
        assert (day.status, day.record.phase, is_open(day) or not gated) == (Status.HOSTED, Phase.HOSTED, True)


def test_a_restart_whose_stop_is_refused_again_and_again_leaves_the_model_serving() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.fault(FaultKind.THROTTLE, operation=STOPS, times=50)
        day.hold("10:00", "14:00", units=4)
        day.run_until("11:30")
        assert (day.status, day.record.phase, is_open(day)) == (Status.HOSTED, Phase.HOSTED, True)
        assert (day.started(), day.stopped(), len(day.sent(STOPS))) == (1, 0, 5)


def test_the_stop_of_an_old_target_that_is_refused_permanently_is_no_restarts() -> None:
    with a_day(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        day.fault(FaultKind.VALIDATION, operation=STOPS, times=9)
        target = replace(day.target, version="4")
        day.apply(a_model("08:00-16:00", target=target, units=Units(2), resize=Resize.RESTART, max_units_by_request=4))
        day.run_until("12:00")
        assert (len(day.sent(STOPS)), day.record.phase) == (1, Phase.REFUSED)


def test_a_demand_that_ends_during_a_restart_still_has_its_queue_drained() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.waiting(40)
        day.run_until("10:00")
        refusing(day, AccessRefused("denied"), "gate close")
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:03")
        day.block("10:03", "15:00", priority=90)
        day.run_until("10:10")
        assert (day.stopped(), len(day.entries_of(Action.DRAIN))) == (0, 1)
        day.waiting(0)
        day.run_until("10:30")
        assert the_stop(day).reason.startswith("Drained after")


@pytest.mark.parametrize("withdrawn", [True, False], ids=["withdrawn", "another version"])
def test_a_drain_that_a_plan_interrupts_for_a_moment_goes_on(*, withdrawn: bool) -> None:
    with a_day_with_both() as day:
        day.waiting(40)
        refusing(day, AccessRefused("denied"), "gate close")
        day.run_until("16:01")
        day.apply(*([] if withdrawn else [another_version("08:00-20:00")]))
        day.run_until("16:02")
        day.apply(a_model("08:00-16:00", gate=GATE, drain=DRAIN))
        day.run_until("16:09")
        assert (day.stopped(), day.record.phase) == (0, Phase.DRAINING)
        day.waiting(0)
        day.run_until("16:30")
        assert the_stop(day).reason.startswith("Drained after")


def another_version(window: str) -> HostedModel:
    model = a_model(window, gate=GATE, drain=DRAIN)
    return replace(model, target=replace(model.target, version="9"))


def test_the_gate_of_a_withdrawn_model_that_is_hosted_has_a_look_before_the_stop() -> None:
    with a_day(gate=GATE) as day:
        refusing(day, AnswerLost("no answer"), "gate open")
        day.run_until("08:30")
        looked: list[bool] = []
        day.store.apply([], expected_version=day.store.current, at=day.clock.at)

        def meets(called: str, after: bool) -> None:
            looked.append(called == "gate describe")

        day.remote = lambda remote: replace(remote, gates=Faulty(remote.gates, meets, "gate "))
        day.run_until("08:31")
        assert (day.stopped(), any(looked)) == (1, True)


def test_what_is_hosted_while_a_restart_waits_for_its_gate_is_on_time() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4, start_takes="27m") as day:
        refusing(day, AccessRefused("denied"), "gate describe")
        day.run_until("07:35")
        day.hold("07:35", "12:00", units=4)
        day.run_until("08:10")
        assert [entry.late for entry in day.entries if entry.late is not None] == [False]
        assert max(day.record.samples) < timedelta(minutes=30)


def test_a_look_that_showed_nothing_does_not_begin_the_wait_of_a_restart_again() -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        refusing(day, AccessRefused("denied"), "gate close")
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:02")
        day.fault(FaultKind.ANSWER_LOST, operation=Operation.DESCRIBE_MODEL)
        day.run_until("10:07")
        assert at("10:05") <= the_stop(day).at <= at("10:06:30")


def test_what_was_refused_its_stop_serves_the_next_shift_with_its_gate_open_and_is_stopped_after_it() -> None:
    """The service refused its stop permanently, and the looks go on: it still runs."""
    with a_day("08:00-10:00", "14:00-16:00", gate=GATE) as day:
        day.run_until("09:59")
        day.fault(FaultKind.VALIDATION, operation=STOPS)
        day.run_until("15:00")
        assert (day.status, day.record.phase, is_open(day)) == (Status.HOSTED, Phase.HOSTED, True)
        assert not [entry for entry in day.entries if entry.late]
        day.run_until("16:30")
        assert (day.status, day.record.phase, is_open(day)) == (Status.TRAINED, Phase.IDLE, False)


@pytest.mark.parametrize("call", ["close", "describe"])
def test_a_gate_that_cannot_be_closed_keeps_a_restart_for_five_minutes_and_no_longer(call: str) -> None:
    with a_day_with_both(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("10:00")
        refusing(day, AccessRefused("denied"), f"gate {call}")
        day.hold("10:00", "12:00", units=4)
        day.run_until("10:30")
        assert at("10:05") <= the_stop(day).at <= at("10:06")
        assert day.status is Status.HOSTED


def test_a_model_that_somebody_stopped_in_its_shift_has_its_gate_closed_while_it_starts_again() -> None:
    with a_day_with_both() as day:
        day.run_until("10:00")
        day.person("stops")
        day.run_until("10:30")
        (second,) = day.entries_of(Action.START)[1:]
        closed_at, mapping, enabled = day.gates.changes[1]
        assert (mapping, enabled) == (GATE, False)
        assert second.at < closed_at < second.at + 10 * MINUTE  # the start comes first
        day.run_until("11:00")
        assert (day.record.phase, is_open(day)) == (Phase.HOSTED, True)


def test_a_gate_that_somebody_closed_in_the_shift_is_left_to_them_until_the_next() -> None:
    with a_day_with_both() as day:
        day.run_until("10:00")
        day.gates.mappings[GATE].enabled = False
        day.run_until("15:59")
        assert not is_open(day)
        day.run_until("08:30", day=1)
        assert is_open(day)


def test_a_gate_that_is_open_before_the_first_start_is_closed() -> None:
    with a_day_with_both() as day:
        day.gates.mappings[GATE].enabled = True
        day.run_until("00:30")
        assert (is_open(day), day.record.phase) == (False, Phase.IDLE)
        looks = len(day.results)
        day.run_until("07:27")
        assert {one.reason for one in day.results[looks:]} == {"Not due yet"}  # and then nobody disturbs it


def test_what_a_person_runs_outside_any_demand_keeps_the_gate_as_they_set_it() -> None:
    with a_day_with_both(start_takes="1m") as day:
        day.person("starts")
        day.gates.mappings[GATE].enabled = True
        day.run_until("06:00")
        assert (day.record.phase, is_open(day), day.record.gate) == (Phase.UNSCHEDULED, True, None)


def test_what_the_policy_stops_is_drained_and_its_gate_closed_too() -> None:
    with a_day_with_both(start_takes="1m", unscheduled=Unscheduled.STOP) as day:
        day.run_until("03:00")
        day.person("starts")
        day.gates.mappings[GATE].enabled = True
        day.apply(a_model("08:00-16:00", unscheduled=Unscheduled.STOP, drain=DRAIN, gate=GATE))
        day.run_until("03:01:30")
        day.apply(a_model("08:00-16:00", unscheduled=Unscheduled.STOP, drain=DRAIN, gate=GATE))
        day.run_until("03:15")
        assert (day.status, is_open(day)) == (Status.TRAINED, False)


def test_a_gate_waits_for_the_proof_that_the_model_is_ready() -> None:
    with a_day_with_both(readiness=Readiness(b"a picture", "image/jpeg")) as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.DETECT_ANOMALIES, times=5)
        day.run_until("07:48")
        assert (day.record.phase, is_open(day)) == (Phase.WARMING, False)
        day.run_until("08:00")
        assert (day.record.phase, is_open(day)) == (Phase.HOSTED, True)


def test_mode_observe_says_once_what_it_would_do_to_the_gate() -> None:
    with a_day_with_both(mode=Mode.OBSERVE, start_takes="1m") as day:
        day.run_until("07:00")
        day.person("starts")
        day.run_until("18:00")
        assert (day.gates.changes, is_open(day), day.stopped()) == ([], False, 0)
        assert [entry.reason for entry in day.entries_of(Action.WITHHOLD)] == [
            "Mode observe: Preheat would open the gate",
            "Mode observe: Preheat would stop the model",
        ]


# --- gates that will not ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [AccessRefused("no"), InvalidCall("no"), QuotaExceeded("no"), Throttled("no")])
def test_a_gate_that_cannot_be_opened_never_stops_the_model_and_is_reported(error: HostingError) -> None:
    with a_day_with_both() as day:
        refusing(day, error, "gate open")
        day.run_until("15:59")
        assert (day.record.phase, day.status, day.record.silent_for_plan) == (Phase.HOSTED, Status.HOSTED, None)
        if not isinstance(error, Throttled):
            assert [entry.reason for entry in day.entries_of(Action.REFUSE)][:1] == [
                f"Gate open call rejected ({error.answer}): no"
            ]
        day.run_until("18:00")
        assert day.status is Status.TRAINED


@pytest.mark.parametrize("error", [AccessRefused("no"), InvalidCall("no"), QuotaExceeded("no"), AnswerLost("no")])
def test_a_gate_that_cannot_be_closed_keeps_its_model_for_five_minutes_and_no_longer(error: HostingError) -> None:
    with a_day_with_both(drain=None) as day:
        day.run_until("15:59")
        refusing(day, error, "gate close")
        day.run_until("16:20")
        stop = the_stop(day)
        assert at("16:05") <= stop.at <= at("16:06")
        assert stop.reason.startswith("Gate not confirmed closed after 5 min (")
        assert day.status is Status.TRAINED
        day.remote = lambda remote: remote
        day.run_until("19:00")
        assert not is_open(day)  # it is closed as soon as it can be


def test_a_gate_that_cannot_be_read_is_reported_and_waited_for_within_the_bound() -> None:
    with a_day_with_both(drain=None) as day:
        day.run_until("15:59")
        refusing(day, AccessRefused("no"), "gate describe")
        day.run_until("16:20")
        assert at("16:05") <= the_stop(day).at <= at("16:06")
        assert [entry.reason for entry in day.entries_of(Action.REFUSE)] == ["Cannot read the gate (no)"]
        assert len(day.gates.changes) == 1  # unknown is no reason to act


def test_a_gate_that_does_not_exist_lets_nothing_through_and_keeps_nobody_waiting() -> None:
    with a_day_with_both(drain=None) as day:
        day.gates.mappings.clear()
        day.run_until("18:00")
        assert the_stop(day).at <= at("16:00:10")
        assert len([entry for entry in day.entries_of(Action.REFUSE) if "Cannot open the gate" in entry.reason]) == 1


def test_without_permission_for_gates_and_queues_the_model_runs_its_shift_all_the_same() -> None:
    with a_day_with_both() as day:
        refusing(day, AccessRefused("no"), "gate describe", "gate open", "gate close", "count")
        day.run_until("08:30")
        assert day.status is Status.HOSTED
        day.run_until("17:00")
        assert (day.status, day.started(), day.stopped()) == (Status.TRAINED, 1, 1)
        assert the_stop(day).at <= at("16:36")


# --- workers that do not move -----------------------------------------------------------------------------------------


def test_an_open_that_may_be_on_its_way_keeps_the_stop_waiting_until_its_lease_is_over() -> None:
    with a_day_with_both(drain=None) as day:
        while day.record.phase is not Phase.HOSTED:
            day.run_until((day.clock.at + timedelta(seconds=1)).strftime("%H:%M:%S"))
        day.clock.advance(timedelta(seconds=5))
        look(day, failing("gate open", KilledWorker()))  # it has written its intent, and does not move
        assert (day.record.gate and day.record.gate.attempt and day.record.gate.attempt.call) is Call.OPEN
        intended_at = day.clock.at
        day.apply(a_model("18:00-19:00", gate=GATE))
        day.run_until("07:47")
        assert (day.stopped(), day.record.phase) == (0, Phase.DRAINING)
        day.gates.open(GATE)  # now it goes on
        day.run_until("08:00")
        assert the_stop(day).at >= intended_at + 2 * MINUTE
        assert (day.status, is_open(day)) == (Status.TRAINED, False)


class KilledWorker(AnswerLost):
    """The end of the worker, as far as the record shows."""


def test_an_answer_that_is_lost_after_the_change_leads_to_no_other_change() -> None:
    with a_day_with_both(drain=None) as day:
        lost: list[str] = []

        def meets(called: str, after: bool) -> None:
            if called in ("gate open", "gate close") and after and called not in lost:
                lost.append(called)
                raise AnswerLost("no answer")

        day.remote = lambda remote: replace(remote, gates=Faulty(remote.gates, meets, "gate "))
        day.run_until("18:00")
        assert lost == ["gate open", "gate close"]
        assert [enabled for _, _, enabled in day.gates.changes] == [True, False]
        assert day.status is Status.TRAINED


def test_each_change_of_the_gate_has_a_token_of_its_own() -> None:
    with a_day_with_both() as day:
        day.run_until("18:00", day=1)
        tokens = [entry.client_token for entry in day.entries if entry.action in (Action.OPEN, Action.CLOSE)]
        assert len(tokens) == len(set(tokens)) == 4
        assert (day.record.gate_generation, day.record.ownership) == (4, Ownership.NONE)


def test_the_answers_of_the_gate_are_kept_apart_from_those_of_the_model() -> None:
    with a_day_with_both(drain=None) as day:
        refusing(day, InvalidCall("no"), "gate open")
        day.run_until("09:00")
        record = day.record
        assert record.gate is not None
        assert (record.gate.attempt and record.gate.attempt.answer) is Answer.INVALID
        assert (record.attempt and record.attempt.answer) is Answer.ACCEPTED


def test_a_drain_that_lasts_until_the_next_start_is_due_leaves_the_model_to_the_next_shift() -> None:
    drain = replace(DRAIN, limit=timedelta(hours=1))
    with a_day("08:00-12:00", "13:00-16:00", drain=drain, gate=GATE) as day:
        day.waiting(40)
        day.run_until("12:23")
        day.waiting(0)
        day.run_until("12:45")
        assert "Not stopping any more: the next start is due at 2026-11-23 12:28:00Z" in [
            entry.reason for entry in day.entries
        ]
        day.run_until("15:59")
        assert (day.stopped(), day.status, is_open(day)) == (0, Status.HOSTED, True)
        assert [entry.late for entry in day.entries if entry.late is not None] == [False, False]
        day.run_until("16:30")
        assert day.stopped() == 1


def test_a_drain_goes_on_if_the_next_shift_for_which_the_model_was_to_stay_is_withdrawn() -> None:
    drain = replace(DRAIN, limit=timedelta(hours=1))
    with a_day("08:00-12:00", "13:00-16:00", drain=drain) as day:
        day.waiting(40)
        day.run_until("12:26:30")
        assert day.record.draining is not None
        assert day.record.draining.stays
        day.apply(a_model("08:00-12:00", drain=drain))
        day.run_until("12:59")
        assert (day.stopped(), day.status) == (0, Status.HOSTED)
        day.run_until("13:02")
        assert day.stopped() == 1
        (stop,) = day.entries_of(Action.STOP)
        assert stop.reason.startswith("Drain limit reached after 36")
        assert sum("Not stopping any more" in entry.reason for entry in day.entries) == 1


def test_a_block_during_a_long_drain_still_stops_the_model() -> None:
    drain = replace(DRAIN, limit=timedelta(minutes=30))
    with a_day("08:00-12:00", "13:00-16:00", drain=drain) as day:
        day.waiting(40)
        day.run_until("12:10")
        day.block("12:10", "15:00", priority=90)
        day.run_until("12:40")
        assert day.stopped() == 1


@pytest.mark.parametrize("drain", [None, DRAIN])
def test_a_start_whose_demand_is_withdrawn_is_stopped_at_once_behind_its_closed_gate(drain: Drain | None) -> None:
    with a_day(gate=GATE, drain=drain) as day:
        day.run_until("07:32")
        assert day.record.phase is Phase.STARTING
        passes = len(day.results)
        day.apply(a_model("12:00-16:00", gate=GATE, drain=drain))
        day.run_until("07:35")
        (stopped,) = day.sent(day.service.words.stop)
        assert stopped.at < at("07:33")
        assert len(day.results) - passes <= 6


def test_a_plan_with_more_units_restarts_nothing_without_a_hold() -> None:
    with a_day(resize=Resize.RESTART, max_units_by_request=4) as day:
        day.run_until("09:00")
        day.apply(a_model("08:00-16:00", resize=Resize.RESTART, max_units_by_request=4, units=Units(2)))
        day.run_until("15:59")
        assert day.stopped() == 0
        day.run_until("16:05")
        assert day.stopped() == 1


def test_each_look_at_the_gate_counts_against_the_budget_of_its_model() -> None:
    with a_day_with_both() as day:
        day.run_until("07:46:12")
        (hosted,) = [entry for entry in day.entries if entry.from_phase is Phase.STARTING]
        spent_until, called = day.record.spent_until, list[str]()
        assert spent_until is not None
        assert hosted.at == at("07:46:11")

        def note(name: str, after: bool) -> None:
            called.extend([] if after else [name])

        day.remote = lambda remote: replace(remote, gates=Faulty(remote.gates, note, "gate "))
        day.run_until("07:46:30")
        called += [str(call.operation) for call in day.calls if call.at > hosted.at]
        assert called == ["gate describe", "gate open", "DescribeModel"]
        assert day.record.spent_until == spent_until + len(called) * budget.CALL_COSTS


def test_a_message_between_empty_readings_starts_their_count_again() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("16:00:45")  # two readings found it empty
        day.waiting(1)
        day.run_until("16:01:15")
        day.waiting(0)
        day.run_until("16:01:45")
        refusing(day, Throttled("too often"), "count")
        day.run_until("16:02:40")
        day.remote = lambda remote: remote
        found: list[int] = []
        while (draining := day.record.draining) is not None:
            found += [draining.empties] if draining.empties not in found else []
            message_at = day.queue.next_at()
            assert message_at is not None
            day.run_until(f"{max(message_at, day.clock.at + MINUTE / 60):%H:%M:%S}")
        assert found == [1, 2]


def test_a_queue_that_cannot_be_read_again_is_reported_again() -> None:
    with a_day(drain=DRAIN) as day:
        day.run_until("15:59")
        day.waiting(4)
        for reads, until in ((False, "16:01"), (True, "16:10"), (False, "16:20")):
            day.remote = lambda remote: remote
            if not reads:
                refusing(day, AccessRefused("no"), "count")
            day.run_until(until)
        reported = [entry.at for entry in day.entries if "cannot read the queue" in entry.reason]
        assert len(reported) == 2
        assert reported[0] == at("16:00")
        assert reported[1] > at("16:10")
