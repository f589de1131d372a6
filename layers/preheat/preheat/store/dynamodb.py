"""The store on DynamoDB: one transaction per state change, every write conditional on the version that was read.

Owns how a write whose answer was lost is settled. Tables, items, plans and error codes have modules of their own.
"""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from preheat.domain.plan import HostedModel, ModelId
from preheat.domain.record import LedgerEntry, ModelRecord
from preheat.ports import Due, Membership, Planned, PreheatError, StaleRecord, StoreUnavailable, UnreadableItem
from preheat.store import items, serial
from preheat.store.accounts import ExternalIds, listed
from preheat.store.failures import Failure, Patience, failure_of
from preheat.store.plans import Plans
from preheat.store.tables import RECORD, LedgerItem, RecordItem, TableNames, Tables

WAKER = "wake"  # the writer of a record that was woken
BATCH = 100  # keys that one BatchGetItem takes
HANDS = 8  # calls side by side while `apply` wakes its models


class DynamoStore:
    """Implements `ports.Store`. Safe to share between threads, as its client is."""

    def __init__(self, client: Any, names: TableNames, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._tables = Tables(names, client)
        self._plans = Plans(self._tables, self._patience)
        self._external_ids = ExternalIds(self._tables, self._patience)

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `ports.Store`."""
        item = self._get(model_id)
        return items.to_record(item) if item is not None else None

    def save(self, record: ModelRecord, entry: LedgerEntry | None) -> ModelRecord:
        """See `ports.Store`."""

        def write() -> None:
            try:
                self._write(record, entry)
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
                    message = f"{record.model_id}: ledger entry {entry.sequence if entry else '-'} exists already"
                    raise StaleRecord(message) from error
                raise

        self._patience.call(f"record {record.model_id}", write)
        return replace(record, version=record.version + 1)

    def planned(self, model_id: ModelId) -> Planned:
        """See `ports.Store`."""
        return self._plans.planned(model_id)

    def planned_before(self, model_id: ModelId) -> HostedModel | None:
        """See `ports.Store`."""
        return self._plans.planned_before(model_id)

    def due(self, until: datetime) -> Sequence[Due]:
        """See `ports.Store`. A line that is no instant is left out: the resync finds its model."""

        def read() -> list[RecordItem]:
            bound = RecordItem.wake_at <= serial.stamp(until)
            return [item for shard in items.SHARDS for item in self._tables.records.due.query(shard, bound)]

        lines = []
        for item in self._patience.call("the due index", read):
            wake_at = items.wake_at_of(item)
            if wake_at is not None and item.item == RECORD:
                lines.append(Due(ModelId(item.model_id), wake_at))
        return sorted(lines, key=lambda line: (line.wake_at, line.model_id))

    def plan_version(self) -> int:
        """See `ports.Store`."""
        return self._plans.current().version

    def planned_models(self) -> Sequence[ModelId]:
        """See `ports.Store`."""
        return self._plans.models(self._plans.current())

    def left_models(self) -> Sequence[ModelId]:
        """See `ports.Store`."""
        return self._plans.left(self._plans.current())

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

    def apply(self, models: Sequence[HostedModel], *, expected_version: int, at: datetime) -> int:
        """See `ports.Store`.

        Raises:
            StoreUnavailable: the message tells whether the plan is current; if it is, the resync wakes whom this did
                not.
        """
        before = self._plans.current()
        if before.version != expected_version:
            raise StaleRecord(f"plan {expected_version} was read, plan {before.version} is current")
        planned = {model.model_id: model for model in models}
        left_before, planned_before = self._plans.left(before), self._plans.models(before)
        concerned = sorted({*left_before, *planned_before, *planned})
        records = self.recorded(concerned)
        served = max((record.plan_version for record in records.values()), default=0)
        # Whom the plan before left too may be at rest by now; an unreadable record never is.
        at_rest = {m for m in left_before if m in records and records[m].is_at_rest_under(expected_version)}
        left = sorted({*left_before, *planned_before} - at_rest - set(planned))
        version = max(expected_version, served) + 1
        members = {
            account: Membership(version, self.external_id(account), targets)
            for account, targets in listed(models).items()
        }
        pointer = self._plans.write(models, members, left, version, before=before.partition)
        self._plans.make_current(pointer, at, after=expected_version)
        with ThreadPoolExecutor(HANDS) as hands:
            failed = [*filter(None, hands.map(lambda one: self._wake_or_create(one, planned.get(one), at), concerned))]
        if failed:
            message = (
                f"plan {pointer.version} is current, but {len(failed)} of {len(concerned)} models are not woken yet"
            )
            raise StoreUnavailable(f"{message}; the resync will: {failed[0]}") from failed[0]
        return pointer.version

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """See `ports.Store`. An unreadable record is woken too, so that its own pass tells of it."""
        self._wake(model_id, at)

    def ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """See `ports.Store`.

        Raises:
            UnreadableItem: an entry is of a form that this release does not know.
        """
        name = self._tables.names.ledger
        try:
            query = self._tables.ledger.query
            found = self._patience.call(f"{name} {model_id}", lambda: list(query(model_id, consistent_read=True)))
        except (TypeError, ValueError) as error:  # PynamoDB could not even read an attribute's type.
            raise UnreadableItem(f"{name} {model_id}: {error}") from error
        return tuple(items.to_entry(item) for item in found)

    def external_id(self, account: str) -> str:
        """See `ports.Store`."""
        return self._external_ids.of(account)

    def membership(self, account: str) -> Membership:
        """See `ports.Store`."""
        member = self._plans.membership(account)
        if member.external_id is None:  # No longer planned there; what still runs there has to be stopped.
            member = replace(member, external_id=self._external_ids.known(account))
        return member

    def _write(self, record: ModelRecord, entry: LedgerEntry | None) -> None:
        item = items.from_record(self._tables.records, record)
        if entry is None:
            item.save()
            return
        token = _token(self._tables.names.models, record, entry)
        with TransactWrite(connection=self._tables.connection, client_request_token=token) as write:
            write.save(item)
            write.save(items.from_entry(self._tables.ledger, entry), condition=LedgerItem.sequence.does_not_exist())

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

    def _wake(self, model_id: ModelId, at: datetime) -> bool:
        """Wake a model, and tell whether it has a record."""
        changes = [
            RecordItem.version.add(1),
            RecordItem.wake_at.set(serial.stamp(at)),
            RecordItem.shard.set(items.shard_of(model_id)),
            RecordItem.writer.set(WAKER),
        ]
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

    def _wake_or_create(self, model_id: ModelId, model: HostedModel | None, at: datetime) -> Exception | None:
        """Make one model of an apply due; return what went wrong, for the others must not suffer."""
        try:
            if not self._wake(model_id, at) and model is not None:
                new = ModelRecord(model_id, model.target, wake_at=at, writer=WAKER)
                try:
                    self.save(new, None)
                except StaleRecord:  # A pass has made the record meanwhile.
                    self._wake(model_id, at)
        except (PreheatError, PynamoDBException) as error:
            return error
        return None


def _token(table: str, record: ModelRecord, entry: LedgerEntry) -> str:
    """Return the transaction's idempotency token: 36 characters, the same for the same write by the same writer.

    DynamoDB keeps tokens for the whole account, so the table is part of it: another stack's write is another one.
    """
    facts = serial.dumps({"table": table, "record": serial.encode(record), "entry": serial.encode(entry)})
    return hashlib.sha256(facts.encode()).hexdigest()[:36]
