"""Records on DynamoDB: one transaction per state change, every write conditional on the version that was read.

Owns how a write whose answer was lost is settled. Does not know plans, nor what stands of a request: a write is only
guarded by the versions of those that were read.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from preheat.adapters.dynamodb import items, serial
from preheat.adapters.dynamodb.failures import Failure, Patience, failure_of
from preheat.adapters.dynamodb.requests import guard, woken
from preheat.adapters.dynamodb.tables import RECORD, LedgerItem, RecordItem, Tables
from preheat.app.ports.errors import StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.ports.store import Due
from preheat.domain.demand.request import Subject
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord

BATCH = 100  # keys that one BatchGetItem takes


class Records:
    """The records in their table, each written with its entry in the table of the ledgers."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        self._tables = tables
        self._patience = patience

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `ports.Store`."""
        item = self._get(model_id)
        return items.to_record(item) if item is not None else None

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Mapping[Subject, int]) -> ModelRecord:
        """See `ports.Store`."""

        def write() -> None:
            try:
                self._write(record, entry, guards)
            except PynamoDBException as error:
                failure = failure_of(error)
                if failure not in (Failure.CONDITION, Failure.CONFLICT, Failure.LOST):
                    raise
                version, writer = self._stored(record.model_id)
                if version == record.version + 1 and record.writer and writer == record.writer:
                    return  # It was this very write that won; only its answer was lost.
                if version != record.version:
                    message = f"{record.model_id}: version {record.version} was read, {version} is stored"
                    raise StaleRecord(message) from error
                if failure is Failure.CONDITION:
                    exists = f"ledger entry {entry.sequence if entry else '-'} exists already"
                    changed = f", or requests of {', '.join(one.key for one in guards)} have changed" if guards else ""
                    raise StaleRecord(f"{record.model_id}: {exists}{changed}") from error
                raise

        self._patience.call(f"record {record.model_id}", write)
        return replace(record, version=record.version + 1)

    def due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`."""

        def read() -> list[RecordItem]:
            bound = RecordItem.wake_at <= serial.stamp(until)
            return [item for shard in items.SHARDS for item in self._tables.records.due.query(shard, bound)]

        lines = []
        for item in self._patience.call("the due index", read):
            wake_at = items.wake_at_of(item)
            if wake_at is not None and item.item == RECORD:
                lines.append(Due(ModelId(item.model_id), wake_at))
        return sorted(lines, key=lambda line: (line.wake_at, line.model_id))

    def recorded(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `ports.Store`."""
        name = self._tables.names.models
        records = {}
        for some in batched(dict.fromkeys(model_ids), BATCH, strict=False):
            for raw in self._get_all([{"model_id": model_id, "item": RECORD} for model_id in some]):
                try:
                    record = items.to_record(items.checked(self._tables.records, name, raw))
                except UnreadableItem:
                    continue  # Its own pass tells of it; it must not hide the others.
                records[record.model_id] = record
        return records

    def wake(self, model_id: ModelId, at: datetime) -> bool:
        """Wake a model, an unreadable record too, so that its own pass tells of it; tell whether it has a record."""
        changes = woken(model_id, at)
        name, exists = self._tables.names.models, RecordItem.model_id.exists()

        def update() -> dict[str, Any]:
            return self._tables.connection.update_item(name, model_id, RECORD, actions=changes, condition=exists)

        try:
            self._patience.call(f"{name} {model_id}", update)
        except PynamoDBException as error:
            if failure_of(error) is Failure.CONDITION:
                return False
            raise
        return True

    def _write(self, record: ModelRecord, entry: LedgerEntry | None, guards: Mapping[Subject, int]) -> None:
        item = items.from_record(self._tables.records, record)
        if entry is None and not guards:
            item.save()
            return
        token = _token(self._tables.names.models, record, entry, guards)
        with TransactWrite(connection=self._tables.connection, client_request_token=token) as write:
            write.save(item)
            if entry is not None:
                write.save(items.from_entry(self._tables.ledger, entry), condition=LedgerItem.sequence.does_not_exist())
            guard(write, self._tables.requests, guards)

    def _stored(self, model_id: ModelId) -> tuple[int, str]:
        """Return version and writer of the record as stored; version 0: there is none."""
        item = self._get(model_id, ["version", "writer"])
        return (item.version, item.writer) if item is not None else (0, "")

    def _get(self, model_id: ModelId, attributes: Sequence[str] | None = None) -> RecordItem | None:
        name, key = self._tables.names.models, f"{model_id}/{RECORD}"

        def read() -> dict[str, Any]:
            return self._tables.connection.get_item(
                name, model_id, RECORD, consistent_read=True, attributes_to_get=attributes
            )

        found = self._patience.call(f"{name} {key}", read).get("Item")
        return items.checked(self._tables.records, key, found) if found else None

    def _get_all(self, keys: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the raw items of up to 100 keys; what the service left out of its answer is asked for again."""
        name, found = self._tables.names.models, []
        for _ in range(BATCH):  # Each answer holds one item at the least, or it is an error.
            some = keys

            def read(some: Sequence[Any] = some) -> dict[str, Any]:
                return self._tables.connection.batch_get_item(name, some, consistent_read=True)

            answer = self._patience.call(f"{name}: {len(keys)} records", read)
            found += answer["Responses"].get(name, [])
            keys = answer.get("UnprocessedKeys", {}).get(name, {}).get("Keys", [])
            if not keys:
                return found
        raise StoreUnavailable(f"{name}: {len(keys)} records were left out of {BATCH} answers")


def _token(table: str, record: ModelRecord, entry: LedgerEntry | None, guards: Mapping[Subject, int]) -> str:
    """Return the transaction's idempotency token: 36 characters, the same for the same write by the same writer.

    DynamoDB keeps tokens for the whole account, so the table is part of it: another stack's write is another one.
    """
    said: dict[str, serial.Json] = {"table": table, "record": serial.encode(record), "entry": serial.encode(entry)}
    said |= {"guards": {subject.key: version for subject, version in guards.items()}} if guards else {}
    facts = serial.dumps(said)
    return hashlib.sha256(facts.encode()).hexdigest()[:36]
