"""`preheat apply`: make a plant file the current plan, completely or not.

Owns the order of the steps: read everything, show the changes, ask, then apply against the version that it compared.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from preheat.app.ports.errors import StaleRecord
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.printable import printable
from preheat.domain.record.clocks import measure_error
from preheat_cli.ceilings import AllowOverOption, find_overruns, refuse_overruns
from preheat_cli.comparing import CHANGED, Compared, compare, counts, describe_counts
from preheat_cli.confirm import DryRunOption, YesOption, require_confirmation
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.fitting import Misfit, describe_older_stack, find_misfits, find_shared
from preheat_cli.identity import find_applied_by
from preheat_cli.losing import describe_lost_requests, describe_renames
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.planning import PlantPath, make_replaced_error, read_plant_file
from preheat_cli.printing import print_lines
from preheat_cli.progress import show_progress
from preheat_cli.sharing import find_rivals
from preheat_cli.stack import Home, Stack, Surroundings
from preheat_cli.views import show
from preheat_cli.waiting import Seen, wait_until_checked

COLOURS = {"+": "green", "~": "yellow", "-": "red"}
PREVIEW = " or --dry-run to preview"


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of the command: the comparison, the version of the new plan (None: a dry run), and the wait."""

    found: Compared
    version: int | None
    seen: Seen | None = None


@takes_stack
def apply(
    context: typer.Context,
    file: PlantPath,
    *,
    stack: StackOptions,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    remove_all: Annotated[
        bool, typer.Option("--remove-all", help="Allow a plant file without models: it removes every model.")
    ] = False,
    form: FormatOption = Format.TABLE,
    wait: Annotated[
        bool,
        typer.Option("--wait", help="Wait until Preheat has checked each model. Exit status 1 if it cannot see one."),
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="With --dry-run: exit status 3 if there are changes.")
    ] = False,
    allow_over: AllowOverOption = None,
) -> None:
    """Check a plant file, show what changes and costs, ask, and make it the current plan."""
    with report_errors():
        if detailed_exitcode and not dry_run:
            raise CliError("preheat: --detailed-exitcode works only with --dry-run")
        if wait and dry_run:
            raise CliError("preheat: --wait does not work with --dry-run")
        surroundings, plant = Surroundings.of(context), read_plant_file(file)
        opened = surroundings.open(stack)
        older = describe_older_stack(opened.home.release, metadata.version("preheat"))
        if older:
            raise CliError(*older)
        with show_progress("comparing with the current plan"):
            found = compare(file, plant, opened, surroundings.clock.now())
        misfits = find_misfits(found.models, opened.parameters, opened.home.region)
        rivals, unread = find_rivals(found.models, opened)
        _refuse_misfits(file, [*find_shared(found.models), *misfits, *rivals])
        _print_changes(found, form)
        print_lines(unread, err=True)
        _print_warnings(found, opened, surroundings.clock.now())
        cost = found.measure_cost(surroundings.clock.now())
        typer.echo(cost.describe(), err=form is Format.JSON)
        overruns = find_overruns(cost, plant, opened.parameters)
        refuse_overruns(file, overruns, allow_over or (), unchanged="no change applied")
        version, models, seen = None, found.models, None
        if not dry_run:
            _confirm(found, opened.home, yes=yes, remove_all=remove_all)
            # Time has passed since the question; new demand counts as known from now.
            now = _read_now(opened.store, surroundings)
            models = found.compile(now)
            with show_progress("writing the plan"):
                version = _apply(opened, found, models, now)
            if wait:
                typer.echo("waiting until Preheat has checked each model", err=True)
                with show_progress("waiting"):
                    seen = wait_until_checked(surroundings, opened.store, [one.model_id for one in models], version)
        _print_result(
            Applied(replace(found, models=models), version, seen), opened.store, form, surroundings.clock.now()
        )
        if seen is not None and seen.unseen:
            raise typer.Exit(CHECK_FAILED)
        if detailed_exitcode and (found.changes or found.sender_changes):
            raise typer.Exit(CHANGED)


def _refuse_misfits(file: Path, misfits: Sequence[Misfit]) -> None:
    """Refuse a plan that the parameters of the stack do not allow.

    Raises:
        CliError: each misfit is a line.
    """
    if misfits:
        lines = [f"{file}: {misfit}" for misfit in misfits]
        raise CliError(*lines, f"{file}: {show.count(len(lines), 'problem')}; no change applied")


def _confirm(found: Compared, home: Home, *, yes: bool, remove_all: bool) -> None:
    """Ask; ask again before every model goes.

    Raises:
        CliError: the answer is no, there is no input, or a file without models came without --remove-all.
    """
    if found.removes_everything:
        count = show.count(len(found.stored.models), "model")
        if not remove_all:
            raise CliError(
                f"preheat: {found.file} has no models. Applying it removes {count}, and stops those that Preheat runs",
                "no change applied; use --remove-all if you mean it",
            )
        if not yes:
            require_confirmation(f"Remove {count} from {home.place}?", unchanged="no change applied", preview=PREVIEW)
    if not yes:
        require_confirmation(f"Apply to {home.place}?", unchanged="no change applied", preview=PREVIEW)


def _read_now(store: Store, surroundings: Surroundings) -> datetime:
    """Return the time without the error of this machine's clock: a plan that is known from later on is none yet."""
    store.read_plan_version()  # The answer has the store's own time.
    shown = surroundings.clock.now()
    return shown - measure_error(shown, store.read_served_at())


def _apply(opened: Stack, found: Compared, models: Sequence[HostedModel], now: datetime) -> int:
    store, by, version = opened.store, find_applied_by(opened, found.file), found.stored.version
    try:
        return store.apply(models, expected_version=version, at=now, senders=found.senders, by=by)
    except StaleRecord as error:
        raise make_replaced_error(version) from error


def _print_changes(found: Compared, form: Format) -> None:
    """Print each change; as JSON one object per line."""
    if form is Format.JSON:
        for change in found.changes:
            row = {"change": change.kind.name.lower(), "model": change.model_id, "lines": change.lines}
            typer.echo(json.dumps(row))
        if found.sender_changes:
            typer.echo(json.dumps({"change": "changed", "senders": True, "lines": list(found.sender_changes)}))
        return
    against = f"plan {found.stored.version}" if found.stored.version else "no plan yet"
    typer.echo(f"{found.file}: {show.count(len(found.models), 'model')}, compared with {against}")
    if found.applied_by:
        typer.echo(printable(f"plan {found.stored.version}: applied by {found.applied_by}"))
    for change in found.changes:
        typer.secho(printable(f"  {change.kind} {change.model_id}"), fg=COLOURS[change.kind])
        for line in change.lines:
            print_lines([f"      {line}"])
    if found.sender_changes:
        typer.secho("  ~ senders", fg="yellow")
        print_lines([f"      {line}" for line in found.sender_changes])
    if found.changes:
        typer.echo(describe_counts(found.changes))
    elif not found.sender_changes:
        typer.echo("  No changes. Applying again re-evaluates every model, including models in the REFUSED phase.")


def _print_warnings(found: Compared, opened: Stack, now: datetime) -> None:
    """Print, on stderr, what a person should know before the answer: conflicts, losses, and the mode of the stack."""
    before, after = found.stored.models, found.models
    lost = [*describe_renames(before, after), *describe_lost_requests(opened.store, before, after, now)]
    print_lines([*found.conflicts(now), *lost], err=True)
    mode = opened.home.mode
    if mode not in ("act", ""):
        typer.echo(f"the stack is in mode {mode}: Preheat starts and stops no model", err=True)


def _print_result(applied: Applied, store: Store, form: Format, now: datetime) -> None:
    from preheat_cli.views.difference import next_start  # noqa: PLC0415 - keeps help fast

    found, version, seen = applied.found, applied.version, applied.seen
    if form is Format.JSON:
        plan = found.stored.version if version is None else version
        checked = {} if seen is None else {"seen": seen.models - len(seen.unseen), "unseen": seen.unseen}
        typer.echo(json.dumps({"plan": plan, "applied": version is not None, **counts(found.changes), **checked}))
        return
    if version is not None:
        typer.echo(f"plan {version} is now current")
    records = store.load_many([model.model_id for model in found.models])
    width = max((len(model.model_id) for model in found.models), default=0)
    typer.echo("next starts:" if found.models else "next starts: none")
    for model in found.models:
        typer.echo(f"  {model.model_id:<{width}}  {next_start(model, records.get(model.model_id), now)}")
    if version is None:
        typer.echo("dry run: no change applied")
    if seen is not None:
        print_lines(seen.lines())
