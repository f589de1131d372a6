"""`preheat simulate --replay`: the input, the output, and the errors about unreadable files."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.day import Day, a_day
from typer.testing import CliRunner, Result

from preheat.domain.plan.hosted_model import Learning
from preheat_cli.main import app
from preheat_cli.replay import USUAL, starts_of
from preheat_cli.views.show import entry_fields
from preheat_simulator.core.latency import make_fixed

from .test_commands import GOLDEN


def export_day(day: Day) -> str:
    return "".join(json.dumps(entry_fields(entry)) + "\n" for entry in day.entries)


def record_day(shifts: int) -> Day:
    with a_day(learning=Learning()) as day:
        for number in range(shifts):
            day.service.start_latency = make_fixed(((7 * number * number) % 23 + 4) * 60)
            day.run_until("17:00", day=number)
    return day


def line(**changes: Any) -> str:
    fields = {"model_id": "weld", "sequence": 1, "target": {"backend": "lookoutvision"}, "units": 1}
    return json.dumps(fields | {"time_to_hosted_seconds": 900.0} | changes)


def simulate_day(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *arguments])


@pytest.fixture
def export(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "ledger.jsonl"
        path.write_text(text)
        return str(path)

    return write


def test_what_history_exports_is_replayed_side_by_side(
    export: Callable[[str], str], golden: Callable[[Path, str], None], tmp_path: Path
) -> None:
    path = export(export_day(record_day(12)))
    chart = tmp_path / "leads.svg"
    rules = ["--lead-rule", "learned", "--lead-rule", "learned:late_target=0.05,lead_cap=40m"]
    rules += ["--lead-rule", "pinned:20m", "--lead-rule", "mean+2sd"]
    result = simulate_day("--replay", path, *rules, "--late-cost", "12.5", "--chart", str(chart))
    assert result.exit_code == 0
    golden(GOLDEN / "replay.txt", result.stdout.replace(str(tmp_path), "."))
    assert chart.read_text().startswith("<svg")
    assert all(name in chart.read_text() for name in ("mean+2sd", "pinned:20m"))


def test_the_starts_are_those_that_the_ledger_has_measured(export: Callable[[str], str]) -> None:
    day = record_day(5)
    (found,) = starts_of(Path(export(export_day(day)))).values()
    assert [start.took for start in found] == list(day.record.samples)


def test_in_json_each_rule_is_an_object_and_the_usual_ones_are_compared(export: Callable[[str], str]) -> None:
    text = "\n".join([line(), line(sequence=2, time_to_hosted_seconds=None), line(model_id="paint", units=None)])
    result = simulate_day("--replay", export(text), "--format", "json")
    rows = [json.loads(each) for each in result.stdout.splitlines()]
    assert [row["rule"] for row in rows] == list(USUAL)
    assert (rows[1]["starts"], rows[1]["late"], rows[1]["idle_minutes"]) == (2, 0, 30.0)
    assert rows[1]["idle_costs"] == {"USD": "2.0000"}


def test_every_line_that_cannot_be_read_is_reported_with_its_place_and_the_remedy(export: Callable[[str], str]) -> None:
    wrong = [
        "no json",
        "[]",
        line(model_id="../x"),
        line(sequence=0),
        line(time_to_hosted_seconds="long"),
        line(units=0),
        line(target={"backend": "elsewhere"}),
        line(),
        line(),
    ]
    path = export("\n".join(wrong))
    result = simulate_day("--replay", path)
    assert result.exit_code == 2
    told = result.stderr.splitlines()
    assert [each.split(":")[1] for each in told[:-1]] == ["1", "2", "3", "4", "5", "6", "7", "9"]
    assert "preheat history MODEL --format json" in told[-1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--lead-rule", "median"), "accepted: learned"),
        (("--lead-rule", "learned:late_target=0.5"), "a share from 0.001 to 0.05"),
        (("--lead-rule", "learned:late=1"), "unknown setting 'late'"),
        (("--lead-rule", "learned:lead_cap=20m,default_lead=30m"), "more than lead_cap 20m"),
        (("--lead-rule", "learned:lead_floor=2h"), "not in ascending order"),
        (("--lead-rule", "pinned:soon"), "a duration such as"),
        (("--lead-rule", "mean+9999sd"), "accepted: learned"),
        (("--format", "csv"), "table"),
        (("--seed", "2"), "--seed does not work with --replay"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    export: Callable[[str], str], arguments: tuple[str, ...], told: str
) -> None:
    result = simulate_day("--replay", export(line()), *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr


def test_all_wrong_rules_are_reported_at_once(export: Callable[[str], str]) -> None:
    result = simulate_day("--replay", export(line()), "--lead-rule", "a", "--lead-rule", "b")
    assert len(result.stderr.splitlines()) == 2


def test_an_export_without_starts_or_without_a_file_says_so(export: Callable[[str], str], tmp_path: Path) -> None:
    empty = simulate_day("--replay", export(line(time_to_hosted_seconds=None)))
    assert (empty.exit_code, "no measured start" in empty.stderr) == (1, True)
    assert simulate_day("--replay", str(tmp_path / "none")).exit_code == 2


def test_what_is_of_a_replay_needs_one() -> None:
    result = simulate_day("--lead-rule", "learned")
    assert (result.exit_code, "--replay" in result.stderr) == (2, True)


def test_a_recorded_start_counts_in_whole_durations(export: Callable[[str], str]) -> None:
    (found,) = starts_of(Path(export(line(time_to_hosted_seconds=900.25)))).values()
    assert found[0].took == timedelta(seconds=900.25)
