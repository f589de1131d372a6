"""`preheat put-windows`: replace a named set of windows of a model, as a planning system does."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.request import RequestId, Subject, Verb
from preheat.domain.plan.plan import ModelId
from preheat_cli.errors import CliError, report_errors
from preheat_cli.options.models import complete_model
from preheat_cli.options.requests import Id, NoWait, Priority, Reason
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.wall_time import instant_after
from preheat_cli.requesting import RequestOptions, send_request
from preheat_plantfile.importing.reading import UnreadableFileError, read_bytes, text_of

STDIN = "-"


@takes_stack
def put_windows(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help="The model.", autocompletion=complete_model)],
    name: Annotated[str, typer.Argument(help="The name of the set, such as line-3-week-49.")],
    *,
    stack: StackOptions,
    window: Annotated[
        list[str] | None,
        typer.Option(
            "--window", metavar="T/T", help="Its begin and its end: 2026-12-07T06:00/2026-12-07T14:00. Repeat it."
        ),
    ] = None,
    file: Annotated[
        str | None, typer.Option("--file", metavar="FILE", help="A file with one window a line; - is the input.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Remove every window that is to come.")] = False,
    edition: Annotated[
        int | None, typer.Option("--edition", min=1, help="Number of this version. Default: one above the stored.")
    ] = None,
    units: Annotated[int | None, typer.Option("--units", help="Minimum number of inference units.")] = None,
    priority: Priority = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Replace all windows of a set with those of --window or --file, as a planning system does.

    Times are local times of the model's schedule, or instants with an offset.
    """
    with report_errors():
        texts = _read_windows(window, file, remove=remove)

    def complete(store: Store, subject: Subject, now: datetime) -> dict[str, Any]:
        before = store.find_standing(subject, RequestId(name))
        number = edition or (before.edition if before is not None else 0) + 1
        return {"edition": number, "windows": [_find_window(text, now, store, subject) for text in texts]}

    fields = {"name": name, "units": units, "priority": priority, "reason": reason}
    options = RequestOptions(
        Verb.SCHEDULE_PUT, ModelId(model), None, request_id, not no_wait, fields, complete=complete
    )
    send_request(context, stack, options)


def _read_windows(given: list[str] | None, file: str | None, *, remove: bool) -> list[str]:
    """Return the windows as typed, each `BEGIN/END`; none to remove the set.

    Raises:
        CliError: the options are not exactly one of the three ways, or the file is unreadable.
    """
    if sum((given is not None, file is not None, remove)) != 1:
        raise CliError("preheat: use one of --window, --file and --remove")
    if file is None:
        return given or []
    try:
        text = sys.stdin.read() if file == STDIN else text_of(read_bytes(Path(file)), Path(file))
    except UnreadableFileError as error:
        raise CliError(f"preheat: {error}") from error
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    found = [line for line in lines if line]
    if not found:
        raise CliError(f"preheat: {file} has no windows; use --remove to remove the set")
    return found


def _find_window(text: str, now: datetime, store: Store, subject: Subject) -> str:
    begin, slash, end = (part.strip() for part in text.partition("/"))
    if not slash:
        raise CliError(f"preheat: window {ascii(text)[:60]} has no end; accepted: BEGIN/END")
    first = instant_after("--from", begin, now, store, subject)
    last = instant_after("--until", end, first, store, subject)
    return f"{first.isoformat()}/{last.isoformat()}"
