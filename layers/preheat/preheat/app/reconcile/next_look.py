"""The next look: a pass sends its message itself if it comes soon, and leaves the due index as a net behind it.

Owns which looks that are, and what becomes of a message whose pass fails while no tick would send it again. When a look
is due is the decision's affair. Pure but for `Remote`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.app.ports.errors import QueueUnavailable, StaleRecord, StoreUnavailable
from preheat.app.ports.remote import Remote
from preheat.domain.decision.looking import find_look_after_glances
from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.plan.plan import ModelId
from preheat.domain.record import budget, looks
from preheat.domain.record.clocks import CLOCKS_APART
from preheat.domain.record.record import ModelRecord, Phase
from preheat.domain.values import change

# A tick may come some seconds late, and sends all that fell due meanwhile at once: looks in turn do not wait for it.
TURN_HORIZON = timedelta(minutes=5)
# After this, a pass sends a message again that came before its model is in the index, as a tick would do.
REPEATED_AFTER = timedelta(seconds=60)
# Clocks that are up to a minute wrong differ by twice as much.
EARLY_AT_MOST = 2 * CLOCKS_APART
# No net is further away than this; what a message says beyond it is wrong.
NET_AT_MOST = looks.HOSTED_EVERY + looks.QUIET_NET_AFTER


@dataclass(slots=True)
class Shown:
    """From when on the due index shows a model, as far as its pass knows; None: it does already."""

    due_at: datetime | None
    repeated: bool = False  # the message repeats one whose pass failed
    now: datetime | None = None

    def note(self, record: ModelRecord | None, now: datetime) -> None:
        """Note what the record says: it knows better than the message."""
        self.due_at, self.now = record.due_at if record is not None else None, now


def place_net(situation: Situation, decision: Decision) -> Decision:
    """Return the decision with the place of its record in the due index.

    A record with a call after it is in the index at its `wake_at`: if the worker dies, the tick is the retry.
    """
    record, due_at = decision.record, None
    if (look_at := find_look_after_glances(situation, decision)) is not None:
        spent_until = budget.spend(record.spent_until, situation.now, looks.count_glances(look_at, situation.now))
        return change(decision, record=change(record, wake_at=look_at, due_at=None, spent_until=spent_until))
    if decision.call is None and not decision.restores:
        due_at = looks.place_net(
            record.wake_at,
            situation.now,
            edge=_find_edge(situation, record),
            sent_within=_find_horizon(situation),
            quiet=record.phase is Phase.HOSTED and record.unread is None,
            before=situation.record.due_at,
        )
    return change(decision, record=change(record, due_at=due_at))


def _find_edge(situation: Situation, record: ModelRecord) -> datetime | None:
    """Return the next instant that the due index shows to the second: an edge of the demand, or the end of a drain."""
    edges, draining = [situation.outlook.next_edge], record.draining
    if draining is not None and draining.over_at is None and situation.model is not None and situation.model.drain:
        edges.append(draining.since + situation.model.drain.limit)
    return min((each for each in edges if each is not None), default=None)


def send(situation: Situation, record: ModelRecord, remote: Remote) -> None:
    """Send the next look, if the due index shows it later or it comes before a tick would send it.

    If that fails, the record goes back into the index at its `wake_at`.
    """
    if record.wake_at is None:
        return
    wait = max(record.wake_at - remote.clock.now(), timedelta())
    if record.due_at is not None:
        if not _send(record, wait, remote):
            _return_to_index(record, remote)
    elif wait < _find_horizon(situation):
        _send(record, wait, remote)


def _send(record: ModelRecord, wait: timedelta, remote: Remote) -> bool:
    try:
        remote.queue.enqueue(record.model_id, wait, record.due_at)
    except QueueUnavailable:
        return False
    return True


def send_early(record: ModelRecord | None, remote: Remote, shown: Shown) -> None:
    """Send a message again that came before its look is due, if the due index shows the model only long after that.

    The clocks of two functions differ, so a message may come early by as much. One that comes earlier is a second one.
    Only the message of a pass that failed may be the only one: the write of that pass may have had its effect.
    """
    if record is None or record.wake_at is None or record.due_at is None or shown.now is None:
        return
    wait = record.wake_at - shown.now
    if (
        timedelta() < wait <= (NET_AT_MOST if shown.repeated else EARLY_AT_MOST)
        and record.due_at - record.wake_at > looks.BRISK_NET_AFTER
    ):
        try:
            remote.queue.enqueue(record.model_id, wait, record.due_at)
        except QueueUnavailable:
            return  # Then the net catches it.


def repeat(model_id: ModelId, remote: Remote, shown: Shown) -> None:
    """Send the message of a pass that failed again, unless a tick does so anyway."""
    if shown.due_at is None:
        return
    now = shown.now or remote.clock.now()
    if now < shown.due_at <= now + NET_AT_MOST:
        try:
            remote.queue.enqueue(model_id, REPEATED_AFTER, shown.due_at, repeated=True)
        except QueueUnavailable:
            return  # Then the net catches it.


def _return_to_index(record: ModelRecord, remote: Remote) -> None:
    try:
        remote.store.save(change(record, due_at=None), None)
    except (StaleRecord, StoreUnavailable):
        return  # Then the net catches it.


def _find_horizon(situation: Situation) -> timedelta:
    """Return within which time a pass sends its next look itself."""
    return looks.TICK_HORIZON if situation.turn is None else TURN_HORIZON
