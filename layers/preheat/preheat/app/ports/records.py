"""Ports to model records and their ledgers. Reads are strongly consistent. Any call may raise StoreUnavailable."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from preheat.domain.demand.request import Subject
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord


class Guarded(StrEnum):
    """The guard of a write, in addition to the requests of a schedule."""

    PLAN = "plan"  # the version of the current plan

    @property
    def key(self) -> str:
        """The word for it in a message, as `Subject.key`."""
        return self.value


# The base of a decision: the requests of schedules, or the plan, each with the version that the pass read.
type Guards = Mapping[Subject | Guarded, int]


class RecordReader(Protocol):
    """Reads model records."""

    def load(self, model_id: ModelId) -> ModelRecord | None:
        """Return the model's record; None: it has none yet.

        Raises:
            UnreadableItem: this release does not know the form of the stored record.
        """

    def load_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """Return the records that exist of `model_ids`. It omits an unreadable record."""


class RecordWriter(Protocol):
    """Saves model records, each with its ledger entry."""

    def save(self, record: ModelRecord, entry: LedgerEntry | None, guards: Guards | None = None) -> ModelRecord:
        """Store the record, and the entry with it, if the stored version is still `record.version` (0: none stored).

        With `guards`, the plan and the requests of these schedules must also still have the versions that were read.
        Any number of guards is accepted: those beyond SCHEDULES_MAX are read just before the write. The write is all or
        nothing. Returns the record as stored: version + 1. If the answer to a write is lost, but the same `writer` won
        it, it counts as won.

        Raises:
            StaleRecord: another writer won; nothing was written.
        """


class LedgerReader(Protocol):
    """Reads the ledger."""

    def read_ledger(self, model_id: ModelId) -> Sequence[LedgerEntry]:
        """Return the model's ledger, oldest entry first.

        Raises:
            UnreadableItem: this release does not know the form of an entry.
        """

    def read_recent_ledger(self, model_id: ModelId, since: datetime) -> Sequence[LedgerEntry]:
        """Return the model's entries from `since` on, and the one before them; oldest first. Reads no older ones.

        Raises:
            UnreadableItem: this release does not know the form of one of them.
        """
