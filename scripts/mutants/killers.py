"""What tries to see a broken protocol: short explored scenarios, then simulated plants; cheapest first.

Run as `python -m scripts.mutants.killers` on a copy of the package. Prints one line: who saw what, or that nobody did.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

from preheat.explorer import explore
from preheat.explorer.catalog import LENIENT, MOVED, REKOGNITION, SAGEMAKER, SHIFT, STRICT, TIGHT, UNITS
from preheat.explorer.scenario import Scenario
from preheat.simulation import run

ALL = frozenset({"S1", "S2", "S3", "S4", "S5", "S7", "S8", "S9", "S10"})
EXPLORED: tuple[Scenario, ...] = (
    TIGHT,
    replace(TIGHT, workers=2),
    replace(TIGHT, faults=1),
    replace(SHIFT, people=1),
    replace(STRICT, faults=1),
    replace(LENIENT, faults=1),
    replace(REKOGNITION, workers=2, faults=1),
    replace(SAGEMAKER, faults=1),
)
LONGER: tuple[Scenario, ...] = (
    MOVED,
    replace(TIGHT, faults=1, people=1),
    replace(TIGHT, workers=2, faults=1),
    replace(TIGHT, faults=2),
    replace(UNITS, workers=2),
)
SEEDS = range(2, 6)


def _explored(scenario: Scenario) -> str | None:
    """Return the first promise that is seen broken: a safety at once, L1 and L2 at the search's end."""
    found = explore(scenario, promises=ALL)
    if not found.found:
        found = explore(scenario)
    return f"explorer, {scenario}: {found.found[0].broken.invariant}" if found.found else None


def _simulated(seed: int) -> str | None:
    outcome = run(seed=seed, models=8, days=4, faults="all")
    return f"simulation, seed {seed}: {outcome.violations[0].invariant}" if outcome.violations else None


def attempts() -> Iterator[Callable[[], str | None]]:
    """Yield the killers in order."""
    yield from (lambda scenario=scenario: _explored(scenario) for scenario in EXPLORED)
    yield from (lambda seed=seed: _simulated(seed) for seed in SEEDS)
    yield from (lambda scenario=scenario: _explored(scenario) for scenario in LONGER)


def main() -> int:
    """Try each; stop at the first that sees it."""
    for attempt in attempts():
        seen = attempt()
        if seen:
            print(seen)
            return 0
    print("survived")
    return 0


if __name__ == "__main__":
    sys.exit(main())
