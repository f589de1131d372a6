"""A block against what somebody else started, on every service: Preheat stops it, or its owner has to."""

import pytest
from tests.support.day import WELD, a_day

from preheat.domain.plan.plan import Backend
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Phase

# Preheat deletes only what it created, and a SageMaker endpoint ends in no other way.
DELETED_BY_THEIR_OWNER = (Backend.SAGEMAKER,)


@pytest.mark.parametrize("backend", Backend)
def test_a_block_stops_what_somebody_else_started_wherever_a_stop_deletes_nothing(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.run_until("18:00")
        day.person("starts")
        day.store.wake(WELD, day.clock.at)
        day.run_until("18:30")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)
        day.block("18:30", "19:30")
        day.run_until("18:45")
        stops = [entry for entry in day.entries_of(Action.STOP) if "block block-1" in entry.reason]
        if backend in DELETED_BY_THEIR_OWNER:
            assert (day.observed(), stops) == (Observed.HOSTED, [])
        else:
            assert (day.observed(), len(stops)) == (Observed.STOPPED, 1)


@pytest.mark.parametrize("backend", Backend)
def test_without_a_block_what_somebody_else_started_goes_on(backend: Backend) -> None:
    with a_day(backend=backend) as day:
        day.run_until("18:00")
        day.person("starts")
        day.store.wake(WELD, day.clock.at)
        day.run_until("20:00")
        assert (day.observed(), day.record.phase) == (Observed.HOSTED, Phase.UNSCHEDULED)
