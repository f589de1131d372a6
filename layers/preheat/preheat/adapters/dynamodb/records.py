"""Records on DynamoDB: one transaction for each state change; every write is conditional on the version of its read.

Owns how to settle a write with a lost answer, and how to wake many models. Does not know plans or what requests say: a
write only checks the versions of the plan and the requests that the pass read.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import batched
from typing import Any

from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from preheat.adapters.dynamodb import columns, items, serial
from preheat.adapters.dynamodb.failures import Failure, to_failure
from preheat.adapters.dynamodb.fleet import BATCH, WAKER, DynamoFleet
from preheat.adapters.dynamodb.tables import (
    COUNTER,
    CURRENT,
    POINTER,
    RECORD,
    LedgerItem,
    PlanItem,
    RecordItem,
    RequestItem,
)
from preheat.app.ports.errors import PreheatError, StaleRecord, UnreadableItem
from preheat.app.ports.records import Guarded, Guards
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import SCHEDULES_MAX, ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord

RECENT = 40  # ledger entries in one page of a query for the last days: more than most models have in a week
HANDS = 8  # calls in parallel while it wakes many models


class DynamoRecords(DynamoFleet):
    """Implements `RecordReader`, `RecordWriter` and `LedgerReader`.

    One transaction writes a record and its ledger entry, each in its own table.
    """

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """See `RecordReader`."""
        item = self._get_record(model_id)
        return items.to_record(item) if item is not None else None

    def read_served_at(self) -> datetime | None:
        """Return the service's own time, as of its last answer; None: it was not in the answer."""
        return self._tables.connection.served_at

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """See `RecordWriter`."""
        guards = guards or {}
        inside, beyond = _part_guards(guards)

        def write() -> None:
            self._check_beyond(record.model_id, beyond)
            try:
                self._write_record(record, entry, inside)
            except PynamoDBException as error:
                failure = to_failure(error)
                if failure not in (Failure.CONDITION, Failure.CONFLICT, Failure.LOST):
                    raise
                version, writer = self._read_version(record.model_id)
                if version == record.version + 1 and record.writer and writer == record.writer:
                    return  # This write won; only its answer was lost.
                if version != record.version:
                    message = f"{record.model_id}: version {record.version} was read, {version} is stored"
                    raise StaleRecord(message) from error
                if failure is Failure.CONDITION:
                    exists = f"ledger entry {entry.sequence if entry else '-'} exists already"
                    changed = f", or {', '.join(one.key for one in inside)} has changed" if inside else ""
                    raise StaleRecord(f"{record.model_id}: {exists}{changed}") from error
                raise

        self._patience.call(f"record {record.model_id}", write)
        return replace(record, version=record.version + 1)

    def load_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """See `RecordReader`."""
        return self._read_many(model_ids, self._get_records)

    def read_ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """See `LedgerReader`."""
        name = self._tables.names.ledger
        try:
            query = self._tables.ledger.query
            found = self._patience.call(f"{name} {model_id}", lambda: list(query(model_id, consistent_read=True)))
        except (TypeError, ValueError) as error:  # PynamoDB could not even read an attribute's type.
            raise UnreadableItem(f"{name} {model_id}: {error}") from error
        return tuple(columns.to_entry(item) for item in found)

    def read_recent_ledger(self, model_id: ModelId, since: datetime) -> Sequence[LedgerEntry]:
        """See `LedgerReader`. Reads backwards, a page at a time."""
        name = self._tables.names.ledger

        def read() -> list[LedgerEntry]:
            found = []
            newest_first = self._tables.ledger.query(
                model_id, consistent_read=True, scan_index_forward=False, page_size=RECENT
            )
            for item in newest_first:
                found.append(columns.to_entry(item))
                if found[-1].at < since:
                    break
            return found

        try:
            found = self._patience.call(f"{name} {model_id}", read)
        except (TypeError, ValueError) as error:  # PynamoDB could not even read an attribute's type.
            raise UnreadableItem(f"{name} {model_id}: {error}") from error
        return tuple(reversed(found))

    def _wake_each(
        self, models: Sequence[ModelId], at: datetime, new: Mapping[ModelId, HostedModel] | None = None
    ) -> list[Exception]:
        """Make many models due, some of them in parallel. Return the errors: one model's must not harm the others.

        A model of `new` that has no record yet gets one.
        """

        def wake(model_id: ModelId) -> Exception | None:
            try:
                if not self._wake_record(model_id, at) and new is not None and model_id in new:
                    self._create_record(new[model_id], at)
            except (PreheatError, PynamoDBException) as error:
                return error
            return None

        with ThreadPoolExecutor(HANDS) as hands:
            return [*filter(None, hands.map(wake, models))]

    def _create_record(self, model: HostedModel, at: datetime) -> None:
        try:
            self.save(ModelRecord(model.model_id, model.target, wake_at=at, writer=WAKER), None)
        except StaleRecord:  # A pass has created the record in the meantime.
            self._wake_record(model.model_id, at)

    def _check_beyond(self, model_id: ModelId, guards: Guards) -> None:
        """Raise StaleRecord if what guards a write and has no place in its transaction has changed."""
        name, tables = self._tables.names.models, self._tables
        for some in batched(guards, BATCH, strict=False):
            found = {}
            for raw in self._get_records([{"model_id": guard.key, "item": COUNTER} for guard in some]):
                counter = items.check_item(tables.requests, name, raw)
                found[counter.model_id] = counter.version
            for guard in some:
                if (stored := found.get(guard.key) or 0) != guards[guard]:
                    raise StaleRecord(
                        f"{model_id}: {guard.key} of version {guards[guard]} was read, {stored} is stored"
                    )

    def _write_record(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards) -> None:
        item = items.from_record(self._tables.records, record)
        if entry is None and not guards:
            item.save()
            return
        token = _make_token(self._tables.names.models, record, entry, guards)
        with TransactWrite(connection=self._tables.connection, client_request_token=token) as write:
            write.save(item)
            if entry is not None:
                appended = columns.from_entry(self._tables.ledger, entry)
                write.save(appended, condition=LedgerItem.sequence.does_not_exist())
            for guard, seen in guards.items():
                if isinstance(guard, Guarded):
                    unchanged = PlanItem.version == seen if seen else PlanItem.plan.does_not_exist()
                    write.condition_check(self._tables.plans, CURRENT, POINTER, unchanged)
                else:
                    unchanged = RequestItem.version == seen if seen else RequestItem.model_id.does_not_exist()
                    write.condition_check(self._tables.requests, guard.key, COUNTER, unchanged)

    def _read_version(self, model_id: ModelId) -> tuple[int, str]:
        """Return the version and writer of the stored record; version 0: there is none."""
        item = self._get_record(model_id, ["version", "writer"])
        return (item.version, item.writer) if item is not None else (0, "")

    def _get_record(self, model_id: ModelId, attributes: Sequence[str] | None = None) -> RecordItem | None:
        name, key = self._tables.names.models, f"{model_id}/{RECORD}"

        def read() -> dict[str, Any]:
            return self._tables.connection.get_item(
                name, model_id, RECORD, consistent_read=True, attributes_to_get=attributes
            )

        found = self._patience.call(f"{name} {key}", read).get("Item")
        return items.check_item(self._tables.records, key, found) if found else None

    def _get_records(self, keys: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the raw items of up to 100 keys. It requests keys again that the service left out of its answer."""
        name = self._tables.names.models
        return self._get_all(
            keys, lambda some: self._tables.connection.batch_get_item(name, some, consistent_read=True)
        )


def _part_guards(guards: Guards) -> tuple[Guards, Guards]:
    """Return the guards that a transaction has room for, whatever their number, and those beyond."""
    plan = {guard: seen for guard, seen in guards.items() if isinstance(guard, Guarded)}
    schedules = [(guard, seen) for guard, seen in guards.items() if not isinstance(guard, Guarded)]
    return plan | dict(schedules[:SCHEDULES_MAX]), dict(schedules[SCHEDULES_MAX:])


def _make_token(table: str, record: ModelRecord, entry: LedgerEntry | None, guards: Guards) -> str:
    """Return the transaction's idempotency token: 36 characters, the same for the same write by the same writer.

    DynamoDB keeps tokens for the whole account, so the table's name is part of it: two stacks never share a token.
    """
    facts: dict[str, serial.Json] = {"table": table, "record": serial.encode(record), "entry": serial.encode(entry)}
    facts |= {"guards": {guard.key: version for guard, version in guards.items()}} if guards else {}
    return hashlib.sha256(serial.dumps(facts).encode()).hexdigest()[:36]
