"""The command `audit-ledger`: the stored ledgers, judged by the promises that the tests are judged by.

Owns the reading and the lines; `preheat.app.audit.invariants` judges.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry
from preheat_cli.errors import NO, told
from preheat_cli.stack import StackName, Surroundings


def audit_ledger(
    context: typer.Context,
    models: Annotated[
        list[str] | None, typer.Argument(help="Models by name; all of the current plan if none is given.")
    ] = None,
    stack: StackName = None,
) -> None:
    """Judge the stored ledgers by the promises; status 1 if one is broken or cannot be read."""
    with told():
        store = Surroundings.of(context).open_store(stack)
        names = [ModelId(name) for name in models or store.planned_models()]
        entries = broken = 0
        for model_id in names:
            count, problems = _judged(store, model_id)
            entries, broken = entries + count, broken + len(problems)
            for problem in problems:
                typer.echo(f"broken: {model_id}: {problem}")
        typer.echo(f"audit-ledger: {len(names)} models, {entries} entries, {broken} broken promises")
        if broken:
            raise typer.Exit(NO)


def _judged(store: Store, model_id: ModelId) -> tuple[int, list[str]]:
    """Return how many entries a model's ledger has, and each broken promise in words."""
    try:
        # The record first: a pass that writes in between then adds an entry, and is not taken for a gap.
        record, entries = store.load(model_id), store.ledger(model_id)
    except UnreadableItem as error:
        return 0, [str(error)]
    return len(entries), list(_problems(record.sequence if record else 0, entries))


def _problems(sequence: int, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    from preheat.app.audit.invariants import by_ledger  # noqa: PLC0415 - keeps help fast

    for broken in by_ledger(entries, sequence=sequence):
        yield f"{broken.invariant} {broken.what}"
