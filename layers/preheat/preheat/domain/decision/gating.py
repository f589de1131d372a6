"""The gate before a model's consumers: open while the model is ready, closed before it stops.

Owns when to look at the gate, which change of it is due, and when that must wait. The same leases, answers and backoff
apply as for a start or a stop, because a paused worker may still open what was closed. A gate takes its step in a pass
with nothing else to do or to report. `draining` owns how long a stop waits for it.
"""

from datetime import datetime, timedelta

from preheat.domain.decision.situation import RECOVER_AFTER, SPENT, Move, Situation, disown, pick_wake
from preheat.domain.decision.sizing import is_outgrown
from preheat.domain.plan.hosted_model import Unscheduled
from preheat.domain.plan.plan import Mode, Units
from preheat.domain.record import budget, looks
from preheat.domain.record.attempt import REACTIONS, Answer, Attempt, Call, Outcome, pause_before_retry
from preheat.domain.record.gate import SHUT, Gate, GateLook, Passage
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import Action, ModelRecord, Phase
from preheat.domain.values import change

UNTELLING = (Observed.UNKNOWN, Observed.BUSY)  # these do not show whether the model serves
TO_BE_STARTED = (Observed.STOPPED, Observed.FAILED)
WAITING_TO_START = (Phase.FAILED, Phase.REFUSED, Phase.GONE, Phase.WITHHELD)
FIRST_LOOK = timedelta(seconds=25)  # after a change was accepted: a mapping takes some seconds to a minute
WORDS = {Call.OPEN: (Passage.OPEN, "open", "Opening"), Call.CLOSE: (Passage.CLOSED, "close", "Closing")}


def find_mapping(situation: Situation) -> str | None:
    """Return the mapping that the plan names."""
    return situation.model.gate if situation.model is not None else None


def is_look_due(situation: Situation) -> bool:
    """Return whether this pass must look at the gate: only if something may follow from it.

    Once a look showed it open, the next look comes when its model must stop: a person who closes it has a reason to.
    """
    gate = _find_gate(situation)
    observed = situation.observation.observed
    if situation.mode is Mode.PAUSED or gate is None or observed in UNTELLING:
        return False
    if gate.look_at is not None and situation.now < gate.look_at:
        return False
    if situation.desired is Desired.RUN:
        if is_outgrown(situation):
            return True  # Its stop waits for the gate, also during the demand.
        if observed is Observed.HOSTED and gate.mapping == find_mapping(situation):
            return situation.record.phase is Phase.HOSTED and not _is_done(gate, Call.OPEN, situation.now)
        if observed in TO_BE_STARTED and situation.record.phase not in WAITING_TO_START:
            return False  # The start comes first.
    elif observed is Observed.HOSTED and may_stop(situation):
        return True
    return not gate.is_shut(situation.now) or gate.attempt is not None


def may_stop(situation: Situation) -> bool:
    """Return whether a first stop could come next without a demand: Preheat started it, or the policy is to stop it."""
    attempt = situation.record.attempt
    if attempt is not None and attempt.call is Call.STOP:
        return False
    any_of_them = situation.model is not None and situation.model.unscheduled is Unscheduled.STOP
    return not situation.observation.foreign and (any_of_them or disown(situation.record).is_engaged())


def find_due_look(situation: Situation) -> str | None:
    """Return the mapping of the gate to look at in this pass; None: no look is due, or none is affordable."""
    gate = _find_gate(situation)
    return gate.mapping if gate is not None and is_look_due(situation) and not is_short(situation) else None


def is_short(situation: Situation) -> bool:
    """Return whether the budget has too few calls to look at the gate."""
    return budget.is_short(situation.record.spent_until, situation.now, _find_reserve(situation))


def _find_reserve(situation: Situation) -> int:
    serves = situation.observation.observed is Observed.HOSTED
    return budget.RESERVE_IN_HASTE if serves else budget.RESERVE


def _affords_at(situation: Situation) -> datetime | None:
    """Return when the budget has enough calls to look at the gate; None: it has enough now."""
    if situation.record.spent_until is None or not is_short(situation):
        return None
    return budget.affords_at(
        situation.record.spent_until, situation.record.target.backend.calls_a_look, _find_reserve(situation)
    )


def _find_gate(situation: Situation) -> Gate | None:
    """Return the gate on record, or the planned one; None if somebody else's model runs and nobody needs it."""
    mapping = find_mapping(situation)
    if situation.record.gate is not None or mapping is None:
        return situation.record.gate
    left_alone = situation.desired is Desired.REST and situation.finds_a_stranger and not may_stop(situation)
    return None if left_alone else Gate(mapping)


def note_look(situation: Situation) -> Situation:
    """Note what the look at the gate showed; release a closed gate that the plan no longer names."""
    gate = _find_gate(situation)
    if gate is None:
        return situation
    if situation.gate_look is not None:
        gate = _note_passage(gate, situation.gate_look, situation)
    unseen = situation.gate_look is None and situation.observation.observed is Observed.HOSTED
    if (
        gate.mapping != find_mapping(situation)
        and not unseen
        and gate.is_shut(situation.now)
        and (gate.attempt is None or gate.attempt.is_closable(situation.now))
    ):
        mapping = find_mapping(situation)
        after = Gate(mapping) if mapping is not None else None
        return change(situation, record=change(situation.record, gate=after), gate_look=None)
    return change(situation, record=change(situation.record, gate=gate))


def _note_passage(gate: Gate, look: GateLook, situation: Situation) -> Gate:
    if look.passage is Passage.UNKNOWN:
        unreadable = gate.unreadable + 1
        pause = (
            pause_before_retry(look.failure or Answer.LOST, unreadable, situation.record.model_id)
            or looks.UNPLANNED_EVERY
        )
        look_at = situation.now + _pace(pause, unreadable, situation.record.phase)
        return change(gate, observed=Passage.UNKNOWN, unreadable=unreadable, look_at=look_at)
    attempt = gate.attempt
    observed: Passage = look.passage
    if observed in SHUT and gate.may_be_opened(situation.now):
        observed = Passage.UNKNOWN  # A gate that is closed now need not stay closed.
    elif (
        attempt is not None
        and attempt.is_closable(situation.now)
        and observed in (WORDS[attempt.call][0], Passage.GONE)
    ):
        attempt = None
    told = gate.told and observed is gate.observed
    return change(gate, observed=observed, attempt=attempt, unreadable=0, look_at=None, told=told)


def _pace(pause: timedelta, tries: int, phase: Phase) -> timedelta:
    """Return the pause before the next try: a gate's trouble must not use up the calls that its model needs."""
    hurries = tries <= 3 or phase is Phase.DRAINING  # a stop waits for it, within a bound of its own
    return pause if hurries else max(pause, looks.GATE_TROUBLE_EVERY)


def take_gate_step(situation: Situation, move: Move, *, reports: bool) -> Move:
    """Return the move, or the step of the gate in its place. `reports`: the move has something to report."""
    gate = move.record.gate
    if gate is None or move.calls:
        return move
    if (
        situation.observation.observed in UNTELLING
        and situation.desired is Desired.REST
        and not gate.is_shut(situation.now)
    ):
        # A gate that may be open must still be closed, also if nothing started by Preheat runs any more.
        return _wait(
            situation,
            move,
            situation.now + (looks.UNPLANNED_EVERY if situation.refuses(Call.STOP) else looks.GATE_TROUBLE_EVERY),
        )
    wanted = _find_wanted(situation, move, gate)
    if wanted is None or _is_done(gate, wanted, situation.now):
        return move
    return _wait(situation, move, situation.now) if reports else switch(situation, move, wanted)


def _find_wanted(situation: Situation, move: Move, gate: Gate) -> Call | None:
    """Return the state that the gate must have; None: it stays as it is."""
    observed = situation.observation.observed
    if observed in UNTELLING:
        return None
    if observed is not Observed.HOSTED:
        return Call.CLOSE
    if situation.desired is Desired.REST:
        return Call.CLOSE if move.phase in (Phase.UNSCHEDULED, Phase.STOPPING) else None
    if gate.mapping != find_mapping(situation):
        return Call.CLOSE
    return Call.OPEN if move.phase is Phase.HOSTED else None


def _is_done(gate: Gate, wanted: Call, now: datetime) -> bool:
    if wanted is Call.CLOSE:
        return gate.is_shut(now)
    return gate.observed is Passage.OPEN and (gate.attempt is None or gate.attempt.call is Call.OPEN)


def switch(situation: Situation, move: Move, wanted: Call) -> Move:
    """Return the step that leads the gate to the wanted state: an intent, the same call again, or another look."""
    gate, look = move.record.gate, situation.gate_look
    if gate is None:
        raise ValueError(f"{move.record.model_id}: no gate to {wanted}")
    goal, verb, _ = WORDS[wanted]
    if look is None:
        return _wait(situation, move, _affords_at(situation) or gate.look_at or situation.now)
    if look.passage is Passage.UNKNOWN:
        refused = look.failure is not None and REACTIONS[look.failure].told_from is not None
        waits = _wait(situation, move, gate.look_at)
        return _report_once(waits, gate, Action.REFUSE, f"Cannot read the gate ({look.detail})") if refused else waits
    if look.passage is Passage.MOVING:
        return _wait(situation, move, situation.now + looks.GATE_EVERY)
    if look.passage is Passage.GONE:
        waits = _wait(situation, move, situation.now + looks.HOSTED_EVERY)
        return _report_once(waits, gate, Action.REFUSE, f"Cannot {verb} the gate {gate.mapping}: {look.detail}")
    attempt = gate.attempt
    if attempt is not None and attempt.call is not wanted and not attempt.is_closable(situation.now):
        return _wait(situation, move, attempt.lease_ends_at())
    if look.passage is goal:
        return change(move, record=change(move.record, gate=change(gate, attempt=None)))
    if situation.mode is Mode.OBSERVE:
        return _report_once(move, gate, Action.WITHHOLD, f"Mode observe: Preheat would {verb} the gate")
    if attempt is None or attempt.call is not wanted:
        return _intend(situation, move, gate, wanted)
    return _repeat(situation, move, gate, attempt)


def _repeat(situation: Situation, move: Move, gate: Gate, attempt: Attempt) -> Move:
    """Preheat requested the change but does not see it: repeat the call, or make one with a new token."""
    if attempt.answer in SPENT or attempt.is_aged(situation.now):
        refused = attempt.answer is not Answer.ACCEPTED
        until = attempt.intent_at + looks.UNPLANNED_EVERY if refused else attempt.lease_ends_at()
        return _wait(situation, move, until) if situation.now < until else _intend(situation, move, gate, attempt.call)
    retry_at = attempt.retry_at or situation.now
    retry_at = attempt.intent_at + _pace(retry_at - attempt.intent_at, attempt.tries, move.phase)
    if situation.now < retry_at:
        return _wait(situation, move, retry_at)
    gate = change(gate, attempt=attempt.repeat(situation.now), observed=Passage.UNKNOWN)
    reason = f"{move.reason}. Repeating the gate's {attempt.call} call (last answer: {attempt.answer or 'none'})"
    return _call(situation, change(move.record, gate=gate), move, reason, move.action)


def _intend(situation: Situation, move: Move, gate: Gate, wanted: Call) -> Move:
    record, effort = move.record, situation.record.effort
    attempt = Attempt.intend(
        record.model_id,
        wanted,
        generation=record.gate_generation + 1,
        demand_start=effort.demand_start if effort is not None else situation.now,
        target=record.target,
        units=Units(),
        now=situation.now,
        stack=situation.stack,
    )
    gate = change(gate, attempt=attempt, observed=Passage.UNKNOWN, told=False)
    record = change(record, gate=gate, gate_generation=attempt.generation)
    action = Action.OPEN if wanted is Call.OPEN else Action.CLOSE
    return _call(situation, record, move, f"{move.reason}. {WORDS[wanted][2]} the gate", action)


def _call(situation: Situation, record: ModelRecord, move: Move, reason: str, action: Action) -> Move:
    wake_at = pick_wake(situation, _pick_earlier(move.wake_at, situation.now + RECOVER_AFTER))
    return Move(record, move.phase, reason, wake_at, action, calls=True, of_gate=True)


def _wait(situation: Situation, move: Move, until: datetime | None) -> Move:
    return change(move, wake_at=pick_wake(situation, _pick_earlier(move.wake_at, until)))


def _report_once(move: Move, gate: Gate, action: Action, reason: str) -> Move:
    """Report once why the gate is not as it should be."""
    if gate.told or move.action is not Action.LOOK:
        return move
    record = change(move.record, gate=change(gate, told=True))
    return change(move, record=record, reason=reason, action=action, of_gate=True)


def _pick_earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


def note_answer(situation: Situation, record: ModelRecord, outcome: Outcome, now: datetime) -> ModelRecord:
    """Return the record with the answer to its gate's call."""
    gate = record.gate
    before = gate.attempt if gate is not None else None
    if gate is None or before is None:
        raise ValueError(f"{record.model_id}: an answer needs the change of a gate that it answers")
    answer = outcome.answer
    attempt = before.note_answer(answer, record.model_id, now, retried=outcome.retried)
    look_at = now + FIRST_LOOK if answer is Answer.ACCEPTED else attempt.retry_at or now + looks.HOSTED_EVERY
    wake_at = pick_wake(change(situation, now=now), _pick_earlier(record.wake_at, look_at))
    return change(record, gate=change(gate, attempt=attempt), wake_at=wake_at)
