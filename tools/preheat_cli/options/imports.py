"""Arguments and options of the `preheat import` commands, and the steps that they share.

Only the plant file goes to stdout. What cannot be carried over goes to stderr.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat_cli.errors import CliError

if TYPE_CHECKING:
    from preheat_plantfile.writing import PlantText

SIZE_MAX: Final = 5_000_000  # bytes

ImportPath = Annotated[Path, typer.Argument(help="The file to import.", metavar="FILE")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="IANA time zone for entries that name none.")]


def read_text(file: Path) -> str:
    """Return the text of a file to import.

    Raises:
        CliError: the file cannot be read, is too large, or is not UTF-8.
    """
    try:
        with file.open("rb") as opened:
            data = opened.read(SIZE_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CliError(f"preheat: {file} cannot be read ({reason}); accepted: a file that exists") from error
    if len(data) > SIZE_MAX:
        raise CliError(f"preheat: {file} is larger than {SIZE_MAX:,} bytes; split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CliError(f"preheat: {file} is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from error


def check_zone(zone: str | None) -> str | None:
    """Return the time zone that was typed; raises CliError if there is no such zone."""
    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    try:
        return None if zone is None else read_zone(zone)
    except ValueError as error:
        raise CliError(f"preheat: --zone {zone!r}: accepted: {error}") from error


def print_plant(plant: "PlantText", origin: str, file: Path, lost: list[str]) -> None:
    """Print a plant file, and on stderr a line for each thing that it cannot hold."""
    from preheat_plantfile.writing import TooLargeError, printable, written  # noqa: PLC0415 - keeps help fast

    try:
        typer.echo(written(plant, origin), nl=False)
    except TooLargeError as error:
        raise CliError(*error.lines) from error
    for line in lost:
        typer.echo(f"{file}: not carried over: {printable(line)}", err=True)
