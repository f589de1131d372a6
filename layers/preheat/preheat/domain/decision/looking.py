"""May this pass ask the hosting service? One rule, applied once before the look.

Owns what decides it: the mode, the budget of calls and the cost of a look. A rejected call never ends the looks. The
observation says what came of it (`Observation.asked`), so that no step has to apply the rule again.
Owns also which looks may be glances, and what a glance must show to change nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from preheat.domain.decision.situation import Decision, Situation
from preheat.domain.plan.plan import Mode
from preheat.domain.record import budget, looks
from preheat.domain.record.attempt import WORDS_MAX
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import Action, ModelRecord, Ownership, Phase


@dataclass(frozen=True, slots=True)
class LookPermit:
    """Whether a pass may look at its model, and the budget after that.

    `instead`: the observation to use if it may not look; None: it may.
    """

    spent_until: datetime | None
    instead: Observation | None = None


def permit_look(record: ModelRecord, mode: Mode, now: datetime) -> LookPermit:
    """Return whether a pass may look at its model at `now`. Total: every record gets an answer.

    A paused model keeps the state on record. A model without calls left is UNKNOWN, so that nothing follows.
    """
    if mode is Mode.PAUSED:
        return LookPermit(record.spent_until, Observation(record.observed, "as last seen", asked=False))
    # A look of several calls is affordable if its last one is.
    before_last = budget.spend(record.spent_until, now, record.target.backend.calls_a_look - 1)
    if budget.is_spent(before_last, now):
        unread = Observation(Observed.UNKNOWN, "not checked: the call budget is used up", asked=False)
        return LookPermit(record.spent_until, unread)
    return LookPermit(budget.spend(before_last, now))


def find_look_after_glances(situation: Situation, decision: Decision) -> datetime | None:
    """Return when to look at a model that has only glances until then; None: its next look is no glance.

    Glances follow only a look that reports nothing, at a hosted model that Preheat may stop. A gate, scaling, and holds
    that ask for units exclude them, because these may need a step between two edges of the demand.
    """
    record, model, demand = decision.record, situation.model, situation.outlook.current
    effort = record.effort
    if decision.action is not Action.LOOK or decision.call is not None or decision.restores:
        return None
    if model is None or demand is None or effort is None or not effort.judged or effort.hosted_at is None:
        return None
    quiet = record.phase is Phase.HOSTED and record.ownership is not Ownership.NONE and record.unread is None
    whole = record.gate is None and model.gate is None and record.scaling is None and effort.fallback is None
    if not quiet or not whole or record.run is None or any(piece.units is not None for piece in demand.holds):
        return None
    if situation.mode is not Mode.ACT or not shows_the_same(record, situation.observation):
        return None
    if budget.is_short(record.spent_until, situation.now):
        return None
    in_turn = situation.turn is not None
    return looks.find_look_after_glances(record.wake_at, situation.now, situation.outlook.next_edge, in_turn=in_turn)


def may_glance(record: ModelRecord, mode: Mode, now: datetime) -> bool:
    """Return whether a glance may take the place of a pass: nothing else is due at this hosted model, or sent to it.

    `mode`: the stack's. A stricter mode needs a pass.
    """
    if record.phase is not Phase.HOSTED or record.due_at is not None or mode is not Mode.ACT:
        return False
    return record.wake_at is not None and record.wake_at >= now + looks.GLANCE_CLEAR


def shows_the_same(record: ModelRecord, observation: Observation) -> bool:
    """Return whether a look shows a hosted model as its record has it."""
    if not observation.asked or observation.observed is not Observed.HOSTED or record.observed is not Observed.HOSTED:
        return False
    units = record.run.units if record.run is not None else None
    same = observation.units is None or observation.units == units
    return same and not observation.foreign and observation.detail[:WORDS_MAX] == record.status
