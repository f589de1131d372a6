"""Requests on DynamoDB: the holds and blocks of a subject, and the one transaction that answers a request.

Owns how to settle a lost answer, and how a query notices that it saw only half of a change. DynamoDB may show one item
of a transaction before the next. Does not judge requests, and does not know who may send them.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from pynamodb.exceptions import PynamoDBException
from pynamodb.pagination import ResultIterator
from pynamodb.transactions import TransactWrite

from preheat.adapters.dynamodb import columns, items, request_items, serial
from preheat.adapters.dynamodb.failures import Failure, to_failure
from preheat.adapters.dynamodb.fleet import BATCH, make_wake_actions
from preheat.adapters.dynamodb.records import DynamoRecords
from preheat.adapters.dynamodb.tables import COUNTER, RECORD, RecordItem, ReplyItem, RequestItem
from preheat.app.ports.errors import StaleRecord, StoreUnavailable
from preheat.domain.demand.request import Reply, RequestId, Standing, Standings, Subject, Tombstone
from preheat.domain.plan.plan import ModelId

QUERIES_MAX = 5  # while a query shows a subject's last change only in part; it is complete within milliseconds
PAUSE = 0.05  # seconds between these queries
COUNTED_FOR = timedelta(hours=2)  # from the begin of an hour: how long the table keeps its count of requests


class DynamoRequests(DynamoRecords):
    """Implements `RequestReader` and `RequestWriter`: requests are with the records, replies with the ledgers."""

    def read_standings(self, subject: Subject, after: datetime) -> Standings:
        """See `RequestReader`."""
        for _ in range(QUERIES_MAX):
            counter, found = self._query_standings(subject)
            if counter is None or request_items.is_told_of(counter, found, after):
                missing = None
                break
            missing = RequestId(str(counter.changed))
            self._patience.sleep(PAUSE)
        if counter is not None and missing is not None:
            seen = self.find_standing(subject, missing)
            found = [one for one in found if one.request_id != missing] + ([seen] if seen is not None else [])
            # A transaction is complete within milliseconds, so somebody has deleted or changed the item by hand. The
            # items there count: Preheat must stop a running model, and start a needed one.
            missing = None if request_items.is_told_of(counter, found, after) else missing
        version = request_items.read_version(counter) if counter is not None and subject.model_id is None else 0
        standing = sorted((one for one in found if one.end > after), key=lambda one: one.request_id)
        return Standings(version, tuple(standing), missing)

    def find_asked(self, subjects: Sequence[Subject]) -> frozenset[Subject]:
        """See `RequestReader`. A subject without a counter never had a request. Reads 100 counters in a call."""
        by_key = {subject.key: subject for subject in subjects}
        found: set[Subject] = set()
        for some in batched(by_key, BATCH, strict=False):
            counters = self._get_records([{"model_id": key, "item": COUNTER} for key in some])
            found |= {by_key[raw["model_id"]["S"]] for raw in counters}
        return frozenset(found)

    def _query_standings(self, subject: Subject) -> tuple[RequestItem | None, list[Standing]]:
        """Return the counter of a subject, its form checked, and its holds and blocks."""
        found: list[Standing] = []
        counter: RequestItem | None = None
        for item in self._query_requests(subject, COUNTER):
            if item.item == COUNTER:
                counter = item
                request_items.read_version(item)
            else:
                found.append(request_items.to_standing(item))
        return counter, found

    def find_standing(self, subject: Subject, request_id: RequestId) -> Standing | None:
        """See `RequestReader`."""
        item = self._get_request(subject.key, request_items.name_standing_item(request_id))
        return request_items.to_standing(item) if item is not None else None

    def read_tombstones(self, subject: Subject, request_id: RequestId) -> Sequence[Tombstone]:
        """See `RequestReader`."""
        found = self._query_requests(subject, request_items.name_tombstones(request_id))
        return tuple(request_items.to_tombstone(item) for item in found)

    def find_reply(self, request_id: RequestId) -> Reply | None:
        """See `RequestReader`."""
        found = reply = self._read_reply(request_id, 1)
        while reply is not None and reply.retry_at is not None:  # at most one an hour has another after it
            found, reply = reply, self._read_reply(request_id, reply.number + 1)
        return reply or found

    def _read_reply(self, request_id: RequestId, number: int) -> Reply | None:
        name, partition = self._tables.names.ledger, request_items.name_reply_partition(request_id)
        read, key = self._tables.connection.get_item, f"{partition}/{number}"
        raw = self._patience.call(
            f"{name} {partition}", lambda: read(name, partition, str(number), consistent_read=True)
        ).get("Item")
        return columns.to_reply(items.check_item(self._tables.replies, key, raw)) if raw else None

    def answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        models: Sequence[ModelId],
        seen: int | None = None,
        drops: Sequence[Standing] = (),
    ) -> None:
        """See `RequestWriter`."""
        self._store_answer(reply, change, seen, drops)
        if not isinstance(change, Standing) or change.subject.model_id is not None:
            return
        failed = self._wake_each(models, reply.at)
        if failed:
            message = f"request {reply.request_id} is answered, but {len(failed)} of {len(models)} models are not woken"
            raise StoreUnavailable(f"{message} yet: {failed[0]}") from failed[0]

    def are_all_woken(self, subject: Subject, request_id: RequestId) -> bool:
        """See `RequestReader`."""
        item = self._get_request(subject.key, request_items.name_standing_item(request_id))
        return item is None or item.woken == item.revision

    def count_request(self, sender: str, subject: Subject | None, hour: datetime) -> int:
        """See `RequestWriter`."""
        name, key, item = self._tables.names.models, *request_items.name_rate_key(sender, subject, hour)
        counted = [RequestItem.requests.add(1), RequestItem.expires_at.set(request_items.to_epoch(hour + COUNTED_FOR))]
        update = self._tables.connection.update_item

        def count() -> dict[str, Any]:
            return update(name, key, item, actions=counted, return_values="UPDATED_NEW")

        return int(self._patience.call(f"{name} {key}", count)["Attributes"]["requests"]["N"])

    def note_woken(self, change: Standing) -> None:
        """See `RequestWriter`."""
        name, key, item = (
            self._tables.names.models,
            change.subject.key,
            request_items.name_standing_item(change.request_id),
        )
        update = self._tables.connection.update_item
        noted, unchanged = [RequestItem.woken.set(change.revision)], RequestItem.revision == change.revision
        try:
            self._patience.call(f"{name} {key}", lambda: update(name, key, item, actions=noted, condition=unchanged))
        except PynamoDBException as error:
            if to_failure(error) is not Failure.CONDITION:  # Then a later change is there, with a note of its own.
                raise

    def _store_answer(
        self, reply: Reply, change: Standing | Tombstone | None, seen: int | None, drops: Sequence[Standing]
    ) -> None:
        """Write the reply and its change in one transaction. It does not wake the models of a schedule."""
        model_id = change.subject.model_id if isinstance(change, Standing) else None
        exists = model_id is not None and self._get_request(model_id, RECORD, ["model_id"]) is not None

        def write() -> None:
            try:
                self._write_answer(reply, change, seen, drops, exists=exists)
            except PynamoDBException as error:
                failure = to_failure(error)
                if failure not in (Failure.CONDITION, Failure.CONFLICT, Failure.LOST):
                    raise
                stored = self.find_reply(reply.request_id)
                if stored == reply:
                    return  # This write won; only its answer was lost.
                if stored is not None and stored.number >= reply.number:
                    raise StaleRecord(f"request {reply.request_id} was answered already") from error
                if failure is Failure.CONDITION:
                    of = change.of if isinstance(change, Tombstone) else change.request_id if change else "-"
                    raise StaleRecord(f"{of} has changed since it was read") from error
                raise

        self._patience.call(f"request {reply.request_id}", write)

    def _write_answer(
        self,
        reply: Reply,
        change: Standing | Tombstone | None,
        seen: int | None,
        drops: Sequence[Standing],
        *,
        exists: bool,
    ) -> None:
        kind = self._tables.requests
        token = _make_token(self._tables.names.models, reply, change, seen, exists)
        with TransactWrite(connection=self._tables.connection, client_request_token=token) as write:
            item = columns.from_reply(self._tables.replies, reply)
            write.save(item, condition=ReplyItem.model_id.does_not_exist())
            if isinstance(change, Standing):
                self._write_change(write, reply, change, seen, exists=exists)
                for one in drops:
                    as_read = RequestItem.model_id.does_not_exist() | (RequestItem.revision == one.revision)
                    write.delete(request_items.from_standing(kind, one), condition=as_read)
            elif change is not None:
                write.save(request_items.from_tombstone(kind, change))
                standing = request_items.name_standing_item(change.of)
                write.condition_check(kind, change.subject.key, standing, RequestItem.model_id.does_not_exist())

    def _write_change(
        self, write: TransactWrite, reply: Reply, change: Standing, seen: int | None, *, exists: bool
    ) -> None:
        kind, before = self._tables.requests, change.revision - 1
        unchanged = RequestItem.revision == before if before else RequestItem.model_id.does_not_exist()
        write.save(request_items.from_standing(kind, change), condition=unchanged)
        counted: list[Any] = [
            RequestItem.version.add(1),
            RequestItem.schema.set(request_items.COUNTER_SCHEMA.written),
            RequestItem.changed.set(change.request_id),
            RequestItem.revision.set(change.revision),
            RequestItem.until.set(serial.stamp(change.until)),
        ]
        write.update(request_items.make_counter(kind, change.subject), actions=counted)
        if not before and change.released_at is None:
            over = RequestItem.model_id.does_not_exist() | (RequestItem.expires_at <= request_items.to_epoch(reply.at))
            for requester in (change.requester, None):
                release = request_items.name_tombstone_item(change.request_id, requester)
                write.condition_check(kind, change.subject.key, release, over)
        if (model_id := change.subject.model_id) is None:
            return
        if exists:
            record = kind(model_id=model_id, item=RECORD)
            as_read = RecordItem.model_id.exists() if seen is None else RecordItem.version == seen
            write.update(record, actions=make_wake_actions(model_id, reply.at), condition=as_read)
        else:
            write.condition_check(kind, model_id, RECORD, RecordItem.model_id.does_not_exist())

    def _query_requests(self, subject: Subject, prefix: str) -> list[RequestItem]:
        """Return the items of a subject whose range keys begin with `prefix`, in the order of these keys."""
        bound = RequestItem.item.startswith(prefix)

        def read() -> list[dict[str, Any]]:
            options = {"range_key_condition": bound, "consistent_read": True}
            return list(
                ResultIterator(self._tables.connection.query, (self._tables.names.models, subject.key), options)
            )

        found = self._patience.call(f"{self._tables.names.models} {subject.key}", read)
        return [self._check_request(raw) for raw in found]

    def _get_request(self, key: str, item: str, attributes: Sequence[str] | None = None) -> RequestItem | None:
        def read() -> dict[str, Any]:
            connection = self._tables.connection
            return connection.get_item(
                self._tables.names.models, key, item, consistent_read=True, attributes_to_get=attributes
            )

        raw = self._patience.call(f"{self._tables.names.models} {key}/{item}", read).get("Item")
        return self._check_request(raw) if raw else None

    def _check_request(self, raw: dict[str, Any]) -> RequestItem:
        key = "/".join(next(iter(raw.get(name, {"S": "?"}).values())) for name in ("model_id", "item"))
        return items.check_item(self._tables.requests, key, raw)


def _make_token(table: str, reply: Reply, change: Standing | Tombstone | None, seen: int | None, exists: bool) -> str:
    """Return the transaction's idempotency token: 36 characters, the same for the same write."""
    facts = serial.dumps(
        {"table": table, "reply": serial.encode(reply), "change": serial.encode(change), "seen": seen, "exists": exists}
    )
    return hashlib.sha256(facts.encode()).hexdigest()[:36]
