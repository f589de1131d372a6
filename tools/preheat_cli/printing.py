"""How a command prints lines that may hold text from outside: a reason, a name, the words of a service."""

from collections.abc import Iterable

import typer

from preheat.domain.printable import printable


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print each text as one line; what could move a cursor or forge a line becomes a space."""
    for line in lines:
        typer.echo(printable(line), err=err)
