"""Glances: three of four checks of a quiet hosted model ask the service once, and write nothing.

Owns the glance. A round asks about many models, by records that may lag: nothing rests on it. Where a service can list
its models, one list takes the place of their glances. A model that differs gets a message of its own, whose pass reads
the record and glances again. If that shows a difference too, the pass goes on as an ordinary one. The due index shows
the model at its next ordinary look, whatever becomes of the messages. Pure but for `Remote`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from preheat.app.ports.errors import HostingError, QueueUnavailable, StoreUnavailable
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.observing import observe
from preheat.domain.decision.looking import may_glance, permit_look, shows_the_same
from preheat.domain.plan.plan import Mode, ModelId, Target
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import ModelRecord

# A service that does not answer holds up the models behind it in a round no longer: they get a round of their own.
ROUND_MOST = timedelta(seconds=10)


def glance(record: ModelRecord, remote: Remote, now: datetime, listed: Observation | None = None) -> bool:
    """Return whether a glance shows the model as its record has it. `listed`: what a list showed of it."""
    if permit_look(record, Mode.ACT, now).instead is not None:
        return False
    ask = remote.glances.glance if remote.glances is not None else remote.hosting.describe
    look = ask if listed is None else lambda _: listed
    return shows_the_same(record, observe(record, record.target, look))


def glance_at_each(model_ids: Sequence[ModelId], remote: Remote, mode: Mode) -> tuple[ModelId, ...]:
    """Glance at each model that has glances now; return those that differ, and got a message. `mode`: the stack's.

    If the store or the queue does not answer, their next glances come in HOSTED_EVERY.
    """
    differing = []
    try:
        records = remote.store.glance_at_many(model_ids)
        listed = _list_unchanged([one for one in records.values() if may_glance(one, mode, remote.clock.now())], remote)
        begun_at = remote.clock.now()
        for place, model_id in enumerate(model_ids):
            record, now = records.get(model_id), remote.clock.now()
            if now > begun_at + ROUND_MOST:
                remote.queue.enqueue_glances(model_ids[place:], timedelta())
                break
            if (
                record is not None
                and may_glance(record, mode, now)
                and not glance(record, remote, now, listed.get(record.target))
            ):
                remote.queue.enqueue_glances([model_id], timedelta())
                differing.append(model_id)
    except (StoreUnavailable, QueueUnavailable):
        pass
    return tuple(differing)


def _list_unchanged(records: Sequence[ModelRecord], remote: Remote) -> Mapping[Target, Observation]:
    """Return what a list shows to be as it was; without a list, each model gets a glance of its own."""
    if remote.glances is None or len(records) < 2:
        return {}
    try:
        return remote.ask(remote.glances.list_unchanged, [one.target for one in records])
    except HostingError:
        return {}
