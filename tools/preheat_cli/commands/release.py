"""`preheat release`: end a hold now."""

import typer

from preheat.domain.demand.request import Verb
from preheat_cli.options.requests import HoldNames, Id, NoWait, Reason, Schedule, read_names
from preheat_cli.requesting import RequestOptions, send_request
from preheat_cli.stack import StackName


def release(
    context: typer.Context,
    names: HoldNames,
    stack: StackName = None,
    schedule: Schedule = None,
    *,
    reason: Reason = None,
    request_id: Id = None,
    no_wait: NoWait = False,
) -> None:
    """End a hold now."""
    model, of = read_names(names, schedule)
    fields = {"of": of, "reason": reason}
    send_request(context, stack, RequestOptions(Verb.RELEASE, model, schedule, request_id, not no_wait, fields))
