"""The names in docs/runbook.md, compared with the source. test_runbook.py shows that its steps work."""

import re
from pathlib import Path

import pytest
from tests.support.commands import load_command_line

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
FLOWING = re.sub(r"\s+", " ", PAGE)


def test_the_files_it_names_are_there() -> None:
    named = set(re.findall(r"(?:tests|tools|layers)/[\w/]+\.(?:py|in)", PAGE))
    assert len(named) >= 4
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_commands_it_names_are_the_programs() -> None:
    program = load_command_line()
    told = set(re.findall(r"^preheat ([a-z]+)", PAGE, re.MULTILINE))
    assert {"apply", "status", "history"} <= told <= set(program.commands)


def test_the_outputs_it_asks_for_are_the_templates() -> None:
    outputs = (ROOT / "template.yaml").read_text(encoding="utf-8").split("\nOutputs:\n")[1]
    named = set(re.findall(r"\$\(output (\w+)\)", PAGE))
    assert named
    assert named <= set(re.findall(r"^  (\w+):$", outputs, re.MULTILINE))


def test_its_links_lead_to_its_own_headings() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", PAGE)) <= headings


@pytest.mark.parametrize(
    "words",
    [
        "exists already",
        "is older than this model's plan",
        "tick failed",
        "Cannot reach the store",
        "pass failed",
        "Gave up after",
    ],
)
def test_the_words_it_says_to_look_for_are_said(words: str) -> None:
    assert words in FLOWING
    package = ROOT / "layers" / "preheat" / "preheat"
    sources = [*package.rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    assert any(words in source.read_text(encoding="utf-8") for source in sources)
