"""Passes whose writes lose to others: what they called counts all the same."""

from datetime import timedelta

import pytest
from tests.support.calls import failing, look
from tests.support.day import WELD, a_day

from preheat.app.ports.errors import StaleRecord
from preheat.domain.plan.plan import Backend

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("backend", [Backend.REKOGNITION, Backend.SAGEMAKER])
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_looks_whose_writes_lose_to_others_count_against_the_budget_of_calls(backend: Backend, lost: int) -> None:
    with a_day(window="08:00-16:00", backend=backend) as day:
        day.run_until("03:00")
        day.store.wake(WELD, day.clock.at)
        before = len(day.sent(day.service.words.describe))
        look(day, failing("save", StaleRecord("another was quicker"), times=lost))
        assert len(day.sent(day.service.words.describe)) - before == 1 + lost
        assert day.record.spent_until == day.clock.at + (1 + lost) * backend.calls_a_look * MINUTE
