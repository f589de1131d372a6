"""The ledger of applies on DynamoDB: who made which plan current, and when. In the table of the ledgers.

Only reads. The transaction that makes a plan current writes its entry, and `plans` owns it.
"""

from collections.abc import Sequence
from typing import Any

from preheat.adapters.dynamodb.columns import to_applied_plan
from preheat.adapters.dynamodb.items import check_item
from preheat.adapters.dynamodb.tables import APPLIES, AppliedItem, Part
from preheat.domain.plan.applied import AppliedPlan


class DynamoApplies(Part):
    """The part of `PlanReader` that reads applies."""

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
