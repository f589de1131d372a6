"""The outside of one pass: every remote call that it can make, in one object.

The explorer and the simulation crash the real pass at any of these calls, and replay it.
"""

from dataclasses import dataclass
from typing import Protocol, Self

from preheat.app.ports.clock import Clock
from preheat.app.ports.hosting import UNWIRED, Backlogs, Gates, Hosting, Scaling
from preheat.app.ports.messaging import Queue
from preheat.app.ports.store import PlanReader, RecordReader, RecordWriter, RequestReader
from preheat.domain.values import changed


class PassStore(RecordReader, RecordWriter, PlanReader, RequestReader, Protocol):
    """What a pass uses of the store: it neither applies plans, wakes models nor answers requests."""


@dataclass(frozen=True, slots=True)
class Remote:
    """Every remote call of one pass. `writer` names the pass; no two passes share a name."""

    clock: Clock
    store: PassStore
    hosting: Hosting
    queue: Queue
    writer: str
    gates: Gates = UNWIRED
    backlogs: Backlogs = UNWIRED
    scaling: Scaling | None = None  # None: this program leaves the scaling of endpoints alone

    def under(self, writer: str) -> Self:
        """Return the same outside for another pass."""
        return changed(self, writer=writer)
