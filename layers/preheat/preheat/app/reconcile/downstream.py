"""The calls to what consumes a model, within one pass: read its queue, look at its gate, open or close it.

Owns the calls and what a failed one means; `domain.gating` and `domain.draining` say when one is due. A pass checks the
gate once the wait for its queue is over; each call counts against the model's budget. Pure but for `Remote`.
"""

from preheat.app.ports.errors import HostingError, ModelGone
from preheat.app.ports.remote import Remote
from preheat.domain.decision import draining, gating
from preheat.domain.decision.situation import Situation
from preheat.domain.record import budget
from preheat.domain.record.attempt import Answer, Attempt, Call, Outcome
from preheat.domain.record.gate import BacklogReading, GateLook, Passage
from preheat.domain.record.record import ModelRecord
from preheat.domain.values import change


def look_downstream(situation: Situation, remote: Remote) -> Situation:
    """Return the situation with a reading of the queue and a look at the gate, each if it is due and affordable."""
    drain = draining.find_drain(situation)
    if drain is not None and draining.is_reading_due(situation):
        if budget.is_short(situation.record.spent_until, situation.now):
            return situation
        situation = change(_count_call(situation), reading=_read(drain.queue, remote))
        if not draining.ends_with(situation, drain):
            return situation
    mapping = gating.find_due_look(situation)
    return situation if mapping is None else change(_count_call(situation), gate_look=_look(mapping, remote))


def _count_call(situation: Situation) -> Situation:
    return change(
        situation,
        record=change(situation.record, spent_until=budget.spend(situation.record.spent_until, situation.now)),
    )


def _read(queue: str, remote: Remote) -> BacklogReading:
    try:
        return BacklogReading(remote.ask(remote.backlogs.count, queue))
    except HostingError as error:
        return BacklogReading(None, str(error), failure=error.answer)


def _look(mapping: str, remote: Remote) -> GateLook:
    try:
        return remote.ask(remote.gates.describe, mapping)
    except ModelGone as gone:
        return GateLook(Passage.GONE, str(gone))
    except HostingError as error:
        return GateLook(Passage.UNKNOWN, str(error), failure=error.answer)


def move_gate(attempt: Attempt, record: ModelRecord, remote: Remote) -> Outcome:
    """Open or close the gate as the attempt has it; return what that came to."""
    gate = record.gate
    if gate is None:
        raise ValueError(f"{record.model_id}: no gate to {attempt.call}")
    call = remote.gates.open if attempt.call is Call.OPEN else remote.gates.close
    try:
        remote.ask(call, gate.mapping)
    except HostingError as error:
        return Outcome(error.answer, str(error), retried=error.retried)
    return Outcome(Answer.ACCEPTED)
