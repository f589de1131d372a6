"""The command `preheat`: its commands by name. Each lives in a module of its own, which is loaded when it runs.

Knows no command's content. Exit status: 0 fine, 1 the answer is no, 2 wrong input.
"""

import zoneinfo
from importlib.metadata import version
from typing import Annotated

import typer

from preheat_cli.commands import (
    accounts,
    apply,
    audit_ledger,
    demo,
    explain,
    history,
    local,
    migrate,
    report,
    status,
    validate,
    windows,
)
from preheat_cli.commands import hold as holds
from preheat_cli.commands import import_ as importing
from preheat_cli.commands import plan as preview
from preheat_cli.commands import requests as standing_requests
from preheat_cli.commands import simulate as simulator

app = typer.Typer(
    name="preheat",
    help="Hosted vision models ready when the factory shift starts, and not one paid minute longer than needed.",
    epilog="Exit status: 0 fine, 1 the answer is no, 2 wrong input.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # an unexpected error keeps its plain traceback
    add_completion=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"preheat {version('preheat')}")
        raise typer.Exit


@app.callback()
def preheat(
    _version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Hosted vision models ready when the factory shift starts."""


app.command()(local.up)
app.command()(local.down)
app.command()(demo.demo)
app.command()(validate.validate)
app.command()(windows.windows)
app.command()(preview.plan)
app.command()(apply.apply)
app.command()(accounts.accounts)
app.command()(migrate.migrate)
app.add_typer(importing.app, name="import")
app.command()(status.status)
app.command()(history.history)
app.command()(explain.explain)
app.command()(report.report)
app.command()(holds.hold)
app.command()(holds.release)
app.command()(holds.block)
app.command()(holds.unblock)
app.command()(holds.extend)
app.command("stop-now")(holds.stop_now)
app.command()(standing_requests.requests)
app.command("audit-ledger")(audit_ledger.audit_ledger)
app.command()(simulator.simulator)
app.command()(simulator.simulate)


def main() -> None:
    """Run the command line; the entry point of the package."""
    # Zone rules come from the packaged tzdata alone, as they do in the functions: both mean the same instants.
    zoneinfo.reset_tzpath(to=())
    app()


if __name__ == "__main__":
    main()
