"""Domain values as JSON, and back: one strict codec for every frozen dataclass, driven by its type hints.

A missing field takes its default, so that an earlier release's items stay readable. The caller says whether to refuse
or ignore a field that this release does not know: `items` has the rule. It refuses everything else. Knows no table and
no domain type by name.
"""

import base64
import json
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum, IntEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, Union, cast, get_args, get_origin, get_type_hints

type Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class Misshapen(ValueError):
    """The data is not of the shape that the type asks for; the message begins with the path of the field."""


def stamp(at: datetime) -> str:
    """Return an aware instant as text of fixed width, in UTC, to the microsecond: text order is order in time.

    >>> stamp(datetime(2026, 11, 23, 6, tzinfo=UTC))
    '2026-11-23T06:00:00.000000Z'
    """
    if at.tzinfo is None:
        raise ValueError(f"{at!r} is naive; instants are aware")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_instant(text: object) -> datetime:
    """Return the instant that `stamp` wrote.

    Raises:
        ValueError: it is not of that form.
    """
    if not isinstance(text, str) or not text.endswith("Z"):
        raise ValueError(f"{text!r} is not an instant such as 2026-11-23T06:00:00.000000Z")
    at = datetime.fromisoformat(text.removesuffix("Z"))
    if at.tzinfo is not None:
        raise ValueError(f"{text!r} has two offsets")
    return at.replace(tzinfo=UTC)


def dumps(data: dict[str, Json]) -> str:
    """Return compact JSON text with sorted keys: equal values make equal texts."""
    return json.dumps(data, separators=(",", ":"), sort_keys=True, allow_nan=False)


def loads(text: str) -> dict[str, Json]:
    """Return the object that a JSON text holds.

    Raises:
        Misshapen: it is no JSON object.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Misshapen(f"not JSON: {error}") from error
    if not isinstance(data, dict):
        raise Misshapen("not a JSON object")
    return data


def encode(value: object, *, sparse: bool = False) -> Json:
    """Return `value` as JSON data. Durations are seconds, instants UTC text, sets sorted lists, bytes base64.

    `sparse` leaves out every field that has its default: a release that does not know the field reads the rest.

    Raises:
        TypeError: a type that no domain value has so far.
    """
    match value:
        case Enum():
            return cast("Json", value.value)
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode()
        case datetime():
            return stamp(value)
        case timedelta():
            return value.total_seconds()
        case time() | date():
            return value.isoformat()
        case tuple():
            return [encode(item, sparse=sparse) for item in value]
        case frozenset():
            return [encode(item, sparse=sparse) for item in sorted(value)]
        case _ if is_dataclass(value) and not isinstance(value, type):
            held = {field: getattr(value, field.name) for field in fields(value)}
            return {
                field.name: encode(item, sparse=sparse)
                for field, item in held.items()
                if not (sparse and item == field.default)
            }
        case _:
            raise TypeError(f"{type(value).__name__} has no stored form")


def encode_fields(value: object, *, sparse: bool = False) -> dict[str, Json]:
    """Return a dataclass's fields as JSON data, by name; `sparse` as in `encode`."""
    return cast("dict[str, Json]", encode(value, sparse=sparse))


def decode[T](kind: type[T], data: object, *, strict: bool = True) -> T:
    """Return the value of type `kind` that `data` holds. Not `strict`: ignore unknown fields, at every level.

    Raises:
        Misshapen: a field is unknown, missing without a default, of another type, or refused by the value itself.
    """
    return cast("T", _decode(kind, data, "", strict))


def _decode(kind: Any, data: object, path: str, strict: bool) -> object:
    kind, origin, may_be_none = _read_form(kind)
    if may_be_none and data is None:
        return None
    if origin is not None:
        if not isinstance(data, list):
            raise Misshapen(f"{path}: {_show(data)} is not a list")
        return origin(_decode(kind, item, f"{path}[{index}]", strict) for index, item in enumerate(data))
    if is_dataclass(kind):
        return _decode_dataclass(kind, data, path, strict)
    try:
        return _decode_scalar(kind, data)
    except (ValueError, OverflowError) as error:
        raise Misshapen(f"{path}: {error}") from error


@cache
def _read_form(kind: Any) -> tuple[Any, type | None, bool]:
    """Return a type, or that of its items; the tuple or set that holds these, if one does; whether it may be None."""
    if isinstance(kind, NewType):
        return _read_form(kind.__supertype__)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return *_read_form(inner)[:2], NoneType in arguments
    return (arguments[0], origin, False) if origin in (tuple, frozenset) else (kind, None, False)


def _decode_dataclass(kind: Any, data: object, path: str, strict: bool) -> object:
    if not isinstance(data, dict):
        raise Misshapen(f"{path or kind.__name__}: {_show(data)} is not an object")
    hints, required = _read_shape(kind)
    at = f"{path}." if path else ""
    for name in data:
        if strict and name not in hints:
            raise Misshapen(f"{at}{name}: not a field that this release knows")
    for name in required:
        if name not in data:
            raise Misshapen(f"{at}{name}: missing")
    known = [name for name in data if name in hints]
    values = {name: _decode(hints[name], data[name], f"{at}{name}", strict) for name in known}
    try:
        return kind(**values)
    except ValueError as error:
        raise Misshapen(f"{path or kind.__name__}: {error}") from error


@cache
def _read_shape(kind: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return a dataclass's field types by name, and the names that have no default."""
    hints = get_type_hints(kind)
    required = tuple(f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
    return {field.name: hints[field.name] for field in fields(kind)}, required


def _decode_scalar(kind: Any, data: object) -> object:
    """Return one plain value; it keeps JSON's own types apart: true is not 1, and 1.0 is not a whole number."""
    if kind is datetime:
        return parse_instant(data)
    plain = int if issubclass(kind, IntEnum | int) and kind is not bool else bool if kind is bool else str
    if kind in (timedelta, float):
        if type(data) not in (int, float):
            raise ValueError(f"{_show(data)} is not a number{' of seconds' if kind is timedelta else ''}")
        return timedelta(seconds=cast("float", data)) if kind is timedelta else float(cast("float", data))
    if type(data) is not plain:
        raise ValueError(f"{_show(data)} is not {'text' if plain is str else plain.__name__}")
    if kind is bytes:
        return base64.b64decode(cast("str", data), validate=True)  # binascii.Error is a ValueError
    if kind is date:
        day = date.fromisoformat(cast("str", data))
        if day.isoformat() != data:
            raise ValueError(f"{_show(data)} is not a date such as 2026-12-24")
        return day
    if kind is time:
        at = time.fromisoformat(cast("str", data))
        if at.tzinfo is not None:
            raise ValueError(f"{_show(data)} is not a plain wall time")
        return at
    return data if kind is plain else kind(data)


def _show(data: object) -> str:
    """Return foreign data as a short, printable excerpt."""
    text = ascii(data)
    return text if len(text) <= 80 else text[:77] + "..."
