"""The output of a command instead of a traceback, and its exit status.

Depends on no command. It loads the error classes of heavy modules only after an error, so that help is fast.
"""

import difflib
import errno
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import typer

from preheat.domain.printable import printable

CHECK_FAILED, USAGE_ERROR, INTERNAL_ERROR = 1, 2, 70
EXIT_STATUS: Final = (
    "Exit status: 0 success, 1 check failed, 2 usage error, 3 changes found (with --detailed-exitcode),"
    " 70 internal error, 130 Ctrl-C."
)

# What to do about an error of the operating system, by its number.
_REMEDIES: Final[Mapping[int, str]] = {
    errno.EACCES: "check the permissions, or use another folder",
    errno.EPERM: "check the permissions, or use another folder",
    errno.EROFS: "the file system is read-only; use another folder",
    errno.ENOSPC: "the disk is full; free some space and run the command again",
    errno.EDQUOT: "the disk quota is full; free some space and run the command again",
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "check the path",
    errno.EADDRINUSE: "the port is in use; choose another one",
}


# Packages that only an extra of the distribution installs.
_EXTRAS: Final[Mapping[str, str]] = {"starlette": "simulator", "uvicorn": "simulator"}


class CliError(Exception):
    """A command cannot do its work; each line is a fact or a remedy.

    `status` is CHECK_FAILED or USAGE_ERROR.
    """

    def __init__(self, *lines: str, status: int = USAGE_ERROR) -> None:
        super().__init__("\n".join(lines))
        self.lines: Sequence[str] = lines
        self.status = status


@contextmanager
def report_errors() -> Iterator[None]:
    """Print an expected error on stderr and end the command with its status; any other error is a bug and passes."""
    try:
        yield
    except CliError as error:
        raise _end(error.lines, error.status) from error
    except BrokenPipeError:
        raise  # `preheat ... | head`: Click ends the program quietly
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        line = f"preheat: this command needs the extra {extra!r}: run `pip install 'preheat[{extra}]'`"
        raise _end([line], CHECK_FAILED) from error
    except OSError as error:
        raise _end([f"preheat: {describe_os_error(error)}"], CHECK_FAILED) from error
    except Exception as error:
        expected = _explain(error)
        if expected is None:
            raise
        status, remedy = expected
        # Only an error of this machine's own tools has lines; a newline in the words of a service would forge one.
        first, *others = getattr(error, "lines", [f"{error}{remedy}"])
        raise _end([f"preheat: {first}", *others], status) from error


def report_bug(error: Exception) -> int:
    """Write the traceback of an unexpected error to a file, print where it is, and return the exit status."""
    import tempfile  # noqa: PLC0415 - keeps help fast
    import traceback  # noqa: PLC0415 - as above

    print(printable(f"preheat: internal error: {type(error).__name__}: {error}"), file=sys.stderr)
    try:
        with tempfile.NamedTemporaryFile("w", prefix="preheat-error-", suffix=".txt", delete=False) as details:
            traceback.print_exception(error, file=details)
        print(f"please report it, with the details in {details.name}", file=sys.stderr)
    except OSError as unwritten:
        print(f"please report it; no details: {describe_os_error(unwritten)}", file=sys.stderr)
    return INTERNAL_ERROR


def suggest(name: str, known: Collection[str]) -> str:
    """Return the names that are close to `name`, to end a line with; nothing if none is close."""
    near = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {', '.join(near)}?" if near else ""


def describe_expected(error: Exception) -> str | None:
    """Return an expected error as one line, with what to do about it, or None for a bug."""
    if isinstance(error, CliError):
        return "; ".join(line.removeprefix("preheat: ") for line in error.lines)
    if isinstance(error, OSError):
        return describe_os_error(error)
    expected = _explain(error)
    return None if expected is None else f"{error}{expected[1]}"


def describe_os_error(error: OSError) -> str:
    """Return an error of the operating system as one line: what failed, where, and what to do."""
    what = error.strerror or type(error).__name__
    where = f"{error.filename}: " if error.filename is not None else ""
    remedy = _REMEDIES.get(error.errno or 0)
    return f"{where}{what}" + (f"; {remedy}" if remedy else "")


def _end(lines: Sequence[str], status: int) -> typer.Exit:
    for line in lines:
        print(printable(line), file=sys.stderr)
    return typer.Exit(status)


def _explain(error: Exception) -> tuple[int, str] | None:
    """Return the status and the remedy of an error that one line explains, or None for a bug."""
    from preheat.app.ports.errors import PreheatError  # noqa: PLC0415 - see the module's docstring

    if isinstance(error, PreheatError):
        return CHECK_FAILED, ""
    # Code that raised one of these has loaded its module; this code must not load it.
    for module, name, status, remedy in (
        ("preheat_local.errors", "LocalAwsError", CHECK_FAILED, ""),
        ("preheat_simulator.http.serve", "PortInUseError", USAGE_ERROR, ""),
        ("botocore.exceptions", "NoRegionError", CHECK_FAILED, " Use --region, or set AWS_REGION."),
        (
            "botocore.exceptions",
            "NoCredentialsError",
            CHECK_FAILED,
            ". Use --profile, or run `aws configure` or `aws sso login`.",
        ),
        ("botocore.exceptions", "ProfileNotFound", CHECK_FAILED, ". Check --profile and AWS_PROFILE."),
        ("botocore.exceptions", "EndpointConnectionError", CHECK_FAILED, ". Check the network and the region."),
        ("botocore.exceptions", "ConnectTimeoutError", CHECK_FAILED, ". Check the network and the region."),
        ("botocore.exceptions", "BotoCoreError", CHECK_FAILED, ""),
        ("botocore.exceptions", "ClientError", CHECK_FAILED, ""),
    ):
        if module in sys.modules and isinstance(error, getattr(sys.modules[module], name)):
            return status, remedy
    return None
