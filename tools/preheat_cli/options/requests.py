"""Arguments and options of the commands that send a request.

Owns how a person names an active hold or block: `[MODEL] [REQUEST_ID]`, or `--schedule NAME [REQUEST_ID]`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from preheat.domain.demand.request import Kind
from preheat_cli.errors import CliError, report_errors
from preheat_cli.options.bundle import bundle_options, make_option
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
Anyway = Annotated[bool, typer.Option("--anyway", help="Send it even if Preheat does not know this id yet.")]


@dataclass(frozen=True, slots=True)
class NamedRequest:
    """A hold or block by its name, and the options of every request about one."""

    model: str | None
    schedule: str | None
    of: str | None
    reason: str | None
    request_id: str | None
    wait: bool
    anyway: bool


def takes_named_request(kind: Kind) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command these options instead of its parameter `named: NamedRequest`.

    `kind` is what the help of the argument says.
    """
    names = typer.Argument(
        metavar="[MODEL] [REQUEST_ID]",
        help=f"The model, and the id of the {kind} or the start of its id. Without an id: the only active {kind}.",
        autocompletion=complete_model,
    )
    options = (
        make_option("names", Annotated[list[str] | None, names], positional=True),
        make_option("schedule", Schedule, positional=True),
        make_option("reason", Reason),
        make_option("request_id", Id),
        make_option("no_wait", NoWait, default=False),
        make_option("anyway", Anyway, default=False),
    )
    named = {option.name: option for option in options}
    return lambda command: bundle_options(command, "named", named, read_named_request)


def read_named_request(
    names: list[str] | None = None,
    schedule: str | None = None,
    *,
    no_wait: bool = False,
    anyway: bool = False,
    **fields: Any,
) -> NamedRequest:
    """Return the named request: `MODEL [REQUEST_ID]`, or `[REQUEST_ID]` with a schedule."""
    typed = names or []
    with report_errors():
        if len(typed) not in ((0, 1) if schedule is not None else (1, 2)):
            wanted = "[REQUEST_ID] after --schedule NAME" if schedule is not None else "MODEL [REQUEST_ID]"
            raise CliError(f"preheat: {' '.join(typed) or 'nothing'!r} given; accepted: {wanted}")
    model, *of = typed if schedule is None else (None, *typed)
    return NamedRequest(model, schedule, of[0] if of else None, wait=not no_wait, anyway=anyway, **fields)
