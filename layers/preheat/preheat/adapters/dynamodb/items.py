"""Domain values as table items, and back, each kind under a schema number of its own.

Two releases work on the same items during a deployment and after a rollback. The rule for a change of such a type:

- *Records and ledger entries* may get a new field under the same number. An older release ignores it, and drops it when
  it writes the record again. A newer one then takes its default. So a new field has a default, and that means
  "not known".
- A fact that every release must know before it acts raises the number (`RECORD_SCHEMA`, …). So does a field that goes,
  changes its type or its default. Every release refuses a number above its own, with no call and no write.
- A new enum value needs no new number: a release refuses the items that have it if it does not know it.
- A release refuses *plan items* with any field that it does not know: without closed days it would start a model on a
  holiday. It writes no field that has its default: a plan that does not use a new one stays readable.

`tests/skew` fails on any change of these types, and its message says what you still have to do.

An item that cannot be read is an `UnreadableItem` whose message names table, key and attribute. No input or output.
Owns this rule, and the records' items. Plans, requests and the ledger have modules of their own.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.models import Model

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.tables import RECORD, RecordItem
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord
from preheat.domain.values import change


@dataclass(frozen=True, slots=True)
class Schema:
    """The number that this release writes for a kind of item, and the oldest one that it still reads."""

    written: int
    oldest: int

    def check(self, where: str, found: object) -> None:
        """Raise UnreadableItem if this release must not read an item under the number `found`."""
        if type(found) is not int or not self.oldest <= found <= self.written:
            known = self.written if self.oldest == self.written else f"{self.oldest} to {self.written}"
            raise UnreadableItem(f"{where}: schema: {found!r} is not {known}, which this release knows")


RECORD_SCHEMA = Schema(written=1, oldest=1)

SHARDS = ("0", "1", "2", "3")

_RECORD_OUTSIDE = ("model_id", "version", "sequence", "plan_version", "phase", "writer", "wake_at")


def pick_shard(model_id: ModelId) -> str:
    """Return the partition of the due index that a model belongs to, for ever."""
    return SHARDS[zlib.crc32(model_id.encode()) % len(SHARDS)]


def from_record(kind: type[RecordItem], record: ModelRecord) -> RecordItem:
    """Return the item of a record, with the version of its read: PynamoDB makes it the condition and adds 1."""
    outside, body = split(record, (*_RECORD_OUTSIDE, "due_at"))
    version, due_at = outside.pop("version"), outside.pop("due_at")
    if due_at is not None:
        outside |= {"wake_at": due_at, "look_at": outside["wake_at"]}
    item = kind(item=RECORD, schema=RECORD_SCHEMA.written, body=body, **outside)
    if version:
        item.version = version
    if record.wake_at is not None:
        item.shard = pick_shard(record.model_id)
    return item


def to_record(item: RecordItem) -> ModelRecord:
    """Return the record that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    key = f"{item.model_id}/{item.item}"
    record = join(ModelRecord, item, key, RECORD_SCHEMA, outside=_RECORD_OUTSIDE, strict=False)
    if not item.look_at or record.wake_at is None:
        return record
    try:
        look_at = serial.parse_instant(item.look_at)
    except ValueError as error:
        raise UnreadableItem(f"{item.Meta.table_name} {key}: look_at: {error}") from error
    # A wake-up only moves the line in the index: then the model is due when that shows it.
    return change(record, wake_at=look_at, due_at=record.wake_at) if look_at < record.wake_at else record


def read_wake_at(item: RecordItem) -> datetime | None:
    """Return when a line of the due index says that its model is due, or None if it is no instant."""
    try:
        return serial.parse_instant(item.wake_at)
    except ValueError:
        return None


def check_item[M: Model](kind: type[M], key: str, raw: dict[str, Any]) -> M:
    """Return a raw item as a table model.

    Raises:
        UnreadableItem: an attribute has another type.
    """
    try:
        return kind.from_raw_data(raw)
    except (TypeError, ValueError) as error:
        raise UnreadableItem(f"{kind.Meta.table_name} {key}: {error}") from error


def split(value: object, outside: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Return the fields that stand by themselves, and the rest as JSON text, without what has its default."""
    data, held = serial.encode_fields(value), serial.encode_fields(value, sparse=True)
    body = {name: one for name, one in held.items() if name not in outside}
    return {name: data[name] for name in outside}, serial.dumps(body)


def join[T](kind: type[T], item: Any, key: str, schema: Schema, *, outside: tuple[str, ...], strict: bool) -> T:
    """Return the value that `split` took apart; not `strict`: ignore unknown fields.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    where = f"{item.Meta.table_name} {key}"
    schema.check(where, item.schema)
    if item.body is None:
        raise UnreadableItem(f"{where}: body: missing")
    try:
        data = serial.loads(item.body)
    except serial.Misshapen as error:
        raise UnreadableItem(f"{where}: {error}") from error
    if twice := [name for name in data if name in outside]:
        raise UnreadableItem(f"{where}: {twice[0]} in body: it stands by itself already")
    try:
        return serial.decode(kind, data | {name: getattr(item, name) for name in outside}, strict=strict)
    except serial.Misshapen as error:
        raise UnreadableItem(f"{where}: {error}") from error
