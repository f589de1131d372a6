"""`preheat block`: keep a model from being hosted for a while."""

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import For, From, Hard, Id, Model, NoWait, Priority, Reason, Schedule, Until
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def block(
    context: typer.Context,
    model: Model = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    until: Until = None,
    duration: For = None,
    begin: From = None,
    priority: Priority = None,
    hard: Hard = False,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Keep a model from being hosted, for example while the line is down or under repair."""
    fields = {"priority": priority, "hard": hard or None, "reason": reason}
    send_request(
        context,
        stack,
        RequestOptions(Verb.BLOCK, model, schedule, request_id, not no_wait, fields, begin, until, duration),
    )
