"""`preheat extend`: let a hold or block end later."""

from dataclasses import replace

import typer

from preheat.domain.demand.request import Kind, Verb
from preheat_cli.choosing import Wanted
from preheat_cli.options.requests import Anyway, For, HoldNames, Id, NoWait, Reason, Schedule, Until, read_names
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
def extend(
    context: typer.Context,
    names: HoldNames = None,
    schedule: Schedule = None,
    *,
    stack: StackOptions,
    until: Until = None,
    duration: For = None,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
    anyway: Anyway = False,
) -> None:
    """Let a hold or block end later: at --until, or later by --for."""
    model, of = read_names(names, schedule)
    options = RequestOptions(Verb.EXTEND, model, schedule, request_id, not no_wait, {"reason": reason})
    wanted = Wanted(of, (Kind.HOLD, Kind.BLOCK), anyway)
    send_request(context, stack, replace(options, until=until, duration=duration, wanted=wanted))
