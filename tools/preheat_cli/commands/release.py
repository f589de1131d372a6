"""`preheat release`: end a hold now."""

import typer

from preheat.domain.demand.request import Kind, Verb
from preheat_cli.options.requests import NamedRequest, takes_named_request
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
@takes_named_request(Kind.HOLD)
def release(context: typer.Context, *, named: NamedRequest, stack: StackOptions) -> None:
    """End a hold now."""
    send_request(context, stack, RequestOptions.about(named, Verb.RELEASE, Kind.HOLD))
