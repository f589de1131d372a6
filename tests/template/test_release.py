"""A release has one version everywhere, and the metadata that the application repository asks for."""

import re
import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def test_template_wheel_and_output_have_one_version(template: dict[str, Any]) -> None:
    assert template["Metadata"]["AWS::ServerlessRepo::Application"]["SemanticVersion"] == VERSION
    assert template["Outputs"]["Release"]["Value"] == VERSION


def test_the_metadata_keep_the_bounds_of_the_application_repository(template: dict[str, Any]) -> None:
    facts = template["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch(r"[A-Za-z0-9-]{1,140}", facts["Name"])
    assert 1 <= len(facts["Description"]) <= 256
    assert 1 <= len(facts["Author"]) <= 127
    assert len(facts["Labels"]) <= 10
    assert all(re.fullmatch(r"[A-Za-z0-9+\-_:/@]{1,127}", label) for label in facts["Labels"])
    for name in ("LicenseUrl", "ReadmeUrl"):
        assert (ROOT / facts[name]).is_file()
    licence = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"]
    assert facts["SpdxLicenseId"] == licence


def test_a_release_runs_the_whole_check_before_it_publishes() -> None:
    workflow = YAML(typ="safe").load((ROOT / ".github" / "workflows" / "release.yaml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    commands = [step.get("run", "") for step in job["steps"]]
    check, package = commands.index(".ci/run"), next(n for n, text in enumerate(commands) if "make package" in text)
    assert check < package
    targets = re.findall(r"make (\w+)", "\n".join(commands))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()
