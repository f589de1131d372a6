"""What goes wrong around a pass, drawn from the seed: a worker killed at any remote call, doubled messages, lost ticks.

Faults of the hosting service itself are the simulator's own (`preheat.simulator.faults`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self

from preheat.ports import Clock, PreheatError, Remote
from preheat.simulator.faults import Fault, FaultKind
from preheat.simulator.status import Operation


class Killed(BaseException):
    """The worker died here: nothing after this line ran. Not an Exception, so that no handler can survive it."""


@dataclass(frozen=True, slots=True)
class FaultMix:
    """How often each thing goes wrong. Probabilities but for `people` and `outages`, which are a number per day."""

    killed: float = 0.0  # of a pass
    doubled: float = 0.0  # of a message
    tick_lost: float = 0.0
    store_out: float = 0.0  # of a store call: never arrives
    store_lost: float = 0.0  # of a store call: has its effect, and is not answered
    queue_out: float = 0.0  # of a message sent
    index_missing: float = 0.0  # of a line of the due index
    skew: timedelta = timedelta()  # a pass's clock is off by up to this, either way
    people: float = 0.0  # starts and stops by hand, per model and day, each with a look soon after
    outages: float = 0.0  # hours without the store or without the hosting service, per day
    service: tuple[Fault, ...] = field(default=())

    def drawn(self, random: Random) -> Self:
        """Return the mix of one seed: each kind left out one time in four, else up to four times rarer or oftener.

        Most bugs need a few kinds at once, and some are hidden by others: mixes differ so that both are met.
        """

        def share() -> float:
            return 0.0 if random.random() < 0.25 else 4.0 ** random.uniform(-1, 1)

        rates = ("killed", "doubled", "tick_lost", "store_out", "store_lost", "queue_out", "index_missing")
        changed: dict[str, Any] = {name: min(getattr(self, name) * share(), 0.5) for name in rates}
        changed |= {"people": self.people * share(), "outages": self.outages * share(), "skew": self.skew * share()}
        service = tuple(
            replace(fault, probability=min((fault.probability or 0) * share(), 0.5)) for fault in self.service
        )
        return replace(self, **changed, service=tuple(fault for fault in service if fault.probability))


ALL = FaultMix(
    killed=0.02,
    doubled=0.05,
    tick_lost=0.02,
    store_out=0.01,
    store_lost=0.01,
    queue_out=0.02,
    index_missing=0.02,
    skew=timedelta(seconds=2.5),
    people=0.3,
    outages=0.05,
    service=(
        Fault(FaultKind.ANSWER_LOST, Operation.START_MODEL, probability=0.1),
        Fault(FaultKind.ANSWER_LOST, Operation.STOP_MODEL, probability=0.1),
        Fault(FaultKind.INTERNAL_ERROR_AFTER, Operation.START_MODEL, probability=0.05),
        Fault(FaultKind.INTERNAL_ERROR, probability=0.02),
        Fault(FaultKind.THROTTLE, probability=0.03),
        Fault(FaultKind.ACCESS_DENIED, probability=0.001),
        Fault(FaultKind.HOSTING_FAILED, probability=0.08),
        Fault(FaultKind.STUCK, probability=0.01),
        Fault(FaultKind.SYSTEM_UPDATING, Operation.DESCRIBE_MODEL, probability=0.002),
    ),
)
MIXES = {"none": FaultMix(), "all": ALL}


@dataclass(slots=True)
class Fate:
    """When one pass dies: before (or after) its n-th remote call; never, if `call` is None."""

    call: int | None
    afterwards: bool = False
    calls: int = 0

    def before(self) -> None:
        """Count a call; die if this is the one, and death comes before it."""
        self.calls += 1
        if self.calls == self.call and not self.afterwards:
            raise Killed

    def after(self) -> None:
        """Die if this call was the one, and death comes after it."""
        if self.calls == self.call and self.afterwards:
            raise Killed

    @classmethod
    def drawn(cls, random: Random, probability: float) -> Self:
        """Draw whether and where a pass dies; a pass makes at most eight calls."""
        if probability and random.random() < probability:
            return cls(random.randint(1, 8), random.random() < 0.5)
        return cls(None)


class Faulty:
    """A port whose calls may meet a fault: `meets` is asked before and after each, and may raise."""

    def __init__(self, port: Any, meets: Callable[[str, bool], None]) -> None:
        self._port = port
        self._meets = meets

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def faulty(*args: Any, **kwargs: Any) -> Any:
            self._meets(name, False)
            answer = call(*args, **kwargs)
            self._meets(name, True)
            return answer

        return faulty


@dataclass(frozen=True, slots=True)
class Skewed:
    """A clock that is off."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        """Return what it shows."""
        return self.clock.now() + self.by


def mortal(remote: Remote, fate: Fate) -> Remote:
    """Return the remote with every port under the fate, but the clock."""
    if fate.call is None:
        return remote

    def meets(_name: str, done: bool) -> None:
        fate.after() if done else fate.before()

    return replace(
        remote,
        store=Faulty(remote.store, meets),
        hosting=Faulty(remote.hosting, meets),
        queue=Faulty(remote.queue, meets),
    )


def unreliable(
    port: Any, error: type[PreheatError], *, random: Random, out: float, lost: float = 0.0, hit: Callable[[], None]
) -> Any:
    """Return the port, of whose calls some never arrive (`out`) and some are not answered (`lost`)."""
    if not out and not lost:
        return port

    def meets(name: str, done: bool) -> None:
        if random.random() < (lost if done else out):
            hit()
            raise error(f"{name}: " + ("not answered" if done else "out of reach"))

    return Faulty(port, meets)
