"""The tests that docs/reliability.md names exist, and each fault that no random draw makes has a test or a limit."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+(?:\.py)?)(?:::(\w+))?`")


def find_missing(text: str) -> list[str]:
    """Return the tests that a text names and that do not exist."""
    return [f"{path}::{test}" if test else path for path, test in NAMED.findall(text) if not exists(path, test)]


def exists(path: str, test: str) -> bool:
    file = ROOT / path
    if not test or not file.is_file():
        return file.exists() and not test
    return any(
        isinstance(node, ast.FunctionDef) and node.name == test
        for node in ast.parse(file.read_text(encoding="utf-8")).body
    )


def list_faults() -> list[str]:
    """Return the rows of the table of faults by people and by the surroundings."""
    section = PAGE.split("\n## Faults by people and by the surroundings\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| ")][2:]


def test_each_test_that_the_page_names_exists() -> None:
    assert len(NAMED.findall(PAGE)) > 30
    assert find_missing(PAGE) == []


@pytest.mark.parametrize("fault", list_faults(), ids=lambda row: row.split("|")[1].strip())
def test_each_fault_has_a_test_or_a_limit(fault: str) -> None:
    _, _, _, shown, _ = fault.split("|")
    assert NAMED.search(shown) or "Limit: " in shown


def test_a_test_that_does_not_exist_is_seen() -> None:
    here = "tests/docs/test_reliability_page.py"
    assert find_missing(f"`{here}::test_a_test_that_does_not_exist_is_seen` `{here}` `tests/docs`") == []
    assert find_missing(f"`{here}::test_of_nothing` `tests/docs/test_nothing.py`") == [
        f"{here}::test_of_nothing",
        "tests/docs/test_nothing.py",
    ]
