"""The records of a run: those of models at rest as this process has read them last, all others as they are now.

Owns what an audit reads of records. Pure except for the store; knows nothing of verdicts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from preheat.app.ports.errors import StoreUnavailable
from preheat.app.ports.fleet import DueIndex, RecordGlances
from preheat.app.resting import Lines, RestingModels, map_lines
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord


class RecordsStore(RecordGlances, DueIndex, Protocol):
    """The part of the store that shows records at half the price."""


@dataclass(slots=True)
class SeenRecords:
    """The last read of each model at rest. `RestingModels` says when to read it again."""

    resting: RestingModels = field(default_factory=RestingModels)
    records: dict[ModelId, ModelRecord] = field(default_factory=dict)

    def read(
        self, store: RecordsStore, names: Sequence[ModelId], plan_version: int, now: datetime
    ) -> Mapping[ModelId, ModelRecord]:
        """Return the records that exist, perhaps as they were a moment ago. No start or stop may rest on them."""
        lines = _read_lines(store)
        unsure = self.resting.find_unsure(names, lines, plan_version, now)
        found = store.glance_at_many(unsure)
        self.resting.note(unsure, found, lines, plan_version, now)
        self.resting.forget_others(names)
        self.records = {name: found.get(name) or self.records[name] for name in self.resting.known}
        return self.records | found


def _read_lines(store: RecordsStore) -> Lines:
    """Return the whole due index; if it cannot be read, no line, so that the run reads each record."""
    try:
        return map_lines(store.find_due(datetime.max.replace(tzinfo=UTC)))
    except StoreUnavailable:
        return {}
