"""Rebuild the records of models from what the ledger and the plan say of them; docs/runbook.md says when.

    .venv/bin/python -m preheat_cli.commands.rebuild_records MODEL… [--stack NAME] [--yes]

For records that were lost, or restored to an older state than the ledger. A rebuilt record counts the ledger's entries,
stands where the last one left it, never derives a token again that the ledger knows, and owns what the ledger says was
started or adopted. What a call on its way needs (the attempt and its lease) the ledger does not hold: pause the stack
and let two minutes pass before, as the runbook does. Without --yes it only shows what it would write.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from preheat.app.ports.errors import StaleRecord, UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import HostedModel, ModelId
from preheat.domain.record.attempt import Call
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Ownership, Phase
from preheat_cli.stack import open_store

# Once a model is seen in one of these, nothing of ours runs any more.
LET_GO = frozenset({Phase.IDLE, Phase.GONE, Phase.UNSCHEDULED})


def main(arguments: Sequence[str] | None = None, store: Store | None = None) -> int:
    """Rebuild the named records; return the exit status: 1 if one could not be."""
    parser = argparse.ArgumentParser(prog="rebuild_records", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--stack", help="CloudFormation stack; else the local AWS that is up")
    parser.add_argument("--yes", action="store_true", help="write, and have each model looked at")
    given = parser.parse_args(arguments)
    store = store or open_store(given.stack)
    failed = 0
    for model_id in map(ModelId, given.models):
        try:
            stored = store.load(model_id)
        except UnreadableItem as error:
            print(f"{model_id}: {error}: keep a copy of the item, delete it, and come again")
            failed += 1
            continue
        planned, entries = store.planned(model_id), store.ledger(model_id)
        if stored is None and planned.model is None and not entries:
            print(f"{model_id}: neither planned, nor on record, nor in the ledger")
            failed += 1
            continue
        record = rebuilt(model_id, stored, planned.model, entries, now=datetime.now(UTC))
        record = replace(record, plan_version=max(record.plan_version, planned.version))
        print(
            f"{model_id}: {len(entries)} entries, {record.phase}, ownership {record.ownership}, last generations"
            f" {record.start_generation} and {record.stop_generation}, target {record.target}"
        )
        if given.yes:
            try:
                store.save(record, None)
            except StaleRecord as error:
                print(f"{model_id}: {error}: somebody wrote meanwhile; hold the stack, and come again")
                failed += 1
    return 1 if failed else 0


def rebuilt(
    model_id: ModelId,
    stored: ModelRecord | None,
    planned: HostedModel | None,
    entries: Sequence[LedgerEntry],
    *,
    now: datetime,
) -> ModelRecord:
    """Return the record that the ledger speaks for, due at `now`.

    Of the stored one only the version, the plan that it served, the measured starts and the spent calls are kept.

    Raises:
        ValueError: nothing tells which target the model runs on.
    """
    last = entries[-1] if entries else None
    target = last.target if last else planned.target if planned else stored.target if stored else None
    if target is None:
        raise ValueError(f"{model_id}: neither planned, nor on record, nor in the ledger")
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
    )


def _last_generation(entries: Sequence[LedgerEntry], call: Call) -> int:
    marked = f"preheat-{call}-"
    return max(
        (entry.generation or 0 for entry in entries if (entry.client_token or "").startswith(marked)),
        default=0,
    )


def _ownership(entries: Sequence[LedgerEntry]) -> Ownership:
    """Return who started what may be running: the last word of the ledger on it."""
    for entry in reversed(entries):
        if entry.to_phase in LET_GO:
            return Ownership.NONE
        if entry.action in (Action.START, Action.STOP):
            return Ownership.STARTED
        if entry.action is Action.ADOPT:
            return Ownership.ADOPTED
    return Ownership.NONE


if __name__ == "__main__":
    sys.exit(main())
