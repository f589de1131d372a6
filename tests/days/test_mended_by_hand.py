"""Days on which a person mends what Preheat has given up on or waits for (docs/runbook.md)."""

from datetime import timedelta

from tests.day import a_day, a_model

from preheat.domain.lifecycle import Observed
from preheat.domain.record import Action, Phase
from preheat.simulator.faults import FaultKind
from preheat.simulator.status import Operation


def test_a_hanging_start_that_a_person_stops_begins_anew_without_waiting_for_the_hour() -> None:
    with a_day(start_takes="10m") as day:
        day.fault(FaultKind.STUCK)
        day.run_until("08:05")
        assert day.observed() is Observed.STARTING
        day.person("stops")
        day.run_until("08:30")
        assert (day.observed(), day.started()) == (Observed.HOSTED, 2)
        assert len({call.token for call in day.sent(Operation.START_MODEL)}) == 2


def test_a_demand_that_was_given_up_is_tried_anew_once_it_was_taken_out_of_the_plan_and_put_back() -> None:
    with a_day(start_takes="5m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=1), times=5)
        day.run_until("09:00")
        assert "given up" in day.told(Action.FAIL)[-1].reason
        day.apply(a_model("08:00-16:00"))
        day.run_until("09:30")
        assert day.record.phase is Phase.FAILED
        day.apply(a_model())
        day.run_until("09:32")
        day.apply(a_model("08:00-16:00"))
        day.run_until("09:45")
        assert day.observed() is Observed.HOSTED
