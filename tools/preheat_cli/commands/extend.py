"""`preheat extend`: let a hold or block end later."""

from dataclasses import replace

import typer

from preheat.domain.demand.request import Kind, Verb
from preheat_cli.options.requests import For, NamedRequest, Until, takes_named_request
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.requesting import RequestOptions, send_request


@takes_stack
@takes_named_request(Kind.HOLD)
def extend(
    context: typer.Context,
    *,
    named: NamedRequest,
    stack: StackOptions,
    until: Until = None,
    duration: For = None,
) -> None:
    """Let a hold or block end later: at --until, or later by --for."""
    options = RequestOptions.about(named, Verb.EXTEND, Kind.HOLD, Kind.BLOCK)
    send_request(context, stack, replace(options, until=until, duration=duration))
