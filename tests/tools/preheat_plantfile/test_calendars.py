"""Calendars, rotations and sizes of the plant file, and its published schema against what the reader accepts."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from preheat.adapters.dynamodb.serial import dumps, encode_fields
from preheat.domain.calendar.timetable import find_intervals
from preheat.domain.plan.hosted_model import HostedModel
from preheat_plantfile.checks.sizes import MODEL_BYTES_MAX, weight
from preheat_plantfile.compiling.holidays import Range, ahead_of, bridges
from preheat_plantfile.compiling.plan import compile_models, find_announced_at
from preheat_plantfile.reading import PlantFileError, parse_plant, read_plant
from preheat_plantfile.yaml import read_yaml

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
NOW = datetime(2026, 11, 24, tzinfo=UTC)
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "plant.schema.json").read_text()))
WINDOW = '{days: daily, start: "06:00", end: "14:00"}'


def model_of(schedule: str, *, now: datetime = NOW, calendars: str = "{}", **previous: HostedModel) -> HostedModel:
    text = (
        f"version: 1\ncalendars: {calendars}\nschedules:\n  s: {{zone: UTC, {schedule}}}\n"
        "models:\n  m: {backend: lookoutvision, project: p, version: 1, schedules: [s]}\n"
    )
    known = {model.model_id: model for model in previous.values()}
    (model,) = compile_models(parse_plant(text.encode(), "plant.yaml"), now=now, previous=known)
    return model


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_is_accepted_by_reader_and_schema_and_names_the_schema(file: Path) -> None:
    read_plant(file)
    document = read_yaml(file.read_text()).value
    assert [error.message for error in SCHEMA.iter_errors(document)] == []
    assert file.read_text().startswith("# yaml-language-server: $schema=../docs/plant.schema.json\n")


def test_the_example_of_the_reference_is_accepted_by_the_schema_too() -> None:
    page = (ROOT / "docs" / "plant-file.md").read_text()
    document = read_yaml(page.partition("```yaml\n")[2].partition("```")[0]).value
    assert [error.message for error in SCHEMA.iter_errors(document)] == []


@pytest.mark.parametrize(
    "window",
    [
        *("{days: mon#6}", "{days: fri#last}", "{days: [mon, tue-fri]}", "{days: []}", "{days: 1}", "{days: mon-fry}"),
        *("{month_days: 31}", "{month_days: 32}", "{month_days: [1-7, 15w, last, lastw]}", "{month_days: 0}"),
        *("{months: jan-mar}", "{months: 1}", "{months: [dec, jan]}", "{}", "{dates: 2026-12-24}", "{dates: []}"),
        *("{dates: [24.12.2026]}", "{rrule: FREQ=DAILY}", "{anchor: 2026-01-01}", "{days: mon, end_day: 31}"),
        *("{rrule: FREQ=DAILY, anchor: 2026-01-01}", "{days: mon, end_day: 3}", "{days: mon, form: 2026-01-01}"),
        *("{days: mon, from: 2026-01-01, until: 2026-12-31}", "{days: mon, from: tomorrow}", "{days: null}"),
    ],
)
def test_schema_and_reader_agree_on_a_window(window: str) -> None:
    fields = read_yaml(window).value | {"start": "06:00", "end": "14:00"}
    document = {
        "version": 1,
        "schedules": {"s": {"zone": "UTC", "windows": [fields]}},
        "models": {"m": {"backend": "lookoutvision", "project": "p", "version": 1, "schedules": ["s"]}},
    }
    try:
        parse_plant(json.dumps(document).encode(), "plant.yaml")
    except PlantFileError:
        accepted = False
    else:
        accepted = True
    assert SCHEMA.is_valid(document) == accepted


@pytest.mark.parametrize("file", [file for file in EXAMPLES if "rotation" in file.stem], ids=lambda file: file.stem)
def test_a_ready_made_rotation_keeps_the_plant_running_without_a_gap(file: Path) -> None:
    last = compile_models(read_plant(file), now=NOW, previous={})[-1]  # of 4-on-4-off, the model that all crews need
    year = NOW + timedelta(days=366)
    (run,) = find_intervals(last.schedules, NOW, year)
    assert (run.start, run.end) == (NOW, year)


def test_one_crew_of_four_on_four_off_works_four_days_and_rests_four() -> None:
    crew, _ = compile_models(read_plant(ROOT / "examples" / "rotation-4-on-4-off.yaml"), now=NOW, previous={})
    begins = datetime(2026, 1, 5, tzinfo=UTC)
    days = [run.start.date() for run in find_intervals(crew.schedules, begins, begins + timedelta(days=16))]
    assert days == [date(2026, 1, day) for day in (5, 6, 7, 8, 13, 14, 15, 16)]


@pytest.mark.parametrize(
    ("holidays", "weekend", "bridged"),
    [
        (["2027-05-06"], {5, 6}, ["2027-05-07"]),  # a Thursday: the Friday
        (["2026-11-03"], {5, 6}, ["2026-11-02"]),  # a Tuesday: the Monday
        (["2026-11-04"], {5, 6}, []),  # a Wednesday
        (["2026-11-06"], {5, 6}, []),  # a Friday
        (["2026-11-03", "2026-11-05"], {5, 6}, ["2026-11-02", "2026-11-04", "2026-11-06"]),  # between two as well
        (["2026-11-04"], {4, 5}, ["2026-11-05"]),  # where Friday and Saturday are the weekend
    ],
)
def test_a_bridge_day_is_a_single_working_day_between_days_off(
    holidays: list[str], weekend: set[int], bridged: list[str]
) -> None:
    found = bridges(frozenset(map(date.fromisoformat, holidays)), frozenset(weekend))
    assert sorted(found) == [date.fromisoformat(day) for day in bridged]


@pytest.mark.parametrize("today", [date(2028, 2, 29), date(2026, 11, 24), date(2026, 12, 31)])
def test_what_is_resolved_reaches_24_months_ahead_and_covers_the_windows_that_still_run(today: date) -> None:
    span = ahead_of(today)
    assert span.first <= today - timedelta(days=31)
    assert timedelta(days=730) <= span.before - today <= timedelta(days=732)
    assert today in span
    assert span.before not in Range(today, span.before)


CLOSED = f"closed: [c], windows: [{WINDOW}]"


def test_holidays_that_come_into_sight_do_not_make_a_shift_news() -> None:
    calendars = "{c: {holidays: [{country: DE}]}}"
    before = model_of(CLOSED, calendars=calendars)
    later = NOW + timedelta(days=400)
    after = model_of(CLOSED, calendars=calendars, now=later, m=before)
    assert before.schedules != after.schedules
    assert after.announced_at == NOW


@pytest.mark.parametrize(("closed", "known_since"), [("2026-11-25", NOW + timedelta(hours=1)), ("2027-11-25", NOW)])
def test_a_closed_day_that_changes_is_news_only_where_a_start_may_be_due(closed: str, known_since: datetime) -> None:
    before = model_of(CLOSED, calendars="{c: {dates: 2026-12-24}}")
    after = model_of(CLOSED, calendars=f"{{c: {{dates: [2026-12-24, {closed}]}}}}").schedules
    assert find_announced_at(after, before, NOW + timedelta(hours=1)) == known_since


HOURS = 'start: "06:00", end: "14:00"'
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NTH = ", ".join(f"{day}#{nth}" for day in DAYS for nth in range(1, 6))
RULE = "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(100, 200)))
YEARS = range(10, 19)
SOME = [", ".join(f"20{year}-{month:02}-{day:02}" for day in range(1, 29) for month in (1, 2)) for year in YEARS]
TWICE = '[{start: "06:00", end: "07:00"}, {start: "08:00", end: "09:00"}]'
LARGE: dict[str, str] = {
    "windows of dates": f"windows: [{', '.join([f'{{dates: [2026-12-24, 2026-12-25], {HOURS}}}'] * 100)}]",
    "rules": f"windows: [{', '.join([f'{{rrule: "{RULE}", anchor: 2026-01-01, {HOURS}}}'] * 50)}]",
    "a cycle": f"rotations: [{{anchor: 2026-01-01, cycle: 366, shifts: {{d: {{{HOURS}}}}}, "
    "crews: {a: {shifts: {d: 1-366}}}}]",
    "n-th weekdays": f"windows: [{{days: [{NTH}], month_days: 1-31, months: jan-dec, {HOURS}}}]",
    "replaced days": f"windows: [{WINDOW}], "
    f"replaced: [{', '.join(f'{{dates: [{days}], windows: {TWICE}}}' for days in SOME)}]",
    "closed days": f"closed: [c], windows: [{WINDOW}]",
}


@pytest.mark.parametrize("schedule", LARGE.values(), ids=LARGE.keys())
def test_the_estimated_size_of_a_schedule_is_never_below_what_is_stored(schedule: str) -> None:
    calendars = "{c: {shutdowns: [{from: 2026-01-01, until: 2030-12-31}]}}"
    model = model_of(schedule, calendars=calendars)
    stored: Any = encode_fields(model, sparse=True)["schedules"]
    assert len(dumps(stored[0])) <= weight(read_yaml(f"{{{schedule}}}").value, read_yaml(calendars).value)


def test_a_model_whose_schedules_would_not_fit_an_item_is_refused_with_its_place() -> None:
    days = ", ".join(str(date(2026, 1, 1) + timedelta(days=number)) for number in range(1_000))
    lines = "".join(
        f'  s{number}:\n    zone: UTC\n    windows:\n      - {{dates: [{days}], start: "06:00", end: "14:00"}}\n'
        for number in range(30)
    )
    named = ", ".join(f"s{number}" for number in range(30))
    model = f"  m: {{backend: lookoutvision, project: p, version: 1, schedules: [{named}]}}\n"
    text = f"version: 1\nschedules:\n{lines}models:\n{model}"
    with pytest.raises(PlantFileError) as raised:
        parse_plant(text.encode(), "plant.yaml")
    (line, _) = raised.value.lines
    assert "models.m.schedules: found schedules that take about" in line
    assert f"at most {MODEL_BYTES_MAX:,} bytes" in line


def problems_of(window: str, zone: str = "Europe/Berlin") -> list[str]:
    text = (
        f"version: 1\nschedules:\n  s:\n    zone: {zone}\n    windows:\n"
        f'      - {{{window}, start: "06:00", end: "14:00"}}\n'
        "models:\n  m: {backend: lookoutvision, project: p, version: 1, schedules: [s]}\n"
    )
    with pytest.raises(PlantFileError) as raised:
        parse_plant(text.encode(), "plant.yaml")
    return list(raised.value.lines[:-1])


@pytest.mark.parametrize(
    ("window", "said"),
    [
        *(
            (f"rrule: FREQ=DAILY;UNTIL={until}, anchor: 2026-12-07", f"instead of 'UNTIL={until}', UNTIL=20261231 or ")
            for until in ("20261231T240000Z", "20261231T250000", "20261231T236000Z", "20261232", "2026-12-31", "")
        ),
        *(
            (f"rrule: FREQ=DAILY;UNTIL={until}, anchor: 2026-12-07", "UNTIL or COUNT that reaches anchor, which is 20")
            for until in ("20261206", "20261207T045959Z", "00010101", "00010101T000000Z", "00010101T000000")
        ),
        (
            "rrule: FREQ=DAILY;UNTIL=20261210, anchor: 2026-12-07, from: 2026-12-15",
            "the last one is on 2026-12-10 at the latest; accepted: UNTIL or COUNT that reaches from, which is 2026-12",
        ),
        ("rrule: FREQ=DAILY;COUNT=3, anchor: 2026-12-07, from: 2026-12-10", "the last one is on 2026-12-09 at the la"),
        ("rrule: FREQ=DAILY;COUNT=3;UNTIL=20261210, anchor: 2026-12-07", "COUNT or UNTIL, only one of them"),
        ("rrule: FREQ=DAILY;UNTIL=20261210;UNTIL=20261210, anchor: 2026-12-07", "COUNT or UNTIL, only one of them"),
    ],
)
def test_a_rule_that_ends_before_it_begins_or_at_no_time_is_refused_at_its_place(window: str, said: str) -> None:
    (line,) = problems_of(window)
    assert line.startswith("plant.yaml:6:17: schedules.s.windows[0].rrule: found ")
    assert said in line


def test_a_window_that_ends_before_the_anchor_of_its_rule_is_refused_at_its_place() -> None:
    (line,) = problems_of("rrule: FREQ=DAILY, anchor: 2026-12-07, until: 2026-12-01")
    assert "windows[0].until: found 2026-12-01; accepted: a date not before anchor, which is 2026-12-07" in line


@pytest.mark.parametrize("until", ["99991231", "99991231T235959", "99991231T235959Z", "22000101T000000Z"])
def test_a_rule_that_ends_after_2199_has_no_end(until: str) -> None:
    window = 'windows: [{rrule: FREQ=DAILY%s, anchor: 2026-12-07, start: "06:00", end: "14:00"}]'
    assert model_of(window % f";UNTIL={until}").schedules == model_of(window % "").schedules


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ("month_days: 30, months: feb", "month_days"),
        ("month_days: [30w, 31], months: feb", "month_days"),
        ("month_days: 31, months: [apr, jun, sep, nov]", "month_days"),
        ("days: mon#1, month_days: 15-20", "days"),
    ],
)
def test_days_that_no_date_fulfils_together_are_refused_at_their_place(window: str, field: str) -> None:
    (line,) = problems_of(window)
    assert f"windows[0].{field}: found " in line
    assert "that no date fulfils; accepted: fields that some date fulfils together" in line


@pytest.mark.parametrize(
    "window",
    ["days: mon, month_days: 29, months: feb", "days: fri#5, months: feb", "days: mon-fri, months: jan, month_days: 1"],
)
def test_days_that_a_rare_date_fulfils_are_accepted(window: str) -> None:
    model_of(f'windows: [{{{window}, start: "06:00", end: "14:00"}}]')
