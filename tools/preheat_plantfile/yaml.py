"""YAML read into plain values, with the line and column of every one of them.

Owns what YAML may bring in: one document of mappings, lists and scalars, YAML 1.2 core rules (so that 06:00 is text and
`no` is not false), nothing nested or referenced without bound. Knows nothing of plants.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.reader import ReaderError

type FieldPath = tuple[str | int, ...]

DEPTH_MAX = 20
VALUES_MAX = 200_000  # counting the values of an alias at each use

_NULL = re.compile(r"|~|null|Null|NULL")
_TRUE, _FALSE = re.compile(r"true|True|TRUE"), re.compile(r"false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,30}|[0-9]{1,30}(\.[0-9]{0,30})?)([eE][-+]?[0-9]{1,5})?")
_FUNCTIONS = {"!Ref": "Ref", "!Sub": "Fn::Sub"}  # CloudFormation's short forms, as its JSON has them
_TEXT_TAGS = (None, "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in the file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: where, in which field, what the file has and what Preheat accepts instead."""

    place: Place
    path: FieldPath
    found: str
    accepted: str

    def __str__(self) -> str:
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in self.path)
        path = path.removeprefix(".")
        return f"{path or 'the file'}: {self.found}; accepted: {self.accepted}"


@dataclass(slots=True)
class Document:
    """The values of a file, the place of each value and each key, and the problems of the YAML itself."""

    value: Any = None
    values: dict[FieldPath, Place] = field(default_factory=dict)
    keys: dict[FieldPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: FieldPath, *, of_key: bool = False) -> Place:
        """Return the place of a value (or of its key); for one that is not there, the place of what would hold it."""
        if of_key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


class NotReadableError(Exception):
    """The text is not YAML, or is longer than the limit; `problem` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(slots=True)
class _Frame:
    """A mapping or list that is still open."""

    value: dict[str, Any] | list[Any]
    path: FieldPath
    anchor: str | None
    key: str | None = None
    weight: int = 1


class _YamlReader:
    """Builds the values event by event: neither depth nor aliases can exhaust anything."""

    def __init__(self) -> None:
        self.document = Document()
        self._open: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = 0

    def read(self, stream: Iterator[Any]) -> Document:
        for event in stream:
            place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
            if isinstance(event, events.DocumentStartEvent):
                self._begin_document(place)
            elif isinstance(event, events.AliasEvent):
                self._alias(event.anchor, place)
            elif isinstance(event, events.ScalarEvent):
                self._scalar(event, place)
            elif isinstance(event, events.MappingStartEvent | events.SequenceStartEvent):
                self._begin(event, place)
            elif isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
                frame = self._open.pop()
                if frame.anchor is not None:
                    self._anchors[frame.anchor] = (frame.value, frame.weight)
                if self._open:
                    self._weigh(frame.weight, place)
        return self.document

    def _begin_document(self, place: Place) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _refuse(place, "found a second document", "one document in a file")

    def _scalar(self, event: Any, place: Place) -> None:
        self._check_tag(event, place)
        if self._is_key():
            self._key(event.value, place)
            return
        value = self._tagged(event) if event.style or event.tag else _resolve(event.value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        self._put(value, place)
        self._weigh(1, place)

    def _tagged(self, event: Any) -> Any:
        """Return what a quoted scalar, or one with a tag, means."""
        return event.value

    def _alias(self, anchor: str, place: Place) -> None:
        if anchor not in self._anchors:
            raise _refuse(place, f"found *{anchor}, which has no anchor before it", "an anchor further up")
        value, weight = self._anchors[anchor]
        if self._is_key():
            self._key(str(value) if isinstance(value, str | int) else None, place)
            return
        self._put(value, place)
        self._weigh(weight, place)

    def _begin(self, event: Any, place: Place) -> None:
        self._check_tag(event, place)
        if self._is_key():
            self._key(None, place)
        if len(self._open) >= DEPTH_MAX:
            raise _refuse(place, f"found more than {DEPTH_MAX} levels", "mappings and lists as the reference has them")
        value: dict[str, Any] | list[Any] = {} if isinstance(event, events.MappingStartEvent) else []
        path = self._put(value, place)
        self._open.append(_Frame(value, path, event.anchor))

    def _is_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None

    def _key(self, key: str | None, place: Place) -> None:
        frame = self._open[-1]
        if key is None:
            raise _refuse(place, "found a mapping or list as a key", "a name as the key", frame.path)
        path = (*frame.path, key)
        if path in self.document.keys:
            first = self.document.keys[path].line
            found = f"found {_name(key)!r} a second time (the first is on line {first})"
            self.document.problems.append(Problem(place, path, found, "each key once"))
        else:
            self.document.keys[path] = place
        frame.key = key

    def _put(self, value: Any, place: Place) -> FieldPath:
        if not self._open:
            self.document.value = value
            path: FieldPath = ()
        else:
            frame = self._open[-1]
            if isinstance(frame.value, dict):
                path = (*frame.path, frame.key or "")
                frame.value.setdefault(frame.key or "", value)
                frame.key = None
            else:
                path = (*frame.path, len(frame.value))
                frame.value.append(value)
        self.document.values.setdefault(path, place)
        return path

    def _weigh(self, weight: int, place: Place) -> None:
        if self._open:
            self._open[-1].weight += weight
            if self._open[-1].weight > VALUES_MAX:
                raise _too_many(place)

    def _check_tag(self, event: Any, place: Place) -> None:
        tag = str(event.tag) if event.tag is not None else None
        if tag not in _TEXT_TAGS:
            path = self._open[-1].path if self._open else ()
            raise _refuse(place, f"found the tag {tag}", "plain values without tags", path)


def read_yaml(text: str) -> Document:
    """Return the values of one YAML document; an empty text is the value None.

    Raises:
        NotReadableError: the text is not YAML, nests too deeply, refers to what is not there, or is too much.
    """
    return _read_with(_YamlReader(), text)


def _read_with(reader: _YamlReader, text: str) -> Document:
    if (place := _place_of_excess(text)) is not None:
        raise _too_many(place)
    try:
        return reader.read(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)
        raise NotReadableError(_explain(error, place)) from error
    except ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise _refuse(place, f"found the control character {text[error.position]!r}", "printable text") from error


def _place_of_excess(text: str) -> Place | None:
    """Return where a text has one value more than the limit, or None. A parser in C counts them, 20 times as fast.

    It takes each alias for one value. Of a text that nests too deeply or is not YAML it returns None: the reader says
    where and why.
    """
    if len(text) <= VALUES_MAX:
        return None
    values, is_key = 0, list[bool | None]()  # for each open mapping whether a key comes next, None for a list
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.CollectionEndEvent):
                is_key.pop()
            if not isinstance(event, yaml.NodeEvent):
                continue
            values += not (is_key and is_key[-1])
            if values > VALUES_MAX:
                return Place(event.start_mark.line + 1, event.start_mark.column + 1)
            if is_key and is_key[-1] is not None:
                is_key[-1] = not is_key[-1]
            if isinstance(event, yaml.CollectionStartEvent):
                is_key.append(True if isinstance(event, yaml.MappingStartEvent) else None)
                if len(is_key) > DEPTH_MAX:
                    return None
    except yaml.YAMLError:
        return None
    return None


class _ForeignReader(_YamlReader):
    """Reads other tools' YAML: it ignores their tags, and every document of a file counts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []

    def _begin_document(self, place: Place) -> None:  # noqa: ARG002 - any number of documents is accepted
        self.found.append(None)
        self._anchors.clear()

    def _put(self, value: Any, place: Place) -> FieldPath:
        if not self._open:
            self.document = Document(value)
            self.found[-1] = value
            return ()
        return super()._put(value, place)

    def _check_tag(self, event: Any, place: Place) -> None:
        pass

    def _tagged(self, event: Any) -> Any:
        name = _FUNCTIONS.get(str(event.tag))
        return event.value if name is None else {name: event.value}


def read_foreign_yaml(text: str) -> list[Any]:
    """Return the values of all documents of another tool's YAML, without the tags of values.

    Only `!Ref` and `!Sub` keep their meaning: they become the objects that JSON has.

    Raises:
        NotReadableError: as `read_yaml` does, tags and further documents apart.
    """
    reader = _ForeignReader()
    _read_with(reader, text)
    return reader.found


def mapping_of(value: Any, key: str) -> dict[str, Any]:
    """Return the mapping under a key of what may be a mapping; an empty one if there is none."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def items_of(value: Any, key: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the mappings in the list under a key, each with its index; none if there is no list."""
    found = value.get(key) if isinstance(value, dict) else None
    listed = enumerate(found if isinstance(found, list) else [])
    return [(index, item) for index, item in listed if isinstance(item, dict)]


def _explain(error: MarkedYAMLError, place: Place) -> Problem:
    problem = str(error.problem or error)
    if "'\\t'" in problem:
        return Problem(place, (), "found a tab", "spaces for indentation")
    context = f" {error.context}" if error.context else ""
    return Problem(place, (), f"not YAML{context}: {problem}", "YAML 1.2")


def _too_many(place: Place) -> NotReadableError:
    return _refuse(place, f"found more than {VALUES_MAX:,} values", "a smaller file")


def _refuse(place: Place, found: str, accepted: str, path: FieldPath = ()) -> NotReadableError:
    return NotReadableError(Problem(place, path, found, accepted))


def _resolve(text: str) -> Any:
    """Return what an unquoted scalar means under the core rules of YAML 1.2; hexadecimal and the like stay text."""
    if _NULL.fullmatch(text):
        return None
    if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
        return text[0] in "tT"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _name(key: str) -> str:
    """Return a key in a printable form, without parts that could move a terminal's cursor, or fill its screen."""
    return key if key.isprintable() and len(key) <= 63 else f"{key[:60]!r}"
