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
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.models import Model

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.tables import APPLIED, RECORD, SENDERS, PlanItem, RecordItem
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Membership
from preheat.domain.plan.applied import AppliedBy
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import SenderRule
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
MODEL_SCHEMA = Schema(written=1, oldest=1)
POINTER_SCHEMA = Schema(written=1, oldest=1)
ACCOUNT_SCHEMA = Schema(written=1, oldest=1)
APPLIED_SCHEMA = Schema(written=1, oldest=1)
SENDERS_SCHEMA = Schema(written=1, oldest=1)

SHARDS = ("0", "1", "2", "3")

_RECORD_OUTSIDE = ("model_id", "version", "sequence", "plan_version", "phase", "writer", "wake_at")


@dataclass(frozen=True, slots=True)
class SendersTable:
    """The senders' table of a plan as it is stored."""

    rules: tuple[SenderRule, ...]


def pick_shard(model_id: ModelId) -> str:
    """Return the partition of the due index that a model belongs to, for ever."""
    return SHARDS[zlib.crc32(model_id.encode()) % len(SHARDS)]


def name_model_item(model_id: ModelId) -> str:
    """Return the range key of a model in a plan."""
    return f"model#{model_id}"


def name_account_item(account: str) -> str:
    """Return the range key of a member account in a plan."""
    return f"account#{account}"


def name_former_item(model_id: ModelId) -> str:
    """Return the range key, in a plan, of a model that an earlier plan named."""
    return f"left#{model_id}"


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


def from_model(kind: type[PlanItem], plan: str, model: HostedModel) -> PlanItem:
    """Return the item of one model of a plan."""
    body = serial.dumps(serial.encode_fields(model, sparse=True))
    return kind(plan=plan, item=name_model_item(model.model_id), schema=MODEL_SCHEMA.written, body=body)


def from_former(kind: type[PlanItem], plan: str, model_id: ModelId) -> PlanItem:
    """Return the item that says of a model that a plan names it no longer."""
    return kind(plan=plan, item=name_former_item(model_id), schema=MODEL_SCHEMA.written)


def from_applied_by(kind: type[PlanItem], plan: str, by: AppliedBy) -> PlanItem:
    """Return the item that says who applied a plan."""
    body = serial.dumps(serial.encode_fields(by, sparse=True))
    return kind(plan=plan, item=APPLIED, schema=APPLIED_SCHEMA.written, body=body)


def to_applied_by(item: PlanItem) -> AppliedBy:
    """Return who applied a plan. It is for people: it ignores a field that this release does not know.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(AppliedBy, item, f"{item.plan}/{item.item}", APPLIED_SCHEMA, outside=(), strict=False)


def from_senders(kind: type[PlanItem], plan: str, senders: Sequence[SenderRule]) -> PlanItem:
    """Return the item of the senders' table of a plan."""
    body = serial.dumps({"rules": [serial.encode_fields(rule, sparse=True) for rule in senders]})
    return kind(plan=plan, item=SENDERS, schema=SENDERS_SCHEMA.written, body=body)


def to_senders(item: PlanItem) -> tuple[SenderRule, ...]:
    """Return the senders' table that an item of a plan holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(SendersTable, item, f"{item.plan}/{item.item}", SENDERS_SCHEMA, outside=(), strict=True).rules


def to_model(item: PlanItem) -> HostedModel:
    """Return the model that an item of a plan holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(HostedModel, item, f"{item.plan}/{item.item}", MODEL_SCHEMA, outside=(), strict=True)


def from_membership(kind: type[PlanItem], plan: str, account: str, member: Membership) -> PlanItem:
    """Return the item of one member account of a plan."""
    body = serial.dumps(serial.encode_fields(member, sparse=True))
    return kind(plan=plan, item=name_account_item(account), schema=ACCOUNT_SCHEMA.written, body=body)


def to_membership(item: PlanItem) -> Membership:
    """Return what an item of a plan says of a member account.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(Membership, item, f"{item.plan}/{item.item}", ACCOUNT_SCHEMA, outside=(), strict=True)


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
