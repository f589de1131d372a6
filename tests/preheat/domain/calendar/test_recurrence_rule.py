"""Rules of RFC 5545 by days: the dates that the library finds when it counts from the anchor, and never without end."""

from datetime import date, datetime, time, timedelta
from time import process_time

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.preheat.domain.calendar.rule_reference import dates_until
from tests.support.effort import take_part

from preheat.domain.calendar.recurrence_rule import RecurrenceRule, comes_true, find_dates, find_last

anchors = st.dates(date(2019, 1, 1), date(2026, 12, 31))
weekdays = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])


def draw_list(items: st.SearchStrategy[object], most: int = 3) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=most, unique=True).map(lambda some: ",".join(map(str, some)))


def draw_signed(most: int) -> st.SearchStrategy[int]:
    return st.integers(1, most) | st.integers(-most, -1)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    numbered = {"MONTHLY": 5, "YEARLY": 9}.get(frequency)
    days = (
        st.builds(lambda nth, day: f"{nth}{day}", st.just("") | draw_signed(numbered), weekdays)
        if numbered
        else weekdays
    )
    parts = {"INTERVAL": st.integers(1, 4).map(str), "BYMONTH": draw_list(st.integers(1, 12)), "WKST": weekdays}
    parts["BYDAY"] = draw_list(days)
    if frequency != "WEEKLY":
        parts["BYMONTHDAY"] = draw_list(draw_signed(31))
    if frequency == "YEARLY":
        parts |= {"BYYEARDAY": draw_list(draw_signed(366)), "BYWEEKNO": draw_list(draw_signed(53))}
    parts["BYSETPOS"] = draw_list(draw_signed(12), 2)
    chosen = draw(st.sets(st.sampled_from(sorted(parts)), max_size=3))
    return ";".join([f"FREQ={frequency}", *(f"{name}={draw(parts[name])}" for name in sorted(chosen))])


@settings(max_examples=take_part(500), deadline=None)
@given(rules(), anchors)
def test_a_rule_means_the_dates_that_the_reference_expands_from_its_anchor(text: str, anchor: date) -> None:
    try:
        rule = RecurrenceRule(text, anchor)
    except ValueError:
        assume(False)
    found = {day for year in range(2018, 2029) for day in find_dates(rule, year)}
    assert found == dates_until(text, anchor, date(2028, 12, 31))


# Kinds of rules with reported faults in other libraries; RFC 8984 completes their open parts.
@pytest.mark.parametrize(
    ("text", "anchor", "expected"),
    [
        ("FREQ=MONTHLY;BYDAY=WE,-1FR", "2026-12-02", ["12-02", "12-09", "12-16", "12-23", "12-25", "12-30"]),
        ("FREQ=MONTHLY;BYMONTH=12;BYDAY=1MO,SU", "2026-12-01", ["12-06", "12-07", "12-13", "12-20", "12-27"]),
        ("FREQ=YEARLY;BYWEEKNO=50", "2026-12-09", ["12-09"]),
        ("FREQ=YEARLY;BYWEEKNO=50;BYDAY=MO,TU", "2026-12-01", ["12-07", "12-08"]),
        ("FREQ=YEARLY;BYWEEKNO=-1", "2026-12-01", ["12-29"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=-1", "2026-12-07", ["12-11", "12-18", "12-25"]),
        (
            "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=1,-1",
            "2026-12-09",
            ["12-11", "12-14", "12-18", "12-21", "12-25", "12-28"],
        ),
        ("FREQ=MONTHLY;BYDAY=MO,2TU;BYSETPOS=2", "2026-12-01", ["12-08"]),
        ("FREQ=DAILY;BYDAY=SA;BYSETPOS=1", "2026-12-18", ["12-19", "12-26"]),
        ("FREQ=YEARLY;BYMONTH=12", "2026-12-24", ["12-24"]),
        # The first date also gives the month if the rule names none, as programs that write such a yearly event mean
        # it.
        ("FREQ=YEARLY;WKST=MO;INTERVAL=1;BYMONTHDAY=7", "2026-12-07", ["12-07"]),
        ("FREQ=YEARLY;BYMONTHDAY=24,-1", "2025-12-24", ["12-24", "12-31"]),
        ("FREQ=YEARLY;BYMONTHDAY=15", "2024-07-15", ["07-15"]),
        ("FREQ=YEARLY;BYMONTHDAY=29", "2024-02-29", []),
        ("FREQ=YEARLY;BYDAY=FR;BYMONTHDAY=13", "2020-11-13", ["11-13"]),
        ("FREQ=YEARLY;BYMONTHDAY=7,14,21;BYSETPOS=-1", "2026-12-07", ["12-21"]),
        ("FREQ=YEARLY;BYMONTH=3,12;BYMONTHDAY=7", "2026-12-07", ["12-07"]),
        ("FREQ=YEARLY;BYWEEKNO=50;BYMONTHDAY=7,8", "2026-12-01", ["12-07", "12-08"]),
        ("FREQ=YEARLY;BYYEARDAY=-1;BYMONTHDAY=31", "2026-03-31", ["12-31"]),
        ("FREQ=YEARLY;BYYEARDAY=341,-1", "2026-12-01", ["12-07", "12-31"]),
        ("FREQ=YEARLY;BYYEARDAY=366", "2024-12-31", []),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,FR,SU", "2026-12-01", ["12-28"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", "2025-12-01", []),
        ("FREQ=YEARLY;BYDAY=MO;BYSETPOS=-1", "2026-12-07", ["12-28"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1,-2", "2026-12-01", ["12-30", "12-31"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", "2026-12-01", ["12-01", "12-06", "12-15", "12-20", "12-29"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "2026-12-01", ["12-01", "12-13", "12-15", "12-27", "12-29"]),
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1;WKST=TH", "2026-12-03", ["12-04", "12-11", "12-18", "12-25"]),
    ],
)
def test_a_rule_means_these_dates_of_a_december(text: str, anchor: str, expected: list[str]) -> None:
    found = find_dates(RecurrenceRule(text, date.fromisoformat(anchor)), 2026)
    assert [f"{day:%m-%d}" for day in sorted(found)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=WEEKLY;INTERVAL=1000;BYMONTH=2;BYDAY=MO",
        "FREQ=YEARLY;INTERVAL=1000;BYMONTHDAY=-31;BYMONTH=2",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12",
    ],
)
def test_a_rule_that_hardly_ever_or_never_comes_true_is_answered_in_bounded_time(text: str) -> None:
    rule, begun = RecurrenceRule(text, date(2026, 1, 6)), process_time()
    comes_true(rule)
    assert process_time() - begun < 5, "seconds; a search without end would take minutes"


def test_a_rule_that_never_comes_true_is_reported() -> None:
    assert not comes_true(RecurrenceRule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", date(2026, 1, 1)))
    assert comes_true(RecurrenceRule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(2026, 1, 1)))


@given(st.sampled_from(["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY;BYMONTHDAY=31"]), st.integers(1, 400))
def test_a_count_ends_on_the_date_of_its_last_occurrence(text: str, count: int) -> None:
    anchor = date(2026, 1, 5)
    *_, last = rrulestr(f"{text};COUNT={count}", dtstart=datetime.combine(anchor, time()))
    assert find_last(RecurrenceRule(text, anchor), count) == last.date()


def test_a_count_that_reaches_further_than_a_hundred_years_leaves_no_end() -> None:
    assert find_last(RecurrenceRule("FREQ=YEARLY", date(2026, 1, 5)), 101) is None


def test_the_years_of_an_interval_go_by_the_anchor() -> None:
    rule = RecurrenceRule("FREQ=WEEKLY;INTERVAL=2", date(2026, 1, 5))
    days = [rule.anchor + timedelta(days=14 * number) for number in range(60)]
    assert {day for year in (2026, 2027) for day in find_dates(rule, year)} == {day for day in days if day.year < 2028}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "parts NAME=value"),
        ("FREQ=HOURLY", "FREQ=DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=SECONDLY;INTERVAL=1", "FREQ=DAILY"),
        ("BYDAY=MO", "FREQ=DAILY"),
        ("FREQ=DAILY;BYHOUR=6", "parts NAME=value"),
        ("FREQ=DAILY;COUNT=3", "parts NAME=value"),
        ("FREQ=DAILY;UNTIL=20270101", "parts NAME=value"),
        ("FREQ=DAILY;FREQ=DAILY", "each once"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=1 to 1000"),
        ("FREQ=DAILY;INTERVAL=1001", "INTERVAL=1 to 1000"),
        ("FREQ=DAILY;INTERVAL=" + "9" * 400, "INTERVAL=1 to 1000"),
        ("FREQ=DAILY;INTERVAL=٣", "INTERVAL=1 to 1000"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY=MO,TU,WE,TH,FR,SA,SU, without numbers"),
        ("FREQ=MONTHLY;BYDAY=6MO", "number up to 5"),
        ("FREQ=YEARLY;BYDAY=54MO", "number up to 53"),
        ("FREQ=YEARLY;BYMONTH=12;BYDAY=8MO", "number up to 5"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=1MO", "beside BYWEEKNO"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY only with FREQ=DAILY or MONTHLY or YEARLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=1 to 31"),
        ("FREQ=MONTHLY;BYMONTH=13", "BYMONTH=1 to 12"),
        ("FREQ=MONTHLY;BYMONTH=-1", "BYMONTH=1 to 12"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS only beside another"),
        ("FREQ=DAILY;WKST=XX", "WKST="),
        ("FREQ=DAILY;" + "X" * 600, "at most 500 characters"),
    ],
)
def test_a_rule_that_is_none_is_refused_with_what_is_accepted(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        RecurrenceRule(text, date(2026, 1, 1))


@pytest.mark.parametrize("more", ["", ";BYMONTH=12", ";BYMONTH=1", ";BYMONTHDAY=-31,31", ";WKST=SU"])
def test_no_number_of_a_day_that_is_accepted_makes_the_library_fail(more: str) -> None:
    most = 5 if "BYMONTH=" in more else 53
    for number in (*range(-most, 0), *range(1, most + 1)):
        for day in ("MO", "SU"):
            rule = RecurrenceRule(f"FREQ=YEARLY;BYDAY={number}{day}{more}", date(2020, 1, 1))
            assert all(found.year == year for year in (2024, 2026) for found in find_dates(rule, year))
