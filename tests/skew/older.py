"""A reader of another release, as its shape file describes it: its reading of an item, without code of this release.

Owns the rule that such a reader follows. Does not know the present domain types.
"""

import json
import re
from typing import Any

from tests.skew.shape import Shape

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
WALL_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{6})?)?")


class Refused(Exception):
    """That release does not read the item."""


def read_item(shape: Shape, kind: str, item: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that the release reads of a raw DynamoDB item; the rest it passes over.

    Raises:
        Refused: it reads nothing of it.
    """
    rule = shape["items"][kind]
    values = {name: _plain(value) for name, value in item.items()}
    schema, body = values.pop("schema", None), values.pop("body", None)
    if not isinstance(schema, int) or not rule["reads"] <= schema <= rule["schema"]:
        raise Refused(f"schema: {schema}")
    known = shape["types"][rule["type"]]
    # The table's own attributes are next to the value's; PynamoDB ignores any that it does not know.
    outside = {name: value for name, value in values.items() if name in known}
    return _object(shape, rule["type"], json.loads(body) | outside, strict=rule["unknown"] == "refused")


def _plain(value: dict[str, Any]) -> Any:
    ((kind, inside),) = value.items()
    return json.loads(inside) if kind == "N" else inside if kind == "S" else value


def _object(shape: Shape, name: str, data: Any, *, strict: bool) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise Refused(f"{name}: {data!r}")
    known, found = shape["types"][name], {}
    if strict and data.keys() - known:
        raise Refused(f"{name}: unknown {sorted(data.keys() - known)}")
    for field, facts in known.items():
        if field in data:
            found[field] = _value(shape, facts["type"], data[field], strict=strict)
        elif "default" in facts:
            found[field] = facts["default"]
        else:
            raise Refused(f"{name}.{field}: missing")
    return found


def _value(shape: Shape, kind: str, data: Any, *, strict: bool) -> Any:
    if kind.endswith(" or null"):
        return None if data is None else _value(shape, kind.removesuffix(" or null"), data, strict=strict)
    if kind.startswith("list of "):
        if not isinstance(data, list):
            raise Refused(f"{data!r} is no list")
        return [_value(shape, kind.removeprefix("list of "), one, strict=strict) for one in data]
    named = shape["types"].get(kind)
    if isinstance(named, dict):
        return _object(shape, kind, data, strict=strict)
    fits = {
        "text": type(data) is str,
        "whole number": type(data) is int,
        "bool": type(data) is bool,
        "seconds": type(data) in (int, float),
        "instant": type(data) is str and INSTANT.fullmatch(data) is not None,
        "wall time": type(data) is str and WALL_TIME.fullmatch(data) is not None,
    }
    if not (data in named if named is not None else fits[kind]):
        raise Refused(f"{data!r} is no {kind}")
    return data
