"""Reads the current plan, part by part. A plan never changes, so a process keeps the parts that it has read.

Each apply writes under a new partition, so what an interrupted apply leaves behind belongs to no plan.
Does not know records, and cannot write a plan.
"""

from typing import Any, NamedTuple

from pynamodb.pagination import ResultIterator

from preheat.adapters.dynamodb import plan_items
from preheat.adapters.dynamodb.connection import Tables
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.fleet import DynamoFleet, Pointer
from preheat.adapters.dynamodb.items import check_item
from preheat.adapters.dynamodb.tables import PlanItem, name_account_item, name_model_item
from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.plans import Membership, Planned, WholePlan
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId

UNKNOWN_MOST = 5  # models of a plan to read one by one: as a rule those that this release cannot read


class SeenPlan(NamedTuple):
    """The parts of one plan that a process has read."""

    pointer: Pointer
    models: dict[ModelId, HostedModel | None]
    accounts: dict[str, Membership]


class DynamoPlans(DynamoFleet):
    """Implements `PlanReader` on the plans table."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        super().__init__(tables, patience)
        self._seen = SeenPlan(Pointer(0, ""), {}, {})  # One value: threads never mix what they read of two plans.

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
        seen, names, prefix = self._turn_to(pointer), self._turn_names_to(pointer), name_model_item(ModelId(""))
        known = prefix in names and sum(name not in seen.models for name in names[prefix]) < UNKNOWN_MOST
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
                seen.models[model_id] = plan_items.to_model(check_item(self._tables.plans, f"{name} {model_id}", raw))
            except UnreadableItem:
                continue  # A read of it alone reports the error.
        names[prefix] = sorted(named)

    def read_planned(self, model_id: ModelId) -> Planned:
        """See `PlanReader`. A plan never changes, so this keeps the parts of the current one that it has read."""
        return self._read_planned_under(self._read_pointer(), model_id)

    def _read_planned_under(self, pointer: Pointer, model_id: ModelId) -> Planned:
        """Return the model as the plan of a pointer has it, which the caller has just read."""
        seen = self._turn_to(pointer)
        if seen.pointer.version == 0:
            return Planned(0, None)
        if model_id not in seen.models:
            item = self._get_plan_item(seen.pointer.partition, name_model_item(model_id))
            seen.models[model_id] = plan_items.to_model(item) if item is not None else None
        return Planned(seen.pointer.version, seen.models[model_id])

    def _read_membership(self, account: str) -> Membership:
        """Return the account's membership in the plan `read_planned` saw last, so that a pass uses one plan only."""
        seen = self._seen if self._seen.pointer.version else self._see()
        version = seen.pointer.version
        if version == 0:
            return Membership(0, None)
        if account not in seen.accounts:
            item = self._get_plan_item(seen.pointer.partition, name_account_item(account))
            seen.accounts[account] = plan_items.to_membership(item) if item is not None else Membership(version, None)
        return seen.accounts[account]

    def _see(self) -> SeenPlan:
        """Return the cached parts of the current plan, and forget those of any other."""
        return self._turn_to(self._read_pointer())

    def _turn_to(self, pointer: Pointer) -> SeenPlan:
        seen = self._seen
        if pointer != seen.pointer:
            seen = self._seen = SeenPlan(pointer, {}, {})
        return seen

    def read_planned_before(self, model_id: ModelId) -> HostedModel | None:
        """See `PlanReader`."""
        pointer = self._read_pointer()
        if not pointer.before:
            return None
        item = self._get_plan_item(pointer.before, name_model_item(model_id))
        return plan_items.to_model(item) if item is not None else None
