"""The way in for contributors: CONTRIBUTING.md, the hooks and the workflows name what is there, pinned and local."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from preheat.domain.plan.plan import Backend, Mode
from preheat.domain.record.record import Phase

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
# A release writes its own page, and assumes a role to upload the template. A tag alone starts it.
MORE_RIGHTS = {"release.yaml": {"contents": "write", "id-token": "write"}}
DOOR = [
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", ".editorconfig")),
    ROOT / ".pre-commit-config.yaml",
    *sorted(path for folder in (".github", ".devcontainer") for path in (ROOT / folder).rglob("*") if path.is_file()),
]


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(path)
    return loaded


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_what_contributing_names_is_there() -> None:
    named = set(
        re.findall(r"`?((?:tests|tools|layers|docs)/[\w./-]+|\.ci/run|\.importlinter|\.[a-z-]+\.yaml)", CONTRIBUTING)
    )
    assert len(named) >= 12
    assert not [name for name in named if not (ROOT / name.rstrip("/.")).exists()]
    assert set(re.findall(r"make ([a-z-]+)", CONTRIBUTING)) <= targets() | {"get"}


def test_the_golden_exercise_of_contributing_still_works() -> None:
    line = re.search(r"delete the first line `(- [\w:]+)`", CONTRIBUTING)
    assert line is not None
    template = (ROOT / "template.yaml").read_text(encoding="utf-8").splitlines()
    assert line[1] in [each.strip() for each in template]
    action = line[1].removeprefix("- ")
    roles = (ROOT / "tests" / "template" / "roles.txt").read_text(encoding="utf-8")
    assert action in roles


def test_a_change_is_checked_by_the_same_command_as_on_a_laptop() -> None:
    check = load(ROOT / ".github" / "workflows" / "check.yaml")
    assert [step["run"] for step in steps(check) if "run" in step] == [".ci/run"]
    nightly = load(ROOT / ".github" / "workflows" / "nightly.yaml")
    (job,) = nightly["jobs"].values()
    assert set(job["strategy"]["matrix"]["target"]) <= targets()


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])
def test_a_workflow_is_pinned_and_only_a_release_may_write(path: Path) -> None:
    workflow, text = load(path), path.read_text(encoding="utf-8")
    assert workflow["permissions"] == {}
    rights = MORE_RIGHTS.get(path.name, {"contents": "read"})
    assert all(job["permissions"] == rights for job in workflow["jobs"].values())
    used = re.findall(r"uses: (.*)$", text, re.MULTILINE)
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v[0-9.]+", each) for each in used)
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        assert "${{" not in step.get("run", "")  # a value from outside reaches a shell only as a variable


def test_the_hooks_call_the_projects_own_tools() -> None:
    (repo,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    tools = " ".join(str(each) for each in groups["dev"]).replace("import-linter", "lint-imports")
    for hook in repo["hooks"]:
        command, *rest = hook["entry"].split()
        assert hook["language"] == "system"
        name = command.removeprefix(".venv/bin/")
        assert name == "python" or name in tools, hook
        assert not [one for one in rest if "/" in one and not (ROOT / one).exists()], hook


def test_the_door_names_no_machine_and_no_package_index() -> None:
    for path in DOOR:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/home/|/root/|/tmp/|index-url|registry\s*=", text), path.name


def test_the_glossary_has_each_word_once_and_every_phase_and_mode() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [word for cell in re.findall(r"^\| \*\*(.+?)\*\*", page, re.MULTILINE) for word in cell.split(" / ")]
    assert len(words) == len(set(words)) >= 50
    phases = re.search(r"\*\*phase\*\* \|.*?: (.*)\. \|", page)
    assert phases is not None
    assert set(re.findall(r"`(\w+)`", phases[1])) == set(Phase)
    assert all(f"`{mode}`" in page for mode in Mode)
    assert all(f"`{backend}`" in page for backend in Backend)


def test_the_help_of_make_shows_no_variable_of_the_makefile() -> None:
    described = re.findall(r"^([a-z-]+):.*## (.*)$", MAKEFILE, re.MULTILINE)
    assert len(described) > 20
    assert [each for each in described if "$(" in each[1]] == []
