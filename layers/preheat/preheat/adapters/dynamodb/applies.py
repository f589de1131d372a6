"""Applies: write a plan whole under its own partition, then make it current by one conditional write of a pointer.

Owns how long plans stay stored, and the ledger of applies: who made which plan current, and when. It is in the table of
the ledgers. Only programs on your machine load this module. Does not know records; the store wakes them.
"""

import hashlib
import uuid
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import batched
from typing import Any, Final

from pynamodb.exceptions import PynamoDBException
from pynamodb.transactions import TransactWrite

from preheat.adapters.dynamodb import plan_items, serial
from preheat.adapters.dynamodb.columns import from_applied_plan, to_applied_plan
from preheat.adapters.dynamodb.failures import Failure, to_failure
from preheat.adapters.dynamodb.fleet import POINTER_SCHEMA, DynamoFleet, Pointer
from preheat.adapters.dynamodb.items import Schema, check_item, join
from preheat.adapters.dynamodb.senders import from_senders
from preheat.adapters.dynamodb.tables import APPLIED, APPLIES, CURRENT, POINTER, AppliedItem, PlanItem
from preheat.app.ports.errors import StaleRecord, StoreUnavailable
from preheat.app.ports.plans import Membership
from preheat.app.ports.store import PLANS_KEPT
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import SenderRule

BATCH: Final = 25  # items that one BatchWriteItem takes
PRUNED_AT_ONCE: Final = 3  # plans; one a call is enough, and two more make up for calls that failed
APPLIED_SCHEMA = Schema(written=1, oldest=1)


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


class DynamoApplies(DynamoFleet):
    """Implements `AppliesReader`, and what the store needs to apply a plan."""

    def read_applied_plans(self, limit: int) -> Sequence[AppliedPlan]:
        """See `AppliesReader`."""
        return [to_applied_plan(item) for item in reversed(self._query_last(limit))]

    def find_applied_plan(self, version: int) -> AppliedPlan | None:
        """See `AppliesReader`."""
        name, key = self._tables.names.ledger, f"{APPLIES}/{version}"

        def read() -> dict[str, Any]:
            return self._tables.connection.get_item(name, APPLIES, str(version), consistent_read=True)

        raw = self._patience.call(f"{name} {key}", read).get("Item")
        return to_applied_plan(check_item(self._tables.applies, key, raw)) if raw else None

    def read_applied_by(self) -> AppliedBy | None:
        """See `AppliesReader`."""
        pointer = self._read_pointer()
        item = self._get_plan_item(pointer.partition, APPLIED) if pointer.version else None
        return to_applied_by(item) if item is not None else None

    def _write_plan(
        self,
        models: Sequence[HostedModel],
        members: Mapping[str, Membership],
        left: Sequence[ModelId],
        version: int,
        *,
        before: str,
        senders: Sequence[SenderRule] = (),
        by: AppliedBy | None = None,
    ) -> Pointer:
        """Store a plan that is not current yet, with the models that it leaves. Return the pointer to it.

        `before` is the partition of the plan that it follows.
        """
        pointer = Pointer(version, f"v{version:010d}-{uuid.uuid4().hex[:12]}", before)
        kind, partition = self._tables.plans, pointer.partition
        rows = [plan_items.from_model(kind, partition, model) for model in models]
        rows += [plan_items.from_membership(kind, partition, account, member) for account, member in members.items()]
        rows += [plan_items.from_former(kind, partition, model_id) for model_id in left]
        rows += [from_senders(kind, partition, senders)] if senders else []
        rows += [from_applied_by(kind, partition, by)] if by is not None else []
        for some in batched(rows, BATCH, strict=False):

            def put(some: tuple[PlanItem, ...] = some) -> None:
                with kind.batch_write() as batch:
                    for row in some:
                        batch.save(row)

            self._patience.call(f"plan {version}", put)
        return pointer

    def _make_current(self, pointer: Pointer, applied: AppliedPlan, *, after: int) -> None:
        """Make the plan of `pointer` current, after the plan of version `after`, and append the apply to the ledger.

        Both or neither. A read settles a lost answer.

        Raises:
            StaleRecord: another apply came first.
        """
        item = self._tables.plans(
            plan=CURRENT,
            item=POINTER,
            schema=POINTER_SCHEMA.written,
            version=pointer.version,
            points_to=pointer.partition,
            before=pointer.before or None,
            applied_at=serial.stamp(applied.at),
        )
        entry = from_applied_plan(self._tables.applies, applied, pointer.partition)
        unchanged = PlanItem.version == after if after else PlanItem.plan.does_not_exist()

        def put() -> None:
            try:
                token = hashlib.sha256(pointer.partition.encode()).hexdigest()[:36]
                with TransactWrite(connection=self._tables.connection, client_request_token=token) as write:
                    write.save(item, condition=unchanged)
                    write.save(entry, condition=AppliedItem.model_id.does_not_exist())
            except PynamoDBException as error:
                failure = to_failure(error)
                if failure not in (Failure.CONDITION, Failure.CONFLICT, Failure.LOST):
                    raise
                current = self._read_pointer()
                if current == pointer:
                    return
                if current.version != after:
                    message = f"plan {after} was read, plan {current.version} is current"
                    raise StaleRecord(message) from error
                if failure is Failure.CONFLICT:
                    raise
                raise StoreUnavailable(f"plan {pointer.version} was not made current: {error.cause}") from error

        self._patience.call(f"plan {pointer.version}", put)

    def _read_last_version(self) -> int:
        """Return the highest version that the ledger of applies names; 0: none. Its entry may be unreadable."""
        found = self._query_last(1, ["sequence"])
        return int(found[0].sequence) if found else 0

    def _prune_plans(self, *, keep: Collection[str]) -> None:
        """Delete the plans just beyond the last PLANS_KEPT, except the partitions of `keep`.

        Their entries in the ledger stay. A plan that it cannot delete stays for the next apply: this one has succeeded.
        """
        try:
            old = [item.partition for item in self._query_last(PLANS_KEPT + PRUNED_AT_ONCE)[PLANS_KEPT:]]
            for partition in old:
                if partition and partition not in keep:
                    self._delete_plan(partition)
        except StoreUnavailable:
            return

    def _delete_plan(self, partition: str) -> None:
        kind = self._tables.plans

        def read() -> list[PlanItem]:
            return list(kind.query(partition, consistent_read=True, attributes_to_get=["plan", "item"]))

        def delete(some: Sequence[PlanItem]) -> None:
            with kind.batch_write() as batch:
                for item in some:
                    batch.delete(item)

        for some in batched(self._patience.call(f"plan {partition}", read), BATCH, strict=False):
            self._patience.call(f"plan {partition}", partial(delete, some))

    def _query_last(self, limit: int, attributes: Sequence[str] | None = None) -> list[AppliedItem]:
        """Return the items of the last applies, newest first."""
        query = self._tables.applies.query
        return self._patience.call(
            f"{self._tables.names.ledger} {APPLIES}",
            lambda: list(
                query(
                    APPLIES, consistent_read=True, scan_index_forward=False, limit=limit, attributes_to_get=attributes
                )
            ),
        )
