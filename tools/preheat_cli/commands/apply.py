"""`preheat apply`: make a plant file the current plan, completely or not at all.

Owns the order of the steps: read everything, show the changes, ask, then apply against the version that it compared.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from preheat.app.ports.errors import StaleRecord
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import HostedModel
from preheat_cli.errors import CHECK_FAILED, CliError, reported_errors
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.planning import PlantPath, StoredPlan, check_accounts, plan_replaced, read_plant_file, read_stored_plan
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

COLOURS = {"+": "green", "~": "yellow", "-": "red"}


@takes_stack
def apply(
    context: typer.Context,
    file: PlantPath,
    *,
    stack: StackOptions,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Check a plant file, show what changes, ask, and make it the current plan."""
    with reported_errors():
        from preheat_plantfile.compiling.plan import compiled  # noqa: PLC0415 - loads the file's typed model

        plant = read_plant_file(file)
        surroundings = Surroundings.of(context)
        opened = surroundings.open(stack)
        store, home = opened.store, opened.home
        check_accounts(file, plant, home)
        stored = read_stored_plan(store)
        models = compiled(plant, now=surroundings.clock.now(), previous=stored.models, region=home.region)
        _show_changes(file, store, stored, models, surroundings.clock.now())
        if not dry_run:
            if not yes:
                _ask()
            now = surroundings.clock.now()  # Time has passed since the question; new demand counts as known from now.
            models = compiled(plant, now=now, previous=stored.models, region=home.region)
            typer.echo(f"plan {_apply(store, stored.version, models, surroundings)} is now current")
        _show_next(models, store, surroundings.clock.now())
        if dry_run:
            typer.echo("dry run: no change applied")


def _apply(store: Store, version: int, models: Sequence[HostedModel], surroundings: Surroundings) -> int:
    try:
        return store.apply(models, expected_version=version, at=surroundings.clock.now())
    except StaleRecord as error:
        raise plan_replaced(version) from error


def _ask() -> None:
    try:
        agreed = typer.confirm("apply?")
    except typer.Abort:
        raise CliError("preheat: nobody answered; --yes applies without asking, --dry-run only shows") from None
    if not agreed:
        raise CliError("no change applied", status=CHECK_FAILED)


def _show_changes(file: Path, store: Store, stored: StoredPlan, models: Sequence[HostedModel], now: datetime) -> None:
    from preheat_cli.views.difference import changes  # noqa: PLC0415 - as above

    removed = [model_id for model_id in stored.models if model_id not in {model.model_id for model in models}]
    found = changes(
        stored.models, models, today=now.date(), unreadable=stored.unreadable, records=store.recorded(removed)
    )
    against = f"plan {stored.version}" if stored.version else "no plan yet"
    typer.echo(f"{file}: {show.count(len(models), 'model')}, compared with {against}")
    for change in found:
        typer.secho(f"  {change.kind} {change.model_id}", fg=COLOURS[change.kind])
        for line in change.lines:
            typer.echo(f"      {line}")
    if not found:
        typer.echo("  No changes. Applying again re-evaluates every model, including models in the REFUSED phase.")


def _show_next(models: Sequence[HostedModel], store: Store, now: datetime) -> None:
    from preheat_cli.views.difference import next_start  # noqa: PLC0415 - as above

    records = store.recorded([model.model_id for model in models])
    width = max((len(model.model_id) for model in models), default=0)
    typer.echo("next starts:")
    for model in models:
        typer.echo(f"  {model.model_id:<{width}}  {next_start(model, records.get(model.model_id), now)}")
