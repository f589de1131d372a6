"""Owns what the service says to a start or a stop in each status: a table that the switches fill in.

It knows no model, time or token; `service` asks it once per call that is neither a replay nor refused before.
"""

from enum import StrEnum

from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Switches, WhenAlready, WhenPossible


class CallReply(StrEnum):
    """The effect of a call."""

    DO = "do"
    NO_OP = "no_op"
    """Accepted with 202; nothing changes."""
    CONFLICT = "conflict"


_REPLIES = {
    WhenAlready.CONFLICT: CallReply.CONFLICT,
    WhenAlready.NO_OP: CallReply.NO_OP,
    WhenPossible.ALLOW: CallReply.DO,
    WhenPossible.CONFLICT: CallReply.CONFLICT,
}


def decide_start(status: Status, switches: Switches) -> CallReply:
    """Return what StartModel does to a model in this status."""
    table = {
        Status.TRAINED: CallReply.DO,
        Status.HOSTED: _REPLIES[switches.start_while_hosted],
        Status.STARTING_HOSTING: _REPLIES[switches.start_while_starting],
        Status.HOSTING_FAILED: _REPLIES[switches.start_from_hosting_failed],
        Status.SYSTEM_UPDATING: _REPLIES[switches.calls_during_system_updating],
    }
    return table.get(status, CallReply.CONFLICT)


def decide_stop(status: Status, switches: Switches) -> CallReply:
    """Return what StopModel does to a model in this status."""
    table = {
        Status.HOSTED: CallReply.DO,
        Status.TRAINED: _REPLIES[switches.stop_while_trained],
        Status.STOPPING_HOSTING: _REPLIES[switches.stop_while_stopping],
        Status.STARTING_HOSTING: _REPLIES[switches.stop_while_starting],
        Status.HOSTING_FAILED: _REPLIES[switches.stop_from_hosting_failed],
        Status.SYSTEM_UPDATING: _REPLIES[switches.calls_during_system_updating],
    }
    return table.get(status, CallReply.CONFLICT)
