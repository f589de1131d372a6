"""`preheat ledger rebuild`: write the records of models again, from the ledger and the plan.

For records that were lost, or restored to an older state than the ledger. docs/runbook.md says when and how.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

import typer

from preheat.app.ports.errors import StaleRecord, UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.confirm import DryRunOption, YesOption, require_confirmation
from preheat_cli.errors import CHECK_FAILED, report_errors
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.printing import print_lines
from preheat_cli.rebuilding import rebuild_record
from preheat_cli.stack import Surroundings


@dataclass(slots=True)
class Rebuilt:
    """The records to write, and a line for each model that has none."""

    records: list[ModelRecord] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@takes_stack
def rebuild(
    context: typer.Context,
    models: Annotated[list[str], typer.Argument(help="Names of models.", metavar="MODEL...")],
    *,
    stack: StackOptions,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Rebuild the records of models from the ledger. First freeze the stack and wait four minutes (see the runbook)."""
    with report_errors():
        surroundings = Surroundings.of(context)
        store = surroundings.open(stack).store
        found = _rebuild(store, [ModelId(name) for name in dict.fromkeys(models)], surroundings.clock.now())
        for problem in found.problems:
            print_lines([problem], err=True)
        if dry_run:
            typer.echo("dry run: no record written")
        elif found.records:
            if not yes:
                count = f"{len(found.records)} record{'s' * (len(found.records) > 1)}"
                preview = " or --dry-run to preview"
                require_confirmation(f"Write {count}?", unchanged="no record written", preview=preview)
            _write(store, found)
        if found.problems:
            raise typer.Exit(CHECK_FAILED)


def _rebuild(store: Store, models: Sequence[ModelId], now: datetime) -> Rebuilt:
    """Derive the record of each model and print it."""
    found = Rebuilt()
    for model_id in models:
        try:
            stored = store.load(model_id)
        except UnreadableItem as error:
            found.problems.append(f"{model_id}: {error}: save a copy of the item, delete it, and run this again")
            continue
        planned, entries = store.read_planned(model_id), store.read_ledger(model_id)
        try:
            record = rebuild_record(model_id, stored, planned.model, entries, now=now)
        except ValueError as error:
            found.problems.append(str(error))
            continue
        record = replace(record, plan_version=max(record.plan_version, planned.version))
        found.records.append(record)
        generations = f"{record.start_generation} and {record.stop_generation}"
        facts = f"{record.phase}, ownership {record.ownership}, last generations {generations}, target {record.target}"
        print_lines([f"{model_id}: {len(entries)} entries, {facts}"])
    return found


def _write(store: Store, found: Rebuilt) -> None:
    """Save the records. The next pass of each model is due at once."""
    for record in found.records:
        try:
            store.save(record, None)
        except StaleRecord as error:
            problem = (
                f"{record.model_id}: {error}: somebody wrote it in the meantime; freeze the stack and run this again"
            )
            found.problems.append(problem)
            print_lines([problem], err=True)
