"""`preheat extend`: let a hold or block end later."""

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import For, HoldNames, Id, NoWait, Reason, Schedule, Until, read_names
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def extend(
    context: typer.Context,
    names: HoldNames,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    until: Until = None,
    duration: For = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """Let a hold or block end later: at --until, or later by --for."""
    model, of = read_names(names, schedule)
    fields = {"of": of, "reason": reason}
    options = RequestOptions(
        Verb.EXTEND, model, schedule, request_id, not no_wait, fields, until=until, duration=duration
    )
    send_request(context, stack, options)
