"""`preheat import ics`: print an iCalendar file as a plant file."""

from enum import StrEnum
from typing import Annotated

import typer

from preheat_cli.errors import CliError
from preheat_cli.options.imports import (
    ImportPath,
    Zone,
    check_zone,
    line_of,
    print_plant,
    report_imports,
    today_of,
)


class EventRole(StrEnum):
    """The meaning of a calendar's events."""

    SHIFTS = "shifts"
    CLOSED = "closed"


def ics(
    context: typer.Context,
    file: ImportPath,
    model: Annotated[
        str | None, typer.Option("--model", metavar="M", help="Name of the model. Default: the name of the file.")
    ] = None,
    zone: Zone = None,
    *,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="TEXT", help="Import only events whose title or categories contain TEXT."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="TEXT", help="Leave out events whose title or categories contain TEXT."),
    ] = None,
    role: Annotated[
        EventRole, typer.Option("--as", help="Read the events as shifts of one model, or as closed days of a calendar.")
    ] = EventRole.SHIFTS,
) -> None:
    """Print the events of an iCalendar file as a plant file with one model, or as a calendar of closed days."""
    with report_imports(file):
        from preheat_plantfile.importing import ics as calendar  # noqa: PLC0415 - keeps help fast
        from preheat_plantfile.importing.reading import read_bytes  # noqa: PLC0415 - as above

        read = calendar.read_closed_days if role is EventRole.CLOSED else calendar.read_shifts
        choice = calendar.Choice(tuple(only or ()), tuple(without or ()))
        today, name = today_of(context), model or file.stem
        try:
            plant, report = read(read_bytes(file), name, today=today, zone=check_zone(zone), choice=choice)
        except calendar.NoCalendarError as error:
            accepted = "BEGIN:VCALENDAR with events, as in RFC 5545"
            raise CliError(line_of(file, f"not an iCalendar file: {error}; accepted: {accepted}")) from error
        print_plant(file, plant, report, f"{file.name} (iCalendar)", today)
