"""The script of a chaos run: which fault comes when, drawn from a seed. `hands` makes the faults happen.

The same seed, models and waves give the same script. The timing depends on the machine.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random

from preheat.domain.plan.plan import ModelId
from preheat_lab.chaos.plan import ENDPOINT
from preheat_simulator.core.faults import FaultKind


class ChaosFaultKind(StrEnum):
    """The faults, by what is hit."""

    WORKER_KILLED = "pass killed"
    TICK_KILLED = "tick killed"
    SERVICE = "service misbehaves"
    TABLE_BUSY = "table throttled"
    TABLE_DOWN = "table out of reach"
    DUPLICATES = "messages duplicated"
    DELAYED = "messages held back"
    TICKS_LOST = "ticks lost"
    POISON = "poison message"
    PERSON_STOPS = "person stops it"
    PERSON_STARTS = "person starts it"
    CAPACITY = "no capacity"
    SCALED = "its owner has it scale"
    IMAGES = "images wait"
    HOLD = "hold with units"
    DEPLOYED = "functions deployed"


# Every gap between two remote calls of a pass: what precedes and what follows each of its calls to DynamoDB and SQS.
# A start or a stop lies between the two writes, so a kill after the first or before the second one brackets it.
PASS_POINTS = (
    ("TransactWriteItems", "after"),  # the intent is stored, nobody makes the call
    ("PutItem", "before"),  # the call had its answer, but no record has it
    ("TransactWriteItems", "before"),
    ("PutItem", "after"),
    ("SendMessage", "before"),
    ("SendMessage", "after"),
    ("GetItem", "before"),
    ("GetItem", "after"),
)
TICK_POINTS = (("Query", "after"), ("SendMessage", "after"))
SERVICE_FAULTS = (
    (FaultKind.ANSWER_LOST, "StartModel"),
    (FaultKind.ANSWER_LOST, "StopModel"),
    (FaultKind.INTERNAL_ERROR_AFTER, "StartModel"),
    (FaultKind.INTERNAL_ERROR, "StopModel"),
    (FaultKind.THROTTLE, "StartModel"),
    (FaultKind.THROTTLE, "DescribeModel"),
    (FaultKind.ANSWER_LOST, "DescribeModel"),
    (FaultKind.HOSTING_FAILED, "StartModel"),
)


@dataclass(frozen=True, slots=True)
class ScriptedFault:
    """One fault: `after` the run's beginning, for a time if it has one. `detail` is what its kind takes."""

    after: timedelta
    kind: ChaosFaultKind
    lasts: timedelta = timedelta()
    detail: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = " ".join(self.detail)
        span = f" for {self.lasts.seconds} s" if self.lasts else ""
        return f"{self.kind}{f': {shown}' if shown else ''}{span}"


def seed_chance(seed: int) -> Random:
    """Return the chance of a run: the same seed draws the same."""
    return Random(seed)  # noqa: S311 - a script that can be replayed, no secret


def write_script(random: Random, models: list[ModelId], length: timedelta) -> list[ScriptedFault]:
    """Return the faults of a run of `length` in order of time; all of them have begun before its end."""
    whole = length.total_seconds()

    def at(share: float, spread: float = 0.02) -> timedelta:
        return timedelta(seconds=whole * min(0.97, max(0.01, share + random.uniform(-spread, spread))))

    def seconds(low: int, high: int) -> timedelta:
        return timedelta(seconds=random.randint(low, high))

    faults = [
        ScriptedFault(at(0.3), ChaosFaultKind.TICKS_LOST, timedelta(seconds=120)),
        ScriptedFault(at(0.12), ChaosFaultKind.TABLE_BUSY, seconds(30, 45), ("0.3", "0.1")),
        ScriptedFault(at(0.72), ChaosFaultKind.TABLE_BUSY, seconds(30, 45), ("0.2", "0.2")),
        ScriptedFault(at(0.62), ChaosFaultKind.TABLE_DOWN, seconds(15, 25)),
        ScriptedFault(at(0.82), ChaosFaultKind.DELAYED, seconds(25, 40)),
        ScriptedFault(at(0.1), ChaosFaultKind.POISON),
        ScriptedFault(at(0.2), ChaosFaultKind.PERSON_STARTS),
        ScriptedFault(at(0.25), ChaosFaultKind.PERSON_STOPS, detail=(random.choice(models),)),
    ]
    # The endpoint of the first wave scales, and that of the second has no capacity. Images wait when a shift ends.
    faults += [
        ScriptedFault(at(0.34), ChaosFaultKind.CAPACITY),
        ScriptedFault(at(0.5), ChaosFaultKind.DEPLOYED),
    ]
    faults += [ScriptedFault(at(share), ChaosFaultKind.SCALED) for share in (0.18, 0.21, 0.84)]
    faults += [ScriptedFault(at(share), ChaosFaultKind.IMAGES, seconds(20, 50)) for share in (0.25, 0.58, 0.9)]
    faults += [ScriptedFault(at(share), ChaosFaultKind.HOLD) for share in (0.06, 0.4, 0.73)]
    faults += [ScriptedFault(at(share), ChaosFaultKind.DUPLICATES) for share in (0.08, 0.28, 0.45, 0.6, 0.85)]
    faults += [
        ScriptedFault(at(share), ChaosFaultKind.TICK_KILLED, detail=random.choice(TICK_POINTS))
        for share in (0.15, 0.75)
    ]
    points = [*PASS_POINTS, *PASS_POINTS, *PASS_POINTS]
    random.shuffle(points)
    faults += [
        ScriptedFault(at(0.04 + 0.9 * number / len(points), 0.01), ChaosFaultKind.WORKER_KILLED, detail=point)
        for number, point in enumerate(points)
    ]
    chosen, lookout = [*SERVICE_FAULTS, *SERVICE_FAULTS], [model_id for model_id in models if model_id != ENDPOINT]
    random.shuffle(chosen)
    faults += [
        ScriptedFault(
            at(0.03 + 0.9 * number / len(chosen), 0.02), ChaosFaultKind.SERVICE, detail=(*fault, random.choice(lookout))
        )
        for number, fault in enumerate(chosen)
    ]
    return sorted(faults, key=lambda fault: (fault.after, fault.kind))
