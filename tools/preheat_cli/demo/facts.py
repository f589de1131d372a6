"""Values of the demo: its shifts, and its results from ledger, service and metrics.

Does not know where the facts come from or what they prove.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.attempt import Call
from preheat.domain.record.record import LedgerEntry
from preheat_simulator.core.status import Status
from preheat_simulator.core.words import LOOKOUT, REKOGNITION, SAGEMAKER, Words

WORDS: dict[Backend, Words] = {words.backend: words for words in (LOOKOUT, REKOGNITION, SAGEMAKER)}


class Sabotage(StrEnum):
    """The findings that the demo must make."""

    NEVER_HOSTED = "never-hosted"
    RECONCILE_DEAD = "reconcile-dead"
    STARTED_TWICE = "started-twice"


@dataclass(frozen=True, slots=True)
class DemoShift:
    """One model's one shift window of the demo, [begin, end) in UTC."""

    model_id: ModelId
    target: Target
    zone: str
    begin: datetime
    end: datetime
    start_latency: timedelta

    @property
    def words(self) -> Words:
        """The words of the service that hosts it."""
        return WORDS[self.target.backend]

    def is_hosted(self, status: str) -> bool:
        """Return whether the service's word for a state means that the model is hosted."""
        return self.words.statuses.get(status) is Status.HOSTED

    def is_at_rest(self, status: str) -> bool:
        """Return whether the service's word for a state means that the model has stopped, without a bill."""
        return self.words.statuses.get(status) in (Status.TRAINED, Status.HOSTING_FAILED)


@dataclass(frozen=True, slots=True)
class ServiceCall:
    """One start or stop as the service's own log has it; `by` is `api` or `person`."""

    at: datetime
    call: Call
    operation: str
    project: str
    token: str | None
    changed_state: bool
    fault: str | None = None  # the fault in it
    by: str = "api"


@dataclass(frozen=True, slots=True)
class Billed:
    """An interval that the service bills; `end` is None while it runs."""

    begin: datetime
    end: datetime | None
    units: int


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """The hosting service's own account, by project: its calls, the states with their beginnings, and the bill."""

    calls: tuple[ServiceCall, ...]
    history: dict[str, tuple[tuple[datetime, str], ...]]
    bill: dict[str, tuple[Billed, ...]]

    def status(self, project: str, at: datetime | None = None) -> str:
        """Return the state of a project's model at an instant, or the last one."""
        known = [status for since, status in self.history[project] if at is None or since <= at]
        return known[-1] if known else ""


@dataclass(frozen=True, slots=True)
class Metrics:
    """CloudWatch's metrics of the demo, in the dimension set [service]."""

    starts_on_time: int
    starts_late: int
    start_failures: int
    margins: int  # how many values HostedMargin has, and their sum
    margin_sum: timedelta


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """All facts that the demo reads at the end."""

    ledger: dict[ModelId, tuple[LedgerEntry, ...]]
    service: ServiceFacts
    metrics: Metrics
    dead_letters: int
