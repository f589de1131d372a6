"""Domain values as table items, and back, each under a schema number.

An item of another schema, or one that cannot be rebuilt as a domain value, is an `UnreadableItem` whose message names
table, key and attribute. Does no input or output.
"""

import zlib
from datetime import datetime
from typing import Any

from pynamodb.models import Model

from preheat.domain.plan import HostedModel, ModelId
from preheat.domain.record import LedgerEntry, ModelRecord
from preheat.ports import UnreadableItem
from preheat.store import serial
from preheat.store.tables import RECORD, LedgerItem, PlanItem, RecordItem

SCHEMA = 1
SHARDS = ("0", "1", "2", "3")

_RECORD_OUTSIDE = ("model_id", "version", "sequence", "plan_version", "phase", "writer", "wake_at")
_ENTRY_OUTSIDE = ("model_id", "sequence", "at", "action", "from_phase", "to_phase")


def shard_of(model_id: ModelId) -> str:
    """Return the partition of the due index that a model belongs to, for ever."""
    return SHARDS[zlib.crc32(model_id.encode()) % len(SHARDS)]


def model_item(model_id: ModelId) -> str:
    """Return the range key of a model in a plan."""
    return f"model#{model_id}"


def left_item(model_id: ModelId) -> str:
    """Return the range key, in a plan, of a model that an earlier plan named."""
    return f"left#{model_id}"


def from_record(kind: type[RecordItem], record: ModelRecord) -> RecordItem:
    """Return the item of a record, with the version that was read: PynamoDB makes it the condition and adds 1."""
    outside, body = _split(record, _RECORD_OUTSIDE)
    version = outside.pop("version")
    item = kind(item=RECORD, schema=SCHEMA, body=body, **outside)
    if version:
        item.version = version
    if record.wake_at is not None:
        item.shard = shard_of(record.model_id)
    return item


def to_record(item: RecordItem) -> ModelRecord:
    """Return the record that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return _joined(ModelRecord, item, f"{item.model_id}/{item.item}", _RECORD_OUTSIDE)


def from_entry(kind: type[LedgerItem], entry: LedgerEntry) -> LedgerItem:
    """Return the item of a ledger entry."""
    outside, body = _split(entry, _ENTRY_OUTSIDE)
    return kind(schema=SCHEMA, body=body, **outside)


def to_entry(item: LedgerItem) -> LedgerEntry:
    """Return the ledger entry that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return _joined(LedgerEntry, item, f"{item.model_id}/{item.sequence}", _ENTRY_OUTSIDE)


def from_model(kind: type[PlanItem], plan: str, model: HostedModel) -> PlanItem:
    """Return the item of one model of a plan."""
    _, body = _split(model, ())
    return kind(plan=plan, item=model_item(model.model_id), schema=SCHEMA, body=body)


def from_left(kind: type[PlanItem], plan: str, model_id: ModelId) -> PlanItem:
    """Return the item that says of a model that a plan names it no longer."""
    return kind(plan=plan, item=left_item(model_id), schema=SCHEMA)


def to_model(item: PlanItem) -> HostedModel:
    """Return the model that an item of a plan holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return _joined(HostedModel, item, f"{item.plan}/{item.item}", ())


def wake_at_of(item: RecordItem) -> datetime | None:
    """Return when a line of the due index says that its model is due, or None if it is no instant."""
    try:
        return serial.instant(item.wake_at)
    except ValueError:
        return None


def checked[M: Model](kind: type[M], key: str, raw: dict[str, Any]) -> M:
    """Return a raw item as a table model.

    Raises:
        UnreadableItem: an attribute has another type.
    """
    try:
        return kind.from_raw_data(raw)
    except (TypeError, ValueError) as error:
        raise UnreadableItem(f"{kind.Meta.table_name} {key}: {error}") from error


def _split(value: object, outside: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Return the fields that stand by themselves, and the rest as JSON text."""
    data = serial.fields_of(value)
    return {name: data.pop(name) for name in outside}, serial.dumps(data)


def _joined[T](kind: type[T], item: Any, key: str, outside: tuple[str, ...]) -> T:
    where = f"{item.Meta.table_name} {key}"
    if item.schema != SCHEMA:
        raise UnreadableItem(f"{where}: schema: {item.schema!r} is not {SCHEMA}, the one that this release knows")
    if item.body is None:
        raise UnreadableItem(f"{where}: body: missing")
    try:
        data = serial.loads(item.body)
        # A name that stands in the body too is kept apart by its suffix, and refused as unknown.
        inside = {f"{name} in body" if name in outside else name: value for name, value in data.items()}
        return serial.decode(kind, inside | {name: getattr(item, name) for name in outside})
    except serial.Misshapen as error:
        raise UnreadableItem(f"{where}: {error}") from error
