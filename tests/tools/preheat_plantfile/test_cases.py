"""Files that people reported, as they had them: each means what its standard says, on any machine."""

from datetime import date
from pathlib import Path

import pytest
from tests.tools.conftest import Workbench
from tests.tools.preheat_plantfile.importing.calendars import BERLIN, calendar, runs, runs_of

from preheat_plantfile.importing.ics import Choice, read_shifts
from preheat_plantfile.importing.instance_scheduler import read_schedules
from preheat_plantfile.writing import write_plant

CASES = Path(__file__).parent / "cases"
EARLY = ["12-02 06:00 12-02 14:00"]
THREE_DAYS = [*EARLY, "12-03 06:00 12-03 14:00", "12-04 06:00 12-04 14:00"]


def days_of(*days: str, hours: str = "06:00 {} 14:00") -> list[str]:
    return [f"{day} {hours.format(day)}" for day in days]


@pytest.mark.parametrize(
    ("name", "until", "expected"),
    [
        ("all-lost-exit-0", "2027-01-31", THREE_DAYS),
        ("bad-todo-refuses-file", "2027-01-31", EARLY),
        ("byday-mixed", "2026-12-31", days_of("12-02", "12-09", "12-16", "12-23", "12-25", "12-30")),
        ("byweekno-alone", "2028-12-31", days_of("08-16", "08-14")),
        ("fold-inside-utf8", "2027-01-31", EARLY),
        ("mixed-date-and-time", "2027-01-31", ["12-02 00:00 12-04 14:00"]),
        ("outlook-display-zone", "2026-12-08", [*THREE_DAYS, *days_of("12-07", "12-08")]),
        (
            "override-all-day-as-time",
            "2027-01-31",
            ["12-03 00:00 12-04 00:00", "12-11 00:00 12-12 00:00", "12-17 00:00 12-18 00:00"],
        ),
        ("override-sequence", "2027-01-31", [*days_of("12-01"), "12-02 16:00 12-02 18:00", *days_of("12-03")]),
        ("override-with-rrule", "2027-01-31", days_of("11-30", "12-08", "12-14", "12-21")),
        ("vtimezone-tzuntil-refuses-file", "2027-01-31", THREE_DAYS),
    ],
)
def test_a_reported_calendar_means_what_its_standard_says(name: str, until: str, expected: list[str]) -> None:
    assert runs((CASES / f"{name}.ics").read_bytes(), last=until, zone=BERLIN) == expected


def test_a_reported_rota_leaves_out_its_days_off_by_their_titles() -> None:
    data = (CASES / "days-off-as-demand.ics").read_bytes()
    assert runs(data, choice=Choice(without=["Dienstfrei", "Weihnachten"])) == ["12-02 20:00 12-03 08:45"]


def test_the_same_shift_of_400_people_is_one_window() -> None:
    data = calendar(
        *(
            f"SUMMARY:Early shift, worker {number}\nDTSTART;TZID=Europe/Berlin:20261102T060000\n"
            "DTEND;TZID=Europe/Berlin:20261102T140000\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
            for number in range(400)
        )
    )
    plant, _ = read_shifts(data, "shifts", today=date(2026, 11, 23))
    assert [len(schedule.windows) for schedule in plant.schedules.values()] == [1]


@pytest.mark.parametrize(
    ("name", "zone", "models"),
    [
        ("is-cli-describe", BERLIN, ["line-a"]),
        ("is-dynamodb-scan", "Asia/Ho_Chi_Minh", ["line-a"]),
        ("is-override-status", None, ["running", "scale-up-down", "seattle-office-hours", "uk-office-hours"]),
    ],
)
def test_a_reported_configuration_is_read_in_its_form(name: str, zone: str | None, models: list[str]) -> None:
    plant, _ = read_schedules((CASES / f"{name}.json").read_text())
    assert list(plant.models) == models
    write_plant(plant, "a test")
    if zone is not None:
        week = [f"11-{day} 05:30 11-{day} 22:00" for day in (23, 24, 25, 26, 27)]
        assert runs_of(plant, "2026-11-23", "2026-11-29", in_zone=zone) == week


@pytest.mark.parametrize("language", ["en_US.UTF-8", "C.UTF-8", "de_DE.UTF-8"])
def test_a_reported_plant_names_its_holidays_in_any_environment(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    for name in ("LANG", "LC_ALL", "LANGUAGE"):
        monkeypatch.setenv(name, language)
    assert bench.preheat("validate", str(CASES / "holiday-names-by-locale.yaml")).exit_code == 0


def test_a_reported_kiln_loses_a_closed_monday_and_not_its_week(bench: Workbench) -> None:
    path = str(CASES / "long-window-closed-start.yaml")
    result = bench.preheat("windows", path, "--from", "2027-03-28", "--to", "2027-04-05")
    assert result.exit_code == 0, result.output
    assert "Tue 2027-03-30 00:00 CEST to Sat 2027-04-03 22:00 CEST  118h" in result.output


def test_a_reported_plant_in_china_works_on_make_up_workdays_if_its_calendar_says_so(bench: Workbench) -> None:
    text = (CASES / "make-up-workdays.yaml").read_text()
    span = ("--from", "2026-09-18", "--to", "2026-10-14")
    for more, works in (("", False), ("make_up_days: true, ", True)):
        path = bench.plant(text.replace("{holidays:", f"{{{more}holidays:"))
        result = bench.preheat("windows", path, *span)
        assert result.exit_code == 0, result.output
        for day in ("Sun 2026-09-20 08:00", "Sat 2026-10-10 08:00"):
            assert (day in result.output) == works, result.output
