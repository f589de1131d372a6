"""Derives a model's record from its ledger and its plan. Pure: reads no store and no clock.

A rebuilt record counts the ledger's entries and has the phase of the last entry. It never derives a client token that
the ledger knows. It owns every model that the ledger says Preheat started or adopted. The ledger does not hold the
attempt and the lease of a call that is on its way. So freeze the stack and wait four minutes first, as
docs/runbook.md says.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.attempt import Call
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Ownership, Phase

# Once a look shows a model in one of these phases, nothing that Preheat started still runs.
RELEASED: Final = frozenset({Phase.IDLE, Phase.GONE, Phase.UNSCHEDULED})


def rebuild_record(
    model_id: ModelId,
    stored: ModelRecord | None,
    planned: HostedModel | None,
    entries: Sequence[LedgerEntry],
    *,
    now: datetime,
) -> ModelRecord:
    """Return the record that the ledger describes, due at `now`.

    From the stored record it keeps only the version, the plan version, the measured starts and the spent calls.

    Raises:
        ValueError: neither plan, record nor ledger names the target of the model.
    """
    last = entries[-1] if entries else None
    target = last.target if last else planned.target if planned else stored.target if stored else None
    if target is None:
        raise ValueError(f"{model_id}: not planned, and neither a record nor a ledger entry exists")
    return ModelRecord(
        model_id=model_id,
        target=target,
        version=stored.version if stored else 0,
        sequence=last.sequence if last else 0,
        plan_version=stored.plan_version if stored else 0,
        phase=last.to_phase if last else Phase.IDLE,
        since=last.at if last else None,
        start_generation=_last_generation(entries, Call.START),
        stop_generation=_last_generation(entries, Call.STOP),
        gate_generation=max(_last_generation(entries, call) for call in (Call.OPEN, Call.CLOSE)),
        ownership=_ownership(entries),
        samples=stored.samples if stored else (),
        evidence=stored.evidence if stored else None,
        measured_as=stored.measured_as if stored else "",
        wake_at=now,
        spent_until=stored.spent_until if stored else None,
        writer="rebuild",
        last_margin=next((entry.margin for entry in reversed(entries) if entry.margin is not None), None),
    )


def _last_generation(entries: Sequence[LedgerEntry], call: Call) -> int:
    prefix = f"preheat-{call}-"
    return max(
        (entry.generation or 0 for entry in entries if (entry.client_token or "").startswith(prefix)),
        default=0,
    )


def _ownership(entries: Sequence[LedgerEntry]) -> Ownership:
    """Return who started what may still run, by the newest entry that says so."""
    for entry in reversed(entries):
        if entry.to_phase in RELEASED:
            return Ownership.NONE
        if entry.action in (Action.START, Action.STOP):
            return Ownership.STARTED
        if entry.action is Action.ADOPT:
            return Ownership.ADOPTED
    return Ownership.NONE
