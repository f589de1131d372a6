"""An iCalendar file as a plant file: events as their windows, the losses, and files that are no calendar."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.effort import take_part
from tests.tools.conftest import Golden, Workbench

from preheat.domain.calendar.timetable import find_intervals, find_windows
from preheat.domain.calendar.windows import Window
from preheat_plantfile.compiling.holidays import Range
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.importing.ics import NoCalendarError, read_shifts
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.writing import PlantText, write_plant

GOLDEN = Path(__file__).parents[1] / "golden"

TODAY = date(2026, 11, 23)
BERLIN = ZoneInfo("Europe/Berlin")
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Plant//Shifts//EN\r\n"


def calendar(*events: str, head: str = "") -> str:
    """Return a calendar of events, each given by its lines."""
    bodies = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\n" + _lines(event) + "END:VEVENT\r\n" for n, event in enumerate(events)
    )
    return HEAD + _lines(head) + bodies + "END:VCALENDAR\r\n"


def _lines(text: str) -> str:
    return "".join(f"{line.strip()}\r\n" for line in text.strip().splitlines())


def import_text(text: str, model: str, zone: str | None = None) -> tuple[PlantText, list[str]]:
    """Return the plant of a calendar, and what the report says of it."""
    plant, report = read_shifts(text.encode(), model, today=TODAY, zone=zone)
    return plant, list(report.lines())


def windows(text: str, first: date, last: date, **options: Any) -> list[str]:
    """Return when the one model is needed in the local dates of a span, as Berlin's clocks show it."""
    plant, _ = import_text(text, "shifts", **options)
    start = datetime(first.year, first.month, first.day, tzinfo=BERLIN).astimezone(UTC)
    end = (datetime(last.year, last.month, last.day, tzinfo=BERLIN) + timedelta(days=1)).astimezone(UTC)
    span = Range(first - timedelta(40), last + timedelta(40))
    file = parse_plant(write_plant(plant, "a test").encode(), "imported")
    (model,) = compile_models(file, now=start, previous={}, span=span)
    return [_describe(each) for each in find_intervals(model.schedules, start, end)]


def _describe(window: Window) -> str:
    start, end = (at.astimezone(BERLIN) for at in (window.start, window.end))
    return f"{start:%m-%d %H:%M} {end:%m-%d %H:%M}"


BERLIN_EARLY = "DTSTART;TZID=Europe/Berlin:20261123T060000\nDTEND;TZID=Europe/Berlin:20261123T140000\n"


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("event", "expected"),
    [
        pytest.param(BERLIN_EARLY, ["11-23 06:00 11-23 14:00"], id="single"),
        pytest.param("DTSTART:20261123T050000Z\nDURATION:PT8H", ["11-23 06:00 11-23 14:00"], id="utc"),
        pytest.param(
            "DTSTART;TZID=America/New_York:20261123T000000\nDTEND;TZID=Europe/Berlin:20261123T140000",
            ["11-23 06:00 11-23 14:00"],
            id="two zones",
        ),
        pytest.param(
            "DTSTART;TZID=W. Europe Standard Time:20261123T060000\nDURATION:PT8H",
            ["11-23 06:00 11-23 14:00"],
            id="a name of Windows",
        ),
        pytest.param(
            "DTSTART;TZID=/example.org/20260101/Europe/Berlin:20261123T060000\nDURATION:PT8H",
            ["11-23 06:00 11-23 14:00"],
            id="a path",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Berlin:20261123T220000\nDTEND;TZID=Europe/Berlin:20261124T060000",
            ["11-23 22:00 11-24 06:00"],
            id="overnight",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Berlin:20261123T060000\nDTEND;TZID=Europe/Berlin:20261127T140000",
            ["11-23 06:00 11-27 14:00"],
            id="several days",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Berlin:20261123T220000\nDTEND;TZID=Europe/Berlin:20261125T000000",
            ["11-23 22:00 11-25 00:00"],
            id="to midnight",
        ),
        pytest.param("DTSTART;VALUE=DATE:20261123", ["11-23 00:00 11-24 00:00"], id="all day"),
        pytest.param(
            "DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261126", ["11-23 00:00 11-26 00:00"], id="three days"
        ),
        pytest.param("DTSTART;VALUE=DATE:20261123\nDURATION:P2D", ["11-23 00:00 11-25 00:00"], id="two days"),
        pytest.param(
            "DTSTART;VALUE=DATE:20261123\nRRULE:FREQ=WEEKLY;COUNT=2",
            ["11-23 00:00 11-24 00:00", "11-30 00:00 12-01 00:00"],
            id="all day, weekly",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;UNTIL=20261208T235959Z",
            ["11-23 06:00 11-23 14:00", "11-25 06:00 11-25 14:00", "12-07 06:00 12-07 14:00"],
            id="every second week",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=DAILY;UNTIL=20261125T050000Z",
            ["11-23 06:00 11-23 14:00", "11-24 06:00 11-24 14:00", "11-25 06:00 11-25 14:00"],
            id="until its last start",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=DAILY;UNTIL=20261125T045959Z",
            ["11-23 06:00 11-23 14:00", "11-24 06:00 11-24 14:00"],
            id="until before its last start",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=WEEKLY;BYDAY=MO;BYHOUR=6;BYMINUTE=0;BYSECOND=0;COUNT=2",
            ["11-23 06:00 11-23 14:00", "11-30 06:00 11-30 14:00"],
            id="a time that says the same",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=MONTHLY;BYDAY=4MO,-1FR;COUNT=3",
            ["11-23 06:00 11-23 14:00", "11-27 06:00 11-27 14:00", "12-25 06:00 12-25 14:00"],
            id="n-th weekdays",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=DAILY;COUNT=4\nEXDATE;TZID=Europe/Berlin:20261124T060000,20261126T060000",
            ["11-23 06:00 11-23 14:00", "11-25 06:00 11-25 14:00"],
            id="excluded",
        ),
        pytest.param(
            BERLIN_EARLY + "RRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261124T050000Z\nEXDATE;VALUE=DATE:20261125",
            ["11-23 06:00 11-23 14:00"],
            id="excluded in another zone and by date",
        ),
        pytest.param(
            BERLIN_EARLY + "RDATE;TZID=Europe/Berlin:20261128T070000,20261129T060000",
            ["11-23 06:00 11-23 14:00", "11-28 07:00 11-28 15:00", "11-29 06:00 11-29 14:00"],
            id="more dates",
        ),
        pytest.param(
            BERLIN_EARLY + "RDATE;VALUE=PERIOD:20261128T060000Z/PT2H,20261129T060000Z/20261129T070000Z",
            ["11-23 06:00 11-23 14:00", "11-28 07:00 11-28 09:00", "11-29 07:00 11-29 08:00"],
            id="periods",
        ),
        pytest.param(
            BERLIN_EARLY
            + "RRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=Europe/Berlin:20261124T060000\n"
            + "RDATE;TZID=Europe/Berlin:20261124T160000",
            ["11-23 06:00 11-23 14:00", "11-24 16:00 11-25 00:00"],
            id="another time of an excluded day",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Berlin:20261122T060000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=1",
            ["11-22 06:00 11-22 14:00", "11-23 06:00 11-23 14:00"],
            id="a first start beside its rule",
        ),
        pytest.param(
            "DTSTART;TZID=Europe/Berlin:20261123T060030\nDTEND;TZID=Europe/Berlin:20261123T135959",
            ["11-23 06:00 11-23 14:00"],
            id="seconds",
        ),
    ],
)
def test_an_event_means_these_windows(event: str, expected: list[str]) -> None:
    found = windows(calendar(event), date(2026, 11, 20), date(2026, 12, 31), zone="Europe/Berlin")
    assert found == expected


def test_an_event_longer_than_a_window_may_be_is_carried_over_whole() -> None:
    event = "DTSTART;TZID=Europe/Berlin:20261101T060000\nDTEND;TZID=Europe/Berlin:20261220T140000"
    assert windows(calendar(event), date(2026, 10, 1), date(2026, 12, 31)) == ["11-01 06:00 12-20 14:00"]


def test_a_start_that_was_moved_is_where_it_was_moved_to_and_one_that_is_cancelled_is_gone() -> None:
    moved = BERLIN_EARLY.replace("20261123T", "20261124T").replace("T060000", "T100000").replace("T140000", "T160000")
    text = calendar(
        BERLIN_EARLY + "RRULE:FREQ=DAILY;COUNT=4", moved + "RECURRENCE-ID;TZID=Europe/Berlin:20261124T060000"
    )
    text = text.replace("UID:1", "UID:0")
    cancelled = calendar("RECURRENCE-ID:20261125T050000Z\nSTATUS:CANCELLED").removeprefix(HEAD)
    text = text.replace("END:VCALENDAR\r\n", "") + cancelled
    expected = ["11-23 06:00 11-23 14:00", "11-24 10:00 11-24 16:00", "11-26 06:00 11-26 14:00"]
    assert windows(text, date(2026, 11, 20), date(2026, 12, 31)) == expected


def test_what_one_event_excludes_another_keeps() -> None:
    text = calendar(
        BERLIN_EARLY + "RRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=Europe/Berlin:20261124T060000",
        BERLIN_EARLY.replace("T060000", "T080000") + "RRULE:FREQ=DAILY;COUNT=2",
    )
    expected = ["11-23 06:00 11-23 14:00", "11-24 08:00 11-24 14:00"]
    assert windows(text, date(2026, 11, 20), date(2026, 12, 31)) == expected


@pytest.mark.parametrize(
    ("head", "zone", "expected"),
    [
        ("", "Asia/Tokyo", "11-22 16:00 11-23 16:00"),
        ("X-WR-TIMEZONE:America/New_York", None, "11-23 06:00 11-24 06:00"),
        ("X-WR-TIMEZONE:America/New_York", "Europe/Berlin", "11-23 00:00 11-24 00:00"),
        ("", None, "11-23 01:00 11-24 01:00"),
    ],
)
def test_an_event_without_a_zone_takes_the_one_named_else_the_calendars_else_utc(
    head: str, zone: str | None, expected: str
) -> None:
    text = calendar("DTSTART;VALUE=DATE:20261123", head=head)
    assert windows(text, date(2026, 11, 1), date(2026, 12, 31), zone=zone) == [expected]
    _, lost = import_text(text, "shifts", zone)
    assert bool(lost) == (not head and zone is None)


def test_an_event_without_a_zone_takes_the_one_that_all_others_name() -> None:
    text = calendar("DTSTART;VALUE=DATE:20261123", BERLIN_EARLY.replace("1123", "1130"))
    assert windows(text, date(2026, 11, 20), date(2026, 11, 24)) == ["11-23 00:00 11-24 00:00"]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("DTSTART:20261123T060000Z", "it has no end"),
        ("DTEND:20261123T060000Z", "it has no DTSTART"),
        ("DTSTART:20261123T060000Z\nDTEND:20261123T060000Z", "it has no length"),
        ("DTSTART:20261123T060000Z\nDTEND:20261122T060000Z", "it has no length"),
        ("DTSTART:20261123T060000Z\nDURATION:-PT1H", "it has no length"),
        ("DTSTART:20261123T060000Z\nDTEND;VALUE=DATE:20261123", "it has no length"),
        ("DTSTART:20261123T060000Z\nDTEND;VALUE=DATE:20261124", "the import reads the date as its midnight"),
        ("DTSTART:16010101T060000Z\nDURATION:PT1H", "it starts in the year 1601"),
        ("DTSTART:20261123T060000Z\nDURATION:P4000D", "it lasts 4000 days"),
        ("DTSTART:2026-11-23\nDURATION:PT1H", "DTSTART (line 7): found '2026-11-23'; accepted: a date such as"),
        ("DTSTART:20261123T060000Z\nDTSTART:20261124T060000Z\nDURATION:PT1H", "it has 2 DTSTART"),
        ("DTSTART;TZID=Mars/Olympus:20261123T060000\nDURATION:PT1H", "its zone 'Mars/Olympus' is none of IANA's"),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nSTATUS:CANCELLED", "its STATUS is CANCELLED"),
        ("DTSTART:20261123T060000Z\nDURATION:P", "DURATION (line 8): found 'P'; accepted: a duration such as PT8H"),
        (
            "DTSTART:20261123T060000Z\nDURATION:PT1H\nRRULE:FREQ=HOURLY",
            "its rule FREQ=HOURLY; only its first start carries over",
        ),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYHOUR=6,14", "its rule FREQ=DAILY;BYHOUR=6,14"),
        (
            "DTSTART:20261123T060000Z\nDURATION:PT1H\nRRULE:FREQ=SOMETIMES",
            "its rule FREQ=SOMETIMES; only its first start carries over",
        ),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no date fulfils it"),
        ("DTSTART:20261123T060000Z\nDURATION:P40D\nRRULE:FREQ=YEARLY", "each lasts 40 days"),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nEXDATE:20261124T060000Z", "nothing of it starts then"),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nEXRULE:FREQ=DAILY", "its EXRULE"),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nRDATE;VALUE=DATE:20261124", "it says no time"),
        ("DTSTART:20261123T060001Z\nDURATION:PT1H", "ignores its seconds and widens it to whole minutes"),
        ("DTSTART:20261123T060000Z\nDURATION:PT1H\nEXDATE=20261123", "its EXDATE (line 9): it has no value"),
    ],
)
def test_what_cannot_be_carried_over_is_listed_with_its_reason(event: str, reason: str) -> None:
    plant, lost = import_text(calendar("SUMMARY:Night\n" + event), "shifts")
    assert [line for line in lost if "line 4: VEVENT (Night): " in line and reason in line], lost
    assert all(len(line) <= 200 for line in lost)
    parse_plant(write_plant(plant, "a test").encode(), "imported")


CALENDAR = calendar(
    "SUMMARY:Early shift\n"
    + BERLIN_EARLY
    + "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nEXDATE;TZID=Europe/Berlin:20261224T060000,20261225T060000",
    "SUMMARY:Night shift\nDTSTART;TZID=Europe/Berlin:20261123T220000\nDURATION:PT8H\nRRULE:FREQ=WEEKLY;BYDAY=MO",
    "SUMMARY:Stocktaking\nDTSTART;VALUE=DATE:20261231",
    "SUMMARY:Overtime\nDTSTART:20261128T060000Z\nDURATION:PT6H",
    "SUMMARY:Every hour\nDTSTART:20261128T060000Z\nDURATION:PT6M\nRRULE:FREQ=HOURLY",
    head="X-WR-TIMEZONE:Europe/Berlin",
).replace("END:VCALENDAR", "BEGIN:VTODO\r\nUID:9\r\nSUMMARY:Oil\r\nEND:VTODO\r\nEND:VCALENDAR")


def test_a_calendar_becomes_a_valid_plant_file_with_one_model(bench: Workbench, golden: Golden) -> None:
    path = bench.folder / "Press Shop.ics"
    path.write_text(CALENDAR, newline="")
    result = bench.preheat("import", "ics", str(path))
    assert result.exit_code == 0, result.output
    golden(GOLDEN / "import-ics.yaml", result.stdout)
    golden(GOLDEN / "import-ics.txt", result.stderr.replace(f"{bench.folder}/", ""))
    assert bench.preheat("validate", bench.plant(result.stdout)).exit_code == 0
    named = bench.preheat("import", "ics", str(path), "--model", "weld-seams").stdout
    assert "\n  weld-seams:\n" in named


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it has no BEGIN:VCALENDAR"),
        ("hello", "not an iCalendar file"),
        ("BEGIN:VEVENT\r\nEND:VEVENT\r\n", "it has no BEGIN:VCALENDAR"),
        (
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n",
            "line 2: VEVENT has no END:VEVENT; the file is incomplete",
        ),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n", "line 1: VCALENDAR has no END:VCALENDAR"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n", "line 3: VEVENT begins within a"),
        ("BEGIN:VCALENDAR\nEND:VEVENT\nEND:VCALENDAR\n", "line 2: END:VEVENT without BEGIN:VEVENT"),
        ("\x00\x01", "not an iCalendar file"),
    ],
)
def test_what_is_no_calendar_is_reported_with_what_is(bench: Workbench, text: str, told: str) -> None:
    path = bench.folder / "odd.ics"
    path.write_text(text, newline="")
    result = bench.preheat("import", "ics", str(path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_a_calendar_of_which_nothing_is_carried_over_is_status_1_and_the_last_line_counts(bench: Workbench) -> None:
    path = bench.folder / "empty.ics"
    for text, counted in (
        (HEAD + "END:VCALENDAR\r\n", "carried over nothing of 0 events"),
        (calendar(BERLIN_EARLY.replace("Europe/Berlin", "Nowhere")), "carried over nothing of 1 event"),
        (calendar(BERLIN_EARLY.replace("2026", "2019"), "DTSTART:x"), "carried over nothing of 2 events"),
    ):
        path.write_text(text, newline="")
        result = bench.preheat("import", "ics", str(path))
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.splitlines()[-1] == f"{path}: {counted}"


def test_a_long_calendar_is_divided_into_schedules_of_one_model() -> None:
    rules = [
        f"DTSTART:20261123T{hour:02}{minute:02}00Z\nDURATION:PT1M\nRRULE:FREQ=WEEKLY"  # no two are equal
        for hour in range(9)
        for minute in range(60)
    ]
    plant, lost = import_text(calendar(*rules), "shifts")
    assert (lost, list(plant.schedules), plant.models) == (
        [],
        ["shifts", "shifts-2"],
        {"shifts": ["shifts", "shifts-2"]},
    )


RULES = st.builds(
    lambda frequency, interval, days, end: ";".join(
        filter(None, [f"FREQ={frequency}", f"INTERVAL={interval}", days, end])
    ),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 4),
    st.sampled_from(["", "BYDAY=MO,TH", "BYDAY=MO;WKST=SU", "BYMONTH=11,2;BYDAY=MO,WE", "BYDAY=SU,MO"]),
    st.sampled_from(["", "COUNT=3", "COUNT=40", "UNTIL=20270301T050000Z"]),
)


@settings(max_examples=take_part(200), deadline=None)
@given(RULES, st.integers(0, 23), st.integers(120, 47 * 60))
def test_a_rule_means_what_the_standards_library_makes_of_it(rule: str, hour: int, minutes: int) -> None:
    """The start, a Monday in November, is one of every rule's dates; no spring gap swallows two hours."""
    start = datetime(2026, 11, 23, hour)  # noqa: DTZ001 - a wall time
    event = f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}\nDURATION:PT{minutes}M\nRRULE:{rule}"
    plant, lost = import_text(calendar(event), "shifts")
    assert [line for line in lost if not line.startswith("note: ")] == []
    file = parse_plant(write_plant(plant, "a test").encode(), "imported")
    since, until = datetime(2026, 11, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
    (model,) = compile_models(file, now=since, previous={})
    found = {window.start for schedule in model.schedules for window in find_windows(schedule, since, until)}
    local = rrulestr(rule, dtstart=start.replace(tzinfo=BERLIN))
    expected = {at.replace(tzinfo=BERLIN).astimezone(UTC) for at in local.between(since, until, inc=True)}
    assert found == {at for at in expected if at < until}


LINES = """
BEGIN:VEVENT
END:VEVENT
END:VCALENDAR
BEGIN:VCALENDAR
DTSTART:20261123T060000
DTSTART;VALUE=DATE:20261123
DTSTART;TZID=:20261123T060000
DTSTART;TZID=Europe/Berlin:20260329T023000
DTSTART:00010101T000000Z
DTSTART:99999999T999999
DTEND:20261123T140000Z
DTEND;TZID=Europe/Berlin:20260329T031000
DURATION:PT8H
DURATION:P0D
DURATION:x
RRULE:FREQ=DAILY;COUNT=2
RRULE:FREQ=MONTHLY;BYDAY=9XX
RRULE:FREQ=
RRULE:
EXDATE:20261124T060000
EXDATE:
RDATE;VALUE=PERIOD:20261124T060000Z/PT1H
RDATE:1/2
UID:1
UID:2
RECURRENCE-ID:20261124T060000
RECURRENCE-ID;RANGE=THISANDFUTURE:20261124
STATUS:CANCELLED
SUMMARY:a\\nb\\,c
X-WR-TIMEZONE:Nowhere
garbage
:
""".strip().splitlines()


@settings(max_examples=take_part(300), deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=14))
def test_whatever_a_calendar_holds_it_is_reported_or_becomes_a_valid_plant(lines: list[str]) -> None:
    text = "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])
    try:
        plant, _ = import_text(text, "shifts")
    except NoCalendarError:
        return
    parse_plant(write_plant(plant, "a test").encode(), "imported")


def test_nothing_foreign_reaches_the_terminal_as_it_is(bench: Workbench) -> None:
    path = bench.folder / "odd.ics"
    path.write_text(calendar("SUMMARY:\x1b[2JA\x9b1m\nDTSTART;TZID=\x1b[2J:20261123T060000\nDURATION:PT1H"), newline="")
    result = bench.preheat("import", "ics", str(path))
    assert result.exit_code == 1
    assert "its zone" in result.stderr
    assert all(character.isprintable() or character == "\n" for character in result.output)
