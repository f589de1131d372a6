"""Owns the memory of calls: one entry each, and counts that outlive the entries. Knows no rule."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from preheat_simulator.core.status import Operation


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller: `by` is `api` or `person`; invocation id and attempt distinguish a retry from a new call."""

    by: str = "api"
    invocation_id: str | None = None
    attempt: int | None = None


API = Caller()


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call and its answer.

    `answer` is the Status that StartModel or StopModel answered, `OK` for a read, or the error's name; `http_status` is
    None when the answer was lost. `changed_state` says whether this very call began a start or a stop.
    """

    at: datetime
    operation: Operation
    project: str | None
    version: str | None
    token: str | None
    by: str
    invocation_id: str | None
    attempt: int | None
    answer: str
    http_status: int | None
    changed_state: bool
    replayed: bool
    fault: str | None


class CallLog:
    """The latest calls, oldest first, and how many of each operation changed state since the beginning."""

    def __init__(self, keep: int = 100_000) -> None:
        self._calls: deque[LoggedCall] = deque(maxlen=keep)
        self._made: Counter[Operation] = Counter()
        self._changed: Counter[Operation] = Counter()

    def add(self, call: LoggedCall) -> None:
        """Append a call."""
        self._calls.append(call)
        self._made[call.operation] += 1
        if call.changed_state:
            self._changed[call.operation] += 1

    def __iter__(self) -> Iterator[LoggedCall]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def count_made(self, operation: Operation) -> int:
        """Return how many calls of an operation had an answer, or lost it."""
        return self._made[operation]

    def count_changes(self, operation: Operation) -> int:
        """Return how many calls of an operation changed a model's state."""
        return self._changed[operation]
