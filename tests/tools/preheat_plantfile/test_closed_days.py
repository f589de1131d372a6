"""Closed days of calendars: holidays by name in any language, make-up workdays, half days, and what a day removes."""

import json
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from tests.tools.conftest import Workbench

from preheat.adapters.dynamodb.serial import decode, encode_fields
from preheat.domain.calendar.schedule import HalfDay, Schedule, ShiftWindow, Weekday
from preheat_plantfile import holiday_library
from preheat_plantfile.compiling.holidays import Range, ahead_of, bridges
from preheat_plantfile.compiling.plan import compile_models, find_announced_at
from preheat_plantfile.compiling.schedules import schedule
from preheat_plantfile.reading import PlantFileError, parse_plant
from preheat_plantfile.schema.models import PlantFile

NOW = datetime(2026, 11, 24, tzinfo=UTC)
SPAN = Range(date(2026, 1, 1), date(2028, 1, 1))


def plant_with(
    calendar: str, window: str = 'days: mon-fri, start: "06:00", end: "14:00"', kind: str = "windows"
) -> PlantFile:
    text = (
        f"version: 1\ncalendars:\n  c: {{{calendar}}}\nschedules:\n"
        f"  s: {{zone: Europe/Berlin, closed: [c], {kind}: [{{{window}}}]}}\n"
        "models:\n  m: {backend: rekognition, project: p, version: v1, schedules: [s]}\n"
    )
    return parse_plant(text.encode(), "plant.yaml")


def compile_with(calendar: str, window: str = 'days: mon-fri, start: "06:00", end: "14:00"') -> Schedule:
    plant = plant_with(calendar, window)
    return schedule("s", plant.schedules["s"], plant.calendars, SPAN)


def problems_of(
    calendar: str, window: str = 'days: mon, start: "06:00", end: "14:00"', kind: str = "windows"
) -> list[str]:
    with pytest.raises(PlantFileError) as raised:
        plant_with(calendar, window, kind)
    return list(raised.value.lines[:-1])


@pytest.fixture(params=["en_US.UTF-8", "C.UTF-8", "de_DE.UTF-8", "uk_UA.UTF-8", ""])
def language(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A language of the environment, with nothing kept from another one."""
    for name in ("LANG", "LC_ALL", "LC_MESSAGES", "LANGUAGE"):
        monkeypatch.setenv(name, request.param)
    holiday_library._country.cache_clear()
    return str(request.param)


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("name", ["Fronleichnam", "Corpus Christi"])
def test_a_holiday_has_its_own_name_and_its_english_one_whatever_the_environment_says(name: str) -> None:
    corpus_christi = date(2027, 5, 27)
    bavaria = "holidays: [{country: DE, subdivision: BY%s}]"
    assert corpus_christi in compile_with(bavaria % "").closed
    assert corpus_christi not in compile_with(bavaria % f", without: [{name}]").closed
    (line,) = problems_of(bavaria % ", without: [Fronleichnamm]")
    assert (
        "found 'Fronleichnamm', no holiday there (did you mean 'Fronleichnam'?); accepted: one of: Allerheiligen"
        in line
    )


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("country", ["CN", "JP", "HU", "SA", "GB", "MX", "TH"])
def test_the_names_of_a_country_are_the_same_on_every_machine(country: str) -> None:
    own, accepted = holiday_library.names_of(country, None, ["public"])
    assert set(own) <= accepted
    assert sum(map(len, own)) == LENGTHS.setdefault(country, sum(map(len, own)))


LENGTHS: dict[str, int] = {}  # of all the names of a country, as the first language found them


@pytest.mark.parametrize(
    ("country", "day", "stands_for"),
    [
        ("CN", "2026-09-20", Weekday.TUE),
        ("CN", "2026-10-10", Weekday.WED),
        ("HU", "2026-08-08", Weekday.FRI),
        ("LV", "2026-06-27", Weekday.MON),
    ],
)
def test_a_make_up_workday_stands_for_the_weekday_that_it_makes_up_for(
    country: str, day: str, stands_for: Weekday
) -> None:
    worked = date.fromisoformat(day)
    name = stands_for.name.lower()
    asked = f"holidays: [{{country: {country}}}], make_up_days: true"
    hours = 'start: "06:00", end: "14:00"'
    assert [
        w.only.dates for w in compile_with(asked, f"days: {name}, {hours}").added if w.only and worked in w.only.dates
    ]
    other = "thu" if stands_for is not Weekday.THU else "fri"
    added = compile_with(asked, f"days: {other}, {hours}").added
    assert not any(window.only is not None and worked in window.only.dates for window in added)
    assert compile_with(f"holidays: [{{country: {country}}}]", f"days: {name}, {hours}").added == ()


@pytest.mark.parametrize(
    "window",
    [
        'rrule: FREQ=WEEKLY;INTERVAL=2;BYDAY=TU, anchor: 2026-01-06, start: "06:00", end: "14:00"',
        'rrule: FREQ=WEEKLY;BYDAY=TU, anchor: 2026-10-06, start: "06:00", end: "14:00"',
        'rrule: FREQ=WEEKLY;BYDAY=TU;BYMONTH=10, anchor: 2026-01-06, start: "06:00", end: "14:00"',
        'rrule: FREQ=WEEKLY;BYDAY=TU;UNTIL=20260919, anchor: 2026-01-06, start: "06:00", end: "14:00"',
        'rrule: FREQ=WEEKLY;BYDAY=MO, anchor: 2026-01-05, start: "06:00", end: "14:00"',
        'rrule: FREQ=MONTHLY;BYDAY=3TU, anchor: 2026-01-06, start: "06:00", end: "14:00"',
        'rrule: "FREQ=WEEKLY;BYDAY=TU,WE;BYSETPOS=1", anchor: 2026-01-06, start: "06:00", end: "14:00"',
        'rrule: FREQ=DAILY, anchor: 2026-01-06, start: "06:00", end: "14:00"',
        'days: daily, start: "06:00", end: "14:00"',
        'days: tue, months: oct, start: "06:00", end: "14:00"',
        'days: tue, until: 2026-09-19, start: "06:00", end: "14:00"',
    ],
)
def test_a_window_that_does_not_go_by_weekdays_or_is_not_in_force_has_no_make_up_workday(window: str) -> None:
    added = compile_with("holidays: [{country: CN}], make_up_days: true", window).added
    assert not any(each.only is not None and date(2026, 9, 20) in each.only.dates for each in added)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=DAILY;BYDAY=TU,WE",
        "FREQ=WEEKLY",  # the anchor's weekday, a Tuesday
        "FREQ=WEEKLY;BYDAY=TU;BYMONTH=9,10;UNTIL=20261231",
    ],
)
def test_a_rule_of_every_week_has_make_up_workdays_as_days_have(rule: str) -> None:
    window = f'"{rule}", anchor: 2026-01-06, start: "06:00", end: "14:00"'
    added = compile_with("holidays: [{country: CN}], make_up_days: true", f"rrule: {window}").added
    assert [each.only is not None and date(2026, 9, 20) in each.only.dates for each in added] == [True]


def test_make_up_workdays_are_refused_where_no_window_goes_by_weekdays() -> None:
    calendar = "holidays: [{country: CN}], make_up_days: true"
    (line,) = problems_of(calendar, 'dates: 2026-12-24, start: "06:00", end: "14:00"')
    assert "make_up_days: found true, but no schedule of this calendar has a window with days or an rrule" in line
    shift = 'anchor: 2026-01-05, cycle: 4, shifts: {d: {start: "06:00", end: "18:00"}}, crews: {a: {d: [0, 1]}}'
    assert any(
        "no schedule of this calendar has a window" in line for line in problems_of(calendar, shift, "rotations")
    )


def test_a_make_up_workday_is_no_day_off_beside_a_bridge_day() -> None:
    friday, saturday = date(2026, 11, 6), date(2026, 11, 7)
    holiday = frozenset([date(2026, 11, 5)])  # a Thursday
    assert bridges(holiday, frozenset({5, 6})) == {friday}
    assert bridges(holiday, frozenset({5, 6}), frozenset([saturday])) == set()


@pytest.mark.parametrize(
    ("written", "half_day", "closed"),
    [
        ("open", None, False),
        ("closed", None, True),
        ("until 14:00", time(14), False),
        ("'until \"9:30\"'", time(9, 30), False),
        ('{until: "14:00"}', time(14), False),
    ],
)
def test_half_days_are_open_closed_or_closed_from_a_time_on(written: str, half_day: time | None, closed: bool) -> None:
    found = compile_with(f"holidays: [{{country: CW}}], half_days: {written}")
    new_years_eve = date(2026, 12, 31)
    assert [each.until for each in found.half_days if each.day == new_years_eve] == ([half_day] if half_day else [])
    assert (new_years_eve in found.closed) == closed


@pytest.mark.parametrize(
    ("calendar", "told"),
    [
        ("dates: 2026-12-24, make_up_days: true", "make_up_days: found make_up_days without holidays"),
        ("dates: 2026-12-24, half_days: closed", "half_days: found half_days without holidays"),
        ("dates: 2026-12-24, bridge_days: true", "bridge_days: found bridge_days without holidays"),
        (
            "holidays: [{country: DE}], make_up_days: true",
            "found true, but the holiday library has no make-up workdays of DE",
        ),
        (
            "holidays: [{country: DE}], half_days: closed",
            "found half_days, but the holiday library has no half days of DE",
        ),
        ("holidays: [{country: CW}], half_days: 14:00", "found '14:00'; accepted: open, closed, or until"),
        ("holidays: [{country: CW}], half_days: until noon", "found 'until noon'; accepted: open, closed, or until"),
        ("holidays: [{country: CN}], make_up_days: 1", "found 1; accepted: true or false"),
    ],
)
def test_a_field_without_effect_or_of_another_form_is_refused(calendar: str, told: str) -> None:
    assert any(told in line for line in problems_of(calendar))


def test_what_a_closed_day_does_is_said_of_windows_alone() -> None:
    window = 'days: mon, start: "06:00", end: "14:00", on_closed: {}'
    assert (
        "accepted: cut: removes only the closed dates; or skip"
        in problems_of("dates: 2026-12-24", window.format("x"))[0]
    )
    (line,) = problems_of("dates: 2026-12-24", window.format("cut"), "added")
    assert "found on_closed in added; accepted: on_closed in windows" in line


KILN = 'days: mon, start: "06:00", end: "22:00", end_day: 5'


def test_validate_and_plan_say_where_a_closed_day_removes_more_than_a_day(bench: Workbench) -> None:
    text = (
        "version: 1\ncalendars:\n  by: {holidays: [{country: DE, subdivision: BY}]}\nschedules:\n"
        f"  kiln: {{zone: Europe/Berlin, closed: [by], windows: [{{{KILN}%s}}]}}\n"
        "models:\n  m: {backend: rekognition, project: p, version: v1, schedules: [kiln]}\n"
    )
    easter = ("--from", "2027-03-22", "--to", "2027-04-12")
    warning = "warning: schedule kiln: a closed day removes 136 h, the whole window from 06:00, on 2027-03-29"
    for extra, says in (("", False), (", on_closed: skip", True)):
        path = bench.plant(text % extra)
        validated, planned = bench.preheat("validate", path), bench.preheat("plan", path, *easter)
        assert (validated.exit_code, planned.exit_code) == (0, 0)
        assert (warning in validated.stderr, warning in planned.output) == (says, says)
        assert planned.output.count("2027-05-17") == 0


@pytest.mark.parametrize(
    ("replaced", "says"),
    [
        ("{dates: 2026-12-21, windows: []}", True),
        ("{dates: 2026-12-22, windows: []}", False),
        ('{dates: 2026-12-21, windows: [{start: "06:00", end: "07:00"}]}', False),
        ("{dates: 2020-12-21, windows: []}", False),
    ],
)
def test_validate_says_where_a_replaced_day_without_windows_removes_more_than_a_day(
    bench: Workbench, replaced: str, says: bool
) -> None:
    text = (
        f"version: 1\nschedules:\n  kiln: {{zone: Europe/Berlin, windows: [{{{KILN}}}], replaced: [{replaced}]}}\n"
        "models:\n  m: {backend: rekognition, project: p, version: v1, schedules: [kiln]}\n"
    )
    warning = "warning: schedule kiln: `replaced` removes 136 h, the whole window from 06:00, on 2026-12-21; a closed"
    validated = bench.preheat("validate", bench.plant(text))
    assert (validated.exit_code, warning in validated.stderr) == (0, says), validated.output


def test_a_half_day_near_by_is_news_and_one_far_off_is_not() -> None:
    def model_with(half_days: str, now: datetime = NOW) -> Schedule:
        plant = plant_with(f"holidays: [{{country: CW}}], half_days: {half_days}")
        (model,) = compile_models(plant, now=now, previous={})
        return model.schedules[0]

    for now, known_since in ((NOW, None), (datetime(2026, 12, 30, tzinfo=UTC), "now")):
        plant = plant_with("holidays: [{country: CW}], half_days: open")
        (before,) = compile_models(plant, now=NOW, previous={})
        found = find_announced_at((model_with("until 14:00", now),), before, now)
        assert found == (now if known_since else before.announced_at)


def test_a_schedule_with_half_days_is_stored_and_read_again() -> None:
    window = ShiftWindow(frozenset(Weekday), time(6), time(22), 5, cut_closed=True)
    kept = Schedule("s", "UTC", (window,), half_days=frozenset([HalfDay(date(2026, 12, 24), time(14))]))
    assert decode(Schedule, json.loads(json.dumps(encode_fields(kept, sparse=True)))) == kept
    with pytest.raises(ValueError, match="a date is a half day twice"):
        Schedule("s", "UTC", (), half_days=frozenset(HalfDay(date(2026, 12, 24), time(hour)) for hour in (12, 14)))


def test_every_country_whose_holidays_are_known_answers_for_the_horizon() -> None:
    years = ahead_of(NOW.date()).years
    for country in sorted(holiday_library.countries())[::9]:  # one in nine: all of them take a minute
        found = holiday_library.country_of(country, None, ["public"], years)
        assert found.without([]) == {day for day, *_ in found.named}
        assert all(own for _, own, _ in found.named), country


def test_the_page_names_the_two_fields() -> None:
    page = (Path(__file__).parents[3] / "docs" / "plant-file.md").read_text()
    assert all(f"`calendars.NAME.{name}`" in page for name in ("make_up_days", "half_days"))


@pytest.mark.parametrize(("first", "second"), [("12:00", "14:00"), ("14:00", "12:00")])
def test_of_the_half_days_of_two_calendars_the_earlier_end_counts(first: str, second: str) -> None:
    text = f"""version: 1
calendars:
  one: {{holidays: [{{country: CW}}], half_days: until {first}}}
  other: {{holidays: [{{country: CW}}], half_days: until {second}}}
schedules:
  s: {{zone: Europe/Berlin, closed: [one, other], windows: [{{days: mon-fri, start: "06:00", end: "18:00"}}]}}
models:
  m: {{backend: rekognition, project: p, version: v1, schedules: [s]}}
"""
    plant = parse_plant(text.encode(), "plant.yaml")
    found = schedule("s", plant.schedules["s"], plant.calendars, SPAN)
    assert {each.until for each in found.half_days} == {time(12)}
