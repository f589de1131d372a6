"""`preheat unblock`: end a block now."""

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import BlockNames, Id, NoWait, Reason, Schedule, read_names
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def unblock(
    context: typer.Context,
    names: BlockNames,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """End a block now."""
    model, of = read_names(names, schedule)
    fields = {"of": of, "reason": reason}
    send_request(context, stack, RequestOptions(Verb.UNBLOCK, model, schedule, request_id, not no_wait, fields))
