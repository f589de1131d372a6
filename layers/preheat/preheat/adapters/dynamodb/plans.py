"""Plans: each written whole under its own partition, then made current by one conditional write of a pointer.

Each apply writes under a new partition, so what an interrupted apply leaves behind belongs to no plan.
Does not know records; the store wakes them.
"""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any, NamedTuple

from pynamodb.exceptions import PynamoDBException
from pynamodb.pagination import ResultIterator
from pynamodb.transactions import TransactWrite

from preheat.adapters.dynamodb import items, serial
from preheat.adapters.dynamodb.applies import DynamoApplies
from preheat.adapters.dynamodb.columns import from_applied_plan
from preheat.adapters.dynamodb.failures import Failure, Patience, to_failure
from preheat.adapters.dynamodb.tables import APPLIED, CURRENT, POINTER, SENDERS, AppliedItem, PlanItem, Tables
from preheat.app.ports.errors import StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.ports.store import Membership, Planned, WholePlan
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import SenderRule

BATCH = 25  # items that one BatchWriteItem takes
UNKNOWN_MOST = 5  # models of a plan to read one by one: as a rule those that this release cannot read


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which plan is current: its version, and the partition that holds it. Version 0: none was ever applied.

    `before` is the partition of the plan that it followed; empty: there was none, or the release did not store it.
    """

    version: int
    partition: str
    before: str = ""


class SeenPlan(NamedTuple):
    """The parts of one plan that a process has read."""

    pointer: Pointer
    models: dict[ModelId, HostedModel | None]
    accounts: dict[str, Membership]
    senders: list[tuple[SenderRule, ...]]  # none: not read yet
    names: dict[str, list[ModelId]]  # the models by the prefix of their items


class DynamoPlans(DynamoApplies):
    """Implements `PlanReader` on the plans table, with what the store needs to apply a plan."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        super().__init__(tables, patience)
        self._seen = SeenPlan(
            Pointer(0, ""), {}, {}, [], {}
        )  # One value: threads never mix what they read of two plans.

    def read_plan_version(self) -> int:
        """See `PlanReader`."""
        return self._read_pointer().version

    def read_whole_plan(self) -> WholePlan:
        """See `PlanReader`. A plan never changes: the next call only reads the pointer, as long as it is current."""
        pointer = self._read_pointer()
        self._see_models(pointer)
        models: dict[ModelId, HostedModel] = {}
        unreadable: dict[ModelId, str] = {}
        for model_id in self._read_names(pointer):
            try:
                model = self._read_planned_under(pointer, model_id).model
            except UnreadableItem as error:
                unreadable[model_id] = str(error)
            else:
                models |= {model_id: model} if model is not None else {}
        return WholePlan(pointer.version, models, unreadable, self._read_former(pointer))

    def _see_models(self, pointer: Pointer) -> None:
        """Read every model of a plan in as few calls as there are, unless this process knows nearly all of them."""
        seen, prefix = self._turn_to(pointer), items.name_model_item(ModelId(""))
        known = prefix in seen.names and sum(name not in seen.models for name in seen.names[prefix]) < UNKNOWN_MOST
        if pointer.version == 0 or known:
            return
        name, bound = self._tables.names.plans, PlanItem.item.startswith(prefix)

        def read() -> list[dict[str, Any]]:
            options = {"range_key_condition": bound, "consistent_read": True}
            return list(ResultIterator(self._tables.connection.query, (name, pointer.partition), options))

        named = []
        for raw in self._patience.call(f"plan {pointer.version}", read):
            model_id = ModelId(raw["item"]["S"].removeprefix(prefix))
            named.append(model_id)
            try:
                seen.models[model_id] = items.to_model(items.check_item(self._tables.plans, f"{name} {model_id}", raw))
            except UnreadableItem:
                continue  # A read of it alone reports the error.
        seen.names[prefix] = sorted(named)

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
        items.POINTER_SCHEMA.check(where, item.schema)
        if type(item.version) is not int or item.version < 1:
            raise UnreadableItem(f"{where}: version: {item.version!r} is not a whole number from 1")
        if not item.points_to:
            raise UnreadableItem(f"{where}: points_to: missing")
        return Pointer(item.version, item.points_to, item.before or "")

    def read_planned(self, model_id: ModelId) -> Planned:
        """See `PlanReader`. A plan never changes, so this keeps the parts of the current one that it has read."""
        return self._read_planned_under(self._read_pointer(), model_id)

    def _read_planned_under(self, pointer: Pointer, model_id: ModelId) -> Planned:
        """Return the model as the plan of a pointer has it, which the caller has just read."""
        seen = self._turn_to(pointer)
        if seen.pointer.version == 0:
            return Planned(0, None)
        if model_id not in seen.models:
            item = self._get_plan_item(seen.pointer.partition, items.name_model_item(model_id))
            seen.models[model_id] = items.to_model(item) if item is not None else None
        return Planned(seen.pointer.version, seen.models[model_id])

    def read_applied_by(self) -> AppliedBy | None:
        """See `PlanReader`."""
        pointer = self._read_pointer()
        item = self._get_plan_item(pointer.partition, APPLIED) if pointer.version else None
        return items.to_applied_by(item) if item is not None else None

    def senders(self) -> tuple[SenderRule, ...]:
        """See `PlanReader`."""
        seen = self._see()
        if seen.pointer.version == 0:
            return ()
        if not seen.senders:
            item = self._get_plan_item(seen.pointer.partition, SENDERS)
            seen.senders.append(items.to_senders(item) if item is not None else ())
        return seen.senders[0]

    def _read_membership(self, account: str) -> Membership:
        """Return the account's membership in the plan `read_planned` saw last, so that a pass uses one plan only."""
        seen = self._seen if self._seen.pointer.version else self._see()
        version = seen.pointer.version
        if version == 0:
            return Membership(0, None)
        if account not in seen.accounts:
            item = self._get_plan_item(seen.pointer.partition, items.name_account_item(account))
            seen.accounts[account] = items.to_membership(item) if item is not None else Membership(version, None)
        return seen.accounts[account]

    def _see(self) -> SeenPlan:
        """Return the cached parts of the current plan, and forget those of any other."""
        return self._turn_to(self._read_pointer())

    def _turn_to(self, pointer: Pointer) -> SeenPlan:
        seen = self._seen
        if pointer != seen.pointer:
            seen = self._seen = SeenPlan(pointer, {}, {}, [], {})
        return seen

    def read_planned_before(self, model_id: ModelId) -> HostedModel | None:
        """See `PlanReader`."""
        pointer = self._read_pointer()
        if not pointer.before:
            return None
        item = self._get_plan_item(pointer.before, items.name_model_item(model_id))
        return items.to_model(item) if item is not None else None

    def _read_names(self, pointer: Pointer) -> list[ModelId]:
        """Return the models that a plan names, in order."""
        return self._read_model_ids(pointer, items.name_model_item(ModelId("")))

    def _read_former(self, pointer: Pointer) -> list[ModelId]:
        """Return the models that a plan lists as left, in order: earlier plans named them."""
        return self._read_model_ids(pointer, items.name_former_item(ModelId("")))

    def _read_model_ids(self, pointer: Pointer, prefix: str) -> list[ModelId]:
        if pointer.version == 0:
            return []

        def read() -> list[ModelId]:
            found = self._tables.plans.query(
                pointer.partition, PlanItem.item.startswith(prefix), consistent_read=True, attributes_to_get=["item"]
            )
            return [ModelId(item.item.removeprefix(prefix)) for item in found]

        names = self._turn_to(pointer).names
        if prefix not in names:
            names[prefix] = sorted(self._patience.call(f"the models of plan {pointer.version}", read))
        return list(names[prefix])

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
        rows = [items.from_model(kind, partition, model) for model in models]
        rows += [items.from_membership(kind, partition, account, member) for account, member in members.items()]
        rows += [items.from_former(kind, partition, model_id) for model_id in left]
        rows += [items.from_senders(kind, partition, senders)] if senders else []
        rows += [items.from_applied_by(kind, partition, by)] if by is not None else []
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
            schema=items.POINTER_SCHEMA.written,
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

    def _get_plan_item(self, plan: str, item: str) -> PlanItem | None:
        name, key = self._tables.names.plans, f"{plan}/{item}"
        read = self._tables.connection.get_item
        found = self._patience.call(f"{name} {key}", lambda: read(name, plan, item, consistent_read=True)).get("Item")
        return items.check_item(self._tables.plans, key, found) if found else None
