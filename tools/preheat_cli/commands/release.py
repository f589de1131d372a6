"""`preheat release`: end a hold now."""

from dataclasses import replace

import typer

from preheat.domain.demand.request import Kind, Verb
from preheat_cli.choosing import Wanted
from preheat_cli.options.requests import Anyway, HoldNames, Id, NoWait, Reason, Schedule, read_names
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def release(
    context: typer.Context,
    names: HoldNames = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
    anyway: Anyway = False,
) -> None:
    """End a hold now."""
    model, of = read_names(names, schedule)
    options = RequestOptions(Verb.RELEASE, model, schedule, request_id, not no_wait, {"reason": reason})
    send_request(context, stack, replace(options, wanted=Wanted(of, (Kind.HOLD,), anyway)))
