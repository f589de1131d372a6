"""Counts a store's calls as DynamoDB bills them: remote calls, and request units by the bytes of the stored items.

Wraps the in-memory twin of a world. `REMOTE` says how many remote calls each method is on DynamoDB once its function is
warm; a contract test compares that with the wire.
"""

from collections.abc import Callable
from math import ceil
from typing import Any

from pynamodb.models import Model

from preheat.adapters.dynamodb import columns, items, plan_items
from preheat.adapters.dynamodb.tables import LedgerItem, PlanItem, RecordItem
from preheat.adapters.memory.store import MemoryStore
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.record.record import LedgerEntry, ModelRecord

# Of a warm function, which knows the current plan's items already.
REMOTE = {"load": 1, "save": 1, "read_basis": 1, "wake": 1}
READ_UNIT, WRITE_UNIT = 4096, 1024
SHARDS = len(items.SHARDS)  # of the due index: each read of it is a query for each
LINE_BYTES = 80  # of its lines, for a name of 20 letters
INDEX_MOVES = 2  # a line of the due index goes, and another comes: keys only, under 1 KB each


class StoreUnits:
    """The count of one store's calls, from now on. `ticks` says whether a tick is under way, and not a pass."""

    def __init__(self, store: MemoryStore, ticks: Callable[[], bool] = lambda: False) -> None:
        self.calls = self.writes = self.entries = self.entry_bytes = 0
        self.reads = 0.0
        self.glances = 0  # records that resyncs have read
        self._store, self._ticks = store, ticks
        store.glance_at_many = self._count_glances(store.glance_at_many)  # type: ignore[method-assign]  # counted on its way
        for name, remote in REMOTE.items():
            setattr(store, name, self._count_calls(getattr(store, name), getattr(self, f"_{name}"), remote))

    def _count_calls(self, call: Callable[..., Any], count: Callable[..., None], remote: int) -> Callable[..., Any]:
        def count_call(*args: Any, **kwargs: Any) -> Any:
            self.calls += remote
            count(*args, **kwargs)
            return call(*args, **kwargs)

        return count_call

    def _count_glances(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def count_call(model_ids: Any) -> Any:
            if self._ticks():
                self.glances += len(model_ids)
            else:  # a round of glances
                self.calls += 1
                found = (self._store.records[one] for one in model_ids if one in self._store.records)
                self.reads += sum(ceil(measure_record(one) / READ_UNIT) for one in found) / 2
            return call(model_ids)

        return count_call

    def _load(self, model_id: Any) -> None:
        record = self._store.records.get(model_id)
        self.reads += ceil(measure_record(record) / READ_UNIT) if record is not None else 1

    def _read_basis(self, model_id: Any, _after: Any) -> None:
        """Count the pointer and each counter: a warm function has the model's item, and no hold is active."""
        model = self._store.plans[self._store.current].get(model_id)
        self.reads += 1 + (len(list_subjects(model)) if model is not None else 0)

    def _wake(self, model_id: Any, *_: Any) -> None:
        self.writes += ceil(measure_record(self._store.records[model_id]) / WRITE_UNIT) + INDEX_MOVES

    def _save(self, record: ModelRecord, entry: LedgerEntry | None, *_: Any, **__: Any) -> None:
        before = self._store.records.get(record.model_id)
        units = ceil(measure_record(record) / WRITE_UNIT)
        if entry is not None:
            written = measure_entry(entry)
            units = 2 * (units + ceil(written / WRITE_UNIT))  # a transaction writes twice
            self.entries, self.entry_bytes = self.entries + 1, self.entry_bytes + written
        moved = before is None or _read_line(before) != _read_line(record)
        self.writes += units + INDEX_MOVES * moved


def measure_record(record: ModelRecord) -> int:
    """Return the bytes of a record's item."""
    return measure_item(items.from_record(RecordItem, record))


def measure_entry(entry: LedgerEntry) -> int:
    """Return the bytes of a ledger entry's item."""
    return measure_item(columns.from_entry(LedgerItem, entry))


def measure_model(model: HostedModel) -> int:
    """Return the bytes of a model's item in the plan."""
    return measure_item(plan_items.from_model(PlanItem, "v0000000001-000000000000", model))


def measure_item(item: Model) -> int:
    """Return the bytes of an item as DynamoDB counts them: the names of its attributes and their values."""
    return sum(
        len(name.encode()) + _measure_value(*next(iter(each.items()))) for name, each in item.serialize().items()
    )


def _measure_value(kind: str, value: Any) -> int:
    if kind == "N":
        return len(str(value)) // 2 + 2
    if kind == "B":
        return len(value)
    if kind == "M":
        return 3 + sum(
            len(name.encode()) + 1 + _measure_value(*next(iter(each.items()))) for name, each in value.items()
        )
    if kind == "L":
        return 3 + sum(1 + _measure_value(*next(iter(each.items()))) for each in value)
    if kind in ("BOOL", "NULL"):
        return 1
    return len(str(value).encode())


def _read_line(record: ModelRecord) -> object:
    """Return where the due index has a record; None: nowhere."""
    return items.from_record(RecordItem, record).wake_at
