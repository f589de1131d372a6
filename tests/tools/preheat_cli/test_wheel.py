"""The wheel: built, installed into an empty environment, and used from a folder that is no checkout."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatch_build import ranges, without_file_links

from preheat_local import find_checkout

ROOT = Path(__file__).parents[3]
CALENDAR = """BEGIN:VCALENDAR
BEGIN:VEVENT
UID:early
DTSTART;TZID=Europe/Berlin:20261123T060000
DTEND;TZID=Europe/Berlin:20261123T140000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU
END:VEVENT
END:VCALENDAR
"""

type Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def preheat(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The installed command, run in a folder with a space in its name and with nothing of this checkout around it."""
    environment, uv = tmp_path_factory.mktemp("environment"), find_checkout(ROOT).uv()
    python, lock = environment / "bin" / "python", ROOT / "requirements" / "dev.txt"
    subprocess.run([uv, "venv", "-q", "--allow-existing", "--python", sys.executable, environment], check=True)
    # The lock constrains the versions, so that the packages here are those of the other tests.
    subprocess.run([uv, "pip", "install", "-q", "--python", python, "-c", lock, wheel], check=True)
    folder = tmp_path_factory.mktemp("another folder")
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PREHEAT"))}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(environment / "bin" / "preheat"), *arguments]
        return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, check=False)

    (folder / "plant.yaml").write_text((ROOT / "examples" / "plant.yaml").read_text())
    (folder / "shifts.ics").write_text(CALENDAR.replace("\n", "\r\n"))
    return run


def test_the_installed_command_prints_its_version(preheat: Run) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert preheat("--version").stdout == f"preheat {project['version']}\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("validate", "plant.yaml"), "3 models"),
        (("plan", "plant.yaml"), "weld-seams"),
        (("windows", "plant.yaml", "--format", "json"), '"model": "weld-seams"'),
        (("import", "ics", "shifts.ics"), "days: mon-tue"),
        (("simulate", "--seed", "1", "--models", "2", "--days", "2", "--no-timeline"), "0 violations"),
        (("schema", "plant"), '"$defs"'),
    ],
)
def test_the_installed_command_works_outside_a_checkout(preheat: Run, arguments: tuple[str, ...], says: str) -> None:
    result = preheat(*arguments)
    assert (result.returncode, says in result.stdout) == (0, True), result.stdout + result.stderr


@pytest.mark.parametrize("document", ["plant", "request"])
def test_the_schemas_it_prints_are_the_published_ones(preheat: Run, document: str) -> None:
    assert preheat("schema", document).stdout == (ROOT / "docs" / f"{document}.schema.json").read_text()


def test_what_needs_an_extra_or_a_checkout_says_so_in_one_line(preheat: Run) -> None:
    for command, remedy in (("simulator", "pip install 'preheat[simulator]'"), ("up", "not inside a checkout")):
        result = preheat(command)
        assert result.returncode == 1
        (line,) = result.stderr.splitlines()
        assert remedy in line


def test_the_wheel_requires_what_lambda_needs_and_what_the_command_adds(metadata: Message) -> None:
    of_lambda = (ROOT / "layers" / "dependencies" / "requirements.in").read_text().splitlines()
    named = {line.partition("==")[0] for line in of_lambda if "==" in line}
    requires = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert named | {"boto3", "typer", "rich", "pydantic", "holidays", "icalendar", "pyyaml", "ruamel-yaml"} == {
        re.split(r"[<>=]", line)[0] for line in requires
    }
    assert all(">=" in line and "==" not in line for line in requires)
    assert metadata.get_all("Provides-Extra") == ["local", "simulator"]
    assert metadata["Requires-Python"] == ">=3.13"


def test_the_description_has_no_link_that_an_index_cannot_follow(metadata: Message) -> None:
    text = str(metadata.get_payload())
    assert text.lstrip().startswith("# Preheat")
    assert [link for link in re.findall(r"\]\(([^)]*)\)", text) if not link.startswith("https://")] == []


def test_of_the_lab_only_the_simulation_and_the_handlers_that_it_calls_ship(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    lab = {name for name in names if name.startswith("preheat_lab/")}
    assert {name.split("/")[1] for name in lab} == {"__init__.py", "checkout.py", "simulation", "spending.py"}
    handlers = {f"preheat_lab/simulation/functions/{path.parent.name}/handler.py" for path in HANDLERS}
    assert handlers <= lab
    assert not [name for name in names if name.startswith(("tests", "functions", "tools"))]


HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))


def test_a_pin_becomes_a_range_below_the_next_major_version() -> None:
    pins = ["# a comment", "", "typer==0.29.2  # why", "tzdata==2026.6", "moto[sqs]==5.2.5"]
    assert ranges(pins) == ["moto[sqs]>=5.2.5,<6", "typer>=0.29.2,<1", "tzdata>=2026.6"]
    with pytest.raises(ValueError, match="'typer>=1' is not a pin"):
        ranges(["typer>=1"])


def test_links_to_files_become_text_and_web_links_stay() -> None:
    text = "See [`docs/plan.md`](docs/plan.md#a), [AWS](https://aws.amazon.com), ![x](https://a/b.png)."
    expected = "See `docs/plan.md`, [AWS](https://aws.amazon.com), ![x](https://a/b.png)."
    assert without_file_links(text) == expected
