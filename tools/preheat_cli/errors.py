"""What the command line tells instead of a traceback, and the exit status that goes with it.

Knows no command. The error classes of heavy modules are loaded only when something was raised, so that help is fast.
"""

import difflib
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

import typer

FINE, NO, WRONG_INPUT = 0, 1, 2


class CliError(Exception):
    """A command cannot do as asked; each line names a fact or a remedy. `status` is NO or WRONG_INPUT."""

    def __init__(self, *lines: str, status: int = WRONG_INPUT) -> None:
        super().__init__("\n".join(lines))
        self.lines: Sequence[str] = lines
        self.status = status


@contextmanager
def told() -> Iterator[None]:
    """Turn an expected error into its lines on stderr and an exit status; every other one is a bug and stays."""
    try:
        yield
    except CliError as error:
        raise _ended(error.lines, error.status) from error
    except Exception as error:
        expected = _expected(error)
        if expected is None:
            raise
        raise _ended([f"preheat: {error}"], expected) from error


def close_to(name: str, known: Collection[str]) -> str:
    """Return what may have been meant instead of `name`, to end a line with; nothing if nothing is close."""
    near = difflib.get_close_matches(name, known, n=3)
    return f"; close to it: {', '.join(near)}" if near else ""


def _ended(lines: Sequence[str], status: int) -> typer.Exit:
    for line in lines:
        print(line, file=sys.stderr)
    return typer.Exit(status)


def _expected(error: Exception) -> int | None:
    """Return the status of an error that is told in one line, or None for a bug."""
    from preheat.app.ports.errors import PreheatError  # noqa: PLC0415 - see the module's docstring

    if isinstance(error, PreheatError):
        return NO
    # Whoever raised one of these has loaded its module; asking for it here must not.
    for module, name, status in (
        ("preheat_local.errors", "LocalAwsError", NO),
        ("preheat_simulator.http.serve", "PortInUseError", WRONG_INPUT),
        ("botocore.exceptions", "BotoCoreError", NO),
        ("botocore.exceptions", "ClientError", NO),
    ):
        if module in sys.modules and isinstance(error, getattr(sys.modules[module], name)):
            return status
    return None
