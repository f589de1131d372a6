"""The outside of one pass: every remote call that it can make, in one object.

The explorer and the simulation crash the real pass at any of these calls, and replay it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, Self

from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import HostingError, as_hosting_error
from preheat.app.ports.fleet import RecordGlances
from preheat.app.ports.hosting import UNWIRED, Backlogs, Gates, Glances, Hosting, Scaling
from preheat.app.ports.plans import PlanReader
from preheat.app.ports.queue import Queue
from preheat.app.ports.records import RecordReader, RecordWriter
from preheat.app.ports.requests import BasisReader, RequestReader


class PassStore(RecordReader, RecordGlances, RecordWriter, PlanReader, RequestReader, BasisReader, Protocol):
    """The part of the store for a pass: it neither applies plans, wakes models nor answers requests."""


def _unknown_time() -> datetime | None:
    return None


@dataclass(frozen=True, slots=True)
class Remote:
    """Every remote call of one pass. `writer` names the pass; no two passes share a name.

    `served_at` returns the store's own time, as of its last answer; None: not known. `stack` names the stack, and no
    other in any account: tokens hold it.
    """

    clock: Clock
    store: PassStore
    hosting: Hosting
    queue: Queue
    writer: str
    gates: Gates = UNWIRED
    backlogs: Backlogs = UNWIRED
    scaling: Scaling | None = None  # None: this program leaves the scaling of endpoints alone
    unexpected: list[Exception] = field(default_factory=list)  # what `ask` met that no port may raise
    served_at: Callable[[], datetime | None] = _unknown_time
    stack: str = ""
    glances: Glances | None = None  # None: every look is a whole one

    def under(self, writer: str) -> Self:
        """Return the same outside for another pass."""
        return replace(self, writer=writer, unexpected=[])

    def ask[**Arguments, Answered](
        self, call: Callable[Arguments, Answered], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Answered:
        """Call a neighbour of the model: its gate, its queue, its inference or its scaling.

        A neighbour never ends a pass, because the pass may have a stop to make. An error that no port may raise, such
        as a bug in an adapter, is kept in `unexpected` and counts as a lost answer.

        Raises:
            HostingError: the neighbour refused the call, or did not answer.
        """
        try:
            return call(*arguments, **named)
        except HostingError:
            raise
        except Exception as error:
            self.unexpected.append(error)
            raise as_hosting_error(error) from error
