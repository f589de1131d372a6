"""The whole command line as Typer builds it, with every command loaded."""

from typing import Any

from typer.main import get_command

from preheat_cli.listing import ListedCommand
from preheat_cli.main import app


def load_command_line() -> Any:
    """Return the command `preheat`; `commands` of it and of each group has the commands by name."""
    root: Any = get_command(app)
    for group in (root, *root.commands.values()):
        for name, command in getattr(group, "commands", {}).items():
            if isinstance(command, ListedCommand):
                group.commands[name] = command.load()
    return root
