"""Owns what the service says to a start or a stop in each status: a table that the switches fill in.

It knows no model, time or token; `service` asks it once per call that is neither a replay nor refused before.
"""

from enum import StrEnum

from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Switches, WhenAlready, WhenPossible


class Reply(StrEnum):
    """What becomes of the call."""

    DO = "do"
    NO_OP = "no_op"
    """Accepted with 202; nothing changes."""
    CONFLICT = "conflict"


_REPLIES = {
    WhenAlready.CONFLICT: Reply.CONFLICT,
    WhenAlready.NO_OP: Reply.NO_OP,
    WhenPossible.ALLOW: Reply.DO,
    WhenPossible.CONFLICT: Reply.CONFLICT,
}


def on_start(status: Status, switches: Switches) -> Reply:
    """Return what StartModel does to a model in this status."""
    table = {
        Status.TRAINED: Reply.DO,
        Status.HOSTED: _REPLIES[switches.start_while_hosted],
        Status.STARTING_HOSTING: _REPLIES[switches.start_while_starting],
        Status.HOSTING_FAILED: _REPLIES[switches.start_from_hosting_failed],
        Status.SYSTEM_UPDATING: _REPLIES[switches.calls_during_system_updating],
    }
    return table.get(status, Reply.CONFLICT)


def on_stop(status: Status, switches: Switches) -> Reply:
    """Return what StopModel does to a model in this status."""
    table = {
        Status.HOSTED: Reply.DO,
        Status.TRAINED: _REPLIES[switches.stop_while_trained],
        Status.STOPPING_HOSTING: _REPLIES[switches.stop_while_stopping],
        Status.STARTING_HOSTING: _REPLIES[switches.stop_while_starting],
        Status.HOSTING_FAILED: _REPLIES[switches.stop_from_hosting_failed],
        Status.SYSTEM_UPDATING: _REPLIES[switches.calls_during_system_updating],
    }
    return table.get(status, Reply.CONFLICT)
