"""The faults of the simulation reach every call of the ports that they name."""

import pytest

from preheat.app.ports.hosting import Backlogs, Gates, Hosting
from preheat.app.ports.store import Store
from preheat_lab.simulation.ports import BACKLOG_CALLS, GATE_CALLS, HOSTING_CALLS, STORE_CALLS


@pytest.mark.parametrize(
    ("port", "calls"),
    [(Store, STORE_CALLS), (Hosting, HOSTING_CALLS), (Gates, GATE_CALLS), (Backlogs, BACKLOG_CALLS)],
)
def test_every_call_of_a_port_can_fail(port: type, calls: tuple[str, ...]) -> None:
    assert {name for name in dir(port) if not name.startswith("_")} == set(calls)
