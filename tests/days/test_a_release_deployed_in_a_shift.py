"""A release deployed while a shift runs: new workers over the same stored items, minutes without any, and a new plan.

Nothing restarts and nothing stops that would not have: no function holds state between passes.
"""

import pytest
from tests.support.day import WELD, Day, a_day, a_model

from preheat.adapters.dynamodb import items
from preheat.adapters.dynamodb.tables import RecordItem
from preheat.domain.demand import demand
from preheat.domain.record.lifecycle import Observed

STORED = type("Stored", (RecordItem,), {"Meta": type("Meta", (), {"table_name": "models"})})


def deploy(day: Day, until: str) -> None:
    """Replace the functions: no pass for a while, nothing cached, each record read back from its stored form."""
    day.ticks = False
    while day.queue.receive() is not None:
        continue  # messages of the old functions that nobody takes: the deployment cuts off their passes
    day.run_until(until)
    demand._find_around.cache_clear()
    day.store.records[WELD] = items.to_record(items.from_record(STORED, day.record))
    day.ticks = True


@pytest.mark.parametrize(
    ("deployed_at", "back_at"),
    [
        ("07:20", "07:27"),  # before the start
        ("07:28", "07:31"),  # the start went out just now
        ("07:40", "07:44"),  # starting
        ("07:46", "07:52"),  # over the moment at which it becomes hosted
        ("10:00", "10:05"),  # hosted
        ("15:58", "16:02"),  # over the end of the shift
        ("16:01", "16:04"),  # stopping
    ],
)
@pytest.mark.parametrize("applied", [False, True], ids=["deployed", "deployed and applied"])
def test_a_deployment_restarts_and_stops_nothing(deployed_at: str, back_at: str, applied: bool) -> None:
    with a_day() as day:
        day.run_until(deployed_at)
        deploy(day, back_at)
        if applied:
            day.apply(a_model("08:00-16:00"))
        day.run_until("15:59" if deployed_at < "15:58" else back_at)
        if deployed_at < "15:58":
            assert (day.observed(), day.started(), day.stopped()) == (Observed.HOSTED, 1, 0)
        day.run_until("16:15")
        assert (day.observed(), day.started(), day.stopped()) == (Observed.STOPPED, 1, 1)
        assert not any(entry.late for entry in day.entries)
