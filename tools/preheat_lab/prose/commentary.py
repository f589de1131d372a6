"""The texts that people read in the source: docstrings, comments and names of tests. Does not judge them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from preheat_lab.prose.sources import ROOT, ProsePassage, paragraphs

HOMES = ("layers/preheat/preheat", "functions", "tools", "tests")

_FOR_TOOLS = re.compile(r"#\s*(?:noqa|type:|pragma|mypy:|ruff:|!)[^#]*")

_BRANCHES = ("│", "├", "└")
"""Begin a line of a drawn tree: each is a text of its own."""


def comments() -> Iterator[ProsePassage]:
    """Yield all docstrings, comments and names of tests: in what ships, in the tools and in the tests."""
    modules = [module for home in HOMES for module in sorted((ROOT / home).rglob("*.py"))]
    for module in [ROOT / "hatch_build.py", *modules]:
        text, name = module.read_text(encoding="utf-8"), str(module.relative_to(ROOT))
        yield from of_docstrings(text, name)
        yield from of_comments(text, name)
        yield from of_tests(text, name)


def of_docstrings(text: str, name: str) -> Iterator[ProsePassage]:
    """Yield every docstring of a module, paragraph by paragraph. Examples and fields' lists are code.

    Each row of a table in columns is a text of its own.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from paragraphs(_without_examples(node.value.value), f"{name}:{node.lineno}")


def of_comments(text: str, name: str) -> Iterator[ProsePassage]:
    """Yield every comment; lines of comment that follow each other are one. It leaves words for other tools out."""
    said, line = "", 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            words = _FOR_TOOLS.sub("", token.string).strip("#- ")
            alone = not token.line[: token.start[1]].strip()
            if alone and said:
                said = f"{said}\n- {words}" if words.startswith(_BRANCHES) else f"{said} {words}"
                continue
            if alone:
                said, line = words, token.start[0]
            elif words:
                yield from paragraphs(words, f"{name}:{token.start[0]}")
        elif token.type not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT) and said:
            yield from paragraphs(said, f"{name}:{line}")
            said = ""


def of_tests(text: str, name: str) -> Iterator[ProsePassage]:
    """Yield the words of each test's name: it says a rule, so people read it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield ProsePassage(f"{name}:{node.lineno}", node.name.removeprefix("test_").replace("_", " "), name=True)


def _without_examples(text: str) -> str:
    text = re.sub(r"(?m)^\s*(?:>>>|\.\.\.|\$|python -m) .*$|::\n(?:\n|    .*\n)+|^ {8,}.*$", "", text)
    return re.sub(r"(?m)^ {4}(\w+) {2,}(?=\S)", r"- \1: ", text)
