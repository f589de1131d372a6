"""The names in docs/runbook.md, compared with the source. test_runbook.py shows that its steps work."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.commands import load_command_line

from preheat.domain.record.attempt import LEASE

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


def test_the_command_that_rebuilds_asks_for_the_freeze_of_the_page() -> None:
    """A hold is another thing: it keeps a model ready."""
    least = timedelta(seconds=100) + LEASE  # the longest pass, and the lease of its last call
    assert timedelta(minutes=3) < least <= timedelta(minutes=4)
    asked = load_command_line().commands["ledger"].commands["rebuild"].help
    assert "First freeze the stack and wait four minutes" in asked
    assert "Freeze the stack, and wait four minutes" in FLOWING
    assert not re.search(r"\bhold\b(?!`)", FLOWING, re.IGNORECASE)


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
