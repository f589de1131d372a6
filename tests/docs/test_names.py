"""Names in the code: each class has its own, and one letter is no name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOMES = ("layers/preheat/preheat", "functions", "tools", "tests")
COORDINATES = {"x", "y"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def parse_home(home: str) -> Iterator[tuple[str, ast.Module]]:
    """Yield each module of a home with its tree."""
    for module in sorted((ROOT / home).rglob("*.py")):
        yield str(module.relative_to(ROOT)), ast.parse(module.read_text(encoding="utf-8"))


def names_bound(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each name that a module binds outside a comprehension, with its line."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, COMPREHENSIONS) for part in ast.walk(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if id(node) not in inside:
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.alias(asname=str(name)) | ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield node.lineno, name


@pytest.mark.parametrize("home", HOMES)
def test_one_letter_is_no_name(home: str) -> None:
    found = [(module, line, name) for module, tree in parse_home(home) for line, name in names_bound(tree)]
    assert found
    short = [each for each in found if len(each[2].strip("_")) == 1 and each[2] not in COORDINATES]
    assert short == []


def test_a_class_has_a_name_of_its_own() -> None:
    places = defaultdict(list)
    for module, tree in (each for home in HOMES[:3] for each in parse_home(home)):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name != "Meta":  # PynamoDB's, one in each table
                places[node.name].append(f"{module}:{node.lineno}")
    assert len(places) > 300
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
