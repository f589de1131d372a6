"""How a command prints lines that may hold text from outside: a reason, a name, the words of a service."""

import shutil
import sys
import textwrap
from collections.abc import Iterable

import typer

from preheat.domain.printable import printable


def print_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print each text as one line; what could move a cursor or forge a line becomes a space."""
    for line in lines:
        typer.echo(printable(line), err=err)


def print_folded(lines: Iterable[str], indent: int) -> None:
    """Print each text as `print_lines` does; on a terminal, fold it between words, indented from its second line on."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in lines:
        shown = printable(line)
        if width > indent:
            shown = textwrap.fill(
                shown, width, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
            )
        typer.echo(shown)
