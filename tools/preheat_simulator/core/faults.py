"""Owns what may go wrong on purpose: faults, which calls they hit, how often. Knows neither state nor transport.

A fault waits until a call matches it; a probability comes from the simulator's seed, so a run replays exactly.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.status import Operation


class FaultKind(StrEnum):
    """The effect of a fault on a call that it hits."""

    THROTTLE = "throttle"
    """429 before any effect."""
    INTERNAL_ERROR = "internal_error"
    """500 before any effect."""
    INTERNAL_ERROR_AFTER = "internal_error_after"
    """500 although the effect took place."""
    ANSWER_LOST = "answer_lost"
    """The effect takes place and the connection drops."""
    ACCESS_DENIED = "access_denied"
    """403 before any effect."""
    VALIDATION = "validation"
    """400 before any effect."""
    HOSTING_FAILED = "hosting_failed"
    """The start that is accepted ends in failure, `after` it (the start latency if not given)."""
    CAPACITY = "capacity"
    """The start that is accepted fails for want of capacity, `after` it; SageMaker says so in its FailureReason."""
    STUCK = "stuck"
    """The accepted start stays in STARTING_HOSTING until somebody stops it."""
    SYSTEM_UPDATING = "system_updating"
    """Just before the call, the model enters SYSTEM_UPDATING; it returns to where it was after `lasts`."""
    DELETED = "deleted"
    """Just before the call, somebody deletes the model."""
    PERSON_STARTS = "person_starts"
    """Just before the call, a person starts the model."""
    PERSON_STOPS = "person_stops"
    """Just before the call, a person stops the model."""
    LIST_LAGS = "list_lags"
    """The list of endpoints shows them as they were `lasts` ago."""
    LIST_MISSES = "list_misses"
    """The list of endpoints leaves out the newest one."""


NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using a"
    " different ML instance type or after some time."
)
"""SageMaker's FailureReason where it has no instance of the type."""
ON_START = frozenset({FaultKind.HOSTING_FAILED, FaultKind.CAPACITY, FaultKind.STUCK})
"""Faults of an accepted start: they stay armed until a start changes a state."""
AFTER_EFFECT = frozenset({FaultKind.INTERNAL_ERROR_AFTER, FaultKind.ANSWER_LOST})
"""Faults of the answer."""
BEFORE_CALL = frozenset({FaultKind.SYSTEM_UPDATING, FaultKind.DELETED, FaultKind.PERSON_STARTS, FaultKind.PERSON_STOPS})
"""An event at the model just before a call that names one."""
IN_LIST = frozenset({FaultKind.LIST_LAGS, FaultKind.LIST_MISSES})
"""A list of endpoints shows something else than there is."""
REFUSALS = frozenset(FaultKind) - ON_START - AFTER_EFFECT - BEFORE_CALL - IN_LIST
"""Errors instead of the call."""


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """One fault; None matches any operation, project or version.

    `times` is how many calls it hits: one if you give neither it nor `probability`, all if you give only the latter.
    `skip` is how many matching calls pass before. Raises ValueError for bounds.
    """

    kind: FaultKind
    operation: Operation | None = None
    project: str | None = None
    version: str | None = None
    times: int | None = None
    probability: float | None = None
    skip: int = 0
    after: timedelta | None = None
    lasts: timedelta = timedelta(minutes=10)
    retry_after_seconds: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", FaultKind(self.kind))
        if self.operation is not None:
            object.__setattr__(self, "operation", Operation(self.operation))
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"probability {self.probability}: it must be within 0 and 1")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times {self.times}: it must be 1 or more")
        if self.skip < 0:
            raise ValueError(f"skip {self.skip}: it must be 0 or more")
        if self.lasts < timedelta(0) or (self.after is not None and self.after < timedelta(0)):
            raise ValueError("after and lasts: they must not be negative")

    def matches(self, operation: Operation, project: str | None, version: str | None) -> bool:
        """Whether a call is one that this fault may hit."""
        return (
            (self.operation is None or self.operation == operation)
            and (self.project is None or self.project == project)
            and (self.version is None or self.version == version)
            and (self.kind not in BEFORE_CALL or (project is not None and version is not None))
        )


@dataclass(slots=True)
class _Armed:
    fault: InjectedFault
    left: int | None
    skip: int


class InjectedFaults:
    """The faults that wait for their calls, in the order of their injection."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._armed: list[_Armed] = []

    def __bool__(self) -> bool:
        return bool(self._armed)

    def inject(self, fault: InjectedFault) -> None:
        """Arm a fault."""
        left = 1 if fault.times is None and fault.probability is None else fault.times
        self._armed.append(_Armed(fault, left, fault.skip))

    def clear(self) -> None:
        """Disarm all."""
        self._armed.clear()

    def list_armed(self) -> list[tuple[InjectedFault, int | None]]:
        """Return the faults that wait, each with the number of calls it may still hit."""
        return [(each.fault, each.left) for each in self._armed]

    def take(
        self, kinds: frozenset[FaultKind], operation: Operation, project: str | None, version: str | None
    ) -> InjectedFault | None:
        """Return the first fault of these kinds that hits this call, and count it."""
        for each in self._armed:
            if each.fault.kind not in kinds or not each.fault.matches(operation, project, version):
                continue
            if each.skip:
                each.skip -= 1
                continue
            if each.fault.probability is not None and self._random.random() >= each.fault.probability:
                continue
            if each.left is not None:
                each.left -= 1
                if not each.left:
                    self._armed.remove(each)
            return each.fault
        return None


_ERRORS = {
    FaultKind.THROTTLE: ("ThrottlingException", "Too many calls"),
    FaultKind.INTERNAL_ERROR: ("InternalServerException", "The call failed before it had an effect"),
    FaultKind.INTERNAL_ERROR_AFTER: ("InternalServerException", "The call failed after it had its effect"),
    FaultKind.ACCESS_DENIED: ("AccessDeniedException", "The caller may not do this"),
    FaultKind.VALIDATION: ("ValidationException", "A parameter does not fit"),
}


def make_refusal(fault: InjectedFault) -> ServiceError:
    """Return the error that a fault answers with."""
    code, message = _ERRORS[fault.kind]
    if fault.retry_after_seconds is None or code not in {"ThrottlingException", "InternalServerException"}:
        return ServiceError(code, message)
    return ServiceError(code, message, RetryAfterSeconds=fault.retry_after_seconds)
