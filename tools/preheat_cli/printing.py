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


def find_width() -> int:
    """Return the columns of the terminal; 0: the output goes elsewhere, and no line is too long."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def print_folded(lines: Iterable[str], indent: int) -> None:
    """Print each text as `print_lines` does; on a terminal, fold it between words, indented from its second line on."""
    width = find_width()
    for line in lines:
        shown = printable(line)
        if width > indent:
            shown = textwrap.fill(
                shown, width, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False
            )
        typer.echo(shown)
