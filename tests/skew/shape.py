"""The shape of what is stored: each kind of item with its schema number, and every field, type and default under it.

Read off the domain values by their type hints, and compared between releases. The codec has no part in it, so that a
change of the codec cannot hide a change of the shape.
"""

import json
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, NewType, Union, get_args, get_origin, get_type_hints

from tests.skew.passes import plain

from preheat.adapters.dynamodb import applies, columns, items, plan_items, request_items
from preheat.domain.demand.request import Reply, Standing, Tombstone
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.record.record import LedgerEntry, ModelRecord

SHAPES = Path(__file__).parent / "shapes"
CURRENT = SHAPES / "current.json"

type Shape = dict[str, Any]


def present() -> Shape:
    """Return the shape of the present code."""
    types: Shape = {}
    for kind in (ModelRecord, LedgerEntry, HostedModel, Standing, Tombstone, Reply, AppliedPlan):
        _add(kind, types)
    return {
        "items": {
            "record": _item(ModelRecord, items.RECORD_SCHEMA, unknown="ignored"),
            "entry": _item(LedgerEntry, columns.ENTRY_SCHEMA, unknown="ignored"),
            "model": _item(HostedModel, plan_items.MODEL_SCHEMA, unknown="refused"),
            "standing": _item(Standing, request_items.STANDING_SCHEMA, unknown="refused"),
            "tombstone": _item(Tombstone, request_items.TOMBSTONE_SCHEMA, unknown="refused"),
            "applied": _item(AppliedBy, applies.APPLIED_SCHEMA, unknown="ignored"),
            "apply": _item(AppliedPlan, columns.APPLY_SCHEMA, unknown="ignored"),
            "reply": _item(Reply, columns.REPLY_SCHEMA, unknown="ignored"),
        },
        "types": dict(sorted(types.items())),
    }


def _item(kind: type, schema: items.Schema, *, unknown: str) -> Shape:
    return {"type": kind.__name__, "schema": schema.written, "reads": schema.oldest, "unknown": unknown}


def text(shape: Shape) -> str:
    """Return a shape as the text of its file."""
    return json.dumps(shape, indent=2) + "\n"


def read(path: Path) -> Shape:
    """Return the shape that a file holds."""
    shape: Shape = json.loads(path.read_text())
    return shape


def _add(kind: Any, types: Shape) -> None:
    if kind.__name__ in types:
        return
    if issubclass(kind, Enum):
        types[kind.__name__] = [member.value for member in kind]
        return
    hints = get_type_hints(kind)
    found: Shape = {}
    types[kind.__name__] = found
    for field in fields(kind):
        found[field.name] = {"type": _name_type(hints[field.name], types)}
        if field.default is not MISSING:
            found[field.name]["default"] = plain(field.default)
        elif field.default_factory is not MISSING:
            found[field.name]["default"] = plain(field.default_factory())


def _name_type(hint: Any, types: Shape) -> str:
    """Return a type in words, such as `list of Schedule` or `instant or null`; with dataclasses and enums."""
    if isinstance(hint, NewType):
        return _name_type(hint.__supertype__, types)
    if get_origin(hint) in (Union, UnionType):
        (inner,) = (one for one in get_args(hint) if one is not NoneType)
        return f"{_name_type(inner, types)} or null"
    if get_origin(hint) in (tuple, frozenset):
        return f"list of {_name_type(get_args(hint)[0], types)}"
    if is_dataclass(hint) or issubclass(hint, Enum):
        _add(hint, types)
        return str(hint.__name__)
    words: dict[str, str] = {"str": "text", "int": "whole number", "bool": "bool"}
    words |= {"datetime": "instant", "timedelta": "seconds", "time": "wall time"}
    return words.get(hint.__name__, str(hint.__name__))  # a new name of a type counts as a change


def changes(old: Shape, new: Shape) -> tuple[list[str], list[str]]:
    """Return what differs: what either release reads of the other (additive), and what it does not (breaking).

    A new enum value is additive here: an older release refuses the one item that has it, by itself.
    """
    additive: list[str] = []
    breaking: list[str] = []
    for name in sorted(old["types"].keys() | new["types"].keys()):
        before, after = old["types"].get(name), new["types"].get(name)
        if before is None or after is None:
            (additive if before is None else breaking).append(f"type {name} {'added' if before is None else 'removed'}")
        elif isinstance(before, list) or isinstance(after, list):
            gone = [one for one in before if one not in after]
            more = [one for one in after if one not in before]
            breaking += [f"{name}: value {one} removed" for one in gone]
            additive += [f"{name}: value {one} added" for one in more]
        else:
            for field in sorted(before.keys() | after.keys()):
                was, now = before.get(field), after.get(field)
                if was == now:
                    continue
                if was is None and "default" in now:
                    additive.append(f"{name}.{field} added")
                else:
                    breaking.append(f"{name}.{field}: {was} became {now}")
    return additive, breaking


def types_of(shape: Shape, root: str) -> set[str]:
    """Return the types under one, itself included."""
    found, ahead = set(), [root]
    while ahead:
        name = ahead.pop()
        if name in found or name not in shape["types"]:
            continue
        found.add(name)
        if isinstance(shape["types"][name], dict):
            ahead += [word for field in shape["types"][name].values() for word in field["type"].split()]
    return found
