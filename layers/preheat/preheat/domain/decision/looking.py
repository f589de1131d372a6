"""May this pass ask the hosting service? One rule, applied once before the look.

Owns what decides it: the mode, the budget of calls and the cost of a look. A rejected call never ends the looks. The
observation says what came of it (`Observation.asked`), so that no step has to apply the rule again.
"""

from dataclasses import dataclass
from datetime import datetime

from preheat.domain.plan.plan import Mode
from preheat.domain.record import budget
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation
from preheat.domain.record.record import ModelRecord


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
