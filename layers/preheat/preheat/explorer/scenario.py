"""What is explored: the plans, the order in which they are applied, the stretch of time made hard, the budgets.

Time is a grid of minutes. Owns what each plan demands at each of them. Knows no state and no search.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property

from preheat.domain.demand import Demand, demands
from preheat.domain.plan import HostedModel, ModelId, Target, Units
from preheat.domain.schedule import Schedule, ShiftWindow, Weekday
from preheat.invariants import GATE_CLOSED_WITHIN
from preheat.simulator.switches import Switches

MODEL = ModelId("weld-seams")
ORIGIN = datetime(2026, 11, 23, 6, tzinfo=UTC)  # a Monday; instant 0 of the grid
STEP = timedelta(minutes=1)
TARGET = Target("weld-seams-front", "3")


def instant(index: int) -> datetime:
    """Return the instant of a point of the grid."""
    return ORIGIN + index * STEP


def a_model(*windows: tuple[int, int], units: int = 1, target: Target = TARGET) -> HostedModel:
    """Return a model that is needed in `windows`, each from one point of the grid to another, on this one Monday.

    A lead and a slack of 2 minutes each: a start is due 4 points before its window.
    """

    def wall(index: int) -> time:
        return instant(index).time()

    shifts = tuple(ShiftWindow(frozenset({Weekday.MON}), wall(begin), wall(end)) for begin, end in windows)
    return HostedModel(
        MODEL,
        target,
        Units(units),
        (Schedule("early", "UTC", shifts),) if shifts else (),
        lead=2 * STEP,
        slack=2 * STEP,
        announced_at=instant(-600),
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Points [begin, end) of the grid in which one thing is wanted all along: `run`, or rest."""

    begin: int
    end: int
    run: bool


@dataclass(frozen=True)
class Scenario:
    """One model and its plans; `plans[0]` is current from the origin on, the others may be applied in their order.

    From `hard_from` to `hard_until` everything may happen; before and after it, Preheat is left alone with a healthy
    service. `faults` bounds crashes, lost answers, refusals, failures and updates together; `people` what persons do.
    """

    name: str
    plans: tuple[HostedModel | None, ...]
    hard_from: int
    hard_until: int
    ends: int
    workers: int = 1
    faults: int = 0
    people: int = 0
    apart: bool = False  # an apply makes the plan current first and wakes the model later, as the DynamoDB store does
    switches: Switches = field(default_factory=Switches)
    found_open: bool = False  # the gate is open from the beginning, whoever has opened it
    reduced: bool = True  # workers that can no longer make a difference are gone at once: see `World._outdated`

    def __str__(self) -> str:
        return f"{self.name}, workers {self.workers}, faults {self.faults}, people {self.people}"

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return every target that a plan names, once."""
        return tuple(dict.fromkeys(plan.target for plan in self.plans if plan is not None))

    @property
    def is_gated(self) -> bool:
        """Tell whether a plan names a gate or a queue."""
        return self.drains or any(plan is not None and plan.gate is not None for plan in self.plans)

    @property
    def drains(self) -> bool:
        """Tell whether a plan names a queue."""
        return any(plan is not None and plan.drain is not None for plan in self.plans)

    @property
    def waits_at_most(self) -> int:
        """Return how many points a stop may be kept waiting by a queue and a gate."""
        limits = [plan.drain.limit // STEP for plan in self.plans if plan is not None and plan.drain is not None]
        return max(limits, default=0) + (GATE_CLOSED_WITHIN // STEP if self.is_gated else 0)

    @property
    def tokenless(self) -> bool:
        """Tell whether the service knows no client token."""
        return any(target.backend.tokenless for target in self.targets)

    @property
    def tells_makers(self) -> bool:
        """Tell whether the service shows who made what is there, so that somebody else's is foreign to Preheat."""
        return any(target.backend.deletes_failed for target in self.targets)

    @cached_property
    def stretches(self) -> tuple[tuple[Stretch, ...], ...]:
        """Return what each plan wants when, without a gap from 0 to `ends`."""
        return tuple(_stretches(plan, self.ends) for plan in self.plans)

    @cached_property
    def wanted(self) -> tuple[tuple[bool, ...], ...]:
        """Tell for each plan and point whether a demand covers it: [start_at, end)."""
        return tuple(
            tuple(any(instant(at) in demand for demand in _demands(plan, self.ends)) for at in range(self.ends + 1))
            for plan in self.plans
        )

    @cached_property
    def needed(self) -> tuple[tuple[bool, ...], ...]:
        """Tell for each plan and point whether the model must not be stopped there: [ready_at - lead, end)."""
        return tuple(
            tuple(
                any(demand.ready_at - plan.lead <= instant(at) < demand.end for demand in _demands(plan, self.ends))
                if plan is not None
                else False
                for at in range(self.ends + 1)
            )
            for plan in self.plans
        )


def _demands(plan: HostedModel | None, ends: int) -> list[Demand]:
    return demands(plan, ORIGIN, instant(ends)) if plan is not None else []


def _stretches(plan: HostedModel | None, ends: int) -> tuple[Stretch, ...]:
    found, at = [], 0
    for demand in _demands(plan, ends):
        begin, end = (round((each - ORIGIN) / STEP) for each in (demand.start_at, demand.end))
        if begin > at:
            found.append(Stretch(at, begin, run=False))
        found.append(Stretch(max(begin, at), end, run=True))
        at = end
    found.append(Stretch(at, ends + 1, run=False))
    return tuple(found)
