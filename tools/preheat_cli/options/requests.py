"""Arguments and options of the commands that send a request. Also reads `[MODEL] [REQUEST_ID]`."""

from typing import Annotated

import typer

from preheat_cli.errors import CliError, report_errors
from preheat_cli.options.models import complete_model

Model = Annotated[
    str | None, typer.Argument(help="The model.", metavar="MODEL", show_default=False, autocompletion=complete_model)
]
Schedule = Annotated[
    str | None,
    typer.Option("--schedule", metavar="NAME", help="Instead of a model: all models with this schedule."),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="T", help="When it ends: 20:00 in the schedule's time zone, or an instant."),
]
For = Annotated[str | None, typer.Option("--for", metavar="D", help="Instead of --until: 90s, 45m, 1h30m.")]
From = Annotated[str | None, typer.Option("--from", metavar="T", help="When it begins, like --until. Default: now.")]
Priority = Annotated[int | None, typer.Option("--priority", help="0 to 100. Default: 50.")]
Reason = Annotated[str | None, typer.Option("--reason", help="The reason, for people to read.")]
Hard = Annotated[bool, typer.Option("--hard", help="Do not start the model before the block ends.")]
Id = Annotated[str | None, typer.Option("--id", help="The request id. Default: a new one.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the reply.")]
HoldNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL] [REQUEST_ID]",
        help="The model, and the id of the hold or the start of its id. Without an id: the only active hold.",
        autocompletion=complete_model,
    ),
]
BlockNames = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MODEL] [REQUEST_ID]",
        help="The model, and the id of the block or the start of its id. Without an id: the only active block.",
        autocompletion=complete_model,
    ),
]


Anyway = Annotated[bool, typer.Option("--anyway", help="Send it even if Preheat does not know this id yet.")]


def read_names(names: list[str] | None, schedule: str | None) -> tuple[str | None, str | None]:
    """Return the model and the request id that were typed: `MODEL [REQUEST_ID]`, or `[REQUEST_ID]` with a schedule."""
    typed = names or []
    with report_errors():
        if len(typed) not in ((0, 1) if schedule is not None else (1, 2)):
            wanted = "[REQUEST_ID] after --schedule NAME" if schedule is not None else "MODEL [REQUEST_ID]"
            raise CliError(f"preheat: {' '.join(typed) or 'nothing'!r} given; accepted: {wanted}")
    if schedule is not None:
        return None, typed[0] if typed else None
    return typed[0], typed[1] if len(typed) > 1 else None
