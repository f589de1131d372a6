"""Ledger entries, replies and applies as items whose attributes are their fields, for the console, PartiQL and exports.

A field has the name that it has in the domain. Instants are text in UTC, durations seconds. It writes no field that has
its default or is None. A missing one takes its default, or None. An earlier release wrote schema 1, with the fields as
JSON text in `body`; this one still reads it. No input or output.
"""

from dataclasses import MISSING, fields
from typing import Any, cast

from pynamodb.attributes import MapAttribute

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.items import Schema, join
from preheat.adapters.dynamodb.request_items import name_reply_partition, to_epoch
from preheat.adapters.dynamodb.tables import APPLIES, AppliedItem, LedgerItem, ReplyItem
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import REPLIES_KEPT, Reply
from preheat.domain.plan.applied import AppliedPlan
from preheat.domain.record.record import LedgerEntry

ENTRY_SCHEMA = Schema(written=2, oldest=1)
REPLY_SCHEMA = Schema(written=2, oldest=1)
APPLY_SCHEMA = Schema(written=2, oldest=2)

_IN_BODY = 1  # the schema whose items have fields in `body`
_ENTRY_OUTSIDE = ("model_id", "sequence", "at", "action", "from_phase", "to_phase")  # these had an attribute then too


def from_entry(kind: type[LedgerItem], entry: LedgerEntry) -> LedgerItem:
    """Return the item of a ledger entry."""
    return kind(schema=ENTRY_SCHEMA.written, **_spread(entry))


def to_entry(item: LedgerItem) -> LedgerEntry:
    """Return the ledger entry that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return _gather(LedgerEntry, item, ENTRY_SCHEMA, outside=_ENTRY_OUTSIDE)


def from_reply(kind: type[ReplyItem], reply: Reply) -> ReplyItem:
    """Return the item of a reply."""
    partition = name_reply_partition(reply.request_id)
    expires_at = to_epoch(reply.at + REPLIES_KEPT)
    number, schema = reply.number, REPLY_SCHEMA.written
    return kind(model_id=partition, sequence=number, schema=schema, expires_at=expires_at, **_spread(reply))


def to_reply(item: ReplyItem) -> Reply:
    """Return the reply that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return _gather(Reply, item, REPLY_SCHEMA, outside=())


def from_applied_plan(kind: type[AppliedItem], applied: AppliedPlan, partition: str = "") -> AppliedItem:
    """Return the item of an apply. `partition` of the plans table holds the plan."""
    number, schema = applied.version, APPLY_SCHEMA.written
    return kind(model_id=APPLIES, sequence=number, schema=schema, partition=partition or None, **_spread(applied))


def to_applied_plan(item: AppliedItem) -> AppliedPlan:
    """Return the apply that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return _gather(AppliedPlan, item, APPLY_SCHEMA, outside=())


def _spread(value: Any) -> dict[str, Any]:
    """Return the fields of a value that do not have their default, each as what stands in its attribute."""
    data = serial.encode_fields(value)
    held = (field for field in fields(value) if getattr(value, field.name) != field.default)
    return {field.name: _drop_nulls(data[field.name]) for field in held}


def _gather[T](
    kind: type[T], item: LedgerItem | ReplyItem | AppliedItem, schema: Schema, *, outside: tuple[str, ...]
) -> T:
    """Return the value whose fields stand in the attributes of an item, or in its body.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    key = f"{item.model_id}/{item.sequence}"
    if item.schema == _IN_BODY and not isinstance(item, AppliedItem):
        return join(kind, item, key, schema, outside=outside, strict=False)
    where = f"{item.Meta.table_name} {key}"
    schema.check(where, item.schema)
    data = {name: _to_plain(value) for name, value in item.attribute_values.items() if value is not None}
    nothing = {field.name: None for field in fields(cast("Any", kind)) if field.default is MISSING}
    try:
        return serial.decode(kind, nothing | data, strict=False)
    except serial.Misshapen as error:
        raise UnreadableItem(f"{where}: {error}") from error


def _drop_nulls(data: serial.Json) -> serial.Json:
    match data:
        case dict():
            return {name: _drop_nulls(value) for name, value in data.items() if value is not None}
        case list():
            return [_drop_nulls(value) for value in data]
        case _:
            return data


def _to_plain(value: Any) -> Any:
    match value:
        case MapAttribute():
            return {name: _to_plain(inner) for name, inner in value.attribute_values.items()}
        case list():
            return [_to_plain(inner) for inner in value]
        case _:
            return value
