"""The basis of a model's demand in one call: the pointer to the plan, and the counters of its requests.

A subject without a counter never had a request, so this module queries nothing for it. The cached plan says which
counters to read. If another plan is current, calls of their own read what is missing. All of this comes after the read
of the record, and its order does not matter: see `ports.requests.BasisReader`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from preheat.adapters.dynamodb import items
from preheat.adapters.dynamodb.members import DynamoMembers
from preheat.adapters.dynamodb.requests import DynamoRequests
from preheat.adapters.dynamodb.tables import COUNTER, CURRENT, POINTER
from preheat.app.ports.requests import Basis
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Standings, Subject
from preheat.domain.plan.plan import ModelId

NOTHING_ASKED = Standings()
COUNTERS_MOST = 99  # in one call, with the pointer: what BatchGetItem takes


class DynamoBasis(DynamoRequests, DynamoMembers):
    """Implements `BasisReader`."""

    def read_basis(self, model_id: ModelId, after: datetime) -> Basis:
        """See `BasisReader`."""
        known = self._seen.models.get(model_id)
        expected = list_subjects(known)[:COUNTERS_MOST] if known is not None else (Subject(model_id),)
        tables = self._tables.names
        found = self._read_together(
            {
                tables.plans: [{"plan": CURRENT, "item": POINTER}],
                tables.models: [{"model_id": subject.key, "item": COUNTER} for subject in expected],
            }
        )
        if found is None:
            planned, unasked = self.read_planned(model_id), set[Subject]()
        else:
            rows = found.get(tables.plans, [])
            pointer = self._to_pointer(
                items.check_item(self._tables.plans, f"{CURRENT}/{POINTER}", rows[0]) if rows else None
            )
            planned = self._read_planned_under(pointer, model_id)
            asked = {row["model_id"]["S"] for row in found.get(tables.models, [])}
            unasked = {subject for subject in expected if subject.key not in asked}
        if planned.model is None:
            return Basis(planned, {})
        return Basis(
            planned,
            {
                subject: NOTHING_ASKED if subject in unasked else self.read_standings(subject, after)
                for subject in list_subjects(planned.model)
            },
        )

    def _read_together(self, keys: Mapping[str, list[dict[str, str]]]) -> dict[str, list[dict[str, Any]]] | None:
        """Return the items of some keys by table, consistently; None: the service left some of them out."""
        wanted = {
            table: {"Keys": [{name: {"S": part} for name, part in key.items()} for key in some], "ConsistentRead": True}
            for table, some in keys.items()
        }
        connection = self._tables.connection
        answer = self._patience.call("the plan and its requests", lambda: connection.get_from_tables(wanted))
        found: dict[str, list[dict[str, Any]]] = answer["Responses"]
        return None if answer.get("UnprocessedKeys") else found
