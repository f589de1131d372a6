"""Gates and queues in memory: the same promises as those on Lambda and SQS, for tests and simulations.

A mapping needs `moves_for` to open or close, and refuses changes meanwhile. Knows nothing of other
faults; a wrapper adds them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.app.ports.clock import Clock
from preheat.app.ports.errors import ModelGone, WrongState
from preheat.domain.record.gate import Backlog, GateLook, Passage

STATES = {False: ("Disabled", "Disabling", Passage.CLOSED), True: ("Enabled", "Enabling", Passage.OPEN)}


@dataclass(slots=True)
class SourceMapping:
    """One mapping: what it is, or is becoming, and until when it is on its way."""

    enabled: bool = False
    moving_until: datetime | None = None


class MemoryGates:
    """Implements `ports.Gates`."""

    def __init__(self, clock: Clock, moves_for: timedelta = timedelta(seconds=20)) -> None:
        self._clock = clock
        self._moves_for = moves_for
        self.mappings: dict[str, SourceMapping] = {}
        self.changes: list[tuple[datetime, str, bool]] = []  # each that had an effect

    def describe(self, mapping: str) -> GateLook:
        """See `ports.Gates`."""
        one = self._of(mapping)
        settled, moving, passage = STATES[one.enabled]
        return GateLook(Passage.MOVING, moving) if self._moves(one) else GateLook(passage, settled)

    def open(self, mapping: str) -> None:
        """See `ports.Gates`."""
        self._change(mapping, enabled=True)

    def close(self, mapping: str) -> None:
        """See `ports.Gates`."""
        self._change(mapping, enabled=False)

    def _change(self, mapping: str, *, enabled: bool) -> None:
        one, now = self._of(mapping), self._clock.now()
        if self._moves(one):
            raise WrongState(f"{mapping}: {STATES[one.enabled][1]}")
        if one.enabled is not enabled:
            one.enabled, one.moving_until = enabled, now + self._moves_for
            self.changes.append((now, mapping, enabled))

    def _moves(self, one: SourceMapping) -> bool:
        return one.moving_until is not None and self._clock.now() < one.moving_until

    def _of(self, mapping: str) -> SourceMapping:
        if mapping not in self.mappings:
            raise ModelGone(f"{mapping}: no such event source mapping")
        return self.mappings[mapping]


class MemoryBacklogs:
    """Implements `ports.Backlogs`."""

    def __init__(self) -> None:
        self.backlogs: dict[str, Backlog] = {}

    def count(self, queue: str) -> Backlog:
        """See `ports.Backlogs`."""
        if queue not in self.backlogs:
            raise ModelGone(f"{queue}: no such queue")
        return self.backlogs[queue]
