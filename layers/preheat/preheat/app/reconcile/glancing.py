"""Glances: two of three checks of a quiet hosted model read its record, ask the service once, and write nothing.

Owns the glance and its message, which holds the version of the record. If the record has changed, or if the look shows
anything else than the record says, the pass goes on as an ordinary one. The due index shows the model at its next
ordinary look, whatever becomes of the messages. Pure but for `Remote`.
"""

from collections.abc import Callable
from datetime import datetime

from preheat.app.ports.errors import QueueUnavailable
from preheat.app.ports.remote import Remote
from preheat.domain.decision.looking import permit_look, shows_the_same
from preheat.domain.plan.plan import Mode, Target
from preheat.domain.record import looks
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import ModelRecord, Phase

type Ask = Callable[[Target], Observation]


def glance(
    record: ModelRecord, remote: Remote, now: datetime, observe: Callable[[ModelRecord, Target, Ask], Observation]
) -> bool:
    """Return whether a glance shows the model as its record has it. `observe` asks the service, as a pass does."""
    if permit_look(record, Mode.ACT, now).instead is not None:
        return False
    ask = remote.glances.glance if remote.glances is not None else remote.hosting.describe
    return shows_the_same(record, observe(record, record.target, ask))


def has_glances(record: ModelRecord, now: datetime) -> bool:
    """Return whether a glance comes before the look that the due index has."""
    return record.phase is Phase.HOSTED and record.wake_at is not None and looks.is_glance_ahead(record.wake_at, now)


def send(record: ModelRecord, remote: Remote) -> bool:
    """Send the message of the next glance; return whether the queue took it."""
    try:
        due_at = record.due_at or record.wake_at
        remote.queue.enqueue(record.model_id, looks.HOSTED_EVERY, due_at, glance=record.version)
    except QueueUnavailable:
        return False
    return True
