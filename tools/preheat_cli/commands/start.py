"""`preheat start`: keep a model ready until its release."""

from typing import Annotated

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import Id, Model, NoWait, Priority, Reason, Schedule
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def start(
    context: typer.Context,
    model: Model = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    units: Annotated[int | None, typer.Option("--units", help="Minimum number of inference units.")] = None,
    priority: Priority = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Start a model now, and keep it ready until `preheat release`, or for as long as the stack allows a hold."""
    fields = {"units": units, "priority": priority, "reason": reason}
    send_request(context, stack, RequestOptions(Verb.START, model, schedule, request_id, not no_wait, fields))
