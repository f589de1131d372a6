"""One hunt: explorer and simulation, cheapest first, on the package that is first on PYTHONPATH, until one says no.

    PYTHONPATH=copy/layers/preheat python tools/preheat_lab/mutants/hunt.py copy/layers/preheat short [one of OWN]

A mutation can name the harnesses that try it first. The short harnesses take half a minute together; the long ones look
for what the short ones did not find.
Prints one line of JSON: what broke where, or the error that came instead. Run in a process of its own, so that it
imports the mutated package and no other; knows no mutation.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from unittest import mock

import preheat
from preheat.domain.plan.plan import Backend
from preheat_lab.explorer import Scenario, explore
from preheat_lab.explorer.catalog import (
    BLOCK,
    BRIEF,
    DRAIN,
    GATE,
    GATE_FOUND_OPEN,
    GATE_TWICE,
    GLANCES,
    HOLD,
    LARGER_BETWEEN,
    LARGER_GATED,
    LENIENT,
    LIFTED,
    LONG,
    MORE_UNITS,
    MOVED,
    REKOGNITION,
    SAGEMAKER,
    SCHEDULE_HOLD,
    SHIFT,
    STRAY,
    STRICT,
    TIGHT,
    UNITS,
)
from preheat_lab.explorer.scenario import TARGET, a_model
from preheat_lab.explorer.wants import STEP
from preheat_lab.simulation import simulate
from preheat_lab.simulation.faults import MIXES, FaultMix
from preheat_lab.simulation.plant import SimulatedLine, draw_plant
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.status import Operation
from preheat_simulator.core.switches import Switches, TokenAfterStop, WhenPossible

PROMISES = frozenset(
    {"S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14", "L1", "L2", "L3", "L5"}
)
# A mutation may make a search endless; the largest scenario below has some 300,000 situations.
STATES_MAX = 400_000
# Mixes that are rare in `all`: what takes hours, what fails often, and people.
MIXES["hours"] = FaultMix(doubled=0.2, people=0.3, skew=timedelta(seconds=1), index_lost=0.02, restores=1.0, quotas=2.0)
MIXES["asleep"] = FaultMix(service=(InjectedFault(FaultKind.STUCK, probability=0.2),))
MIXES["asleep, throttled"] = FaultMix(
    service=(
        InjectedFault(FaultKind.STUCK, probability=0.2),
        InjectedFault(FaultKind.THROTTLE, Operation.STOP_MODEL, probability=0.5),
    )
)
# The seed draws the rate of each fault, at most one call in two: many faults of a kind refuse most calls.
MIXES["throttled for long"] = FaultMix(
    service=(
        *(InjectedFault(FaultKind.THROTTLE, Operation.START_MODEL, probability=1) for _ in range(4)),
        InjectedFault(FaultKind.HOSTING_FAILED, probability=0.3),
    )
)
MIXES["denied"] = FaultMix(
    people=12.0,
    doubled=0.2,
    service=(
        InjectedFault(FaultKind.ACCESS_DENIED, Operation.START_MODEL, probability=0.3),
        InjectedFault(FaultKind.ACCESS_DENIED, Operation.STOP_MODEL, probability=0.5),
    ),
)
MIXES["failing often"] = FaultMix(
    service=(
        InjectedFault(FaultKind.HOSTING_FAILED, probability=0.5, after=timedelta(minutes=2)),
        InjectedFault(FaultKind.ANSWER_LOST, Operation.STOP_MODEL, probability=0.2),
    )
)
MIXES["failing"] = FaultMix(
    people=2.0,
    service=(
        InjectedFault(FaultKind.HOSTING_FAILED, probability=0.5, after=timedelta(minutes=3)),
        InjectedFault(FaultKind.STUCK, probability=0.01),
        InjectedFault(FaultKind.ANSWER_LOST, Operation.START_MODEL, probability=0.3),
    ),
)
# Without the shortcut that assumes that a pass begins again after it lost its write.
WHOLE = replace(TIGHT, name="a tight shift without shortcuts", workers=2, reduced=False)
# A clock that is behind, on a model that an apply has just woken.
WOKEN = replace(UNITS, name="woken by an apply", plans=UNITS.plans[:2], hard_until=6, workers=2, faults=1)
_BRIEF = a_model((5, 6))
BRIEF_TOKENLESS = replace(
    BRIEF,
    name="a brief shift on Rekognition",
    plans=(replace(_BRIEF, lead=STEP, slack=0 * STEP, target=replace(TARGET, backend=Backend.REKOGNITION)),),
)
# Somebody removes the shift, and puts it back.
_TIGHT = TIGHT.plans[0]
BACK = replace(TIGHT, name="called off and put back", plans=(_TIGHT, None, _TIGHT), hard_until=8)
_LONG = LONG.plans[0]
NEWER = replace(
    LONG,
    name="a newer version within a long shift",
    plans=(_LONG, replace(_LONG, target=replace(TARGET, version="4"))) if _LONG is not None else (),
    hard_until=7,
)
HARD_TO_START = replace(LONG, name="a long shift, a strict service", switches=STRICT.switches)
STUBBORN = Switches(stop_while_starting=WhenPossible.CONFLICT, token_after_stop=TokenAfterStop.NEW_CALL)


@dataclass(frozen=True, slots=True)
class HuntResult:
    """The result of a hunt: `harness` and `invariant` of the first broken promise; `error` if one ended a harness.

    `suite`: explorer or simulation, of which that harness is one.
    """

    suite: str | None = None
    harness: str | None = None
    invariant: str | None = None
    what: str | None = None
    error: str | None = None


def search(scenario: Scenario, promises: frozenset[str] = PROMISES) -> tuple[str, str] | None:
    """Return the promise that a scenario finds broken first, and how."""
    found = explore(scenario, promises=promises, states_max=STATES_MAX).found
    return (found[0].broken.invariant, found[0].broken.what) if found else None


def simulate_mix(
    seed: int, faults: str, models: int, days: int, switches: Switches | None = None, *, requests: int = 0
) -> tuple[str, str] | None:
    """Return the promise that a seed finds broken first, and how."""
    violations = simulate(
        seed=seed, models=models, days=days, faults=faults, switches=switches, requests=requests
    ).violations
    return (violations[0].invariant, str(violations[0])) if violations else None


def simulate_punctual() -> tuple[str, str] | None:
    """Return what breaks without any fault if each start takes its whole lead."""

    def slow(*arguments: Any, **named: Any) -> list[SimulatedLine]:
        return [
            replace(line, start_latency=make_fixed(line.model.lead.total_seconds()))
            for line in draw_plant(*arguments, **named)
        ]

    with mock.patch("preheat_lab.simulation.run.draw_plant", slow):
        return simulate_mix(1, "none", 8, 5)


type Harness = tuple[str, Callable[[], tuple[str, str] | None]]


def _seeds(faults: str, models: int = 4, days: int = 5, switches: Switches | None = None) -> tuple[str, str] | None:
    """Return what the first of a few seeds finds broken."""
    found = (simulate_mix(seed, faults, models, days, switches) for seed in range(1, 7))
    return next((each for each in found if each is not None), None)


def simulate_requests(faults: str, requests: int = 150) -> tuple[str, str] | None:
    """Return the first broken promise that a few seeds with many requests find."""
    found = (simulate_mix(seed, faults, 4, 3, requests=requests) for seed in range(1, 7))
    return next((each for each in found if each is not None), None)


OWN: dict[str, Callable[[], tuple[str, str] | None]] = {
    "asked often": partial(simulate_requests, "none"),
    "asked in units": partial(simulate_mix, 3, "none", 8, 4, requests=120),
    "throttled at the client's second try": partial(search, replace(TIGHT, faults=1)),
    "two workers": partial(search, replace(TIGHT, workers=2)),
    "two workers, a person": partial(search, replace(TIGHT, workers=2, people=1)),
    "brief: two workers, a fault": partial(search, replace(BRIEF, workers=2, faults=1)),
    "brief: two faults": partial(search, replace(BRIEF, faults=2)),
    "brief: a fault, a person": partial(search, replace(BRIEF, faults=1, people=1)),
    "brief, Rekognition: two workers, a fault": partial(search, replace(BRIEF_TOKENLESS, workers=2, faults=1)),
    "called off and put back: two workers": partial(search, replace(BACK, workers=2)),
    "called off and put back: a fault": partial(search, replace(BACK, faults=1)),
    "glances: a person": partial(search, replace(GLANCES, people=1)),
    "no faults": partial(simulate_mix, 2, "none", 4, 3),
    "more units for a shift: a fault": partial(search, replace(MORE_UNITS, faults=1)),
    "other units: a fault": partial(search, replace(UNITS, faults=1)),
    "a gate, two shifts: a fault": partial(search, replace(GATE_TWICE, faults=1)),
    "a larger hold behind a gate: a fault": partial(search, replace(LARGER_GATED, faults=1)),
    "a larger hold between two shifts": partial(search, LARGER_BETWEEN),
    "a block between two shifts": partial(search, LIFTED),
    "a block that is lifted: a fault": partial(search, replace(BLOCK, faults=1)),
    "newer version": partial(search, NEWER),
    "a long shift, strict: a fault": partial(search, replace(HARD_TO_START, faults=1)),
    "a long shift, strict: two faults": partial(search, replace(HARD_TO_START, faults=2)),
    "SageMaker: a fault": partial(search, replace(SAGEMAKER, faults=1)),
    "woken by an apply: two faults": partial(search, replace(WOKEN, workers=1, faults=2)),
    "starts that take their whole lead": simulate_punctual,
    "starts that hang": partial(_seeds, "asleep"),
    "a block of what a person runs": partial(search, STRAY),
    "starts that hang, stubborn": partial(_seeds, "asleep", 4, 5, STUBBORN),
    "starts that hang, stops throttled": partial(_seeds, "asleep, throttled"),
    "failed, then throttled for long": partial(_seeds, "throttled for long"),
    "calls denied, and people": partial(_seeds, "denied"),
    "failing often": partial(_seeds, "failing often"),
    "failing often, strict": partial(_seeds, "failing often", 4, 5, STRICT.switches),
}


def own(names: Sequence[str]) -> Iterator[Harness]:
    """Yield a mutation's own harnesses; "every" one is for the package as it is."""
    for name in OWN if names == ["every"] else names:
        yield name, OWN[name]


def short() -> Iterator[Harness]:
    """Yield the short harnesses by their names, cheapest first."""
    for scenario in (
        TIGHT,
        HOLD,
        SCHEDULE_HOLD,
        BLOCK,
        replace(TIGHT, workers=2),
        replace(TIGHT, people=1),
        replace(DRAIN, faults=1),
        replace(GATE, workers=2),
        replace(GATE, faults=1),
        replace(GATE_FOUND_OPEN, faults=1),
        replace(TIGHT, faults=1),
        replace(LONG, faults=1),
    ):
        yield f"explorer: {scenario}", partial(search, scenario)
    for faults in ("none", "all"):
        yield f"simulation: seed 2, {faults}, asked", partial(simulate_mix, 2, faults, 6, 3, requests=60)
    for faults in ("all", "hours", "failing"):
        for seed in (1, 2, 3):
            yield f"simulation: seed {seed}, {faults}", partial(simulate_mix, seed, faults, 4, 5)
    for scenario in (
        replace(STRICT, faults=1),
        replace(LENIENT, faults=1),
        replace(STRICT, workers=2),
        replace(SHIFT, people=1),
        replace(LONG, people=1),
        WHOLE,
    ):
        yield f"explorer: {scenario}", partial(search, scenario)


def long() -> Iterator[Harness]:
    """Yield the long harnesses by their names."""
    for seed in range(4, 10):
        faults = ("all", "hours", "failing")[seed % 3]
        yield f"simulation: seed {seed}, {faults}, stubborn", partial(simulate_mix, seed, faults, 6, 5, STUBBORN)
    for scenario in (
        MOVED,
        replace(TIGHT, workers=2, faults=1),
        replace(REKOGNITION, workers=2, faults=1),
        replace(UNITS, workers=2),
        WOKEN,
    ):
        yield f"explorer: {scenario}", partial(search, scenario)


def hunt(harnesses: Iterator[Harness]) -> HuntResult:
    """Run harness after harness until one finds a broken promise; an error ends its harness, and the next goes on."""
    failed = None
    for name, harness in harnesses:
        try:
            broken = harness()
        except Exception as error:  # noqa: BLE001 - whatever a mutation breaks: it is reported, and the hunt goes on
            failed = failed or f"{name}: {type(error).__name__}: {error}"[:300]
            continue
        if broken is not None:
            suite = "explorer" if getattr(harness, "func", harness) is search else "simulation"
            return HuntResult(suite, name, *broken, error=failed)
    return HuntResult(error=failed)


if __name__ == "__main__":
    if not Path(preheat.__file__).is_relative_to(Path(sys.argv[1]).resolve()):
        sys.exit(f"{preheat.__file__} was imported, not the copy in {sys.argv[1]}")
    os.nice(10)
    kinds: dict[str, Callable[[], Iterator[Harness]]] = {"own": lambda: iter(()), "short": short, "long": long}
    print(json.dumps(asdict(hunt(chain(own(sys.argv[3:]), kinds[sys.argv[2]]())))))
