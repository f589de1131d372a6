"""Keeps the scaling of an endpoint through its stop: read before the stop, restored after the next start.

Owns when Preheat reads and restores it, and what the ledger says about it. Never delays a stop: a scaling that Preheat
cannot read is lost, and the ledger says so. Restoring sets a level, so it needs no token; each try has a won write of
its own.
"""

from datetime import timedelta

from preheat.domain.decision import gating
from preheat.domain.decision.situation import Move, Situation
from preheat.domain.decision.sizing import is_outgrown
from preheat.domain.plan.plan import Mode
from preheat.domain.record import budget
from preheat.domain.record.attempt import Answer, Call, Outcome
from preheat.domain.record.lifecycle import Desired, Observed
from preheat.domain.record.record import KeptScaling, ModelRecord, Ownership, Phase
from preheat.domain.values import change

CALLS = 2  # of one reading or restoring, for the budget
GONE = (Observed.STOPPED, Observed.STOPPING, Observed.FAILED, Observed.GONE)
READ_EVERY = timedelta(minutes=10)  # while a stop waits for its queue or its gate


def is_reading_due(situation: Situation) -> bool:
    """Return whether the next step may be a stop that removes an endpoint whose scaling is unknown."""
    kept = situation.record.scaling
    if (
        not situation.record.target.backend.removes
        or situation.mode is not Mode.ACT
        or situation.observation.observed is not Observed.HOSTED
    ):
        return False
    if kept is not None and (kept.is_removed or situation.now < kept.read_at + READ_EVERY):
        return False
    attempt = situation.record.attempt
    again = attempt is not None and attempt.call is Call.STOP  # its owner may have set it up since the first try
    return (
        (situation.desired is Desired.REST or is_outgrown(situation))
        and (again or gating.may_stop(situation))
        and not is_short(situation)
    )


def is_short(situation: Situation) -> bool:
    """Return whether the budget has calls for the model's own service only."""
    return budget.is_short(situation.record.spent_until, situation.now, budget.RESERVE + CALLS)


def note_reading(situation: Situation) -> Situation:
    """Keep the scaling that the pass read, and mark it as removed once a look showed the endpoint gone."""
    kept, reading = situation.record.scaling, situation.scaling_reading
    if reading is not None and reading.failure is None:
        kept = KeptScaling(reading.text, reading.targets, reading.policies, situation.now) if reading.text else None
    elif kept is not None and not kept.is_removed and situation.observation.observed in GONE:
        kept = change(kept, is_removed=True)
    return change(situation, record=change(situation.record, scaling=kept))


def explain_stop(situation: Situation, reason: str) -> str:
    """Return the reason of a stop with what becomes of the endpoint's scaling."""
    reading, kept = situation.scaling_reading, situation.record.scaling
    if reading is not None and reading.failure is not None:
        return f"{reason}. Preheat could not read the endpoint's scaling ({reading.detail}) and cannot restore it"
    return reason if kept is None else f"{reason}. Preheat restores {kept} after the next start"


def restore_if_due(situation: Situation, move: Move) -> Move:
    """Return the move with one try of restoring on record, if one is due; the pass has no other call to make.

    The look after it comes when it must repeat a try whose answer was lost.
    """
    kept = situation.record.scaling
    if kept is None or not _is_restore_due(situation, kept, move):
        return move
    tries = kept.tries + 1
    retry_at = situation.now + timedelta(minutes=min(tries, 5))
    spent_until = budget.spend(move.record.spent_until, situation.now, CALLS)
    record = change(move.record, scaling=change(kept, tries=tries, retry_at=retry_at), spent_until=spent_until)
    wake_at = retry_at if move.wake_at is None else min(move.wake_at, retry_at)
    return change(move, record=record, wake_at=wake_at, restores=True)


def _is_restore_due(situation: Situation, kept: KeptScaling, move: Move) -> bool:
    attempt = move.record.attempt
    if not kept.is_removed or move.calls or situation.mode is not Mode.ACT or situation.desired is not Desired.RUN:
        return False
    ours = move.record.ownership is Ownership.STARTED and attempt is not None and attempt.call is Call.START
    waits = kept.retry_at is not None and situation.now < kept.retry_at
    return ours and move.phase in (Phase.HOSTED, Phase.WARMING) and not waits and not is_short(situation)


def note_restore(record: ModelRecord, outcome: Outcome) -> tuple[ModelRecord, str | None]:
    """Return the record after a try, and what the ledger says: the success, or the first failure."""
    kept = record.scaling
    if kept is None:
        return record, None
    if outcome.answer is Answer.ACCEPTED:
        return change(record, scaling=None), f"Restored {kept} of the endpoint"
    told = f"Could not restore {kept} of the endpoint ({outcome.detail}). Preheat tries again every few minutes"
    return record, told if kept.tries == 1 else None
