"""`preheat stop-now`: block a model until its current demand ends."""

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import Hard, Id, Model, NoWait, Priority, Reason, Schedule
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def stop_now(
    context: typer.Context,
    model: Model = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    priority: Priority = None,
    hard: Hard = False,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Stop a model now, and block it until its current demand ends."""
    fields = {"priority": priority, "hard": hard or None, "reason": reason}
    send_request(context, stack, RequestOptions(Verb.STOP_NOW, model, schedule, request_id, not no_wait, fields))
