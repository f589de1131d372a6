"""Owns how to check a value against a botocore shape, written as JSON and read from text.

botocore's own client checks required, types and minimum; this also checks maximum, pattern and enumeration, as a
service does. It knows the shapes' kinds that the service model uses, and no operation.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StringShape, StructureShape

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": datetime,
    "blob": bytes,
    "list": list,
    "structure": dict,
}


def find_violations(value: object, shape: Shape, name: str) -> Iterator[str]:
    """Yield a sentence, opening with the member's name, for each rule of `shape` that `value` breaks.

    Structures are dicts by member name, timestamps aware datetimes, blobs bytes.
    """
    kind = _TYPES[shape.type_name]
    if not isinstance(value, kind) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{name}: {value!r} is not of type {shape.type_name}"
    elif isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from _check_structure(value, shape, name)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from find_violations(item, shape.member, f"{name}[{index}]")
    else:
        yield from _check_scalar(value, shape, name)


def _check_structure(value: Mapping[str, object], shape: StructureShape, name: str) -> Iterator[str]:
    prefix = f"{name}." if name else ""
    for member in shape.required_members:
        if member not in value:
            yield f"{prefix}{member}: it is required"
    for member, content in value.items():
        if member in shape.members:
            yield from find_violations(content, shape.members[member], f"{prefix}{member}")
        else:
            yield f"{prefix}{member}: there is no such member"


def _check_scalar(value: Any, shape: Shape, name: str) -> Iterator[str]:
    rules = shape.metadata
    measured, unit = (len(value), " characters") if isinstance(value, str) else (value, "")
    if isinstance(value, bytes):
        measured, unit = len(value), " bytes"
    if "min" in rules and measured < rules["min"]:
        yield f"{name}: {_short(value)} is below the minimum of {rules['min']}{unit}"
    if "max" in rules and measured > rules["max"]:
        yield f"{name}: {_short(value)} is above the maximum of {rules['max']}{unit}"
    if "pattern" in rules and not _pattern(rules["pattern"]).fullmatch(value):
        yield f"{name}: {_short(value)} does not match {rules['pattern']}"
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{name}: {_short(value)} is not one of {', '.join(shape.enum)}"


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # Classes that Python's own expressions do not have. For other scripts' letters it takes everything outside ASCII.
    # A pair of surrogates is one character here.
    classes = (
        (r"\p{L}", "A-Za-z\u00aa-\uffff"),
        (r"\p{Z}", " "),
        (r"\p{N}", "0-9"),
        (r"\p{Print}", r"[^\x00-\x1f\x7f]"),
    )
    for theirs, ours in (*classes, (r"\uD800\uDC00-\uDBFF\uDFFF", "\U00010000-\U0010ffff")):
        pattern = pattern.replace(theirs, ours)
    return re.compile(pattern)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:60]}... ({len(text)} long)"


def parse_text(text: str, shape: Shape) -> object:
    """Return what a path label, query value or header says; text that is no number stays text, for `violations`."""
    return int(text) if shape.type_name == "integer" and re.fullmatch(r"-?\d{1,18}", text, re.ASCII) else text


def parse_json(value: Any, shape: Shape) -> Any:
    """Return what JSON says of a shape: base64 as bytes, Unix seconds as times.

    A value that does not fit stays as it is, for `violations`.
    """
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {name: parse_json(each, members[name]) if name in members else each for name, each in value.items()}
    if shape.type_name == "blob" and isinstance(value, str):
        try:
            return b64decode(value, validate=True)
        except ValueError:
            return value
    if shape.type_name == "timestamp" and isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OSError, OverflowError, ValueError):
            return value
    return value


def format_json(value: Any, shape: Shape) -> Any:
    """Return a value as rest-json writes it: Unix seconds for a timestamp, base64 for a blob, members by wire name."""
    if isinstance(shape, StructureShape):
        return {
            shape.members[member].serialization.get("name", member): format_json(content, shape.members[member])
            for member, content in value.items()
        }
    if isinstance(shape, ListShape):
        return [format_json(item, shape.member) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    return b64encode(value).decode() if isinstance(value, bytes) else value
