"""`preheat ledger audit`: check the stored ledgers with the same rules as the tests.

Owns the reading and the lines. `preheat.app.audit.invariants` has the rules.
"""

import json
from collections.abc import Iterator, Sequence

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry
from preheat_cli.errors import CHECK_FAILED, report_errors
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show


@takes_stack
def audit(
    context: typer.Context,
    models: ModelsArgument = None,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
) -> None:
    """Check the stored ledgers. Exit status 1 if a ledger breaks a rule or is unreadable."""
    with report_errors():
        store = Surroundings.of(context).open(stack).store
        names = [ModelId(name) for name in models or store.list_planned_models()]
        entries = broken = 0
        for model_id in names:
            count, problems = _check(store, model_id)
            entries, broken = entries + count, broken + len(problems)
            if form is Format.JSON:
                typer.echo(json.dumps({"model": model_id, "entries": count, "broken": problems}))
                continue
            for problem in problems:
                print_lines([f"broken: {model_id}: {problem}"])
        if form is Format.TABLE:
            counted = f"{show.count(len(names), 'model')}, {entries:,} ledger entries"
            typer.echo(f"ledger audit: {counted}, {show.count(broken, 'broken rule')}")
        if broken:
            raise typer.Exit(CHECK_FAILED)


def _check(store: Store, model_id: ModelId) -> tuple[int, list[str]]:
    """Return how many entries a model's ledger has, and a sentence for each broken rule."""
    try:
        # The record first: a pass that writes in between then adds an entry, and does not look like a gap.
        record, entries = store.load(model_id), store.read_ledger(model_id)
    except UnreadableItem as error:
        return 0, [str(error)]
    return len(entries), list(_problems(record.sequence if record else 0, entries))


def _problems(sequence: int, entries: Sequence[LedgerEntry]) -> Iterator[str]:
    from preheat.app.audit.invariants import judge_ledger  # noqa: PLC0415 - keeps help fast

    for broken in judge_ledger(entries, sequence=sequence):
        yield f"{broken.invariant} {broken.what}"
