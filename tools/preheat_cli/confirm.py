"""Asks for confirmation before a command changes something."""

from typing import Annotated

import typer

from preheat_cli.errors import CHECK_FAILED, CliError

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]


def require_confirmation(question: str, *, unchanged: str, preview: str = "") -> None:
    """Ask a yes-or-no question on stderr and return if the answer is yes.

    `unchanged` says what did not happen after a no, such as `nothing was applied`. `preview` names another way.

    Raises:
        CliError: the answer is no, or there is no input.
    """
    try:
        agreed = typer.confirm(question, err=True)
    except typer.Abort:
        typer.echo(err=True)  # ends the line of the question
        raise CliError(
            f"preheat: Confirmation required but no input is available. Use --yes to continue without it{preview}."
        ) from None
    if not agreed:
        raise CliError(unchanged, status=CHECK_FAILED)


def require_name(name: str, question: str, *, typed: str | None, unchanged: str) -> None:
    """Return if the user types `name`, or has given it as `typed` already.

    Raises:
        CliError: it is another name, or there is no input.
    """
    if typed is None:
        try:
            typed = typer.prompt(f"{question} Type {name} to confirm", err=True, default="", show_default=False)
        except typer.Abort:
            typer.echo(err=True)  # ends the line of the question
            raise CliError(
                f"preheat: Confirmation required but no input is available. Use --confirm {name} instead."
            ) from None
    if typed != name:
        raise CliError(unchanged, status=CHECK_FAILED)
