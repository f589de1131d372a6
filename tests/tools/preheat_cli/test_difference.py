"""The changes that an apply reports: schedules in the plant file's own words, closed days that both plans know."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from tests.tools.conftest import MONDAY, PLANT, Workbench

from preheat_cli.views import show
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant

HOLIDAYS = PLANT.replace(
    "schedules:\n", "calendars:\n  de: {holidays: [{country: DE}], dates: [2026-12-28]}\nschedules:\n", 1
)
HOLIDAYS = HOLIDAYS.replace("    windows:", "    closed: [de]\n    windows:", 1)


def schedule(*windows: str, **more: str) -> str:
    """Return the text for a schedule of these windows, and these other fields."""
    listed = "".join(f"      - {window}\n" for window in windows)
    fields = "".join(f"    {name.rstrip('_')}: {value}\n" for name, value in more.items())
    text = f"version: 1\nschedules:\n  s:\n    zone: UTC\n    windows:\n{listed}{fields}"
    text += "models:\n  m: {backend: lookoutvision, project: p, version: 1, schedules: [s]}\n"
    (model,) = compile_models(parse_plant(text.encode(), "plant.yaml"), now=MONDAY, previous={})
    return show.schedule(model.schedules[0])


@pytest.mark.parametrize(
    ("window", "shown"),
    [
        ('days: mon-fri, start: "06:00", end: "14:00"', "mon-fri 06:00-14:00"),
        ('days: mon-fri, start: "22:00", end: "06:00"', "mon-fri 22:00-06:00"),
        ('days: sat, start: "22:00", end: "24:00"', "sat 22:00-24:00"),
        ('days: sat, start: "22:00", end: "24:00", end_day: 1', "sat 22:00-24:00 (+2 days)"),
        ('days: fri, start: "22:00", end: "05:00", end_day: 3', "fri 22:00-05:00 (+3 days)"),
        ('days: [wed, "mon#2", "fri#last"], start: "06:00", end: "14:00"', "wed,mon#2,fri#last 06:00-14:00"),
        ('days: "mon#1", months: [jan, nov], start: "06:00", end: "14:00"', "mon#1 in jan,nov 06:00-14:00"),
        ('month_days: [1, last, 15w, lastw], start: "06:00", end: "14:00"', "on 1,last,lastw,15w 06:00-14:00"),
        ('months: feb, start: "06:00", end: "14:00"', "in feb 06:00-14:00"),
        ('dates: ["2026-12-24"], start: "06:00", end: "14:00"', "2026-12-24 06:00-14:00"),
        (
            'days: sat, from: 2026-11-07, until: 2026-12-19, start: "06:00", end: "14:00"',
            "sat from 2026-11-07 until 2026-12-19 06:00-14:00",
        ),
        (
            'rrule: "FREQ=WEEKLY;INTERVAL=2", anchor: 2026-11-03, start: "06:00", end: "14:00"',
            "FREQ=WEEKLY;INTERVAL=2 from 2026-11-03 06:00-14:00",
        ),
    ],
)
def test_a_window_is_shown_in_the_plant_files_words(window: str, shown: str) -> None:
    assert schedule(f"{{{window}}}") == f"s (UTC: {shown})"


def test_many_windows_and_dates_are_counted() -> None:
    dates = ", ".join(str(date(2026, 12, day)) for day in range(1, 10))
    many = [f'{{days: mon, start: "{hour:02}:00", end: "{hour:02}:30"}}' for hour in range(12)]
    shown = schedule(*many, f'{{dates: [{dates}], start: "06:00", end: "14:00"}}')
    assert shown.endswith("mon 07:00-07:30, and 5 more)")
    (only,) = [schedule(f'{{dates: [{dates}], start: "06:00", end: "14:00"}}')]
    assert only == "s (UTC: 9 days from 2026-12-01 to 2026-12-09 06:00-14:00)"


def test_exceptions_are_shown() -> None:
    window = '{days: mon, start: "06:00", end: "14:00"}'
    shown = schedule(
        window,
        added='[{dates: ["2026-12-28"], start: "06:00", end: "12:00"}]',
        replaced='[{dates: ["2026-12-24"], windows: []}]',
        from_="2026-11-01",
    )
    assert shown == ("s (UTC: mon 06:00-14:00; added: 2026-12-28 06:00-12:00; replaced: 2026-12-24; from 2026-11-01)")


def show_change(bench: Workbench, text: str) -> str:
    return bench.preheat("apply", bench.plant(text), "--dry-run").stdout


def test_closed_days_that_only_moved_on_with_time_are_no_change(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(HOLIDAYS), "--yes")
    bench.clock.advance(timedelta(days=200))
    assert "No changes." in show_change(bench, HOLIDAYS)


def test_closed_days_that_come_or_go_are_named(bench: Workbench) -> None:
    bench.preheat("apply", bench.plant(HOLIDAYS), "--yes")
    bench.clock.advance(timedelta(days=3))
    told = show_change(bench, HOLIDAYS.replace("2026-12-28", "2026-12-29"))
    assert "schedule early: new closed days: 2026-12-29" in told
    assert "schedule early: no longer closed: 2026-12-28" in told
    assert "new closed days: " in show_change(bench, HOLIDAYS.replace("country: DE", "country: DE, subdivision: BY"))


def test_a_change_too_deep_in_a_list_to_be_shown_is_still_reported(bench: Workbench) -> None:
    windows = "".join(f'      - {{days: mon, start: "{hour:02}:00", end: "{hour:02}:30"}}\n' for hour in range(20))
    long = PLANT.replace('      - {days: mon-fri, start: "07:00", end: "15:00"}\n', windows)
    bench.preheat("apply", bench.plant(long), "--yes")
    assert "other days or windows beyond the shown ones" in show_change(
        bench, long.replace('end: "19:30"', 'end: "19:40"')
    )


def test_of_a_removed_model_the_report_says_what_runs(bench: Workbench, shift: Callable[[], None]) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    shift()
    neither = PLANT.split("models:\n")[0] + "models: {}\n"
    told = show_change(bench, neither)
    assert "  - paint\n      removed: Preheat does not run it now\n" in told
    assert "  - weld-seams\n      removed: hosted now; if Preheat started it, Preheat stops it\n" in told
    bench.store.records.clear()
    assert "removed: if Preheat runs it, Preheat stops it" in show_change(bench, neither)


def test_the_next_start_is_found_far_ahead_and_reported_when_there_is_none(bench: Workbench) -> None:
    rare = PLANT.replace("days: mon-fri, ", 'dates: ["2028-02-29"], ', 1).replace(
        "days: mon-fri, ", 'dates: ["2020-02-29"], ', 1
    )
    told = show_change(bench, rare)
    assert "weld-seams  Tue 2028-02-29 06:13 CET = 2028-02-29 05:13:00Z for Tue 2028-02-29 07:00 CET (early)" in told
    assert "paint       none in the next 800 days" in told
