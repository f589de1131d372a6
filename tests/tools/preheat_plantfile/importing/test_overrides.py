"""Moved, cancelled and revised starts: one start without RANGE, all later ones with it, the highest SEQUENCE."""

import pytest
from tests.tools.preheat_plantfile.importing.calendars import calendar, reported, runs

SERIES = "UID:s\nDTSTART;TZID=Europe/Berlin:{day}T060000\nDURATION:PT8H\nSUMMARY:Shift\nRRULE:{rule}"
MOVED = "UID:s\nRECURRENCE-ID;TZID=Europe/Berlin:{of}T060000\nDTSTART;TZID=Europe/Berlin:{to}\nDURATION:PT2H"
DAILY = SERIES.format(day="20261201", rule="FREQ=DAILY;COUNT=3")
WEEKLY = SERIES.format(day="20261130", rule="FREQ=WEEKLY;COUNT=4")
FIRST, LAST = "12-01 06:00 12-01 14:00", "12-03 06:00 12-03 14:00"


@pytest.mark.parametrize(
    "more", ["", "RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=DAILY\nEXDATE:20261209T050000Z", "RDATE:20270101"]
)
def test_a_moved_start_is_one_start_whatever_else_it_carries(more: str) -> None:
    found = runs(calendar(WEEKLY, f"{MOVED.format(of='20261207', to='20261208T060000')}\n{more}"))
    expected = [
        "11-30 06:00 11-30 14:00",
        "12-08 06:00 12-08 08:00",
        "12-14 06:00 12-14 14:00",
        "12-21 06:00 12-21 14:00",
    ]
    assert found == expected


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_several_revisions_of_a_moved_start_the_highest_sequence_holds(order: tuple[int, int]) -> None:
    revisions = [
        MOVED.format(of="20261202", to="20261202T080000") + "\nSEQUENCE:1",
        MOVED.format(of="20261202", to="20261202T160000") + "\nSEQUENCE:10",
    ]
    data = calendar(DAILY, *(revisions[number] for number in order))
    assert runs(data) == [FIRST, "12-02 16:00 12-02 18:00", LAST]
    assert "note: 1 older revision left out; the highest SEQUENCE holds, then the latest DTSTAMP" in reported(data)[1]


def test_of_several_revisions_of_a_series_the_highest_sequence_holds() -> None:
    later = SERIES.format(day="20261208", rule="FREQ=DAILY;COUNT=1")
    assert runs(calendar(f"{later}\nSEQUENCE:4", f"{DAILY}\nSEQUENCE:3")) == ["12-08 06:00 12-08 14:00"]


def test_two_series_that_share_a_uid_and_revision_are_both_carried_over() -> None:
    other = SERIES.format(day="20261208", rule="FREQ=DAILY;COUNT=1")
    assert runs(calendar(DAILY, other))[-1] == "12-08 06:00 12-08 14:00"
    moved = MOVED.format(of="20261208", to="20261209T060000")
    assert runs(calendar(DAILY, other, moved))[-1] == "12-09 06:00 12-09 08:00"


ALL_DAY = "UID:s\nDTSTART;VALUE=DATE:20261203\nRRULE:FREQ=WEEKLY;COUNT=3"


@pytest.mark.parametrize(
    "identity",
    [
        "RECURRENCE-ID;VALUE=DATE:20261210",
        "RECURRENCE-ID:20261210",
        "RECURRENCE-ID;TZID=W. Europe Standard Time:20261210T000000",
        "RECURRENCE-ID:20261210T000000",
        "RECURRENCE-ID:20261209T230000Z",
    ],
)
def test_a_date_and_a_time_name_the_same_day_of_an_all_day_series(identity: str) -> None:
    data = calendar(ALL_DAY, f"UID:s\n{identity}\nDTSTART;VALUE=DATE:20261211")
    assert runs(data, zone="Europe/Berlin") == [
        "12-03 00:00 12-04 00:00",
        "12-11 00:00 12-12 00:00",
        "12-17 00:00 12-18 00:00",
    ]


@pytest.mark.parametrize("identity", ["RECURRENCE-ID;VALUE=DATE:20261202", "EXDATE"])
def test_a_date_names_the_start_of_a_timed_series_on_that_day(identity: str) -> None:
    if identity == "EXDATE":
        assert runs(calendar(f"{DAILY}\nEXDATE;VALUE=DATE:20261202")) == [FIRST, LAST]
    else:
        assert runs(calendar(DAILY, f"UID:s\n{identity}\nSTATUS:CANCELLED")) == [FIRST, LAST]


RANGE = "UID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:{of}T060000\n"


@pytest.mark.parametrize(
    ("series", "change", "expected"),
    [
        pytest.param(
            DAILY,
            RANGE.format(of="20261202") + "DTSTART;TZID=Europe/Berlin:20261202T080000\nDURATION:PT4H",
            [FIRST, "12-02 08:00 12-02 12:00", "12-03 08:00 12-03 12:00"],
            id="other hours",
        ),
        pytest.param(
            WEEKLY,
            RANGE.format(of="20261214") + "DTSTART;TZID=Europe/Berlin:20261215T060000\nDURATION:PT8H",
            [f"{day} 06:00 {day} 14:00" for day in ("11-30", "12-07", "12-15", "12-22")],
            id="another weekday",
        ),
        pytest.param(
            SERIES.format(day="20261130", rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=MO;UNTIL=20270110T050000Z"),
            RANGE.format(of="20261214") + "DTSTART;TZID=Europe/Berlin:20261213T060000\nDURATION:PT8H",
            [f"{day} 06:00 {day} 14:00" for day in ("11-30", "12-06", "12-13", "12-19", "12-27", "01-02")],
            id="a day earlier, over the week's start",
        ),
        pytest.param(
            SERIES.format(day="20261130", rule="FREQ=MONTHLY;BYDAY=-1MO;COUNT=3"),
            RANGE.format(of="20261228") + "DTSTART;TZID=Europe/Berlin:20261229T060000\nDURATION:PT8H",
            ["11-30 06:00 11-30 14:00", "12-29 06:00 12-29 14:00", "01-26 06:00 01-26 14:00"],
            id="a rule that cannot be moved is listed",
        ),
        pytest.param(
            WEEKLY,
            RANGE.format(of="20261214") + "STATUS:CANCELLED",
            ["11-30 06:00 11-30 14:00", "12-07 06:00 12-07 14:00"],
            id="cancelled",
        ),
        pytest.param(
            f"{WEEKLY}\nEXDATE;TZID=Europe/Berlin:20261221T060000",
            RANGE.format(of="20261214") + "DTSTART;TZID=Europe/Berlin:20261215T060000\nDURATION:PT8H",
            [f"{day} 06:00 {day} 14:00" for day in ("11-30", "12-07", "12-15")],
            id="what is excluded stays so",
        ),
    ],
)  # fmt: skip
def test_a_change_of_this_and_all_later_starts_is_done(series: str, change: str, expected: list[str]) -> None:
    assert runs(calendar(series, change)) == expected


def test_a_change_of_earlier_starts_is_said_and_moves_one() -> None:
    change = RANGE.format(of="20261202").replace("THISANDFUTURE", "THISANDPRIOR")
    data = calendar(DAILY, f"{change}DTSTART;TZID=Europe/Berlin:20261202T080000\nDURATION:PT4H")
    assert runs(data) == [FIRST, "12-02 08:00 12-02 12:00", LAST]
    assert any("its RANGE=THISANDPRIOR: the import moves only this start" in line for line in reported(data)[1])


def test_a_moved_start_without_an_end_keeps_the_hours_of_its_series() -> None:
    moved = MOVED.format(of="20261202", to="20261202T100000").removesuffix("DURATION:PT2H").strip()
    assert runs(calendar(DAILY, moved)) == [FIRST, "12-02 10:00 12-02 18:00", LAST]


def test_what_changes_a_series_that_is_cancelled_or_not_there_is_handled() -> None:
    moved = MOVED.format(of="20261202", to="20261202T080000")
    assert runs(calendar(moved)) == ["12-02 08:00 12-02 10:00"]
    assert runs(calendar(f"{DAILY}\nSTATUS:CANCELLED", moved)) == []


FORMS = [
    "RECURRENCE-ID;TZID=Europe/Berlin:20261202T060000",
    "RECURRENCE-ID;TZID=W. Europe Standard Time:20261202T060000",
    "RECURRENCE-ID:20261202T050000Z",
    "RECURRENCE-ID;TZID=Asia/Tokyo:20261202T140000",
    "RECURRENCE-ID;VALUE=DATE:20261202",
]


@pytest.mark.parametrize("later", FORMS)
@pytest.mark.parametrize("earlier", FORMS)
def test_revisions_of_one_moved_start_are_known_in_whatever_zone_or_form_they_name_it(earlier: str, later: str) -> None:
    moved = "UID:s\n{of}\nDTSTART;TZID=Europe/Berlin:20261202T{hour}0000\nDURATION:PT2H\nSEQUENCE:{sequence}"
    revisions = (
        moved.format(of=later, hour=16, sequence=4),
        moved.format(of=earlier, hour=20, sequence=3),
    )
    assert runs(calendar(DAILY, *revisions)) == [FIRST, "12-02 16:00 12-02 18:00", LAST]


NEXT = "DTSTART;TZID=Europe/Berlin:{to}\nDURATION:PT4H"


@pytest.mark.parametrize("of", ["20261203T060000", "20261203T080000"])
def test_a_start_after_a_change_of_all_later_ones_is_named_by_its_first_or_by_its_changed_time(of: str) -> None:
    """RFC 5545 means the first one; some programs write the changed one."""
    change = RANGE.format(of="20261202") + NEXT.format(to="20261202T080000")
    moved = f"UID:s\nRECURRENCE-ID;TZID=Europe/Berlin:{of}\nDTSTART;TZID=Europe/Berlin:20261203T200000\nDURATION:PT1H"
    expected = [FIRST, "12-02 08:00 12-02 12:00", "12-03 20:00 12-03 21:00"]
    assert runs(calendar(DAILY, change, moved)) == expected
    assert reported(calendar(DAILY, change, moved))[1] == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    "series",
    [
        WEEKLY,
        WEEKLY.partition("RRULE")[0]
        + "RDATE;TZID=Europe/Berlin:20261207T060000,20261214T060000,20261221T060000\nEXDATE:20261222T050000Z",
    ],
)
def test_of_several_changes_of_later_starts_each_holds_from_its_first_start_on(
    series: str, order: tuple[int, int]
) -> None:
    changes = [
        RANGE.format(of="20261207") + NEXT.format(to="20261208T060000"),
        RANGE.format(of="20261214") + NEXT.format(to="20261212T100000"),
    ]
    expected = [
        "11-30 06:00 11-30 14:00",
        "12-08 06:00 12-08 10:00",
        "12-12 10:00 12-12 14:00",
        "12-19 10:00 12-19 14:00",
    ]
    assert runs(calendar(series, *(changes[number] for number in order))) == expected


def test_a_change_of_later_starts_keeps_the_rule_of_its_series_and_says_if_it_has_another() -> None:
    change = RANGE.format(of="20261202") + NEXT.format(to="20261202T080000")
    expected = [FIRST, "12-02 08:00 12-02 12:00", "12-03 08:00 12-03 12:00"]
    for rule, told in (("freq=daily; COUNT=3", False), ("FREQ=WEEKLY;COUNT=9", True)):
        data = calendar(DAILY, f"{change}\nRRULE:{rule}")
        assert runs(data) == expected
        assert any(f"its rule {rule}: a change of later" in line for line in reported(data)[1]) is told


TWO_A_DAY = (
    SERIES.partition("RRULE")[0].format(day="20261202") + "RDATE;TZID=Europe/Berlin:20261202T180000,20261203T180000"
)
EARLY, EVENING, NEXT_EVENING = "12-02 06:00 12-02 14:00", "12-02 18:00 12-03 02:00", "12-03 18:00 12-04 02:00"
SECOND = "UID:s\nRECURRENCE-ID{range};TZID=Europe/Berlin:20261202T180000\n"


@pytest.mark.parametrize(
    ("more", "change", "expected"),
    [
        ("\nEXDATE;TZID=Europe/Berlin:20261202T180000", "", [EARLY, NEXT_EVENING]),
        ("\nEXDATE;TZID=Europe/Berlin:20261202T060000", "", [EVENING, NEXT_EVENING]),
        ("\nEXDATE;VALUE=DATE:20261202", "", [NEXT_EVENING]),
        ("", SECOND.format(range="") + "STATUS:CANCELLED", [EARLY, NEXT_EVENING]),
        (
            "",
            SECOND.format(range="") + NEXT.format(to="20261204T060000"),
            [EARLY, NEXT_EVENING, "12-04 06:00 12-04 10:00"],
        ),
        ("", SECOND.format(range=";RANGE=THISANDFUTURE") + "STATUS:CANCELLED", [EARLY]),
        (
            "",
            SECOND.format(range=";RANGE=THISANDFUTURE") + NEXT.format(to="20261203T160000"),
            [EARLY, "12-03 16:00 12-03 20:00", "12-04 18:00 12-05 02:00"],
        ),
    ],
)
def test_each_of_two_single_starts_on_one_date_is_excluded_moved_or_cancelled_by_itself(
    more: str, change: str, expected: list[str]
) -> None:
    data = calendar(TWO_A_DAY + more, *([change] if change else []))
    assert runs(data) == expected
    assert reported(data)[1] == []


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("stamp", ["DTSTAMP", "LAST-MODIFIED:20261101T000000Z\nDTSTAMP", "SEQUENCE:2\nDTSTAMP"])
def test_of_two_series_of_one_uid_and_sequence_the_one_with_the_later_stamp_holds(
    stamp: str, order: tuple[int, int]
) -> None:
    revisions = [
        f"{DAILY}\n{stamp}:20261120T080000Z",
        SERIES.format(day="20261208", rule="FREQ=DAILY;COUNT=1") + f"\n{stamp}:20261121T080000Z",
    ]
    data = calendar(*(revisions[number] for number in order))
    assert runs(data) == ["12-08 06:00 12-08 14:00"]
    assert reported(data)[1] == ["note: 1 older revision left out; the highest SEQUENCE holds, then the latest DTSTAMP"]
