"""The commands `import ics` and `import instance-scheduler`: another tool's calendar, printed as a plant file.

Owns their options, reading the file, and that only the plant file goes to stdout: what is lost goes to stderr.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat_cli.errors import CliError, told

if TYPE_CHECKING:
    from preheat_plantfile.writing import PlantText

SIZE_MAX: Final = 5_000_000  # bytes

app = typer.Typer(no_args_is_help=True)

ImportPath = Annotated[Path, typer.Argument(help="The file to import.", metavar="FILE")]
Zone = Annotated[
    str | None, typer.Option("--zone", metavar="ZONE", help="IANA time zone of what names none of its own.")
]


@app.callback()
def importing() -> None:
    """Print another tool's calendar as a plant file; what cannot be carried over is listed on stderr."""


@app.command("ics")
def ics(
    file: ImportPath,
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="What to call the model; absent: as the file.")
    ] = None,
    zone: Zone = None,
) -> None:
    """Print the events of an iCalendar file as a plant file, with one model that they all need."""
    with told():
        from preheat_plantfile.importing.ics import NoCalendarError, imported  # noqa: PLC0415 - keeps help fast
        from preheat_plantfile.writing import printable  # noqa: PLC0415 - as above

        try:
            plant, lost = imported(_text(file), model or file.stem, _checked(zone))
        except NoCalendarError as error:
            accepted = "BEGIN:VCALENDAR with events, as RFC 5545 has them"
            raise CliError(f"{file}: no iCalendar file: {printable(str(error))}; accepted: {accepted}") from error
        typer.echo(_written(plant, f"{file.name} (iCalendar)"), nl=False)
        _tell(file, lost)


@app.command("instance-scheduler")
def instance_scheduler(file: ImportPath, zone: Zone = None) -> None:
    """Print periods and schedules of Instance Scheduler on AWS as a plant file, a model for each schedule."""
    with told():
        from preheat_plantfile.importing.instance_scheduler import imported  # noqa: PLC0415 - keeps help fast
        from preheat_plantfile.writing import printable  # noqa: PLC0415 - as above

        found = imported(_text(file), _checked(zone))
        if found.plant is None:
            problems = sorted(set(found.problems))
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            lines = [f"{file}: {printable(problem)}" for problem in problems]
            raise CliError(*lines, f"{file}: {count}; nothing was imported")
        typer.echo(_written(found.plant, f"{file.name} (Instance Scheduler on AWS)"), nl=False)
        _tell(file, found.lost)


def _written(plant: "PlantText", origin: str) -> str:
    from preheat_plantfile.writing import TooLargeError, written  # noqa: PLC0415 - keeps help fast

    try:
        return written(plant, origin)
    except TooLargeError as error:
        raise CliError(*error.lines) from error


def _tell(file: Path, lost: list[str]) -> None:
    from preheat_plantfile.writing import printable  # noqa: PLC0415 - keeps help fast

    for line in lost:
        typer.echo(f"{file}: not carried over: {printable(line)}", err=True)


def _checked(zone: str | None) -> str | None:
    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    try:
        return None if zone is None else read_zone(zone)
    except ValueError as error:
        raise CliError(f"preheat: --zone {zone!r}: accepted: {error}") from error


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            data = opened.read(SIZE_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CliError(f"preheat: {file} cannot be read ({reason}); accepted: a file that exists") from error
    if len(data) > SIZE_MAX:
        raise CliError(f"preheat: {file} holds more than {SIZE_MAX:,} bytes; divide it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CliError(f"preheat: {file} is not UTF-8 (byte {error.start + 1}); save it as UTF-8") from error
