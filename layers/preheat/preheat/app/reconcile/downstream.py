"""What consumes a model, within one pass: its gate is looked at or moved, and the queue behind it is read.

Owns the calls and what a failed one means; `domain.gating` and `domain.draining` say when one is due. The gate is
looked at once its queue is waited for no longer; each call counts against the model's budget. Pure but for `Remote`.
"""

from preheat.app.ports.errors import HostingError, ModelGone
from preheat.app.ports.remote import Remote
from preheat.domain.decision import draining, gating
from preheat.domain.decision.situation import Situation
from preheat.domain.record import budget
from preheat.domain.record.attempt import Answer, Attempt, Call, Outcome
from preheat.domain.record.gate import BacklogReading, GateLook, Passage
from preheat.domain.record.record import ModelRecord
from preheat.domain.values import changed


def looked_downstream(s: Situation, remote: Remote) -> Situation:
    """Return the situation with what a look at the gate, or a reading of the queue, has told, if one is due."""
    drain = draining.asked(s)
    reads = draining.is_reading_due(s)
    mapping = s.record.gate.mapping if s.record.gate is not None else gating.planned(s)
    looks = not reads and gating.is_look_due(s)
    if not (reads or looks) or (gating.is_short(s) if looks else budget.is_short(s.record.spent_until, s.now)):
        return s
    if reads and drain is not None:
        s = changed(_counted(s), reading=_read(drain.queue, remote))
        looks = draining.ends_with(s, drain) and gating.is_look_due(s) and not gating.is_short(s)
    return changed(_counted(s), gate_look=_look(mapping, remote)) if looks and mapping is not None else s


def _counted(s: Situation) -> Situation:
    return changed(s, record=changed(s.record, spent_until=budget.spent(s.record.spent_until, s.now)))


def _read(queue: str, remote: Remote) -> BacklogReading:
    try:
        return BacklogReading(remote.backlogs.count(queue))
    except HostingError as error:
        return BacklogReading(None, str(error), failure=error.answer)


def _look(mapping: str, remote: Remote) -> GateLook:
    try:
        return remote.gates.describe(mapping)
    except ModelGone as gone:
        return GateLook(Passage.GONE, str(gone))
    except HostingError as error:
        return GateLook(Passage.UNKNOWN, str(error), failure=error.answer)


def moved(attempt: Attempt, record: ModelRecord, remote: Remote) -> Outcome:
    """Open or close the gate as the attempt has it; return what that came to."""
    gate = record.gate
    if gate is None:
        raise ValueError(f"{record.model_id}: no gate to {attempt.call}")
    call = remote.gates.open if attempt.call is Call.OPEN else remote.gates.close
    try:
        call(gate.mapping)
    except HostingError as error:
        return Outcome(error.answer, str(error), retried=error.retried)
    return Outcome(Answer.ACCEPTED)
