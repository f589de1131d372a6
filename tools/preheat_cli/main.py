"""The command `preheat` and the list of its commands. Knows no command's content."""

import os
import sys
import zoneinfo
from importlib.metadata import version
from typing import Annotated

import typer

from preheat_cli.commands import (
    accounts,
    apply,
    block,
    board,
    demo,
    doctor,
    down,
    explain,
    extend,
    history,
    hold,
    init,
    migrate,
    plan,
    release,
    remove_all,
    report,
    requests,
    schema,
    simulate,
    simulator,
    start,
    status,
    stop,
    unblock,
    up,
    validate,
    windows,
)
from preheat_cli.commands.backend import check
from preheat_cli.commands.import_ import autoscaling, eventbridge_scheduler, ics, instance_scheduler, keda
from preheat_cli.commands.ledger import audit, rebuild, republish
from preheat_cli.errors import EXIT_STATUS, report_bug

app = typer.Typer(
    name="preheat",
    help="Hosted vision models ready when the factory shift starts, and not one paid minute longer than needed.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
importing = typer.Typer(no_args_is_help=True, help="Print another tool's calendar as a plant file.")
backend = typer.Typer(no_args_is_help=True, help="Check a backend function of your own against the contract.")
ledger = typer.Typer(no_args_is_help=True, help="Check the stored ledgers, and repair records and events from them.")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"preheat {version('preheat')}")
        raise typer.Exit


@app.callback()
def preheat(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hosted vision models ready when the factory shift starts."""
    if os.environ.get("NO_COLOR"):
        context.color = False


app.command()(up.up)
app.command()(down.down)
app.command()(demo.demo)
app.command()(init.init)
app.command()(validate.validate)
app.command()(windows.windows)
app.command()(plan.plan)
app.command()(apply.apply)
app.command()(accounts.accounts)
app.command()(doctor.doctor)
app.command()(migrate.migrate)
app.add_typer(importing, name="import")
importing.command()(ics.ics)
importing.command("instance-scheduler")(instance_scheduler.instance_scheduler)
importing.command("eventbridge-scheduler")(eventbridge_scheduler.eventbridge_scheduler)
importing.command()(keda.keda)
importing.command()(autoscaling.autoscaling)
app.command()(status.status)
app.command()(board.board)
app.command()(history.history)
app.command()(explain.explain)
app.command()(report.report)
app.command()(hold.hold)
app.command()(release.release)
app.command()(block.block)
app.command()(unblock.unblock)
app.command()(extend.extend)
app.command()(start.start)
app.command()(stop.stop)
app.command("stop-now", help="Do the same as `preheat stop`: its older name.")(stop.stop)
app.command()(requests.requests)
app.command("remove-all")(remove_all.remove_all_models)
app.add_typer(ledger, name="ledger")
ledger.command()(audit.audit)
ledger.command()(rebuild.rebuild)
ledger.command()(republish.republish)
app.add_typer(backend, name="backend")
backend.command()(check.check)
app.command()(schema.schema)
app.command()(simulator.simulator)
app.command()(simulate.simulate)


def main() -> None:
    """Run the command line; the entry point of the package."""
    # Use only the time zone rules of the package tzdata, as the functions do: both compute the same instants.
    zoneinfo.reset_tzpath(to=())
    try:
        app()
    except Exception as error:  # noqa: BLE001 - a bug: the traceback goes to a file, a person gets two lines
        sys.exit(report_bug(error))


if __name__ == "__main__":
    main()
