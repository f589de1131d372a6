"""The facts of a chaos run as values: shifts, calls, ledgers, dead letters, outages.

Does not know where the facts come from or what they prove.
"""

from dataclasses import dataclass, field
from datetime import datetime

from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord
from preheat_simulator.core.calls import LoggedCall


@dataclass(frozen=True, slots=True)
class WaveShift:
    """One model's one shift window, [begin, end), as the plan of its wave had it. All instants are aware UTC."""

    model_id: ModelId
    project: str
    begin: datetime
    end: datetime
    ready_at: datetime
    start_at: datetime
    needed_from: datetime  # ready_at minus the lead: from here on nobody may stop the model


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which Preheat could not look, and the fault that was the reason."""

    begin: datetime
    end: datetime
    fault: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message found in a dead-letter queue: `work` or `tick`."""

    queue: str
    body: str


@dataclass(frozen=True, slots=True)
class Killing:
    """Processes of a function that died at one of its remote calls, `before` or `after` its effect.

    `messages`: the bodies that they were working on; a tick has none.
    """

    at: datetime
    function: str
    call: str
    when: str
    processes: int
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChaosFacts:
    """All facts that the run reads when the faults are off and the plant has come to rest, or has not."""

    shifts: tuple[WaveShift, ...]
    ledgers: dict[ModelId, tuple[LedgerEntry, ...]]
    records: dict[ModelId, ModelRecord]
    calls: tuple[LoggedCall, ...]  # the hosting service's own log, oldest first
    history: dict[str, tuple[tuple[datetime, str], ...]]  # project: its states with their beginnings
    strangers: frozenset[str] = frozenset()  # projects that a person started and that no shift asks for
    letters: tuple[Letter, ...] = ()
    poison: frozenset[str] = frozenset()  # bodies that no release can read, sent on purpose
    outages: tuple[Outage, ...] = ()
    gates: dict[ModelId, str] = field(default_factory=dict)  # the state of each gate
    scaled: bool = False  # the endpoint scales
    given_scaling: frozenset[ModelId] = frozenset()  # endpoints whose owner had them scale
    replies: dict[str, bool | None] = field(default_factory=dict)  # of each hold: accepted? None: no reply
    killings: tuple[Killing, ...] = field(default=())

    def status(self, project: str, at: datetime | None = None) -> str:
        """Return the state of a project's model at an instant, or the last one."""
        known = [status for since, status in self.history[project] if at is None or since <= at]
        return known[-1] if known else ""

    def project_of(self, model_id: ModelId) -> str:
        """Return the project of a model."""
        return self.records[model_id].target.project
