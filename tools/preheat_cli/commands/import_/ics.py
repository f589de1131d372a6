"""`preheat import ics`: print an iCalendar file as a plant file."""

from typing import Annotated

import typer

from preheat_cli.errors import CliError, reported_errors
from preheat_cli.options.imports import ImportPath, Zone, check_zone, print_plant, read_text


def ics(
    file: ImportPath,
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Name of the model. Default: the name of the file.")
    ] = None,
    zone: Zone = None,
) -> None:
    """Print the events of an iCalendar file as a plant file with one model."""
    with reported_errors():
        from preheat_plantfile.importing.ics import NoCalendarError, imported  # noqa: PLC0415 - keeps help fast
        from preheat_plantfile.writing import printable  # noqa: PLC0415 - as above

        try:
            plant, lost = imported(read_text(file), model or file.stem, check_zone(zone))
        except NoCalendarError as error:
            accepted = "BEGIN:VCALENDAR with events, as in RFC 5545"
            raise CliError(f"{file}: not an iCalendar file: {printable(str(error))}; accepted: {accepted}") from error
        print_plant(plant, f"{file.name} (iCalendar)", file, lost)
