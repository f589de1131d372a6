"""Calendars for the tests of the import: events by their lines, and what an imported file means."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from preheat.domain.calendar.timetable import find_intervals
from preheat_plantfile.compiling.holidays import Range
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.importing.ics import Choice, read_shifts
from preheat_plantfile.importing.report import ImportReport
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.writing import PlantText, write_plant

TODAY = date(2026, 11, 23)  # a Monday
BERLIN = "Europe/Berlin"
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Plant//Shifts//EN\r\n"
# The rules of Central Europe as Outlook writes them.
OBSERVANCES = """BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010325T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT"""


def lines(text: str) -> str:
    """Return lines as a file has them."""
    return "".join(f"{line}\r\n" for line in text.strip().splitlines())


def calendar(*events: str, head: str = "") -> bytes:
    """Return a calendar of events, each given by its lines; one without a UID gets one."""
    bodies = ""
    for number, event in enumerate(events):
        uid = "" if "UID:" in event else f"UID:{number}\r\n"
        bodies += f"BEGIN:VEVENT\r\n{uid}{lines(event)}END:VEVENT\r\n"
    return (HEAD + lines(head) + bodies + "END:VCALENDAR\r\n").encode()


def zone_named(name: str, observances: str = OBSERVANCES) -> str:
    """Return a VTIMEZONE."""
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n{observances}\nEND:VTIMEZONE"


def runs(
    data: bytes,
    first: str = "2026-11-23",
    last: str = "2027-01-31",
    *,
    zone: str | None = None,
    choice: Choice | None = None,
    in_zone: str = BERLIN,
) -> list[str]:
    """Return when the imported model is needed between two dates, as the clocks of a zone show it."""
    plant, _ = read_shifts(data, "shifts", today=TODAY, zone=zone, choice=choice)
    return runs_of(plant, first, last, in_zone=in_zone)


def runs_of(plant: PlantText, first: str, last: str, *, in_zone: str = BERLIN) -> list[str]:
    """Return when the one model of an imported plant is needed between two dates."""
    local = ZoneInfo(in_zone)
    begin, end = (datetime.fromisoformat(day).replace(tzinfo=local).astimezone(UTC) for day in (first, last))
    end += timedelta(days=1)
    span = Range(begin.date() - timedelta(40), end.date() + timedelta(40))
    models = compile_models(
        parse_plant(write_plant(plant, "a test").encode(), "imported"), now=begin, previous={}, span=span
    )
    found = find_intervals([each for model in models for each in model.schedules], begin, end)
    return [f"{run.start.astimezone(local):%m-%d %H:%M} {run.end.astimezone(local):%m-%d %H:%M}" for run in found]


def reported(data: bytes, **options: str | None) -> tuple[ImportReport, list[str]]:
    """Return the report of a calendar and its lines."""
    _, report = read_shifts(data, "shifts", today=TODAY, zone=options.get("zone"))
    return report, list(report.lines())
