"""Arguments and options of the `preheat import` commands, and the steps that they share.

Only the plant file goes to stdout. Everything that a person reads goes to stderr.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat.domain.printable import printable
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_plantfile.importing.report import ImportReport
    from preheat_plantfile.writing import PlantText

NAME_MAX: Final = 50  # characters of a path in a line; a longer one loses its folders

ImportPath = Annotated[Path, typer.Argument(help="The file to import.", metavar="FILE")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE", help="IANA time zone for entries that name none.")]


@contextmanager
def report_imports(file: Path) -> Iterator[None]:
    """Print what is wrong with a file on stderr, a line for each problem, and end with status 2."""
    with report_errors():
        from preheat_plantfile.importing.reading import UnreadableFileError  # noqa: PLC0415 - keeps help fast
        from preheat_plantfile.importing.report import NotImportedError  # noqa: PLC0415 - as above

        try:
            yield
        except UnreadableFileError as error:
            raise CliError(f"preheat: {error}") from error
        except NotImportedError as error:
            problems = sorted(set(error.problems))
            lines = [line_of(file, problem) for problem in problems]
            raise CliError(*lines, f"{file}: {show.count(len(problems), 'problem')}; no plant file written") from error


def read_text(file: Path) -> str:
    """Return the text of a file to import; `report_imports` prints what is wrong with it."""
    from preheat_plantfile.importing.reading import read_bytes, text_of  # noqa: PLC0415 - keeps help fast

    return text_of(read_bytes(file), file)


def print_plant(file: Path, plant: "PlantText", report: "ImportReport", origin: str, today: date) -> None:
    """Print a plant file, and its report on stderr. If nothing carries over, end with status 1."""
    from preheat_plantfile.writing import TooLargeError, write_plant  # noqa: PLC0415 - keeps help fast

    if report.carried:
        try:
            typer.echo(write_plant(plant, origin), nl=False)
        except TooLargeError as error:
            raise CliError(*error.lines) from error
    for line in report.lines():
        print_lines([line_of(file, line)], err=True)
    print_lines([*report.table(today), f"{file}: {report.conclusion()}"], err=True)
    if not report.carried:
        raise typer.Exit(CHECK_FAILED)


def line_of(file: Path, text: str) -> str:
    """Return a line that begins with the file: at most 200 characters, and only what a terminal may show."""
    from preheat_plantfile.importing.report import shorten  # noqa: PLC0415 - keeps help fast

    name = str(file) if len(str(file)) <= NAME_MAX else file.name[-NAME_MAX:]
    return shorten(f"{name}: {printable(text)}")


def today_of(context: typer.Context) -> date:
    """Return the current date in UTC."""
    return Surroundings.of(context).clock.now().date()


def check_zone(zone: str | None) -> str | None:
    """Return the time zone of a name; raises CliError if there is no such zone."""
    from preheat_plantfile.schema.leaves import read_zone  # noqa: PLC0415 - loads the file's typed model

    try:
        return None if zone is None else read_zone(zone)
    except ValueError as error:
        raise CliError(f"preheat: --zone {zone!r}: accepted: {error}") from error
