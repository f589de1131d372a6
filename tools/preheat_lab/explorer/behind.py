"""The gate and the queue behind a model as a pure value: a gate that moves or rests, a queue with messages or without.

Knows no time: a moving gate arrives when the explorer lets it, and refuses a change until then.
"""

from preheat.domain.record.gate import Backlog, GateLook, Passage

SHUT, OPEN, OPENING, CLOSING = range(4)
LOOKS = (
    GateLook(Passage.CLOSED, "Disabled"),
    GateLook(Passage.OPEN, "Enabled"),
    GateLook(Passage.MOVING, "Enabling"),
    GateLook(Passage.MOVING, "Disabling"),
)
BACKLOGS = (Backlog(0, 0, 0), Backlog(1, 0, 0))


def settle(gate: int) -> int:
    """Return the gate with what was under way come to its end."""
    return {OPENING: OPEN, CLOSING: SHUT}.get(gate, gate)


def change(gate: int, *, opens: bool) -> int | None:
    """Return the gate after a call; None: the gate refuses it."""
    if gate in (OPENING, CLOSING):
        return None
    if opens:
        return OPENING if gate == SHUT else gate
    return CLOSING if gate == OPEN else gate


def lets_through(gate: int) -> bool:
    """Return whether the queue's messages have a consumer, now or in a moment."""
    return gate in (OPEN, OPENING)
