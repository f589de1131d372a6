"""The mishaps around a pass, drawn from the seed: a worker killed at any remote call, doubled messages, lost ticks.

Owns the closed list of mishaps and how often each comes. Faults of the hosting service itself are the simulator's own
(`preheat_simulator.core.faults`); the mix names which of them take part, and the list has them under the same words.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import Any, Self

from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation


class WorkerKilled(BaseException):
    """The worker died here: nothing after this line ran. Not an Exception, so that no handler can survive it."""


class Mishap(StrEnum):
    """Everything that the simulation lets go wrong, by the words of its count."""

    NONE = "none"  # no mishap: a pass began; only in the coverage cells
    # the functions and what calls them
    WORKER_KILLED = "worker killed"
    FUNCTION_THROTTLED = "function throttled"  # a worker receives a message and throws it back untried
    MESSAGE_DOUBLED = "message doubled"
    POISON_MESSAGE = "poison message"  # hits no model
    TICK_LOST = "tick lost"
    TICK_UNDELIVERED = "tick undelivered"  # not handed over; retried as the schedule's policy says
    TICK_DOUBLED = "tick doubled"
    TICK_KILLED = "tick killed"
    PUBLISHER_KILLED = "publisher killed"  # this and the next two hit no model
    BATCH_DOUBLED = "batch of the stream doubled"
    BUS_OUT = "event bus out of reach"
    CLOCK_OFF = "clock off"  # the pass's clock is; only in the coverage cells
    # what they call
    STORE_OUT = "store out of reach"
    STORE_LOST = "store answer lost"
    QUEUE_OUT = "queue out of reach"
    HOSTING_OUT = "hosting out of reach"
    STORE_OUTAGE = "store outage"  # its onset; each call that meets it is "out of reach"
    HOSTING_OUTAGE = "hosting outage"
    INDEX_MISSED = "index missed a line"
    INDEX_LOST = "index lost a write"  # and misses the model until its next
    INDEX_EXTRA = "index shows a line too many"
    GATE_OUT = "gate or queue out of reach"
    GATE_REFUSED = "gate or queue refused"
    GATE_LOST = "gate answer lost"
    RECORD_UNREADABLE = "record unreadable"
    PLAN_OLDER = "plan older than served"  # somebody restored the plans to an older copy
    # people
    PERSON_STARTS = "person starts"
    PERSON_STOPS = "person stops"
    # the hosting service, by the simulator's own words
    ANSWER_LOST = FaultKind.ANSWER_LOST
    INTERNAL_ERROR_AFTER = FaultKind.INTERNAL_ERROR_AFTER
    INTERNAL_ERROR = FaultKind.INTERNAL_ERROR
    THROTTLE = FaultKind.THROTTLE
    ACCESS_DENIED = FaultKind.ACCESS_DENIED
    QUOTA = "quota exceeded"  # the service refuses every start, for hours
    HOSTING_FAILED = FaultKind.HOSTING_FAILED
    CAPACITY = FaultKind.CAPACITY
    STUCK = FaultKind.STUCK
    SYSTEM_UPDATING = FaultKind.SYSTEM_UPDATING
    LIST_LAGS = FaultKind.LIST_LAGS  # this and the next hit no model: a list only says that a look can wait
    LIST_MISSES = FaultKind.LIST_MISSES


# These must cost nothing: they excuse no promise kept late. A clock's error is the tolerance of the judges.
HARMLESS = frozenset(
    {
        Mishap.NONE,
        Mishap.CLOCK_OFF,
        Mishap.MESSAGE_DOUBLED,
        Mishap.POISON_MESSAGE,
        Mishap.TICK_DOUBLED,
        Mishap.INDEX_EXTRA,
        Mishap.STORE_OUTAGE,  # its cost counts call by call
        Mishap.HOSTING_OUTAGE,
    }
)


@dataclass(frozen=True, slots=True)
class FaultMix:
    """How often each thing goes wrong: first probabilities, then numbers per day, then the clocks and the service."""

    killed: float = 0.0  # of a pass or a tick
    throttled: float = 0.0  # of a message received
    doubled: float = 0.0  # of a message
    tick_lost: float = 0.0
    tick_undelivered: float = 0.0  # of a try to hand it over
    tick_doubled: float = 0.0
    store_out: float = 0.0  # of a store call: never arrives
    store_lost: float = 0.0  # of a store call: has its effect, but no answer
    queue_out: float = 0.0  # of a message sent, or of a call to the event bus
    index_missing: float = 0.0  # of a line of the due index
    index_extra: float = 0.0  # of a read of the due index
    people: float = 0.0  # starts and stops by hand, per model, each with a look soon after
    outages: float = 0.0  # hours without the store or without the hosting service
    poison: float = 0.0  # messages that nobody can read
    unreadable: float = 0.0  # records, per model, that nobody can read for up to two hours
    index_lost: float = 0.0  # of a write: the due index misses it until the next
    restores: float = 0.0  # of the plans, to an older copy, for up to two hours
    quotas: float = 0.0  # hours without room for one more start
    gate_out: float = 0.0  # of a call of a gate or queue: never arrives, or gets a refusal
    gate_lost: float = 0.0  # of a call of a gate or queue: has its effect, but no answer
    list_wrong: float = 0.0  # of a list of endpoints: shows them as a minute ago; as often it leaves one out
    skew: timedelta = timedelta()  # a pass's clock is off by up to this, either way
    service: tuple[InjectedFault, ...] = field(default=())

    def draw(self, random: Random) -> Self:
        """Return the mix of one seed: each kind left out one time in four, else up to four times rarer or oftener.

        Most bugs need a few kinds at once, and some are hidden by others: mixes differ so that both are met.
        """

        def share() -> float:
            return 0.0 if random.random() < 0.25 else 4.0 ** random.uniform(-1, 1)

        changed: dict[str, Any] = {}
        for each in fields(self):
            if each.name not in ("skew", "service", "gate_out", "gate_lost", "list_wrong"):
                changed[each.name] = getattr(self, each.name) * share()
                if each.name not in PER_DAY:
                    changed[each.name] = min(changed[each.name], 0.5)
        service = tuple(
            replace(fault, probability=min((fault.probability or 0) * share(), 0.5)) for fault in self.service
        )
        service = tuple(fault for fault in service if fault.probability)
        return replace(self, **changed, skew=self.skew * share(), service=service)


PER_DAY = ("people", "outages", "poison", "unreadable", "restores", "quotas")
ALL = FaultMix(
    killed=0.02,
    throttled=0.01,
    doubled=0.05,
    tick_lost=0.01,
    tick_undelivered=0.02,
    tick_doubled=0.02,
    store_out=0.01,
    store_lost=0.01,
    queue_out=0.02,
    index_missing=0.02,
    index_extra=0.05,
    people=0.3,
    outages=0.05,
    poison=4.0,
    unreadable=0.03,
    index_lost=0.002,
    restores=0.1,
    quotas=0.05,
    gate_out=0.04,
    gate_lost=0.02,
    list_wrong=0.05,
    skew=timedelta(seconds=2.5),
    service=(
        InjectedFault(FaultKind.ANSWER_LOST, Operation.START_MODEL, probability=0.1),
        InjectedFault(FaultKind.ANSWER_LOST, Operation.STOP_MODEL, probability=0.1),
        InjectedFault(FaultKind.INTERNAL_ERROR_AFTER, Operation.START_MODEL, probability=0.05),
        InjectedFault(FaultKind.INTERNAL_ERROR, probability=0.02),
        InjectedFault(FaultKind.THROTTLE, probability=0.03),
        InjectedFault(FaultKind.ACCESS_DENIED, probability=0.001),
        InjectedFault(FaultKind.HOSTING_FAILED, probability=0.08),
        InjectedFault(FaultKind.CAPACITY, probability=0.04),
        InjectedFault(FaultKind.STUCK, probability=0.01),
        InjectedFault(FaultKind.SYSTEM_UPDATING, Operation.DESCRIBE_MODEL, probability=0.002),
    ),
)
# Mishaps that come once a month in `all` come here each day: outages, broken records, lost index writes, and people.
ROUGH = replace(
    ALL,
    killed=0.1,
    throttled=0.05,
    tick_lost=0.05,
    queue_out=0.1,
    index_missing=0.1,
    index_extra=0.5,
    index_lost=0.1,
    people=3.0,
    outages=2.0,
    unreadable=2.0,
    restores=1.0,
    quotas=0.3,
    gate_out=0.3,
    gate_lost=0.1,
    list_wrong=0.3,
)
MIXES = {"none": FaultMix(), "all": ALL, "rough": ROUGH}


@dataclass(slots=True)
class Fate:
    """When one invocation dies: before (or after) its n-th remote call; never, if `call` is None."""

    call: int | None
    afterwards: bool = False
    calls: int = 0

    def before(self) -> None:
        """Count a call; die if this is the one, and death comes before it."""
        self.calls += 1
        if self.calls == self.call and not self.afterwards:
            raise WorkerKilled

    def after(self) -> None:
        """Die if this call was the one, and death comes after it."""
        if self.calls == self.call and self.afterwards:
            raise WorkerKilled

    @classmethod
    def draw(cls, random: Random, probability: float, calls: int = 8) -> Self:
        """Draw whether and where an invocation dies that makes at most so many calls; a pass makes eight."""
        if probability and random.random() < probability:
            return cls(random.randint(1, calls), random.random() < 0.5)
        return cls(None)


class FaultyPort:
    """A port whose named calls each meet what may go wrong: `meets(name, call)` makes the call, or raises."""

    def __init__(self, port: object, names: tuple[str, ...], meets: Callable[..., Any]) -> None:
        for name in names:
            setattr(self, name, _wrap(getattr(port, name), name, meets))


def _wrap(call: Callable[..., Any], name: str, meets: Callable[..., Any]) -> Callable[..., Any]:
    def meet_mishap(*args: Any, **kwargs: Any) -> Any:
        return meets(name, call, args, kwargs)

    return meet_mishap
