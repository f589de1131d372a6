"""The commands that look ahead: when models are needed, what a plan does about it, and errors about wrong ranges."""

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.tools.conftest import PLANT, Golden, Workbench

from preheat.app.ports.errors import UnreadableItem
from preheat.domain.calendar.schedule import Schedule
from preheat.domain.plan.plan import ModelId
from preheat_cli.options.stack import StackOptions

from .test_commands import GOLDEN

ROOT = Path(__file__).parents[3]
WRONG = ROOT / "tests" / "tools" / "preheat_plantfile" / "golden" / "wrong.yaml"
CHANGE = ("--from", "2026-10-24", "--to", "2026-10-27")  # over the night in which Berlin's clocks go back

BUSY = """version: 1
tariffs: {lookoutvision: {unit_hour: 3.50, currency: EUR}}
quotas: {lookoutvision: {models_at_once: 2}}
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {days: daily, start: "06:00", end: "10:00"}
      - {days: daily, start: "10:20", end: "14:00"}
  night:
    zone: Europe/Berlin
    windows:
      - {days: sat, start: "22:00", end: "06:00"}
models:
  weld-seams: {backend: lookoutvision, project: weld-seams-front, version: 3, schedules: [early], min_units: 2}
  door-gaps: {backend: lookoutvision, project: door-gaps, version: 1, schedules: [early, night]}
  clear-coat: {backend: lookoutvision, project: clear-coat, version: 1, schedules: [night], lead: 45m, mode: observe}
  spare: {backend: lookoutvision, project: spare, version: 1, schedules: [early], mode: paused}
"""


def rows(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


COST = "cost in the next 30 days: 376.4 unit-hours, at most 17.3 on a UTC day (2026-11-24); 1,505.40 USD"


def test_a_valid_file_is_fine(bench: Workbench) -> None:
    result = bench.preheat("validate", bench.plant())
    assert (result.exit_code, result.stdout.replace(f"{bench.folder}/", "")) == (
        0,
        f"plant.yaml: valid: 2 models, 2 schedules\n{COST}\n",
    )


def test_validate_warns_of_the_service_that_aws_closed_and_of_no_other(bench: Workbench) -> None:
    warning = "lookoutvision was closed by AWS on 2025-10-31; only a simulator answers: weld-seams, paint\n"
    assert bench.preheat("validate", bench.plant()).stderr.endswith(f"plant.yaml: warning: {warning}")
    example = str(Path(__file__).parents[3] / "examples" / "plant.yaml")
    assert bench.preheat("validate", example).stderr == ""


def test_validate_as_json_is_an_object_for_each_problem_or_one_for_the_file(bench: Workbench) -> None:
    result = bench.preheat("validate", str(WRONG), "--format", "json")
    found = rows(result.stdout)
    lines = bench.preheat("validate", str(WRONG)).stderr.splitlines()[:-1]
    assert (result.exit_code, result.stderr) == (2, "")
    assert [f"{row['file']}:{row['line']}:{row['column']}: {row['problem']}" for row in found] == lines
    valid = json.loads(bench.preheat("validate", bench.plant(), "--format", "json").stdout)
    assert (valid["valid"], valid["models"], valid["schedules"]) == (True, 2, 2)


@pytest.mark.parametrize("command", ["validate", "windows", "plan", "apply"])
def test_every_command_reports_all_that_is_wrong_with_a_file(bench: Workbench, command: str) -> None:
    result = bench.preheat(command, str(WRONG))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.splitlines() == bench.preheat("validate", str(WRONG)).stderr.splitlines()
    assert len(result.stderr.splitlines()) > 10


# --- windows ----------------------------------------------------------------------------------------------------------


def test_windows_are_united_cut_to_the_range_and_neither_led_nor_bridged(bench: Workbench, golden: Golden) -> None:
    file = bench.plant(BUSY)
    golden(GOLDEN / "windows.txt", bench.told(bench.preheat("windows", file, *CHANGE)))
    result = bench.preheat("windows", file, *CHANGE, "door-gaps", "--format", "json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [tuple(row.values()) for row in rows(result.stdout)] == [
        ("door-gaps", "2026-10-24T04:00:00Z", "2026-10-24T08:00:00Z"),
        ("door-gaps", "2026-10-24T08:20:00Z", "2026-10-24T12:00:00Z"),
        ("door-gaps", "2026-10-24T20:00:00Z", "2026-10-25T09:00:00Z"),
        ("door-gaps", "2026-10-25T09:20:00Z", "2026-10-25T13:00:00Z"),
        ("door-gaps", "2026-10-26T05:00:00Z", "2026-10-26T09:00:00Z"),
        ("door-gaps", "2026-10-26T09:20:00Z", "2026-10-26T13:00:00Z"),
    ]
    assert all(list(row) == ["model", "start", "end"] for row in rows(result.stdout))


def test_windows_are_cut_at_both_ends_of_the_range(bench: Workbench) -> None:
    span = ("--from", "2026-10-24T23:30:00+02:00", "--to", "2026-10-25T00:00:30.5")
    result = bench.preheat("windows", bench.plant(BUSY), *span, "clear-coat", "--format", "json")
    assert rows(result.stdout) == [
        {"model": "clear-coat", "start": "2026-10-24T21:30:00Z", "end": "2026-10-25T00:00:30.500000Z"}
    ]


def test_windows_of_every_mode_are_shown_since_the_plant_needs_them(bench: Workbench) -> None:
    result = bench.preheat("windows", bench.plant(BUSY), *CHANGE, "--format", "json")
    assert list(dict.fromkeys(row["model"] for row in rows(result.stdout))) == [
        "weld-seams",
        "door-gaps",
        "clear-coat",
        "spare",
    ]


def test_holidays_of_a_past_range_are_closed_too(bench: Workbench) -> None:
    text = PLANT.replace(
        "schedules:\n  early:", "calendars:\n  de: {holidays: [{country: DE}]}\nschedules:\n  early:", 1
    )
    text = text.replace("    zone: Europe/Berlin\n", "    zone: Europe/Berlin\n    closed: [de]\n", 1)
    span = ("--from", "2019-12-23", "--to", "2019-12-28", "weld-seams", "--format", "json")
    result = bench.preheat("windows", bench.plant(text), *span)
    assert [row["start"][:10] for row in rows(result.stdout)] == ["2019-12-23", "2019-12-24", "2019-12-27"]


# --- plan -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slack", ["2m", "90s"])
def test_the_columns_of_a_plan_are_as_wide_as_its_longest_time(bench: Workbench, slack: str) -> None:
    file = bench.plant(PLANT.replace("lead: 45m", f"lead: 45m, slack: {slack}"))
    heading, *lines = [
        line
        for line in bench.told(bench.preheat("plan", file, "--from", "2026-11-24", "--to", "2026-11-26")).splitlines()
        if re.match(r"LOCAL|[A-Z][a-z]{2} 20", line)
    ]
    utc, model = heading.index("UTC"), heading.index("MODEL")
    assert len(lines) > 5
    assert {(line[utc - 2 : utc], line[model - 2 : model]) for line in lines} == {("  ", "  ")}


def test_plan_shows_transitions_clock_changes_gaps_costs_and_conflicts(bench: Workbench, golden: Golden) -> None:
    result = bench.preheat("plan", bench.plant(BUSY), *CHANGE)
    assert result.exit_code == 0
    golden(GOLDEN / "plan.txt", bench.told(result))


def test_in_json_only_rows_go_to_stdout_sorted_by_their_starts(bench: Workbench, golden: Golden) -> None:
    result = bench.preheat("plan", bench.plant(BUSY), *CHANGE, "--format", "json")
    found = rows(result.stdout)
    assert all(list(row) == ["model", "start_at", "ready_at", "end_at"] for row in found)
    assert [row["start_at"] for row in found] == sorted(row["start_at"] for row in found)
    assert found[0] == {
        "model": "door-gaps",
        "start_at": "2026-10-24T03:28:00Z",
        "ready_at": "2026-10-24T04:00:00Z",
        "end_at": "2026-10-24T12:00:00Z",
    }
    golden(GOLDEN / "plan-notes.txt", result.stderr)


def test_a_run_that_reaches_into_the_range_is_shown_whole(bench: Workbench) -> None:
    span = ("--from", "2026-10-25T00:00Z", "--to", "2026-10-25T00:01Z", "clear-coat", "--format", "json")
    (row,) = rows(bench.preheat("plan", bench.plant(BUSY), *span).stdout)
    assert (row["start_at"], row["end_at"]) == ("2026-10-24T19:13:00Z", "2026-10-25T05:00:00Z")


def test_only_what_lies_within_the_range_is_paid_for(bench: Workbench) -> None:
    span = ("--from", "2026-10-25T00:00Z", "--to", "2026-10-25T02:00Z", "clear-coat")
    assert (
        "  clear-coat        2.00 unit-hours          7.00 EUR"
        in bench.preheat("plan", bench.plant(BUSY), *span).stdout
    )


def test_lookout_costs_four_dollars_a_unit_hour_unless_a_tariff_says_otherwise(bench: Workbench) -> None:
    result = bench.preheat("plan", bench.plant(), "--from", "2026-11-23", "--to", "2026-11-24", "weld-seams")
    assert "  weld-seams        8.78 unit-hours         35.13 USD" in result.stdout


def test_without_a_range_the_next_seven_days_are_shown_and_what_is_late_already(bench: Workbench) -> None:
    result = bench.preheat("plan", bench.plant())  # ten minutes before the shift, with a lead of 45 minutes
    assert "plant.yaml: 2026-11-23 05:50:00Z to 2026-11-30 05:50:00Z" in bench.told(result)
    told = "  weld-seams: planned Mon 2026-11-23 07:00 CET, ready Mon 2026-11-23 07:37 CET"
    assert told in result.stdout.splitlines()


def many(count: int, start: str = "06:00", **more: str) -> str:
    models = "\n".join(
        f"  m{n}: {{backend: lookoutvision, project: m{n}, version: 1, schedules: [s]"
        f"{''.join(f', {k}: {v}' for k, v in more.items())}}}"
        for n in range(count)
    )
    window = f'{{days: mon, start: "{start}", end: "14:00"}}'
    return f"version: 1\nschedules:\n  s: {{zone: UTC, windows: [{window}]}}\nmodels:\n{models}\n"


@pytest.mark.parametrize(
    ("count", "slack", "late"),
    [
        (4, "0s", None),
        (8, "0s", "up to 1s late,"),
        (8, "2m", None),
        (1000, "2m", None),
        (1000, "1m", "up to 16s late,"),
    ],
)
def test_more_starts_than_calls_allow_to_be_ready_are_reported(
    bench: Workbench, count: int, slack: str, late: str | None
) -> None:
    """Two crowds whose shifts begin apart know nothing of each other, and may still start at one time."""
    schedules = "".join(
        f'  s{n}: {{zone: UTC, windows: [{{days: mon, start: "06:{n}0", end: "14:00"}}]}}\n' for n in range(2)
    )
    models = "".join(
        f"  m{n}: {{backend: lookoutvision, project: m{n}, version: 1, schedules: [s{n % 2}], "
        f"slack: {slack}, lead: {30 + n % 2 * 10}m}}\n"
        for n in range(count)
    )
    span = ("--from", "2026-11-23", "--to", "2026-11-24")
    text = f"version: 1\nschedules:\n{schedules}models:\n{models}"
    result = bench.preheat("plan", bench.plant(text), *span, "--format", "json")
    assert len(rows(result.stdout)) == count
    lines = [line for line in result.stderr.splitlines() if "if the slack is shorter" in line]
    assert len(lines) == (late is not None)
    assert all(str(late) in line for line in lines)


@pytest.mark.parametrize(
    ("count", "spread"), [(4, None), (5, "5 models, each up to 1s"), (1000, "1,000 models, each up to 4m9s")]
)
def test_models_that_begin_together_are_spread_and_none_is_late(
    bench: Workbench, count: int, spread: str | None
) -> None:
    span = ("--from", "2026-11-23", "--to", "2026-11-24")
    result = bench.preheat("plan", bench.plant(many(count, slack="0s")), *span, "--format", "json")
    found = Counter(row["start_at"] for row in rows(result.stdout))
    assert (found.total(), max(found.values()), {row["ready_at"] for row in rows(result.stdout)}) == (
        count,
        4,
        {"2026-11-23T06:00:00Z"},
    )
    assert "quota conflicts: none" in result.stderr
    lines = [line for line in result.stderr.splitlines() if "staggered starts" in line]
    assert len(lines) == (spread is not None)
    assert all(str(spread) in line for line in lines)


def test_the_lowest_priority_is_the_one_that_is_late_where_not_all_may_run(bench: Workbench) -> None:
    text = on_rekognition(", priority: 2", ", priority: 1", ", priority: 3")
    result = bench.preheat("plan", bench.plant(text), "--from", "2026-11-23", "--to", "2026-11-24", "--format", "json")
    assert "    late, because they start last: m1" in result.stderr.splitlines()
    starts = {row["model"]: row["start_at"] for row in rows(result.stdout)}
    assert starts == {
        "m2": "2026-11-23T05:27:40Z",
        "m0": "2026-11-23T05:27:50Z",
        "m1": "2026-11-23T05:28:00Z",
    }


def test_more_models_at_once_than_the_quota_allows_are_reported_with_who_and_when(bench: Workbench) -> None:
    text = many(4).replace("version: 1\n", "version: 1\nquotas: {lookoutvision: {models_at_once: 3}}\n", 1)
    result = bench.preheat("plan", bench.plant(text), "--from", "2026-11-23", "--to", "2026-11-24", "--format", "json")
    told = [
        "  lookoutvision: up to 4 models at once, 3 allowed",
        "    Mon 2026-11-23 05:28 UTC to Mon 2026-11-23 14:00 UTC: m0, m1, m2 and 1 more",
    ]
    assert "\n".join(told) in result.stderr
    fine = bench.preheat("plan", bench.plant(many(4)), "--from", "2026-11-23", "--to", "2026-11-24", "--format", "json")
    assert "quota conflicts: none" in fine.stderr


REKOGNITION = "project: p{n}, version: v1, backend: rekognition, schedules: [s]"
ROLE = "arn:aws:iam::210987654321:role/preheat-member"


def on_rekognition(*more: str) -> str:
    """Return a plant whose models all run on Monday from 06:00 on, one for each text of more fields."""
    models = "".join(f"  m{n}: {{{REKOGNITION.format(n=n)}{fields}}}\n" for n, fields in enumerate(more))
    return many(0) + models


@pytest.mark.parametrize(
    ("models", "conflicts"),
    [
        (("", ""), []),
        (("", "", ""), ["rekognition: up to 3 models at once, 2 allowed"]),
        (("", "", ", region: eu-west-1"), []),
        (("", "", f", role: {ROLE}"), []),
        (
            ("", "", *[f", role: {ROLE}, region: eu-west-1"] * 3),
            ["rekognition of account 210987654321 in eu-west-1: up to 3 models at once, 2 allowed"],
        ),
    ],
)
def test_two_models_of_rekognition_may_run_at_once_in_each_account_and_region(
    bench: Workbench, models: tuple[str, ...], conflicts: list[str]
) -> None:
    span = ("--from", "2026-11-23", "--to", "2026-11-24", "--format", "json")
    result = bench.preheat("plan", bench.plant(on_rekognition(*models)), *span)
    assert len(rows(result.stdout)) == len(models)
    assert [line.strip() for line in result.stderr.splitlines() if "at once" in line] == conflicts


def test_what_has_no_tariff_says_so(bench: Workbench) -> None:
    endpoint = "  m0: {backend: sagemaker, endpoint: press, config: press-1, schedules: [s]}\n"
    result = bench.preheat("plan", bench.plant(many(0) + endpoint), "--from", "2026-11-23", "--to", "2026-11-24")
    assert "  m0        8.53 unit-hours  no tariff" in result.stdout.splitlines()
    assert "quota conflicts: none" in result.stdout


def test_a_model_that_is_always_needed_is_shown_as_far_as_was_looked(bench: Workbench) -> None:
    text = many(1, start="00:00").replace("mon", "daily").replace('"14:00"', '"24:00"')
    result = bench.preheat("plan", bench.plant(text), "--from", "2026-11-23", "--to", "2026-11-24")
    assert "demand without an end in this range: m0" in result.stdout
    assert "24.00 unit-hours" in result.stdout


def test_nothing_to_do_is_said(bench: Workbench) -> None:
    result = bench.preheat("plan", bench.plant(), "--from", "2026-11-28T12:00", "--to", "2026-11-29")
    assert "no starts" in result.stdout
    assert (
        bench.preheat(
            "plan", bench.plant(), "--from", "2026-11-28T12:00", "--to", "2026-11-29", "--format", "json"
        ).stdout
        == ""
    )


# --- the stored plan --------------------------------------------------------------------------------------------------


def test_the_stored_plan_is_shown_with_its_leads_and_how_long_starts_took(bench: Workbench, golden: Golden) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    record = bench.store.records[ModelId("weld-seams")]
    samples = tuple(timedelta(minutes=minutes) for minutes in (22, 18, 31))
    bench.store.records[record.model_id] = replace(record, samples=samples)
    result = bench.preheat("plan", "--stack", "line-4", "--from", "2026-11-24", "--to", "2026-11-25")
    assert bench.stack == StackOptions("line-4")
    golden(GOLDEN / "plan-stack.txt", bench.told(result))


def test_a_stack_without_a_plan_says_so(bench: Workbench) -> None:
    result = bench.preheat("plan", "--stack", "line-4")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no plan yet" in result.stderr


def test_a_file_and_a_stack_are_two_plans_but_the_environments_stack_is_none(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = bench.preheat("plan", bench.plant(), "--stack", "line-4")
    assert (result.exit_code, "name either the plant file" in result.stderr) == (2, True)
    monkeypatch.setenv("PREHEAT_STACK", "line-4")
    assert bench.preheat("plan", bench.plant()).exit_code == 0


def test_a_stored_model_that_cannot_be_read_or_evaluated_harms_only_itself(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.preheat("apply", bench.plant(), "--yes")
    plan = bench.store.plans[bench.store.current]
    lost = Schedule("early", "Mars/Olympus", plan[ModelId("weld-seams")].schedules[0].shift_windows)
    plan[ModelId("weld-seams")] = replace(plan[ModelId("weld-seams")], schedules=(lost,))
    result = bench.preheat("plan", "--from", "2026-11-24", "--to", "2026-11-25", "--format", "json")
    assert (result.exit_code, [row["model"] for row in rows(result.stdout)]) == (1, ["paint"] * 2)
    assert "weld-seams: schedule early: time zone 'Mars/Olympus' is not available here" in result.stderr
    read = bench.store.read_planned

    def refuse(model_id: ModelId) -> Any:
        if model_id == "weld-seams":
            raise UnreadableItem("schema: 9 is not 1")
        return read(model_id)

    monkeypatch.setattr(bench.store, "read_planned", refuse)
    result = bench.preheat("plan", "--from", "2026-11-24", "--to", "2026-11-25")
    assert result.exit_code == 1
    assert "weld-seams: the stored form is unreadable; apply the plant file again" in result.stdout


# --- ranges and models ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026-11-23T06:00", "2026-11-23T06:00:00Z"),
        ("2026-11-23 06:00", "2026-11-23T06:00:00Z"),
        ("2026-11-23T06:00Z", "2026-11-23T06:00:00Z"),
        ("2026-11-23T07:00+01:00", "2026-11-23T06:00:00Z"),
        ("2026-11-23T00:00:00-06:00", "2026-11-23T06:00:00Z"),
    ],
)
def test_dates_and_instants_are_read_and_naive_ones_are_in_utc(bench: Workbench, text: str, means: str) -> None:
    always = many(1, start="00:00").replace("mon", "daily").replace('"14:00"', '"24:00"')
    result = bench.preheat("windows", bench.plant(always), "--from", text, "--to", "2026-11-25", "--format", "json")
    assert rows(result.stdout) == [{"model": "m0", "start": means, "end": "2026-11-25T00:00:00Z"}]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--from", "tomorrow"), "--from 'tomorrow' is not a date or an instant; accepted: a date such as 2026-11-23"),
        (("--from", "2026-02-30"), "--from '2026-02-30' is not a date or an instant"),
        (("--to", ""), "--to '' is not a date or an instant"),
        (("--to", "2026-11-23T06:00+99:00"), "is not a date or an instant"),
        (("--from", "0001-01-01T00:00+14:00"), "is not a date or an instant"),
        (("--from", "1969-12-31"), "--from '1969-12-31' is out of range; accepted: 1970-01-01 to 2200-01-01"),
        (("--to", "9999-12-31"), "is out of range"),
        (
            ("--from", "2026-11-24", "--to", "2026-11-24"),
            "is not after --from 2026-11-24 00:00:00Z: the range is empty",
        ),
        (("--to", "2026-11-01"), "is not after now, 2026-11-23 05:50:00Z"),
        (("weld-seam",), "the model 'weld-seam' is not in the plan; did you mean weld-seams?"),
        (("weld-seams", "x"), "the model 'x' is not in the plan"),
    ],
)
@pytest.mark.parametrize("command", ["windows", "plan"])
def test_a_range_or_model_that_is_wrong_is_reported_with_the_remedy(
    bench: Workbench, command: str, options: tuple[str, ...], told: str
) -> None:
    result = bench.preheat(command, bench.plant(), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_the_documented_examples_are_what_is_printed(bench: Workbench) -> None:
    page = (ROOT / "docs" / "plan.md").read_text()
    shown = [line for line in page.splitlines() if line.startswith('{"model"')]
    span = ("--from", "2026-11-23", "--to", "2026-11-24", "door-gaps", "--format", "json")
    told = [bench.preheat(name, str(ROOT / "examples" / "plant.yaml"), *span).stdout for name in ("windows", "plan")]
    assert "\n".join(shown) + "\n" == "".join(told)


def test_many_gaps_are_counted_by_model(bench: Workbench) -> None:
    result = bench.preheat("plan", bench.plant(BUSY), "--from", "2026-10-01", "--to", "2026-11-01")
    # 31 gaps of 20 minutes at 7 EUR an hour for two units; you pay for each start from 32 minutes before its shift on.
    told = "  weld-seams: 31, 10h20m in all: bridging costs 72.33 EUR, restarts 115.73 EUR"
    assert told in result.stdout.splitlines()


def test_each_total_has_the_hours_of_its_own_price(bench: Workbench) -> None:
    plant = bench.plant(
        """version: 1
schedules:
  early: {zone: UTC, windows: [{days: daily, start: "06:00", end: "07:00"}]}
models:
  weld: {backend: rekognition, project: weld, version: v1, schedules: [early]}
  paint: {backend: sagemaker, endpoint: paint, config: paint-v1, schedules: [early]}
"""
    )
    lines = [" ".join(line.split()) for line in bench.preheat("plan", plant).output.splitlines()]
    paid = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines if line.startswith(("weld ", "paint "))}
    assert paid["paint"].endswith("no tariff")
    assert [line for line in lines if line.startswith("total ")] == [f"total {paid['paint']}", f"total {paid['weld']}"]
