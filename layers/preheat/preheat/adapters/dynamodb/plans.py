"""Plans: written whole under a partition of their own, then made current by one conditional write of a pointer.

Each apply writes under a partition that nobody else uses, so what an interrupted one left behind is in no plan.
Does not know records; waking them is the store's affair.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import NamedTuple

from pynamodb.exceptions import PynamoDBException

from preheat.adapters.dynamodb import items, serial
from preheat.adapters.dynamodb.failures import Failure, Patience, failure_of
from preheat.adapters.dynamodb.tables import CURRENT, POINTER, PlanItem, Tables
from preheat.app.ports.errors import StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.ports.store import Membership, Planned
from preheat.domain.plan.plan import HostedModel, ModelId

BATCH = 25  # items that one BatchWriteItem takes


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which plan is current: its version, and the partition that holds it. Version 0: none was ever applied.

    `before` is the partition of the plan that it followed, empty if there was none or the release did not note it.
    """

    version: int
    partition: str
    before: str = ""


class Seen(NamedTuple):
    """What was read of one plan."""

    pointer: Pointer
    models: dict[ModelId, HostedModel | None]
    accounts: dict[str, Membership]


class Plans:
    """The plans table."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        self._tables = tables
        self._patience = patience
        self._seen = Seen(Pointer(0, ""), {}, {})  # One value, so that threads never take one plan's for another's.

    def current(self) -> Pointer:
        """Return the pointer, by a consistent read.

        Raises:
            UnreadableItem: it is of a form that this release does not know.
        """
        item = self._get(CURRENT, POINTER)
        if item is None:
            return Pointer(0, "")
        where = f"{self._tables.names.plans} {CURRENT}/{POINTER}"
        items.POINTER_SCHEMA.check(where, item.schema)
        if type(item.version) is not int or item.version < 1:
            raise UnreadableItem(f"{where}: version: {item.version!r} is not a whole number from 1")
        if not item.points_to:
            raise UnreadableItem(f"{where}: points_to: missing")
        return Pointer(item.version, item.points_to, item.before or "")

    def planned(self, model_id: ModelId) -> Planned:
        """See `ports.Store`. A plan never changes, so what was read of the current one is kept."""
        seen = self._see()
        if seen.pointer.version == 0:
            return Planned(0, None)
        if model_id not in seen.models:
            item = self._get(seen.pointer.partition, items.model_item(model_id))
            seen.models[model_id] = items.to_model(item) if item is not None else None
        return Planned(seen.pointer.version, seen.models[model_id])

    def membership(self, account: str) -> Membership:
        """See `ports.Store`. It is that of the plan that `planned` has seen last, so that a pass goes by one plan."""
        seen = self._seen if self._seen.pointer.version else self._see()
        version = seen.pointer.version
        if version == 0:
            return Membership(0, None)
        if account not in seen.accounts:
            item = self._get(seen.pointer.partition, items.account_item(account))
            seen.accounts[account] = items.to_membership(item) if item is not None else Membership(version, None)
        return seen.accounts[account]

    def _see(self) -> Seen:
        """Return what was read of the current plan, and forget any other."""
        pointer, seen = self.current(), self._seen
        if pointer != seen.pointer:
            seen = self._seen = Seen(pointer, {}, {})
        return seen

    def planned_before(self, model_id: ModelId) -> HostedModel | None:
        """See `ports.Store`."""
        pointer = self.current()
        if not pointer.before:
            return None
        item = self._get(pointer.before, items.model_item(model_id))
        return items.to_model(item) if item is not None else None

    def models(self, pointer: Pointer) -> list[ModelId]:
        """Return the models that a plan names, in order."""
        return self._named(pointer, items.model_item(ModelId("")))

    def left(self, pointer: Pointer) -> list[ModelId]:
        """Return the models that a plan has written down as left, in order: earlier ones named them."""
        return self._named(pointer, items.left_item(ModelId("")))

    def _named(self, pointer: Pointer, prefix: str) -> list[ModelId]:
        if pointer.version == 0:
            return []

        def read() -> list[ModelId]:
            found = self._tables.plans.query(
                pointer.partition, PlanItem.item.startswith(prefix), consistent_read=True, attributes_to_get=["item"]
            )
            return [ModelId(item.item.removeprefix(prefix)) for item in found]

        return sorted(self._patience.call(f"the models of plan {pointer.version}", read))

    def write(
        self,
        models: Sequence[HostedModel],
        members: Mapping[str, Membership],
        left: Sequence[ModelId],
        version: int,
        *,
        before: str,
    ) -> Pointer:
        """Store a plan that is not current yet, with whom it leaves, and return the pointer that makes it current.

        `before` is the partition of the plan that it is to follow.
        """
        pointer = Pointer(version, f"v{version:010d}-{uuid.uuid4().hex[:12]}", before)
        kind, partition = self._tables.plans, pointer.partition
        rows = [items.from_model(kind, partition, model) for model in models]
        rows += [items.from_membership(kind, partition, account, member) for account, member in members.items()]
        rows += [items.from_left(kind, partition, model_id) for model_id in left]
        for some in batched(rows, BATCH, strict=False):

            def put(some: tuple[PlanItem, ...] = some) -> None:
                with kind.batch_write() as batch:
                    for row in some:
                        batch.save(row)

            self._patience.call(f"plan {version}", put)
        return pointer

    def make_current(self, pointer: Pointer, at: datetime, *, after: int) -> None:
        """Let `pointer` follow the plan of version `after`. A lost answer is settled by reading once more.

        Raises:
            StaleRecord: another apply came first.
        """
        item = self._tables.plans(
            plan=CURRENT,
            item=POINTER,
            schema=items.POINTER_SCHEMA.written,
            version=pointer.version,
            points_to=pointer.partition,
            before=pointer.before or None,
            applied_at=serial.stamp(at),
        )
        unchanged = PlanItem.version == after if after else PlanItem.plan.does_not_exist()

        def put() -> None:
            try:
                item.save(condition=unchanged)
            except PynamoDBException as error:
                failure = failure_of(error)
                if failure not in (Failure.CONDITION, Failure.LOST):
                    raise
                current = self.current()
                if current == pointer:
                    return
                if current.version != after:
                    message = f"plan {after} was read, plan {current.version} is current"
                    raise StaleRecord(message) from error
                raise StoreUnavailable(f"plan {pointer.version} was not made current: {error.cause}") from error

        self._patience.call(f"plan {pointer.version}", put)

    def _get(self, plan: str, item: str) -> PlanItem | None:
        name, key = self._tables.names.plans, f"{plan}/{item}"
        read = self._tables.connection.get_item
        found = self._patience.call(f"{name} {key}", lambda: read(name, plan, item, consistent_read=True)).get("Item")
        return items.checked(self._tables.plans, key, found) if found else None
