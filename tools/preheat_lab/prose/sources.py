"""The texts that people read, and where each is: pages, help of the command, printed texts, reasons, alarms.

Knows how to take the prose out of Markdown, Python and the template. Does not judge it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from preheat_lab.prose.rules import CODE

ROOT = Path(__file__).parents[3]
PAGES = ("*.md", "docs/**/*.md", "events/**/*.md", "examples/**/*.md", ".github/**/*.md")
PRINTING = ("tools/preheat_cli", "tools/preheat_plantfile", "tools/preheat_report", "tools/preheat_local")
REASONING = ("layers/preheat/preheat/domain", "layers/preheat/preheat/app")
COMMANDS = ("tools/preheat_cli/commands/", "tools/preheat_cli/main.py")
"""Where the docstring of a function is the help of a command: Typer prints it."""
FEWEST_WORDS = 3
"""A string in a program with fewer words is a name or a key, not a text."""


@dataclass(frozen=True, slots=True)
class ProsePassage:
    """A paragraph, list item, table cell, heading, help text, reason or description.

    `name`: the words of a name, for which only the rule about words holds.
    """

    place: str
    text: str
    heading: bool = False
    name: bool = False


def passages() -> Iterator[ProsePassage]:
    """Yield all passages of the project."""
    for pattern in PAGES:
        for page in sorted(ROOT.glob(pattern)):
            yield from of_page(page.read_text(encoding="utf-8"), str(page.relative_to(ROOT)))
    for folder in (*PRINTING, *REASONING):
        for module in sorted((ROOT / folder).rglob("*.py")):
            name = str(module.relative_to(ROOT))
            yield from of_module(module.read_text(encoding="utf-8"), name, help_too=name.startswith(COMMANDS))
    yield from of_template((ROOT / "template.yaml").read_text(encoding="utf-8"), "template.yaml")


def of_page(text: str, name: str) -> Iterator[ProsePassage]:
    """Yield the passages of a Markdown page, without code, links' targets and HTML."""
    tokens = MarkdownIt("commonmark").enable("table").parse(_without_front_matter(text))
    line = 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        line = token.map[0] + 1 if token.map else line
        if token.type == "inline":
            yield ProsePassage(
                f"{name}:{line}", _read_token(token), before is not None and before.type in {"heading_open", "th_open"}
            )


def _without_front_matter(text: str) -> str:
    return re.sub(r"\A---\n.*?\n---\n", lambda matter: "\n" * matter[0].count("\n"), text, flags=re.DOTALL)


def _read_token(token: Token) -> str:
    parts = {"code_inline": CODE, "softbreak": " ", "hardbreak": ". ", "html_inline": " "}
    return "".join(parts.get(child.type, child.content) for child in token.children or [] if child.type != "image")


def of_module(text: str, name: str, *, help_too: bool = False) -> Iterator[ProsePassage]:
    """Yield what a module prints or records: its strings of several words. Of docstrings, only the help of commands."""
    tree = ast.parse(text)
    silent = {id(part) for node in ast.walk(tree) for part in _unspoken(node)}
    for command in tree.body if help_too else []:
        if isinstance(command, ast.FunctionDef) and (help_text := ast.get_docstring(command)):
            yield from paragraphs(help_text, f"{name}:{command.lineno}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in silent and (said := _read_text(node)):
            yield from paragraphs(said, f"{name}:{node.lineno}")


def _unspoken(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, the parts of a formatted string, and patterns handed to `re`."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        yield from (part for value in node.values for part in ast.walk(value))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        named = node.func.value
        if isinstance(named, ast.Name) and named.id == "re":
            yield from (part for argument in node.args for part in ast.walk(argument))


def _read_text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        said = node.value if isinstance(node.value, str) else ""
    else:
        said = "".join(str(part.value) if isinstance(part, ast.Constant) else CODE for part in node.values)
    return (
        said if len(re.findall(r"(?<!\S)[A-Za-z][a-z']*(?![\w=(])", said)) >= FEWEST_WORDS and "<" not in said else ""
    )


def of_template(text: str, name: str) -> Iterator[ProsePassage]:
    """Yield the descriptions of alarms, parameters, outputs and functions."""
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if match := re.match(r"( *)(?:Alarm|Constraint)?Description: *(?:>-)?(.*)$", line):
            indent = len(match[1])
            rest = [match[2]]
            for more in lines[number:]:
                if not more.strip() or len(more) - len(more.lstrip()) <= indent:
                    break
                rest.append(more.strip())
            said = " ".join(rest).strip().strip("'\"").replace("''", "'")
            yield ProsePassage(f"{name}:{number}", _without_code(said))


def paragraphs(text: str, place: str) -> Iterator[ProsePassage]:
    """Yield the paragraphs and list items of a text, each with its code as one word."""
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*] |\d+\. ))|\n(?!\s*[a-z])", text):
        if paragraph.strip():
            yield ProsePassage(place, _without_code(paragraph.strip()))


def _without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", CODE, text)
