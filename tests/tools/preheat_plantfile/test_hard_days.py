"""Every row of docs/calendars.md is true: its schedule, read as a plant file, runs when the page says it does."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from preheat.domain.calendar.timetable import find_intervals
from preheat_plantfile.compiling.holidays import Range
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant

PAGE = (Path(__file__).parents[3] / "docs" / "calendars.md").read_text()
ROWS = re.findall(r"^\| ([^|]+) \| (\w+(?:/\w+)?) \| (`[^|]+`) \| ([^|]+) \|$", PAGE, re.MULTILINE)
CALENDARS = PAGE.partition("```yaml\n")[2].partition("```")[0]
FIRST, LAST = datetime(2011, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "schedule", "runs"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_hard_day_means_what_the_page_says(zone: str, schedule: str, runs: str) -> None:
    fields = "".join(f"    {field}\n" for field in schedule.strip("`").split("`<br>`"))
    calendars = "".join(f"  {line}\n" for line in CALENDARS.splitlines())
    text = (
        f"version: 1\ncalendars:\n{calendars}schedules:\n  s:\n    zone: {zone}\n{fields}"
        "models:\n  m: {backend: lookoutvision, project: p, version: 1, schedules: [s]}\n"
    )
    plant = parse_plant(text.encode(), "row.yaml")
    (model,) = compile_models(plant, now=FIRST, previous={}, span=Range(FIRST.date(), LAST.date()))
    found = [
        f"{run.start:%Y-%m-%dT%H:%M} to {run.end:%Y-%m-%dT%H:%M}"
        for run in find_intervals(model.schedules, FIRST, LAST)
    ]
    assert (", ".join(found) or "none") == runs


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) >= 45
    assert sum(line.startswith("| ") for line in PAGE.splitlines()) == len(ROWS) + 4 * 2


def test_the_horizon_is_24_months_of_dates_and_shorter_ones_are_reported() -> None:
    text = (
        "version: 1\ncalendars: {a: {holidays: [{country: DE}]}, b: {dates: 2031-05-05}}\nschedules:\n"
        '  a: {zone: UTC, closed: [a], windows: [{days: daily, start: "06:00", end: "14:00"}]}\n'
        '  b: {zone: UTC, closed: [b], windows: [{days: daily, start: "06:00", end: "14:00"}]}\n'
        "models:\n  m: {backend: lookoutvision, project: p, version: 1, schedules: [a, b]}\n"
    )
    now = datetime(2026, 11, 24, tzinfo=UTC)
    (model,) = compile_models(parse_plant(text.encode(), "x"), now=now, previous={})
    by_rule, by_date = model.schedules
    assert by_rule.closed_until == date(2028, 11, 24)
    assert max(by_rule.closed) == date(2028, 10, 3)
    assert by_date.closed_until is None
    assert all(day >= now.date() - timedelta(days=40) for day in by_rule.closed)
