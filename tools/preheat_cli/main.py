"""The command `preheat` and the list of its commands, none of which it imports. Knows no command's content."""

import os
import sys
import zoneinfo
from importlib.metadata import version
from typing import Annotated

import typer

from preheat_cli.errors import EXIT_STATUS, report_bug
from preheat_cli.listing import ListedGroup, list_command, list_commands

# The summaries in the list. The first line of the command's own help is the same; a test compares them.
FIRST_COMMANDS = {
    "up": "Start the local AWS: the AWS services and the simulator on 127.0.0.1, with the real template deployed.",
    "down": "Stop the local AWS of this checkout and delete its data.",
    "env": 'Print the settings of the local AWS for your own programs: eval "$(preheat env)".',
    "demo": "Run one shift on a separate local AWS, from the plan to the bill. Exit status 0 if every promise holds.",
    "init": "Ask five questions and write a first plant file with one model and one shift.",
    "validate": "Check a plant file and its cost, and report each problem with its place and the accepted values.",
    "windows": "Print when the plan needs each model (overlapping shifts merged), without lead time, gaps and quotas.",
    "plan": "Preview starts, stops, costs, bridged gaps and quota conflicts.",
    "apply": "Check a plant file, show what changes and costs, ask, and make it the current plan.",
    "accounts": "List the other accounts of a plant file, each with its ExternalId and what to deploy there.",
    "doctor": "Check a stack, its plan and its models, and print how to fix each fault. Changes nothing.",
    "migrate": "Rewrite the models of a plant file for another service, and list the changes. Does not apply the file.",
    "status": "Print the state of each model, trouble first, or every fact about named models.",
    "board": "Show every model on one page: trouble first, a timeline for each, the next shift. Ctrl-C ends it.",
    "history": "Print what happened to a model and why, or who applied which plan, newest entry last.",
    "explain": "Explain why a model is in its state, what happens next, for which demand and with which lead.",
    "report": "Print costs, causes, punctuality and savings, from the ledger. Exit status 1 if a ledger is unreadable.",
    "hold": "Keep a model ready, from now or --from, until --until or for the time of --for or --ready-for.",
    "release": "End a hold now.",
    "block": "Keep a model from being hosted, for example while the line is down or under repair.",
    "unblock": "End a block now.",
    "extend": "Let a hold or block end later: at --until, or later by --for.",
    "start": "Start a model now, and keep it ready until `preheat release`, or for as long as the stack allows a hold.",
    "put-windows": "Replace all windows of a set with those of --window or --file, as a planning system does.",
    "stop": "Stop a model now, even if somebody else started it, and block it until its current demand ends.",
}
STOP_NOW = "Do the same as `preheat stop`: its older name."
REQUESTS = "List the active and future holds and blocks, of models and of their schedules."
REMOVE_ALL = "Stop every model and remove it from the plan, and wait until each has stopped."
LAST_COMMANDS = {
    "schema": "Print a JSON Schema: of a plant file, a request message, or a backend function's request or answer.",
    "simulator": "Serve the simulated hosting services on 127.0.0.1 until Ctrl-C. The controls are under /_simulator/.",
    "simulate": "Simulate a virtual plant or a plant file, and print a summary. Exit status 1 if a promise is broken.",
}
IMPORTS = {
    "ics": "Print the events of an iCalendar file as a plant file with one model, or as a calendar of closed days.",
    "instance-scheduler": (
        "Print the periods and schedules of Instance Scheduler on AWS as a plant file, with one model per schedule."
    ),
    "eventbridge-scheduler": (
        "Print start and stop schedules of EventBridge Scheduler as a plant file, with one model for each target."
    ),
    "keda": "Print the cron triggers of KEDA's ScaledObjects as a plant file, with one model for each object.",
    "autoscaling": (
        "Print scheduled actions of AWS autoscaling as a plant file, with one model for each group or endpoint."
    ),
}
LEDGER = {
    "audit": "Check the stored ledgers. Exit status 1 if a ledger breaks a rule or is unreadable.",
    "rebuild": (
        "Rebuild the records of models from the ledger. First freeze the stack and wait four minutes (see the runbook)."
    ),
    "republish": "Publish events again, from the ledger. The messages in the unpublished queue name the keys.",
}
BACKEND = {
    "check": (
        "Start and stop one model through your function, and print whether it keeps each promise of the contract."
    )
}

app = typer.Typer(
    name="preheat",
    cls=ListedGroup,
    help="Hosted vision models ready when the factory shift starts, and not one paid minute longer than needed.",
    epilog=EXIT_STATUS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
importing = typer.Typer(cls=ListedGroup, no_args_is_help=True, help="Print another tool's calendar as a plant file.")
backend = typer.Typer(
    cls=ListedGroup, no_args_is_help=True, help="Check a backend function of your own against the contract."
)
ledger = typer.Typer(
    cls=ListedGroup, no_args_is_help=True, help="Check the stored ledgers, and repair records and events from them."
)


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


list_commands(app, "", FIRST_COMMANDS)
list_command(app, "stop-now", STOP_NOW, place="stop", help_too=True)
list_command(app, "requests", REQUESTS, place="requests")
list_command(app, "remove-all", REMOVE_ALL, place="remove_all", function="remove_all_models")
list_commands(app, "", LAST_COMMANDS)
for group, group_name, folder, summaries in (
    (importing, "import", "import_.", IMPORTS),
    (ledger, "ledger", "ledger.", LEDGER),
    (backend, "backend", "backend.", BACKEND),
):
    app.add_typer(group, name=group_name)
    list_commands(group, folder, summaries)


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
