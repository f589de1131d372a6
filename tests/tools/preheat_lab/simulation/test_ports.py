"""The faults of the simulation reach every call of the ports that they name."""

import pytest

from preheat.app.ports.hosting import Backlogs, Gates, Glances, Hosting
from preheat.app.ports.store import Store
from preheat_lab.simulation.ports import BACKLOG_CALLS, GATE_CALLS, HOSTING_CALLS, STORE_CALLS

NO_CALL = {"read_served_at"}  # it returns what the last answer had


@pytest.mark.parametrize(
    ("ports", "calls"),
    [
        ((Store,), STORE_CALLS),
        ((Hosting, Glances), HOSTING_CALLS),
        ((Gates,), GATE_CALLS),
        ((Backlogs,), BACKLOG_CALLS),
    ],
)
def test_every_call_of_a_port_can_fail(ports: tuple[type, ...], calls: tuple[str, ...]) -> None:
    assert {name for port in ports for name in dir(port) if not name.startswith("_")} - NO_CALL == set(calls)
