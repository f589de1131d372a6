"""Owns one simulated model version: its status, the transition it is heading for, its meter and history.

Time enters only as an argument: `advance` carries out what fell due, at the instant it was due. It knows no call,
token, quota or fault; callers decide how it moves.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from preheat_simulator.core.billing import Meter
from preheat_simulator.core.latency import Latency
from preheat_simulator.core.status import RUNNING, Status

_MESSAGES = {
    Status.TRAINED: "Training completed successfully.",
    Status.STARTING_HOSTING: "Model is starting hosting.",
    Status.HOSTED: "The model is running.",
    Status.STOPPING_HOSTING: "The model is stopping.",
    Status.HOSTING_FAILED: "The model failed to start hosting.",
    Status.SYSTEM_UPDATING: "The model is being updated by the system.",
}


@dataclass(slots=True)
class SimulatedModel:
    """One version of a model, in motion."""

    project: str
    version: str
    arn: str
    created_at: datetime
    status: Status
    bill_from_hosted: bool = False
    min_units: int | None = None
    max_units: int | None = None
    start_latency: Latency | None = None
    stop_latency: Latency | None = None
    word: str | None = None
    """The service's word for the status, where it has several and a caller named one."""
    tags: list[dict[str, str]] = field(default_factory=list)
    failure: str | None = None
    """Why the last start failed, where the service says more than that it did."""
    instances: int | None = None
    """How many instances serve it, if somebody set that; None: as many as its start asked for, while it is HOSTED."""
    is_model_named: bool = True
    """Whether its endpoint config names a model; a config for inference components names none."""
    starts: int = 0
    """How many starts it got."""
    stops: int = 0
    """How often it came back to TRAINED."""
    meter: Meter = field(default_factory=Meter)
    _next: tuple[datetime, Status] | None = None
    _updating: tuple[datetime, datetime, Status] | None = None
    _history: list[tuple[datetime, Status]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._history.append((self.created_at, self.status))

    @property
    def name(self) -> str:
        """Return PROJECT/VERSION."""
        return f"{self.project}/{self.version}"

    @property
    def message(self) -> str:
        """Return the status in words."""
        if self.status is Status.HOSTING_FAILED and self.failure is not None:
            return self.failure
        return _MESSAGES.get(self.status, self.status.value)

    @property
    def serving(self) -> int:
        """Return how many instances or units serve it."""
        if self.status is not Status.HOSTED:
            return 0
        return (self.min_units or 1) if self.instances is None else self.instances

    @property
    def takes_capacity(self) -> bool:
        """Whether it counts against the quotas of hosted models, also while the system updates it."""
        return (self._updating[2] if self._updating else self.status) in RUNNING

    def history(self) -> tuple[tuple[datetime, Status], ...]:
        """Return every status with the instant since which it held."""
        return tuple(self._history)

    def status_at(self, at: datetime) -> Status:
        """Return the status that held at an instant, the first one before that."""
        return self._history[max(bisect_right(self._history, at, key=lambda entry: entry[0]) - 1, 0)][1]

    def advance(self, now: datetime) -> None:
        """Carry out every transition that fell due by `now`."""
        if self._updating is not None:
            begun_at, ends_at, former = self._updating
            if now < ends_at:
                return
            self._updating = None
            # A transition under way rests during the update and goes on after it.
            if self._next is not None:
                self._next = (self._next[0] + (ends_at - begun_at), self._next[1])
            self._enter(former, ends_at)
        if self._next is not None and self._next[0] <= now:
            due_at, status = self._next
            self._next = None
            self._enter(status, due_at)
            if status is Status.TRAINED:
                self._rest()

    def begin_start(self, now: datetime, units: tuple[int, int | None], then: tuple[timedelta, Status] | None) -> None:
        """Enter STARTING_HOSTING; `then` is what follows and after how long, None to stay there."""
        self.min_units, self.max_units = units
        self.failure = self.instances = None
        self.starts += 1
        self._enter(Status.STARTING_HOSTING, now)
        self._next = (now + then[0], then[1]) if then else None

    def begin_stop(self, now: datetime, takes: timedelta) -> None:
        """Enter STOPPING_HOSTING, and TRAINED after `takes`; charging ends now."""
        self._enter(Status.STOPPING_HOSTING, now)
        self._next = (now + takes, Status.TRAINED)

    def begin_update(self, now: datetime, lasts: timedelta) -> None:
        """Enter SYSTEM_UPDATING and come back after `lasts`; it still charges a running model; a second extends it."""
        if self._updating is not None:
            begun_at, ends_at, former = self._updating
            self._updating = (begun_at, max(ends_at, now + lasts), former)
            return
        self._updating = (now, now + lasts, self.status)
        self._enter(Status.SYSTEM_UPDATING, now)

    def force(self, now: datetime, status: Status) -> None:
        """Take a given status, with nothing to follow. If it is to run and no units are known, it runs with one."""
        self._next = self._updating = None
        if status in RUNNING and self.min_units is None:
            self.min_units = 1
        self._enter(status, now)
        if status is Status.TRAINED:
            self._rest()

    def _rest(self) -> None:
        self.min_units = self.max_units = None
        self.stops += 1

    def _enter(self, status: Status, at: datetime) -> None:
        self.status, self.word = status, None
        self._history.append((at, status))
        match status:
            case Status.HOSTED:
                self.meter.open(at, self.min_units or 1)
            case Status.STARTING_HOSTING if not self.bill_from_hosted:
                self.meter.open(at, self.min_units or 1)
            case Status.SYSTEM_UPDATING | Status.STARTING_HOSTING:
                pass
            case _:
                self.meter.close(at)
