"""Days on which a model will not be ready in time: Preheat says it before the shift, once, with the true cause."""

from datetime import timedelta

import pytest
from tests.support.day import a_day, at

from preheat.app.publish import make_events
from preheat.domain.plan.plan import Backend, Mode
from preheat.domain.record.event import EventKind
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action
from preheat_simulator.core.faults import FaultKind
from preheat_simulator.core.status import Operation


def test_a_refused_start_is_a_risk_at_once_and_said_once() -> None:
    with a_day() as day:
        day.fault(FaultKind.ACCESS_DENIED, operation=Operation.START_MODEL, times=99)
        day.run_until("09:00")
        (risky,) = [entry for entry in day.entries if entry.at_risk]
        assert (risky.at, risky.action) == (at("07:28"), Action.REFUSE)
        (event,) = make_events(risky)
        assert (event.kind, event.ready_at, event.expected_at) == (
            EventKind.MODEL_AT_RISK,
            at("08:00"),
            risky.expected_at,
        )
        (late,) = [entry for entry in day.entries if entry.late]
        assert "access denied" in late.reason


def test_a_start_that_begins_too_late_for_its_lead_is_a_risk() -> None:
    with a_day(start_takes="20m") as day:
        day.fault(FaultKind.INTERNAL_ERROR, operation=Operation.START_MODEL, times=12)
        day.run_until("08:30")
        (risky,) = [entry for entry in day.entries if entry.at_risk]
        assert at("07:28") < risky.at < at("07:45")
        assert risky.expected_at is not None
        assert risky.expected_at > at("08:00")


def test_a_failed_start_that_is_repeated_too_late_is_a_risk() -> None:
    with a_day(start_takes="10m") as day:
        day.fault(FaultKind.HOSTING_FAILED, after=timedelta(minutes=9))
        day.run_until("08:30")
        assert len([entry for entry in day.entries if entry.at_risk]) == 1


def test_an_ordinary_day_and_mode_observe_report_no_risk() -> None:
    for mode in (Mode.ACT, Mode.OBSERVE):
        with a_day(mode=mode) as day:
            day.run_until("17:00")
            assert not [entry for entry in day.entries if entry.at_risk]


def test_a_new_demand_has_a_risk_of_its_own() -> None:
    with a_day() as day:
        day.fault(FaultKind.ACCESS_DENIED, operation=Operation.START_MODEL, times=10_000)
        day.run_until("09:00", day=1)
        assert [entry.at for entry in day.entries if entry.at_risk] == [at("07:28"), at("07:28", 1)]


@pytest.mark.parametrize("backend", [Backend.REKOGNITION, Backend.SAGEMAKER])
def test_a_start_that_hangs_is_named_as_late_and_its_budget_never_blinds_the_last_checks(backend: Backend) -> None:
    with a_day(lead="10m", start_takes="8m", backend=backend) as day:
        day.fault(FaultKind.STUCK)
        day.run_until("08:00:30")
        (late,) = [entry for entry in day.entries if entry.late]
        assert "takes longer than its lead" in late.reason
        assert "not checked" not in late.reason
        assert "not checked" not in " ".join(result.reason for result in day.results if result.reason)
        assert day.observed() is Observed.STARTING
