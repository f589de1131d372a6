"""How many units a start asks for, and when a demand falls back to the plan's own.

Owns the rule that a demand tries more units once. After a refusal, failure or hang, no start asks for them again until
the demand ends. Does not decide whether to start.
"""

from datetime import datetime

from preheat.domain.decision.situation import Situation
from preheat.domain.demand.units import find_ask, find_made_late, find_restart
from preheat.domain.plan.hosted_model import HostedModel, Resize
from preheat.domain.plan.plan import UNITS_MAX, Mode, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import RESIZED_AFTER_MOST, ModelRecord
from preheat.domain.values import change

# The answers of a service to units that it does not have, or does not take.
REFUSES_UNITS = (Answer.QUOTA, Answer.INVALID)
# Refusals that are over in a moment: a restart tries its stop again, so often in all.
PASSING = (Answer.THROTTLED, Answer.WRONG_STATE, Answer.QUOTA)
RESTART_TRIES_MAX = 5


def pick_units(situation: Situation) -> Units:
    """Return the units that a new start asks for."""
    attempt, served = situation.record.attempt, 0
    if attempt is not None and attempt.call is Call.START and attempt.left:
        served = attempt.units.minimum  # The service has accepted them, and the model was lost since.
    elif attempt is not None and attempt.call is Call.STOP and _is_worth_a_restart(situation):
        served = UNITS_MAX  # The plan lets a hold have the model restarted, so it has the units as well.
    return _find_ask(situation, served)


def keeps_asking(situation: Situation, attempt: Attempt) -> bool:
    """Return whether a start that the service rejected still asks for the units that the demand needs now."""
    units = _find_ask(situation, attempt.units.minimum)
    return (situation.start_target, units) == (attempt.target, attempt.units)


def is_outgrown(situation: Situation) -> bool:
    """Return whether a hosted model must stop during its demand, because holds require more units than it has.

    Only a model that Preheat started, if the plan restarts it for that, enough attempts remain, and no shift is near.
    """
    attempt = situation.record.attempt
    return attempt is not None and attempt.call is Call.START and _needs_restart(situation, attempt)


def repeats_restart(situation: Situation) -> bool:
    """Return whether the service refused the stop of a restart for a moment, and the demand still asks for it.

    A refusal of another kind may last. Then the model goes on with the units that it has.
    """
    attempt = situation.record.attempt
    if attempt is None or attempt.call is not Call.STOP or not attempt.is_without_effect():
        return False
    passes = attempt.answer in PASSING and attempt.tries < RESTART_TRIES_MAX
    return passes and _needs_restart(situation, attempt)


def find_delayed_restart(situation: Situation) -> datetime | None:
    """Return when the shift has to be ready that an outgrown model waits for, because a restart would make it late."""
    attempt = situation.record.attempt
    outgrown = attempt is not None and attempt.call is Call.START and _lacks_units(situation, attempt)
    return _find_made_late(situation) if outgrown else None


def _needs_restart(situation: Situation, attempt: Attempt) -> bool:
    """Return whether what has the units of `attempt` must stop for more; a stop has those of the start before it."""
    return _find_made_late(situation) is None and _lacks_units(situation, attempt)


def _find_made_late(situation: Situation) -> datetime | None:
    model, demand = situation.model, situation.outlook.current
    return find_made_late(model, demand, situation.now) if model is not None and demand is not None else None


def _lacks_units(situation: Situation, attempt: Attempt) -> bool:
    """Return whether the plan has a model with the units of `attempt` restarted for more, but for a shift's begin."""
    effort = situation.record.effort
    if effort is None:
        return False
    wanted = situation.desired is Desired.RUN and situation.mode is not Mode.OBSERVE and not situation.silent
    if not wanted or situation.observation.observed is not Observed.HOSTED or effort.attempts > RESIZED_AFTER_MOST:
        return False
    return attempt.is_closable(situation.now) and attempt.units.minimum < _find_restart_units(situation)


def asks_for_more(model: HostedModel | None, attempt: Attempt | None) -> bool:
    """Return whether a start asks for more units than the plan."""
    starts = attempt is not None and attempt.call is Call.START
    return starts and model is not None and attempt is not None and attempt.units.minimum > model.units.minimum


def fall_back(model: HostedModel | None, record: ModelRecord) -> tuple[ModelRecord, str]:
    """Return the record after a start that came to nothing, and what to report of its units: "" if they are the plan's.

    If it asked for more than the plan, the demand has the plan's units from now on.
    """
    attempt, effort = record.attempt, record.effort
    if model is None or effort is None or effort.units_failed or not asks_for_more(model, attempt):
        return record, ""
    asked, own = attempt.units.minimum if attempt is not None else 0, model.units.minimum
    words = f"; {asked} units are not available, so until the demand ends it gets the plan's {own}"
    return change(record, effort=change(effort, units_failed=True)), words


def find_fall_back(model: HostedModel | None, before: ModelRecord, after: ModelRecord) -> int | None:
    """Return the units that a demand falls back to with the write that replaces `before`; None: it does not."""
    if model is None or after.effort is None or not after.effort.units_failed:
        return None
    return None if before.effort is not None and before.effort.units_failed else model.units.minimum


def _find_ask(situation: Situation, served: int) -> Units:
    model, demand, effort = situation.model, situation.outlook.current, situation.record.effort
    if model is None:
        return Units()
    if demand is None or (effort is not None and effort.units_failed):
        return model.units
    return find_ask(model, demand, situation.now, served=served)


def _is_worth_a_restart(situation: Situation) -> bool:
    return situation.model is not None and _find_restart_units(situation) > situation.model.units.minimum


def _find_restart_units(situation: Situation) -> int:
    """Return the units that the plan would have the model restarted with now; 0: it would not."""
    model, demand, effort = situation.model, situation.outlook.current, situation.record.effort
    failed = effort is not None and effort.units_failed
    if model is None or demand is None or model.resize is not Resize.RESTART or failed:
        return 0
    # Only a hold is worth a restart: a plan with more units has them from the next start on.
    asked = [hold for hold in demand.find_holds(situation.now) if hold.units is not None]
    return find_restart(model, demand, situation.now).minimum if asked else 0
