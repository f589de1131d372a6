"""What goes wrong around a pass, drawn from the seed: a worker killed at any remote call, doubled messages, lost ticks.

Faults of the hosting service itself are the simulator's own (`preheat.simulator.faults`).
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Self

from preheat.ports import Remote
from preheat.simulator.faults import Fault, FaultKind
from preheat.simulator.status import Operation


class Killed(BaseException):
    """The worker died here: nothing after this line ran. Not an Exception, so that no handler can survive it."""


@dataclass(frozen=True, slots=True)
class FaultMix:
    """Probabilities of a pass to be killed, a message to come twice, a tick to be lost; people; the service's own."""

    name: str
    killed: float = 0.0
    doubled: float = 0.0
    tick_lost: float = 0.0
    people: float = 0.0  # starts and stops by hand, per model and day, each with a look soon after
    service: tuple[Fault, ...] = field(default=())


NONE = FaultMix("none")
ALL = FaultMix(
    "all",
    killed=0.02,
    doubled=0.05,
    tick_lost=0.02,
    people=0.3,
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
MIXES = {mix.name: mix for mix in (NONE, ALL)}


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


class Mortal:
    """A port whose caller dies before or after the call that its `Fate` names."""

    def __init__(self, port: Any, fate: Fate) -> None:
        self._port = port
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def mortal(*args: Any, **kwargs: Any) -> Any:
            self._fate.before()
            answer = call(*args, **kwargs)
            self._fate.after()
            return answer

        return mortal


def mortal(remote: Remote, fate: Fate) -> Remote:
    """Return the remote with every port under the fate, but the clock."""
    if fate.call is None:
        return remote
    return Remote(
        remote.clock,
        Mortal(remote.store, fate),
        Mortal(remote.hosting, fate),
        Mortal(remote.queue, fate),
        remote.writer,
    )
