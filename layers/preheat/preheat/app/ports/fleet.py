"""Ports to what the store knows of the whole fleet: the due index, records at a glance, wake-ups, the names of a plan.

Any call may raise StoreUnavailable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the due index: a hint, never a fact."""

    model_id: ModelId
    wake_at: datetime


class RecordGlances(Protocol):
    """Reads many model records at half the price."""

    def glance_at_many(self, model_ids: Sequence[ModelId]) -> dict[ModelId, ModelRecord]:
        """Return what `load_many` does, perhaps as it was a moment ago. No start or stop may rest on it."""


class Waker(Protocol):
    """Makes models due."""

    def wake(self, model_id: ModelId, at: datetime) -> None:
        """Make the model due at `at` and increase its record's version: a step decided earlier then loses its write.

        Does nothing for a model without a record.
        """


class DueIndex(Protocol):
    """The index of due models."""

    def find_due(self, until: datetime) -> Sequence[Due]:
        """Return the models with `wake_at` <= `until`, oldest first, from the eventually consistent index."""


class PlanNames(Protocol):
    """Reads which plan is current, and the names in it."""

    def read_plan_version(self) -> int:
        """Return the version of the current plan; 0: none."""

    def list_planned_models(self) -> Sequence[ModelId]:
        """Return the models that the current plan names, in order."""

    def list_former_models(self) -> Sequence[ModelId]:
        """Return the models that an earlier plan named and the current one does not, in order.

        A model that a pass has found at rest since then may be left out.
        """
