"""Calendar files as people have them: damaged, with days off, of many people; and hostile ones."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from time import process_time
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.effort import take_part
from tests.tools.conftest import Workbench
from tests.tools.preheat_plantfile.importing.calendars import BERLIN, TODAY, calendar, reported, runs, runs_of

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, find_dates
from preheat_plantfile.importing.hours import Hours
from preheat_plantfile.importing.ics import Choice, NoCalendarError, read_closed_days, read_shifts
from preheat_plantfile.importing.merging import ImportedDemand, Recurring, plant_of
from preheat_plantfile.importing.rules import pattern_of
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.writing import write_plant

SHIFT = "SUMMARY:Early shift\nDTSTART;TZID=Europe/Berlin:20261202T060000\nDTEND;TZID=Europe/Berlin:20261202T140000"
FOLDED = calendar(SHIFT.replace("20261202T060000", "202612\r\n 02T060000"))
DONE = ["12-02 06:00 12-02 14:00"]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(calendar(SHIFT).replace(b"\r\n", b"\n"), id="LF"),
        pytest.param(calendar(SHIFT).replace(b"\r\n", b"\r"), id="CR"),
        pytest.param(calendar(SHIFT).replace(b"\r\n", b"\r\n\r\n"), id="blank lines"),
        *(
            pytest.param(FOLDED.replace(b"\r\n", ends), id=f"a fold and line ends {ends!r}")
            for ends in (b"\r\r\n", b"\n\n", b"\r\n\r\n")
        ),
        pytest.param(b"\r\n \r\n  " + calendar(SHIFT), id="blanks at the beginning"),
        pytest.param(calendar(SHIFT).replace(b"\r\n", b"  \r\n"), id="trailing blanks"),
        pytest.param(calendar(SHIFT).lower().replace(b"europe/berlin", b"Europe/Berlin"), id="small letters"),
        pytest.param(calendar(SHIFT.replace("20261202T060000", "202612\r\n 02T06\r\n\t0000")), id="folds"),
        pytest.param(calendar(SHIFT).replace(b"Early", b"Fr\xc3\r\n \xbch"), id="a fold within a letter"),
        pytest.param(calendar(SHIFT).replace(b"Early", b"Fr\xfch"), id="another encoding"),
        pytest.param(b"\xef\xbb\xbf" + calendar(SHIFT), id="UTF-8 with a mark"),
        pytest.param(calendar(SHIFT).decode().encode("utf-16"), id="UTF-16"),
        pytest.param(calendar(f"{SHIFT}\nDESCRIPTION:one\ntwo: three\nBEGIN:\n=\n:\n;;;"), id="lines that are none"),
        pytest.param(calendar(f"{SHIFT}\nBEGIN:VALARM\nDURATION:PT5M\nDTSTART:x\nEND:VALARM"), id="bell"),
        pytest.param(calendar(SHIFT, head="REFRESH-INTERVAL:often\nX-PUBLISHED-TTL\nMETHOD:WHATEVER"), id="odd"),
        pytest.param(calendar(SHIFT, head="BEGIN:VTODO\nDUE:someday\nRRULE:x\nEND:VTODO"), id="an odd task"),
        pytest.param(calendar(SHIFT, head="BEGIN:VTODO\nDUE:someday"), id="a task without an end"),
        pytest.param(calendar(f"{SHIFT}\nRRULE:\nEXDATE:\nRDATE:"), id="empty values"),
        pytest.param(calendar(SHIFT) + calendar(SHIFT), id="two calendars"),
        pytest.param(calendar(SHIFT.replace("TZID=Europe/Berlin", 'X-A="b;c:d";TZID=Europe/Berlin')), id="quoted"),
    ],
)  # fmt: skip
def test_what_does_no_harm_refuses_no_file(data: bytes) -> None:
    assert runs(data) == DONE


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (calendar(SHIFT)[:-15], "line 1: VCALENDAR has no END:VCALENDAR; the file is incomplete or corrupt"),
        (calendar(SHIFT).partition(b"DTEND")[0], "line 4: VEVENT has no END:VEVENT; the file is incomplete or corrupt"),
        (
            calendar(SHIFT).replace(b"END:VEVENT\r\n", b""),
            "line 4: VEVENT has no END:VEVENT; the file is incomplete or corrupt",
        ),
        (calendar(f"{SHIFT}\nBEGIN:VEVENT"), "line 9: VEVENT begins within a VEVENT; the file is corrupt"),
        (b"PK\x03\x04" * 50, "it has no BEGIN:VCALENDAR"),
    ],
)
def test_a_file_that_is_cut_off_is_refused_with_its_line(data: bytes, told: str) -> None:
    with pytest.raises(NoCalendarError) as raised:
        read_shifts(data, "m", today=TODAY)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("start", "end", "expected", "note"),
    [
        (
            "DTSTART;VALUE=DATE:20261202",
            "DTEND;TZID=Europe/Berlin:20261204T140000",
            "12-02 00:00 12-04 14:00",
            "its DTSTART is a date and its DTEND a time",
        ),
        (
            "DTSTART;TZID=Europe/Berlin:20261202T060000",
            "DTEND;VALUE=DATE:20261203",
            "12-02 06:00 12-03 00:00",
            "its DTEND is a date and its DTSTART a time",
        ),
    ],
)  # fmt: skip
def test_a_date_beside_a_time_is_read_as_its_midnight_and_said(start: str, end: str, expected: str, note: str) -> None:
    data = calendar(f"{start}\n{end}")
    assert runs(data) == [expected]
    assert any(note in line for line in reported(data)[1])


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=1MO", "FREQ=WEEKLY;INTERVAL=0", "whatever", "FREQ=DAILY;UNTIL=soon"]
)
def test_an_event_whose_rule_is_refused_keeps_its_own_first_start(rule: str) -> None:
    data = calendar(f"{SHIFT}\nRRULE:{rule}")
    assert runs(data) == DONE
    assert any("only its first start carries over" in line for line in reported(data)[1])


@pytest.mark.parametrize(
    ("start", "length", "told"),
    [
        ("DTSTART:99991231T000000", "DURATION:PT900H", "its start or end is out of range"),
        (
            "DTSTART:2026-12-02T06:00:00",
            "DURATION:PT8H",
            "DTSTART (line 6): found '2026-12-02T06:00:00'; accepted: a date",
        ),
        *(
            (
                f"DTSTART;TZID={zone}:{value}",
                "DURATION:PT8H",
                f"DTSTART (line 6): found '{value}'; accepted: a date such as",
            )
            for zone in ("Europe/Berlin", "(UTC+01:00) Amsterdam, Berlin", '"Europe/Berlin"')
            for value in ("2026-12-02T16:00:00", "2026-12-02T16:00", "20261202T16:00:00+01:00", "2026-12-02 16:00")
        ),
    ],
)
def test_a_value_that_no_date_can_have_is_lost_in_our_words(start: str, length: str, told: str) -> None:
    assert any(told in line for line in reported(calendar(f"{start}\n{length}"))[1])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=WE,-1FR;COUNT=6", ["12-02", "12-09", "12-16", "12-23", "12-25", "12-30"]),
        ("FREQ=YEARLY;BYWEEKNO=49", ["12-02"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2,-1;COUNT=4", ["12-02", "12-04", "12-09", "12-11"]),
        ("RSCALE=GREGORIAN;FREQ=WEEKLY;SKIP=OMIT;COUNT=2", ["12-02", "12-09"]),
    ],
)
def test_a_rule_means_what_the_standard_says(rule: str, expected: list[str]) -> None:
    assert runs(calendar(f"{SHIFT}\nRRULE:{rule}")) == [f"{day} 06:00 {day} 14:00" for day in expected]


def test_a_yearly_event_that_names_no_month_is_once_a_year_and_said() -> None:
    data = calendar(f"{SHIFT}\nRRULE:FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTHDAY=2")
    assert runs(data, last="2027-12-31") == [*DONE, "12-02 06:00 12-02 14:00"]
    assert any("names no month; the import takes month 12 from its start" in line for line in reported(data)[1])


@pytest.mark.parametrize("until", ["20261101", "20261201T235959Z"])
def test_a_series_that_ends_before_its_first_start_never_takes_place_and_this_is_said(until: str) -> None:
    """Some programs write this when a person deletes a series from its first start on."""
    data = calendar(f"{SHIFT}\nRRULE:FREQ=DAILY;UNTIL={until}", SHIFT)
    assert runs(data) == DONE
    report, lines = reported(data)
    assert (len(lines), report.conclusion()) == (1, "carried over 1 of 2 events")
    assert "its rule ends before its first start" in lines[0]


@pytest.mark.parametrize(
    "more",
    [
        "EXDATE;TZID=Europe/Berlin:20261202T060000",
        "RRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=Europe/Berlin:20261202T060000,20261203T060000",
        "RRULE:FREQ=DAILY;UNTIL=20261203\nEXDATE;VALUE=DATE:20261202,20261203",
    ],
)
def test_an_event_whose_starts_are_all_excluded_is_lost_and_this_is_said(more: str) -> None:
    report, lines = reported(calendar(f"{SHIFT}\n{more}", SHIFT))
    assert (len(lines), report.conclusion()) == (1, "carried over 1 of 2 events")
    assert "its EXDATE excludes all its starts" in lines[0]


def test_an_exclusion_in_an_unknown_zone_is_lost_alone_and_named() -> None:
    data = calendar(f"{SHIFT}\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=Plant time:20261203T060000")
    assert len(runs(data)) == 2
    assert any("its EXDATE '20261203T060000': its zone 'Plant time' is none" in line for line in reported(data)[1])


def test_a_rule_of_centuries_refuses_no_file_with_many_windows() -> None:
    rare = "DTSTART;TZID=Europe/Berlin:20260416T060000\nDURATION:PT8H\nRRULE:FREQ=YEARLY;INTERVAL=100"
    many = [f"DTSTART:202612{n % 20 + 1:02}T060000Z\nDURATION:PT{n + 1}M\nRRULE:FREQ=MONTHLY" for n in range(120)]
    plant, report = read_shifts(calendar(rare, *many), "m", today=TODAY)
    assert report.kept == 121
    parse_plant(write_plant(plant, "a test").encode(), "plant.yaml")


ROTA = calendar(
    "SUMMARY:ND2 Nachtdienst\nTRANSP:TRANSPARENT\nDTSTART;TZID=Europe/Berlin:20261202T200000\n"
    "DTEND;TZID=Europe/Berlin:20261203T084500",
    "SUMMARY:DF Dienstfrei\nDTSTART;VALUE=DATE:20261204\nDTEND;VALUE=DATE:20261207",
    "SUMMARY:Weihnachten\nCATEGORIES:Feiertag\\,frei\nDTSTART;VALUE=DATE:20261225",
)  # fmt: skip
NIGHT = ["12-02 20:00 12-03 08:45"]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Choice(only=["nachtdienst"]), NIGHT),
        (Choice(without=["dienstFREI", "feiertag"]), NIGHT),
        (Choice(only=["ND2", "Weih"]), [*NIGHT, "12-25 00:00 12-26 00:00"]),
        (Choice(only=["n"], without=["frei"]), NIGHT),
        (Choice(only=["nothing"]), []),
    ],
)
def test_titles_and_categories_choose_what_is_demand(choice: Choice, expected: list[str]) -> None:
    assert runs(ROTA, choice=choice) == expected


def test_the_table_shows_what_would_be_paid_and_days_off_stand_out(bench: Workbench) -> None:
    path = bench.folder / "rota.ics"
    path.write_bytes(ROTA)
    result = bench.preheat("import", "ics", str(path))
    table = result.stderr.splitlines()[-5:]
    assert table[0].split() == [
        "title",
        "events",
        "starts",
        "hours",
        *["in", "the", "365", "days", "from", "2026-11-23"],
    ]
    assert [line.split("  ")[0] for line in table[1:-1]] == ["DF Dienstfrei", "Weihnachten", "ND2 Nachtdienst"]
    assert ["whole days" in line for line in table[1:-1]] == [True, True, False]
    chosen = bench.preheat("import", "ics", str(path), "--without", "frei", "--without", "Weih")
    assert "note: left out as asked: DF Dienstfrei (1), Weihnachten (1)" in chosen.stderr
    assert chosen.stderr.endswith("carried over 1 of 3 events\n")


def test_as_closed_makes_a_calendar_of_closed_days(bench: Workbench) -> None:
    path = bench.folder / "holidays.ics"
    path.write_bytes(
        calendar(
            "SUMMARY:Shutdown\nDTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227",
            "SUMMARY:Plant day\nDTSTART;VALUE=DATE:20200613\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20280613",
            "SUMMARY:Last year\nDTSTART;VALUE=DATE:20251224",
            SHIFT,
        )
    )
    result = bench.preheat("import", "ics", str(path), "--as", "closed", "--model", "plant")
    assert result.exit_code == 0, result.output
    assert '  plant:\n    dates: ["2026-12-24", "2026-12-25", "2026-12-26", "2027-06-13"]\n' in result.stdout
    assert bench.preheat("validate", bench.plant(result.stdout)).exit_code == 0
    assert "Early shift: it is no whole day" in result.stderr
    assert "Plant day: it recurs; its dates up to 2028-11-23 are listed" in result.stderr
    assert result.stderr.endswith("carried over 2 of 4 events\n")


@pytest.mark.parametrize("end", ["20261225T235900", "20261225T235959", "20261226T000000"])
def test_a_day_that_ends_a_minute_before_midnight_is_a_whole_day(end: str) -> None:
    """Some programs write the last minute of a day as its end."""
    day = f"DTSTART;TZID=Europe/Berlin:20261224T000000\nDTEND;TZID=Europe/Berlin:{end}\nRRULE:FREQ=YEARLY"
    plant, report = read_closed_days(calendar(day), "c", today=TODAY)
    assert plant.calendars == {"c": ["2026-12-24", "2026-12-25", "2027-12-24", "2027-12-25"]}
    assert report.losses == []
    shifts, lines = reported(calendar(f"{day};EXDATE:20270101T000000Z"))
    assert "whole days: if they are days off, use --without" in list(shifts.table(TODAY))[1], lines


def test_a_calendar_of_past_closed_days_carries_nothing_over() -> None:
    plant, report = read_closed_days(calendar("DTSTART;VALUE=DATE:20251224"), "c", today=TODAY)
    assert (plant.calendars, report.conclusion()) == ({}, "carried over nothing of 1 event")


def test_the_same_shift_of_many_people_is_one_window() -> None:
    events = [
        f"SUMMARY:Worker {number}\nDTSTART;TZID=Europe/Berlin:2026{month:02}{day:02}T060000\nDURATION:PT8H\n"
        "RRULE:FREQ=WEEKLY;BYDAY=FR,MO,TU,TH,WE\nEXDATE;TZID=Europe/Berlin:202612%02dT060000" % (number % 20 + 1)
        for number in range(400)
        for month, day in [(number % 9 + 1, 5)]
    ]
    plant, report = read_shifts(calendar(*events), "shifts", today=TODAY)
    (schedule,) = plant.schedules.values()
    assert (len(schedule.windows), schedule.closed, report.kept) == (1, [], 400)
    assert len(runs_of(plant, "2026-11-30", "2026-12-06")) == 5


def test_what_is_past_is_dropped_and_counted() -> None:
    old = SHIFT.replace("2026", "2024")
    data = calendar(SHIFT, old, f"{old}\nRRULE:FREQ=DAILY;COUNT=9", f"{old}\nRRULE:FREQ=DAILY;UNTIL=20250101T000000Z")
    report, lines = reported(data)
    assert "note: 3 events left out: past" in lines
    assert report.conclusion() == "carried over 1 of 4 events"


def plant_of_500_people(seed: int) -> bytes:
    """Return 10,000 recurring events: crews by day, week and month, holidays excluded, contracts that end."""
    random = Random(seed)  # noqa: S311 - made again from its seed
    days = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    events = []
    for number in range(10_000):
        hour, length = random.choice([(6, 8), (14, 8), (22, 8), (6, 12), (18, 12)])
        start = datetime(2025, 1, 6, hour) + timedelta(days=random.randint(0, 800))  # noqa: DTZ001 - a wall time
        rule = random.choice(
            [
                f"WEEKLY;INTERVAL={random.randint(1, 4)};BYDAY={','.join(random.sample(days, random.randint(1, 5)))}",
                f"DAILY;INTERVAL={random.choice([4, 6, 8])}",
                f"MONTHLY;BYDAY={random.choice(['1', '2', '-1'])}{random.choice(days)}",
                "WEEKLY",
            ]
        )
        end = random.choice(["", f";COUNT={random.randint(3, 60)}", f";UNTIL=2027{random.randint(1, 12):02}01T000000Z"])
        free = start + timedelta(weeks=random.randint(1, 30))
        excluded = f"\nEXDATE;TZID={BERLIN}:{free:%Y%m%dT%H%M%S}" if random.random() < 0.3 else ""
        events.append(
            f"SUMMARY:Person {number % 500}\nDTSTART;TZID={BERLIN}:{start:%Y%m%dT%H%M%S}\nDURATION:PT{length}H\n"
            f"RRULE:FREQ={rule}{end}{excluded}"
        )
    return calendar(*events)


def test_ten_thousand_recurring_events_of_five_hundred_people_take_seconds_and_fit() -> None:
    data, begun = plant_of_500_people(1), process_time()
    plant, report = read_shifts(data, "plant", today=TODAY)
    text = write_plant(plant, "a test")
    list(report.table(TODAY))
    assert process_time() - begun < 30, "seconds"
    assert len(text) < 100_000
    parse_plant(text.encode(), "plant.yaml")


def nest(depth: int) -> bytes:
    return b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X-A\r\n" * depth + b"END:X-B\r\nEND:X-A\r\n" * depth + b"END:VCALENDAR\r\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(nest(100_000), id="a nest"),
        pytest.param(b"BEGIN:VCALENDAR\n" + b"BEGIN:VTIMEZONE\n" * 50_000 + b"END:VCALENDAR\n", id="zones without end"),
        pytest.param(calendar(SHIFT + ";" * 500_000), id="a long line"),
        pytest.param(calendar(f"{SHIFT}\nRRULE:FREQ=YEARLY;INTERVAL=1000;BYMONTH=2;BYMONTHDAY=29"), id="a rare rule"),
        pytest.param(calendar(f"{SHIFT}\nEXDATE:" + ",".join(["20261202T050000Z"] * 50_000)), id="many exclusions"),
        pytest.param(calendar(f"{SHIFT}\nEXDATE:" + "," * 3_000_000), id="commas"),
        pytest.param(
            calendar(*[f"{SHIFT}\nRRULE:FREQ=YEARLY;BYYEARDAY={n % 366 + 1},-{n // 366 + 1}" for n in range(3_000)]),
            id="different rules",
        ),
        pytest.param(
            calendar(
                *[f"DTSTART:202612{n % 28 + 1:02}T{n % 24:02}{n // 672:02}00Z\nDURATION:P999D" for n in range(2_000)]
            ),
            id="long events",
        ),
        pytest.param(
            calendar(*[f"UID:s\n{SHIFT}\nRECURRENCE-ID:2026120{n % 9}T050000Z" for n in range(9_000)]),
            id="many moved starts",
        ),
        pytest.param(calendar(*[SHIFT.replace("Europe/Berlin", f"Z{n}") for n in range(5_000)]), id="unknown zones"),
    ],
)  # fmt: skip
def test_a_hostile_file_ends_in_seconds(data: bytes) -> None:
    begun = process_time()
    with suppress(NoCalendarError):
        read_shifts(data, "m", today=TODAY)
    assert process_time() - begun < 20, "seconds"


def test_no_line_of_a_report_is_longer_than_200_characters(bench: Workbench) -> None:
    long = "x" * 500
    path = bench.folder / f"{long[:200]}.ics"
    path.write_bytes(
        calendar(
            f"SUMMARY:{long}\nDTSTART;TZID={long}:20261202T060000\nDURATION:{long}", f"DTSTART:{long}", "RRULE:" + long
        )
    )
    result = bench.preheat("import", "ics", str(path))
    assert result.exit_code == 1
    assert all(len(line) <= 200 for line in result.stderr.splitlines()[:-1])


RULES = st.sampled_from(
    [
        *("FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        *("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "FREQ=WEEKLY;INTERVAL=3;BYDAY=SA,SU;WKST=SU", "FREQ=DAILY;INTERVAL=4"),
        *("FREQ=DAILY", "FREQ=MONTHLY;BYDAY=-1FR"),
    ]
)  # fmt: skip
NEAR = st.integers(-60, 120)
SOURCES = st.tuples(
    RULES, NEAR, st.none() | st.integers(0, 200), st.frozensets(NEAR, max_size=3), st.sampled_from([6, 18])
)


@settings(max_examples=take_part(60), deadline=None)
@given(st.lists(SOURCES, min_size=1, max_size=8), st.booleans())
def test_merged_windows_mean_the_union_of_their_sources(sources: list[Any], many: bool) -> None:
    """With more windows than a few, only what is past may differ."""
    demand, day = ImportedDemand(), timedelta(days=1)
    expected: set[tuple[date, int]] = set()
    for text, first, length, excluded, hour in sources:
        anchor = TODAY + first * day
        last = None if length is None else anchor + length * day
        pattern = pattern_of(text, anchor)
        out = frozenset(TODAY + each * day for each in excluded)
        hours = Hours(datetime(2026, 1, 1, hour).time(), timedelta(hours=hour + 4))  # noqa: DTZ001 - a wall time
        demand.add([Recurring("UTC", pattern, hours, anchor, last, out)], [], TODAY)
        for number in range(160):
            at = TODAY + number * day
            starts = anchor <= at <= (last or date.max) and at not in out
            if starts and at in find_dates(RecurrenceRule(text, anchor), at.year):
                expected.add((at, hour))
    plant = plant_of("m", demand, TODAY, few=0 if many else 100)
    found = runs_of(plant, str(TODAY), str(TODAY + 159 * day), in_zone="UTC")
    begins = {(f"{at:%m-%d}", hour) for at, hour in expected}
    assert {(line[:5], int(line[6:8])) for line in found} == begins


def test_every_case_of_the_page_is_a_row() -> None:
    page = (Path(__file__).parents[4] / "docs" / "import.md").read_text()
    for option in ("--only", "--without", "--as closed", "--zone", "--model"):
        assert f"`{option}" in page


FAR: Final = ["99991231", "99991231T235959", "99991231T235959Z", "22001231"]


@pytest.mark.parametrize("until", FAR)
@pytest.mark.parametrize("day", ["", "VALUE=DATE:20261202"])
def test_an_end_that_no_plant_file_can_name_is_no_end(until: str, day: str) -> None:
    """Some programs write the last date that they know in place of none."""
    event = f"DTSTART;{day}" if day else SHIFT
    data = calendar(f"{event}\nRRULE:FREQ=WEEKLY;UNTIL={until}", SHIFT)
    assert runs(data, zone=BERLIN) == runs(calendar(f"{event}\nRRULE:FREQ=WEEKLY", SHIFT), zone=BERLIN)
    assert reported(data, zone=BERLIN)[1] == []


@pytest.mark.parametrize(
    "more",
    [
        "RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:23000101T060000",
        "RRULE:FREQ=DAILY\nEXDATE;TZID=Europe/Berlin:99991231T060000",
        "RRULE:FREQ=DAILY\nEXDATE;VALUE=DATE:99991231",
        "RRULE:FREQ=YEARLY;INTERVAL=10;COUNT=20\nRRULE:FREQ=DAILY",
    ],
)
def test_a_date_after_the_last_that_a_plant_file_can_name_has_no_effect(more: str) -> None:
    data = calendar(f"{SHIFT}\n{more}")
    assert runs(data) == runs(calendar(f"{SHIFT}\nRRULE:FREQ=DAILY"))
    assert reported(data)[1] == []


def test_a_change_after_the_last_year_of_a_plant_file_changes_no_series() -> None:
    series = f"UID:s\n{SHIFT}\nRRULE:FREQ=DAILY"
    change = "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:23000101T060000\n{}\nDURATION:PT8H"
    data = calendar(series, change.format("DTSTART;TZID=Europe/Berlin:23000102T060000"))
    assert runs(data) == runs(calendar(series))


@pytest.mark.parametrize("until", ["2026-12-31", "20261231T235959+0100", "20261231T240000Z", "20261331", "SOON"])
def test_an_end_of_another_form_is_named_with_the_right_form(until: str) -> None:
    (line,) = reported(calendar(f"{SHIFT}\nRRULE:FREQ=WEEKLY;UNTIL={until}"))[1]
    assert f"only its first start carries over; accepted: instead of 'UNTIL={until}', UNTIL=20261231" in line


@pytest.mark.parametrize("until", ["00010101T000000Z", "00010101T000000", "16010101T000000Z"])
def test_an_end_in_another_age_is_an_end_before_the_first_start(until: str) -> None:
    lines = reported(calendar(f"{SHIFT}\nRRULE:FREQ=DAILY;UNTIL={until}", SHIFT))[1]
    assert ["its rule ends before its first start" in line for line in lines] == [True]


def closed_days(today: date, event: str) -> list[str]:
    plant, _ = read_closed_days(calendar(event), "plant", today=today)
    return list(plant.calendars["plant"])


def test_a_yearly_shutdown_that_began_last_year_still_closes_today() -> None:
    shutdown = "DTSTART;VALUE=DATE:20231228\nDTEND;VALUE=DATE:20240104\nRRULE:FREQ=YEARLY"
    assert closed_days(date(2026, 1, 2), shutdown)[:2] == ["2026-01-02", "2026-01-03"]


def test_today_is_a_closed_day_too() -> None:
    assert closed_days(date(2026, 12, 24), "DTSTART;VALUE=DATE:20261224") == ["2026-12-24"]
