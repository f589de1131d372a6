"""`preheat simulate` with a plant file: its models act against simulated services; options of a drawn plant fail."""

import pytest
from tests.tools.conftest import Workbench

TWO = """version: 1
schedules:
  early: {zone: UTC, windows: [{days: daily, start: "06:00", end: "07:00"}]}
models:
  weld: {backend: rekognition, project: weld, version: v1, schedules: [early], mode: observe}
  paint: {backend: sagemaker, endpoint: paint, config: paint-v1, schedules: [early], unscheduled: stop}
"""


def test_each_model_of_a_plant_file_acts_and_each_service_has_its_line(bench: Workbench) -> None:
    result = bench.preheat("simulate", bench.plant(TWO), "--days", "2", "--no-timeline")
    assert result.exit_code == 0, result.output
    rekognition, sagemaker = result.output.splitlines()
    assert rekognition.startswith("rekognition: simulate: seed 1, 1 model, 2 days: 2 shifts, 2 starts on time, 0 late")
    assert sagemaker.startswith("sagemaker: simulate: seed 1, 1 model, 2 days: 2 shifts, 2 starts on time, 0 late")


def test_named_models_alone_are_simulated(bench: Workbench) -> None:
    result = bench.preheat("simulate", bench.plant(TWO), "weld", "--days", "1", "--no-timeline")
    assert [line.split(":")[0] for line in result.output.splitlines()] == ["rekognition"]
    assert "the model 'weldd' is not in the plan" in bench.preheat("simulate", bench.plant(TWO), "weldd").output


def test_what_a_plan_has_outside_its_shifts_stopped_breaks_no_promise(bench: Workbench) -> None:
    result = bench.preheat("simulate", bench.plant(TWO), "paint", "--days", "4", "--faults", "all", "--no-timeline")
    assert result.exit_code == 0, result.output
    assert ", 0 violations" in result.output


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--models", "3"], "--models does not work with a plant file"),
        (["--service", "rekognition"], "--service does not work with a plant file"),
        (["--replay", "export.json"], "FILE does not work with --replay"),
    ],
)
def test_options_without_effect_are_refused(bench: Workbench, more: list[str], message: str) -> None:
    result = bench.preheat("simulate", bench.plant(TWO), *more)
    assert result.exit_code == 2
    assert message in result.output


def test_the_picture_has_a_row_for_models_of_the_same_demand(bench: Workbench) -> None:
    drawn = bench.folder / "week.svg"
    same = TWO.replace(
        "paint: {", "seal: {backend: rekognition, project: seal, version: v1, schedules: [early]}\n  paint: {"
    )
    result = bench.preheat("windows", bench.plant(same), "--from", "2026-11-30", "--picture", str(drawn))
    assert result.output == f"wrote {drawn}\n"
    text = drawn.read_text(encoding="utf-8")
    assert "weld +2" in text
    assert "weld, seal, paint (UTC)" in text
    assert text.count("<rect") == 1 + 2 * 7 + 2  # the paper, seven days with their leads, the legend


def test_a_picture_that_cannot_be_written_is_an_error_with_a_remedy(bench: Workbench) -> None:
    result = bench.preheat("windows", bench.plant(TWO), "--picture", str(bench.folder / "no" / "week.svg"))
    assert result.exit_code == 1
    assert "check the path" in result.output
