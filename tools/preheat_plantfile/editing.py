"""A plant file's text with other targets in it: every other character, comment, quote and line break stays as it is.

Owns the places of a model's fields in the text, and how to write a value there. Knows neither map nor services. The
caller reads and checks the result again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml import YAML

from preheat_plantfile.yaml import Place, Problem

# Which field takes which other one's place: the model's name, then its version.
SLOTS: Final = (("project", "arn", "endpoint", "component"), ("version", "config"))
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]*)*[A-Za-z0-9]|[A-Za-z]")
# Words that YAML 1.1 or 1.2 reads as something else than text.
_WORDS: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


class NotEditableError(Exception):
    """The file has a model in a form that does not allow a change in place; `problem` says where and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class _Pair:
    """A field of a model: the places of its key and its value, counted in characters."""

    name: str
    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


def replace_targets(text: str, targets: Mapping[str, Mapping[str, str]], dropped: Mapping[str, Sequence[str]]) -> str:
    """Return the plant file's text with the fields `targets` in its models, and without their `dropped` fields.

    Each field that names a target replaces the old field in its place.

    Raises:
        NotEditableError: a field of a model is an anchor or an alias, or a comment is where a field has to go.
    """
    root: Any = YAML(typ="safe", pure=True).compose(text)
    models = next(value for key, value in root.value if key.value == "models")
    edits: list[_Edit] = []
    for key, value in models.value:
        if key.value in targets:
            edits += _Entry(text, key.value, value).edits(targets[key.value], dropped.get(key.value, ()))
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


class _Entry:
    """One model in the text."""

    def __init__(self, text: str, model: str, node: Any) -> None:
        self._text = text
        self._model = model
        self._flow = bool(node.flow_style)
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._pairs = []
        for key, value in node.value:
            pair = _Pair(key.value, _span(key), _span(value))
            within = node.start_mark.index <= key.start_mark.index < value.start_mark.index < node.end_mark.index
            anchored = value.anchor is not None or key.anchor is not None
            if (anchored or not within) and (
                key.value in ("backend", "region", "role") or _slot(key.value) is not None
            ):
                where = Place(key.start_mark.line + 1, key.start_mark.column + 1)
                raise NotEditableError(
                    Problem(where, ("models", model, key.value), "found an anchor or an alias", "the value written out")
                )
            self._pairs.append(pair)

    def edits(self, target: Mapping[str, str], dropped: Sequence[str]) -> list[_Edit]:
        """Return the edits that make this entry one of `target`."""
        found, left = [], dict(target)
        last = next(pair for pair in self._pairs if _slot(pair.name) == 0)
        gone = set(dropped)
        for pair in self._pairs:
            slot = _slot(pair.name)
            if slot is None:
                if pair.name in left and pair.name not in gone:
                    found.append(_Edit(*pair.value, _scalar(left.pop(pair.name))))
                continue
            new = next((name for name in SLOTS[slot] if name in left), None)
            if new is None:
                gone.add(pair.name)
                continue
            found += [_Edit(*pair.key, new), _Edit(*pair.value, _scalar(left.pop(new)))]
            last = pair
        # A version that had no place of its own follows the name; region and role follow both.
        for name, value in left.items():
            found.append(self._after(last, f"{name}: {_scalar(value)}"))
        return found + [self._without(pair, gone) for pair in self._pairs if pair.name in gone]

    def _indent(self, pair: _Pair) -> str:
        return " " * (pair.key[0] - self._line_start(pair.key[0]))

    def _after(self, pair: _Pair, field: str) -> _Edit:
        if self._flow:
            return _Edit(pair.value[1], pair.value[1], f", {field}")
        end = self._line_end(pair.value[1])
        return _Edit(end, end, self._newline + self._indent(pair) + field)

    def _without(self, pair: _Pair, gone: set[str]) -> _Edit:
        if not self._flow:
            start, end = self._line_start(pair.key[0]), self._line_end(pair.value[1])
            comment = self._text[pair.value[1] : end].strip()
            if comment:
                return _Edit(pair.key[0], end, comment)
            return _Edit(start, min(end + len(self._newline), len(self._text)), "")
        index = self._pairs.index(pair)
        if all(before.name in gone for before in self._pairs[:index]):
            start, end = pair.key[0], self._pairs[index + 1].key[0]
        else:
            start, end = self._pairs[index - 1].value[1], pair.value[1]
        span = self._text[start : pair.key[0]] + self._text[pair.value[1] : end]
        if "#" in span:
            line = self._text.count("\n", 0, pair.key[0]) + 1
            where = Place(line, pair.key[0] - self._line_start(pair.key[0]) + 1)
            raise NotEditableError(
                Problem(
                    where,
                    ("models", self._model, pair.name),
                    "found a comment on the same line",
                    "a line of its own for each field",
                )
            )
        return _Edit(start, end, "")

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        end = self._text.find("\n", index)
        end = len(self._text) if end < 0 else end
        return end - (self._text[end - 1 : end] == "\r" and end > index)


def _span(node: Any) -> tuple[int, int]:
    return node.start_mark.index, node.end_mark.index


def _slot(name: str) -> int | None:
    return next((number for number, names in enumerate(SLOTS) if name in names), None)


def _scalar(value: str) -> str:
    """Return a value as YAML has it: in quotes where YAML would read it as anything but this text."""
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value)
