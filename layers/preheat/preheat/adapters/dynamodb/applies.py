"""The ledger of applies on DynamoDB: who made which plan current, and when. In the table of the ledgers.

Owns how long plans stay stored. The transaction that makes a plan current writes its entry, and `plans` owns that.
"""

from collections.abc import Collection, Sequence
from functools import partial
from itertools import batched
from typing import Any, Final

from preheat.adapters.dynamodb.columns import to_applied_plan
from preheat.adapters.dynamodb.items import check_item
from preheat.adapters.dynamodb.tables import APPLIES, AppliedItem, Part, PlanItem
from preheat.app.ports.errors import StoreUnavailable
from preheat.app.ports.store import PLANS_KEPT
from preheat.domain.plan.applied import AppliedPlan

BATCH: Final = 25  # items that one BatchWriteItem takes
PRUNED_AT_ONCE: Final = 3  # plans; one a call is enough, and two more make up for calls that failed


class DynamoApplies(Part):
    """The part of `PlanReader` that reads applies, and the end of old plans."""

    def read_applied_plans(self, limit: int) -> Sequence[AppliedPlan]:
        """See `PlanReader`."""
        return [to_applied_plan(item) for item in reversed(self._query_last(limit))]

    def find_applied_plan(self, version: int) -> AppliedPlan | None:
        """See `PlanReader`."""
        name, key = self._tables.names.ledger, f"{APPLIES}/{version}"

        def read() -> dict[str, Any]:
            return self._tables.connection.get_item(name, APPLIES, str(version), consistent_read=True)

        raw = self._patience.call(f"{name} {key}", read).get("Item")
        return to_applied_plan(check_item(self._tables.applies, key, raw)) if raw else None

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
