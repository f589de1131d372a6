"""The part of the store that sees the whole fleet: the due index, records at a glance, wake-ups, the names of a plan.

`tick` loads nothing more of the store. Owns the pointer to the current plan. Knows no ledger and no requests, and
neither what a plan says of a model.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any, NamedTuple

from pynamodb.exceptions import PynamoDBException

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.connection import Part, Tables
from preheat.adapters.dynamodb.failures import Failure, Patience, to_failure
from preheat.adapters.dynamodb.items import SHARDS, Schema, check_item, pick_shard, read_wake_at, to_record
from preheat.adapters.dynamodb.tables import (
    CURRENT,
    POINTER,
    RECORD,
    PlanItem,
    RecordItem,
    name_former_item,
    name_model_item,
)
from preheat.app.ports.errors import StoreUnavailable, UnreadableItem
from preheat.app.ports.fleet import Due
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord

BATCH = 100  # keys in one BatchGetItem
WAKER = "wake"  # the writer of a woken record
POINTER_SCHEMA = Schema(written=1, oldest=1)


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which plan is current: its version, and the partition that holds it. Version 0: none was ever applied.

    `before` is the partition of the plan that it followed; empty: there was none, or the release did not store it.
    """

    version: int
    partition: str
    before: str = ""


class SeenNames(NamedTuple):
    """The names of one plan that a process has read: the models by the prefix of their items."""

    pointer: Pointer
    by_prefix: dict[str, list[ModelId]]


def make_wake_actions(model_id: ModelId, at: datetime) -> list[Any]:
    """Return the update actions that make a record due at `at`."""
    return [
        RecordItem.version.add(1),
        RecordItem.wake_at.set(serial.stamp(at)),
        RecordItem.shard.set(pick_shard(model_id)),
        RecordItem.writer.set(WAKER),
    ]


class DynamoFleet(Part):
    """Implements `DueIndex`, `RecordGlances`, `Waker` and `PlanNames`."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        super().__init__(tables, patience)
        self._seen_names = SeenNames(Pointer(0, ""), {})  # One value: threads never mix the names of two plans.

    def find_due(self, until: datetime) -> Sequence[Due]:
        """See `DueIndex`. It omits a line without a valid instant: the resync finds its model."""

        def read() -> list[RecordItem]:
            bound = RecordItem.wake_at <= serial.stamp(until)
            return [item for shard in SHARDS for item in self._tables.records.due.query(shard, bound)]

        lines = []
        for item in self._patience.call("the due index", read):
            wake_at = read_wake_at(item)
            if wake_at is not None and item.item == RECORD:
                lines.append(Due(ModelId(item.model_id), wake_at))
        return sorted(lines, key=lambda line: (line.wake_at, line.model_id))

    def glance_at_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `RecordGlances`."""
        return self._read_many(model_ids, self._glance_at_records)

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """See `Waker`. It also wakes an unreadable record, so that its own pass reports it."""
        self._wake_record(model_id, at)

    def read_plan_version(self) -> int:
        """See `PlanReader`."""
        return self._read_pointer().version

    def list_planned_models(self) -> Sequence[ModelId]:
        """See `PlanReader`."""
        return self._read_names(self._read_pointer())

    def list_former_models(self) -> Sequence[ModelId]:
        """See `PlanReader`."""
        return self._read_former(self._read_pointer())

    def _read_pointer(self) -> Pointer:
        """Return the pointer, by a consistent read.

        Raises:
            UnreadableItem: its form is unknown to this release.
        """
        return self._to_pointer(self._get_plan_item(CURRENT, POINTER))

    def _to_pointer(self, item: PlanItem | None) -> Pointer:
        """Return the pointer that an item holds; None: no plan was ever applied."""
        if item is None:
            return Pointer(0, "")
        where = f"{self._tables.names.plans} {CURRENT}/{POINTER}"
        POINTER_SCHEMA.check(where, item.schema)
        if type(item.version) is not int or item.version < 1:
            raise UnreadableItem(f"{where}: version: {item.version!r} is not a whole number from 1")
        if not item.points_to:
            raise UnreadableItem(f"{where}: points_to: missing")
        return Pointer(item.version, item.points_to, item.before or "")

    def _read_names(self, pointer: Pointer) -> list[ModelId]:
        """Return the models that a plan names, in order."""
        return self._read_model_ids(pointer, name_model_item(ModelId("")))

    def _read_former(self, pointer: Pointer) -> list[ModelId]:
        """Return the models that a plan lists as left, in order: earlier plans named them."""
        return self._read_model_ids(pointer, name_former_item(ModelId("")))

    def _turn_names_to(self, pointer: Pointer) -> dict[str, list[ModelId]]:
        """Return the cached names of a plan by the prefix of their items, and forget those of any other."""
        seen = self._seen_names
        if pointer != seen.pointer:
            seen = self._seen_names = SeenNames(pointer, {})
        return seen.by_prefix

    def _read_model_ids(self, pointer: Pointer, prefix: str) -> list[ModelId]:
        if pointer.version == 0:
            return []

        def read() -> list[ModelId]:
            found = self._tables.plans.query(
                pointer.partition, PlanItem.item.startswith(prefix), consistent_read=True, attributes_to_get=["item"]
            )
            return [ModelId(item.item.removeprefix(prefix)) for item in found]

        names = self._turn_names_to(pointer)
        if prefix not in names:
            names[prefix] = sorted(self._patience.call(f"the models of plan {pointer.version}", read))
        return list(names[prefix])

    def _read_many(
        self, model_ids: Sequence[ModelId], get: Callable[[Sequence[Any]], list[dict[str, Any]]]
    ) -> dict[ModelId, ModelRecord]:
        name = self._tables.names.models
        records = {}
        for some in batched(dict.fromkeys(model_ids), BATCH, strict=False):
            for raw in get([{"model_id": model_id, "item": RECORD} for model_id in some]):
                try:
                    record = to_record(check_item(self._tables.records, name, raw))
                except UnreadableItem:
                    continue  # Its own pass reports it; it must not hide the others.
                records[record.model_id] = record
        return records

    def _wake_record(self, model_id: ModelId, at: datetime) -> bool:
        """Make a record due; return whether there is one."""
        changes = make_wake_actions(model_id, at)
        name, exists = self._tables.names.models, RecordItem.model_id.exists()

        def update() -> dict[str, Any]:
            return self._tables.connection.update_item(name, model_id, RECORD, actions=changes, condition=exists)

        try:
            self._patience.call(f"{name} {model_id}", update)
        except PynamoDBException as error:
            if to_failure(error) is Failure.CONDITION:
                return False
            raise
        return True

    def _glance_at_records(self, keys: Sequence[Any]) -> list[dict[str, Any]]:
        """Return what `_get_records` does, by reads that may lag: DynamoDB bills half of a unit for each."""
        name = self._tables.names.models
        return self._get_all(keys, lambda some: self._tables.connection.batch_get_item(name, some))

    def _get_all(self, keys: Sequence[Any], get: Callable[[Sequence[Any]], dict[str, Any]]) -> list[dict[str, Any]]:
        name, found = self._tables.names.models, []
        for _ in range(BATCH):  # Each answer holds at least one item, or it is an error.
            some = keys

            def read(some: Sequence[Any] = some) -> dict[str, Any]:
                return get(some)

            answer = self._patience.call(f"{name}: {len(keys)} records", read)
            found += answer["Responses"].get(name, [])
            keys = answer.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
            if not keys:
                return found
        raise StoreUnavailable(f"{name}: {len(keys)} records were left out of {BATCH} answers")

    def _get_plan_item(self, plan: str, item: str) -> PlanItem | None:
        name, key = self._tables.names.plans, f"{plan}/{item}"
        read = self._tables.connection.get_item
        found = self._patience.call(f"{name} {key}", lambda: read(name, plan, item, consistent_read=True)).get("Item")
        return check_item(self._tables.plans, key, found) if found else None
