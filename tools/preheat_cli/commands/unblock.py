"""`preheat unblock`: end a block now."""

import typer

from preheat.domain.demand.request import Kind, Verb
from preheat_cli.options.requests import NamedRequest, takes_named_request
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
@takes_named_request(Kind.BLOCK)
def unblock(context: typer.Context, *, named: NamedRequest, stack: StackOptions) -> None:
    """End a block now."""
    send_request(context, stack, RequestOptions.about(named, Verb.UNBLOCK, Kind.BLOCK))
