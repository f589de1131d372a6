"""ARCHITECTURE.md against the import contracts and the tree, and the decisions against their form."""

import re
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
DECISIONS = sorted(path for path in (ROOT / "docs" / "decisions").glob("*.md") if path.name != "README.md")
INDEX = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")


def contracts() -> ConfigParser:
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return parser


def layers(contract: str) -> list[str]:
    """Return the layers of a contract, the highest first; those of one line count one by one."""
    return re.findall(r"\w+", contracts()[f"importlinter:contract:{contract}"]["layers"])


def rows(heading: str, first: str) -> list[str]:
    """Return the first cells of the table under a heading whose first column has the name `first`."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    table = section.split(f"| {first} |")[1].split("\n\n")[0]
    return re.findall(r"^\| `([^`]+)`", table, re.MULTILINE)


def test_the_rings_are_those_of_the_contract_in_its_order() -> None:
    assert rows("The rings of the Lambda package", "ring") == layers("rings")
    assert set(layers("rings")) == {
        path.name for path in (ROOT / "layers/preheat/preheat").iterdir() if (path / "__init__.py").exists()
    }


def test_the_layers_of_the_domain_are_those_of_the_contract_in_its_order() -> None:
    assert rows("The rings of the Lambda package", "layer") == layers("domain")


def test_the_tools_are_those_of_the_contract_in_its_order() -> None:
    named = rows("The tools", "package")
    assert sorted(named) == sorted(set(layers("packages")) - {"preheat"})
    assert named[:2] == layers("packages")[:2]


def test_every_function_has_its_line() -> None:
    assert set(rows("What drives what", "function")) == {
        path.name for path in (ROOT / "functions").iterdir() if path.is_dir() and (path / "handler.py").exists()
    }


def test_the_page_takes_ten_minutes() -> None:
    assert len(PAGE.split()) <= 2_000  # at 200 words a minute


@pytest.mark.parametrize("path", DECISIONS, ids=[path.name for path in DECISIONS])
def test_a_decision_has_its_four_parts_and_one_line_in_the_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    number = int(path.name[:4])
    assert re.match(rf"# {number}[.:] .+\n", text)
    assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading for heading in headings if heading in ("Context", "Choice", "Price")] == [
        "Context",
        "Choice",
        "Price",
    ]
    assert INDEX.count(f"]({path.name})") == 1


def test_no_two_decisions_have_one_number() -> None:
    numbers = [path.name[:4] for path in DECISIONS]
    assert len(numbers) == len(set(numbers)) > 50
