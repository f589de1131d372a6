"""Each example of a plant file is valid, has a plan without conflicts, comes through a week, and has its picture."""

from pathlib import Path

import pytest
from tests.tools.conftest import Golden, Workbench

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
WEEK = ("--from", "2026-11-30", "--to", "2026-12-07")
# Of 300 models, one of each kind of service and each set of shifts: all of them take minutes.
SOME = {"plant-of-300": ["line-01-weld", "line-02-seal", "line-03-torque", "line-04-weld", "line-05-seal"]}


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_it_is_valid_and_planned_without_a_conflict(bench: Workbench, file: Path) -> None:
    assert bench.preheat("validate", str(file)).exit_code == 0
    planned = bench.preheat("plan", str(file), *WEEK)
    assert planned.exit_code == 0, planned.output
    assert "quota conflicts: none" in planned.output
    text = file.read_text(encoding="utf-8")
    assert "lookoutvision" not in text, "the service is closed: nobody can run this example"


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_it_comes_through_a_week_on_time(bench: Workbench, file: Path) -> None:
    names, days = SOME.get(file.stem, []), "3" if file.stem.startswith("rotation") else "7"  # these run without a pause
    simulated = bench.preheat("simulate", str(file), *names, "--days", days, "--no-timeline")
    assert simulated.exit_code == 0, simulated.output
    for line in simulated.output.splitlines():
        assert ", 0 late;" in line, line
        assert " 0 starts on time" not in line, line


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_its_picture_is_that_of_its_week(bench: Workbench, file: Path, golden: Golden) -> None:
    drawn = bench.folder / "week.svg"
    assert bench.preheat("windows", str(file), *WEEK, "--picture", str(drawn)).exit_code == 0
    golden(ROOT / "examples" / "pictures" / f"{file.stem}.svg", drawn.read_text(encoding="utf-8"))


def test_the_page_names_each_example_with_its_picture() -> None:
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for file in EXAMPLES:
        assert f"]({file.name})" in page
        assert f"pictures/{file.stem}.svg" in page
