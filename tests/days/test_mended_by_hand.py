"""Days on which a person fixes what Preheat has given up on or waits for (docs/runbook.md)."""

from datetime import timedelta

import pytest
from tests.support.day import GATE, WELD, a_day, a_model, at

from preheat.app.watch import CALLS, Watch
from preheat.domain.plan.plan import Backend
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Ownership, Phase
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation
from preheat_simulator.core.trail import make_trail_event


def test_a_hanging_start_that_a_person_stops_begins_again_without_waiting_for_the_hour() -> None:
    with a_day(start_takes="10m") as day:
        day.fault(FaultKind.STUCK)
        day.run_until("08:05")
        assert day.observed() is Observed.STARTING
        day.person("stops")
        day.run_until("08:30")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 2)
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 2


def test_a_demand_that_was_given_up_is_tried_again_once_it_was_taken_out_of_the_plan_and_put_back() -> None:
    with a_day(start_takes="5m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=5)
        day.run_until("09:00")
        assert "no further attempt" in day.entries_of(Action.FAIL)[-1].reason
        day.apply(a_model("08:00-16:00"))
        day.run_until("09:30")
        assert day.record.phase is Phase.FAILED
        day.apply(a_model())
        day.run_until("09:32")
        day.apply(a_model("08:00-16:00"))
        day.run_until("09:45")
        assert day.observed() is Observed.HOSTED


def test_a_shift_that_a_person_takes_out_and_puts_back_an_hour_later_is_judged_for_itself() -> None:
    with a_day("08:00-16:00", start_takes="10m") as day:
        day.run_until("09:00")
        day.apply(a_model())
        day.run_until("09:20")
        day.apply(a_model("10:00-18:00"))
        day.run_until("10:30")
        assert day.observed() is Observed.HOSTED
        assert [(entry.late, entry.ready_at) for entry in day.entries if entry.late is not None] == [
            (False, at("08:00")),
            (False, at("10:00")),
        ]


@pytest.mark.parametrize("backend", CALLS)  # nobody but Preheat calls a function
def test_a_stop_by_a_person_inside_a_window_is_seen_through_the_watch_recorded_and_repaired_twice_at_most(
    backend: Backend,
) -> None:
    with a_day(start_takes="10m", backend=backend) as day:
        watch = Watch(day.clock, day.store, day.queue)

        def stop_as_a_person() -> None:
            day.person("stops")
            (call,) = (each for each in day.calls[-1:] if each.by == "person")
            change = watch.read(make_trail_event(backend, call, region="eu-central-1", account="111122223333"))
            assert change is not None
            assert watch.look(change) == (WELD,)

        for repair, (stops, looks, hosted) in enumerate(
            (("09:01:30", "09:01:35", "09:30"), ("10:01:30", "10:01:35", "10:30")), start=1
        ):
            day.run_until(stops)
            entries = len(day.entries)
            stop_as_a_person()
            # Without the event the next look would be the one each ten minutes.
            day.run_until(looks)
            assert len(day.entries) > entries
            day.run_until(hosted)
            assert day.observed() is Observed.HOSTED
            assert day.record.effort is not None
            assert day.record.effort.repairs == repair
        day.run_until("11:01:30")
        stop_as_a_person()
        day.run_until("12:00")
        assert (day.observed() is Observed.HOSTED, day.started()) == (False, 3)


def test_a_model_that_a_person_starts_after_preheat_gave_up_serves_within_minutes() -> None:
    with a_day(start_takes="5m", gate=GATE) as day:
        day.fault(FaultKind.HOSTING_FAILED, operation=day.service.words.start, after=timedelta(minutes=1), times=5)
        day.run_until("10:00")
        assert day.record.phase is Phase.FAILED
        day.person("starts")
        day.run_until("10:12")
        assert (day.record.phase, day.record.ownership) == (Phase.HOSTED, Ownership.ADOPTED)
        assert day.gates.mappings[GATE].enabled
        day.run_until("16:30")
        assert day.observed() is Observed.STOPPED


@pytest.mark.parametrize("backend", [backend for backend in CALLS if not backend.removes])
def test_a_model_that_a_person_starts_after_preheat_gave_up_is_the_persons(backend: Backend) -> None:
    """S4: no start of Preheat can still come up, and no demand covered a look at it."""
    with a_day(start_takes="5m", backend=backend) as day:
        day.fault(FaultKind.HOSTING_FAILED, operation=day.service.words.start, after=timedelta(minutes=1), times=5)
        day.run_until("10:00")
        assert (day.record.phase, day.record.ownership) == (Phase.FAILED, Ownership.NONE)
        day.person("starts")
        day.apply()
        day.run_until("12:00")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)
