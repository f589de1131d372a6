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


class PlainCommand(TyperCommand):
    """A command whose help shows no type beside a flag, and each argument of its usage as the argument names itself."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters."""
        return _hide_types(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words after the command. Its errors lose the name that the parser has for a kind of error."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage. Typer would put a second pair of brackets around `[MODEL]...`."""
        arguments = [each for each in self.get_params(ctx) if each.param_type_name == "argument"]
        return [self.options_metavar or "", *(each.metavar or _name(each) for each in arguments)]


class ListedCommand(PlainCommand):
    """A command in a list: its name and summary. `load` returns the command itself."""

    def load(self) -> Any:
        """Import the command."""
        callback: Any = self.callback
        return callback()


class ListedGroup(TyperGroup):
    """A group that loads a command when you type it. Its help shows no type beside a flag."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters."""
        return _hide_types(super().get_params(ctx))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that the arguments name, loaded, and the rest of them."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, ListedCommand) else command, rest


def _name(argument: Any) -> str:
    return argument.name.upper() if argument.required else f"[{argument.name.upper()}]"


def _hide_types(parameters: list[Any]) -> list[Any]:
    """Return the parameters, their flags without the type `<bool>`: nobody types a value after them."""
    for each in parameters:
        if getattr(each, "is_flag", False) and each.metavar is None:
            each.metavar = ""
    return parameters


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
        alone.command(name, cls=PlainCommand, help=summary if help_too else None)(callback)
        return get_command(alone)

    group.command(name, cls=ListedCommand, help=summary)(load)
