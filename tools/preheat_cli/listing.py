"""A group of commands that imports only the command that you type.

The list of commands prints from summaries, so `preheat --help` loads no command. Knows no command's content.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

NAMESPACE: Final = "preheat_cli.commands"


class ListedCommand(TyperCommand):
    """A command in a list: its name and summary. `load` returns the command itself."""

    def load(self) -> Any:
        """Import the command."""
        callback: Any = self.callback
        return callback()


class ListedGroup(TyperGroup):
    """A group that loads a command when you type it."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that the arguments name, loaded, and the rest of them."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, ListedCommand) else command, rest


def list_commands(group: typer.Typer, folder: str, summaries: Mapping[str, str]) -> None:
    """Add commands to a group, each from the module of its name in a folder of `commands`."""
    for name, summary in summaries.items():
        list_command(group, name, summary, place=f"{folder}{name.replace('-', '_')}")


def list_command(
    group: typer.Typer, name: str, summary: str, *, place: str, function: str | None = None, help_too: bool = False
) -> None:
    """Add a command to a group. `help_too`: the summary is its whole help, instead of the docstring of its function."""
    function = function or place.rpartition(".")[2]

    def load() -> Any:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        callback = getattr(import_module(f"{NAMESPACE}.{place}"), function)
        alone.command(name, help=summary if help_too else None)(callback)
        return get_command(alone)

    group.command(name, cls=ListedCommand, help=summary)(load)
