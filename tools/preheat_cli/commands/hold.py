"""`preheat hold`: keep a model ready for a while."""

from typing import Annotated

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import For, From, Id, Model, NoWait, Priority, Reason, Schedule, Until
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def hold(
    context: typer.Context,
    model: Model = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    until: Until = None,
    duration: For = None,
    ready_for: Annotated[
        str | None, typer.Option("--ready-for", help="Instead of --for: from when the model can be ready.", metavar="D")
    ] = None,
    begin: From = None,
    units: Annotated[int | None, typer.Option("--units", help="Minimum number of inference units.")] = None,
    priority: Priority = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Keep a model ready, from now or --from, until --until or for the time of --for or --ready-for."""
    fields = {"ready_for": ready_for, "units": units, "priority": priority, "reason": reason}
    send_request(
        context,
        stack,
        RequestOptions(Verb.HOLD, model, schedule, request_id, not no_wait, fields, begin, until, duration),
    )
