"""Which zone an event is in, whatever the file calls it: names of IANA and Windows, and a VTIMEZONE's own rules."""

from datetime import date
from time import process_time
from zoneinfo import ZoneInfo, available_timezones

import pytest
from icalendar import Timezone
from tests.tools.preheat_plantfile.importing.calendars import OBSERVANCES, calendar, reported, runs, zone_named

from preheat_plantfile.importing.ics_zones import find_zone

SHIFT = "DTSTART;TZID={0}:20270104T060000\nDTEND;TZID={0}:20270104T140000\nSUMMARY:Early shift"
EARLY = ["01-04 06:00 01-04 14:00"]
NEW_YORK = """BEGIN:DAYLIGHT
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
DTSTART:20071104T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
END:STANDARD"""
INDIA = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\nEND:STANDARD"
ONE_YEAR = """BEGIN:STANDARD
DTSTART:20261025T030000
RDATE:20271031T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20260329T020000
RDATE:20270328T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT"""


@pytest.mark.parametrize(
    "name",
    [
        *("Europe/Berlin", "europe/berlin", "EUROPE/BERLIN", "/freeassociation.sourceforge.net/Europe/Berlin"),
        *("W. Europe Standard Time", "w. europe standard time", '"Europe/Berlin"'),
    ],
)
def test_a_name_is_known_whatever_its_case(name: str) -> None:
    assert find_zone(name) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "observances", "in_zone"),
    [
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", OBSERVANCES, "Europe/Berlin"),
        ("Customized Time Zone", OBSERVANCES, "Europe/Berlin"),
        ("1", OBSERVANCES, "Europe/Berlin"),
        ("Mitteleuropa (Wien)", OBSERVANCES, "Europe/Berlin"),
        ("Eastern, as we call it", NEW_YORK, "America/New_York"),
        ("Chennai, Kolkata, Mumbai, New Delhi", INDIA, "Asia/Kolkata"),
        ("only these two years", ONE_YEAR, "Europe/Berlin"),
    ],
)
def test_a_name_that_no_table_has_is_matched_by_the_rules_of_the_file_and_said(
    name: str, observances: str, in_zone: str
) -> None:
    data = calendar(SHIFT.format(f'"{name}"'), head=zone_named(name, observances))
    assert runs(data, in_zone=in_zone) == EARLY
    _, lines = reported(data)
    assert any(line.startswith(f"note: the import reads the zone {name!r} as ") for line in lines), lines


@pytest.mark.parametrize(
    ("name", "zone"), [("Berlin, Madrid, Paris", "Europe/Berlin"), ("Wien/Madrid", "Europe/Madrid")]
)
def test_of_the_zones_that_agree_the_city_that_the_name_says_is_taken(name: str, zone: str) -> None:
    _, lines = reported(calendar(SHIFT.format(f'"{name}"'), head=zone_named(name)))
    assert any(f" as {zone}: its rules agree" in line for line in lines), lines


@pytest.mark.parametrize(
    "zone", ["Europe/London", "America/Sao_Paulo", "Australia/Adelaide", "Asia/Tehran", "Africa/Cairo"]
)
def test_a_zone_that_a_library_wrote_is_found_by_its_rules(zone: str) -> None:
    written = Timezone.from_tzinfo(ZoneInfo(zone), "Plant time", last_date=date(2038, 1, 1))
    data = calendar(SHIFT.format("Plant time"), head=written.to_ical().decode())
    assert runs(data, in_zone=zone) == EARLY


def test_a_name_without_rules_is_lost_with_the_name_quoted() -> None:
    report, lines = reported(calendar(SHIFT.format("Plant Standard Time")))
    assert report.carried == 0
    (line,) = lines
    assert "line 4: VEVENT (Early shift): its zone 'Plant Standard Time' is none of IANA's" in line


@pytest.mark.parametrize(
    "odd",
    [
        "TZUNTIL:20281029T010000Z",
        "LAST-MODIFIED:yesterday",
        "X-PROLEPTIC-TZNAME:LMT\nTZURL:::",
        "BEGIN:STANDARD\nDTSTART:never\nTZOFFSETTO:?\nEND:STANDARD",
        "BEGIN:DAYLIGHT\nRRULE:FREQ=SOMETIMES\nEND:DAYLIGHT",
    ],
)
def test_an_odd_zone_refuses_no_file_and_is_not_needed_where_its_name_is_known(odd: str) -> None:
    name = "W. Europe Standard Time"
    data = calendar(SHIFT.format(name), head=zone_named(name, f"{odd}\n{OBSERVANCES}"))
    assert runs(data) == EARLY


def test_every_zone_of_windows_that_is_matched_has_the_offsets_of_its_own() -> None:
    assert {find_zone(zone.lower()) for zone in available_timezones()} == available_timezones()


def test_zones_without_end_are_answered_in_seconds_and_those_of_equal_rules_all_found() -> None:
    count = 1_000
    events = [
        f"DTSTART;TZID={kind} {number}:20261202T060000\nDURATION:PT8H" for number in range(count) for kind in "AB"
    ]
    same = "\n".join(zone_named(f"A {number}") for number in range(count))
    odd = [
        OBSERVANCES.replace("1601", f"{1601 + number % 300}").replace("0300", f"03{number % 59:02}")
        for number in range(count)
    ]
    different = "\n".join(zone_named(f"B {number}", each) for number, each in enumerate(odd))
    begun = process_time()
    report, _ = reported(calendar(*events, head=f"{same}\n{different}"))
    assert process_time() - begun < 20, "seconds; without a bound it takes minutes"
    assert report.carried >= count


STANDARD, _, DAYLIGHT = OBSERVANCES.partition("END:STANDARD\n")
STANDARD += "END:STANDARD"


@pytest.mark.parametrize(
    "observances",
    [
        pytest.param(DAYLIGHT, id="no standard time"),
        pytest.param(STANDARD, id="no daylight time"),
        pytest.param(OBSERVANCES.replace("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\n", ""), id="one without a rule"),
        pytest.param(OBSERVANCES.replace("BYMONTH=10", "BYMONTH=10;UNTIL=20201025T010000Z"), id="one that is over"),
        pytest.param(OBSERVANCES.replace("TZOFFSETTO:+0100\n", ""), id="one without an offset"),
        pytest.param(OBSERVANCES.replace("END:STANDARD\n", ""), id="one without an end"),
    ],
)
def test_a_zone_that_never_says_how_the_clocks_come_back_is_matched_by_the_changes_that_it_states(
    observances: str,
) -> None:
    event = "DTSTART;TZID=Plant:{0}T060000\nDTEND;TZID=Plant:{0}T140000"
    data = calendar(event.format(20261202), event.format(20270702), head=zone_named("Plant", observances))
    assert runs(data, last="2027-12-31") == ["12-02 06:00 12-02 14:00", "07-02 06:00 07-02 14:00"]
    assert any("the zone 'Plant' as Europe/Berlin" in line for line in reported(data)[1])


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Central Europe: Berlin\\, Bern\\, Rome", "Central Europe: Berlin\\, Bern\\, Rome"),
        ("Central Europe: Berlin\\, Bern\\, Rome", '"Central Europe: Berlin, Bern, Rome"'),
    ],
)
def test_a_name_is_the_same_with_and_without_escapes(name: str, written: str) -> None:
    assert runs(calendar(SHIFT.format(written), head=zone_named(name))) == EARLY


@pytest.mark.parametrize("offset", ["+01:00", "+010000", "+01:00:00", "0100"])
def test_an_offset_is_read_in_the_forms_that_programs_write(offset: str) -> None:
    odd = OBSERVANCES.replace("+0100", offset).replace("+0200", offset.replace("1", "2"))
    assert runs(calendar(SHIFT.format("Plant time"), head=zone_named("Plant time", odd))) == EARLY


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_definitions_of_one_name_the_one_that_can_be_read_counts(order: tuple[int, int]) -> None:
    both = [zone_named("Plant time"), zone_named("Plant time", "BEGIN:STANDARD\nDTSTART:x\nEND:STANDARD")]
    head = "\n".join(both[number] for number in order)
    assert runs(calendar(SHIFT.format("Plant time"), head=head)) == EARLY


def test_an_unknown_zone_names_its_remedy() -> None:
    (line,) = reported(calendar(SHIFT.format("Plant")))[1]
    assert "is none of IANA's, and no VTIMEZONE defines it; add its VTIMEZONE or change its TZID" in line


def test_a_zone_of_very_many_rules_is_refused_in_seconds_and_named() -> None:
    daily = (
        "BEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=DAILY\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD"
    )
    observances = "\n".join(
        daily.replace("T000000", f"T{n // 60 % 24:02}{n % 60:02}{n // 1440:02}") for n in range(3_000)
    )
    begun = process_time()
    (line,) = reported(calendar(SHIFT.format("Plant"), head=zone_named("Plant", observances)))[1]
    assert process_time() - begun < 5, "seconds"
    assert "its VTIMEZONE is beyond 50 or 500 rules of a file; use an IANA name" in line
