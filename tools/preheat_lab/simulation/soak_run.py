"""One run of the soak: a plant whose service, switches, size and rate of requests come from the seed.

Owns that draw, so that many seeds walk the whole space and not one corner of it, and the command that repeats a run.
"""

from dataclasses import dataclass
from random import Random
from typing import Final, Self

from preheat.domain.plan.plan import Backend
from preheat_lab.simulation.hosting import SERVICES
from preheat_lab.simulation.run import SimulationOutcome, count_default_requests, simulate
from preheat_simulator.core.switches import Switches

SIZES: Final = ((20, 30), (10, 10), (40, 7))
"""Models and days of a plant: long, with many requests for each model, and broad."""
REQUESTS: Final = (0, 1, 5)
"""Requests in a run, in multiples of the default."""
SWITCHES_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class SoakRun:
    """The arguments of one simulated run under every fault."""

    seed: int
    models: int
    days: int
    service: Backend
    switches: tuple[tuple[str, str], ...]  # those that differ from the default
    requests: int

    @classmethod
    def draw(cls, seed: int, *, service: Backend | None = None, requests: int | None = None) -> Self:
        """Draw the run of a seed; given values replace drawn ones, and the rest is the same with or without them."""
        chance = Random(f"{seed}/soak")  # noqa: S311 - chance in a simulation, replayed from its seed
        drawn = chance.choice(tuple(SERVICES))
        models, days = chance.choice(SIZES)
        changes = chance.sample(sorted(Switches.every_single_change()), chance.randint(0, SWITCHES_MOST))
        asked = chance.choice(REQUESTS) * count_default_requests("all", models, days)
        # Two changes of one switch are one: the later.
        switches = dict(change.split("=", 1) for change in changes if "=" in change)
        return cls(
            seed, models, days, service or drawn, tuple(switches.items()), asked if requests is None else requests
        )

    def run(self) -> SimulationOutcome:
        """Simulate it."""
        return simulate(
            seed=self.seed,
            models=self.models,
            days=self.days,
            switches=Switches().change(dict(self.switches)),
            faults="all",
            backend=self.service,
            requests=self.requests,
        )

    def command(self) -> str:
        """Return the command that repeats the run and prints its summary."""
        switches = "".join(f" --switch {name}={value}" for name, value in self.switches)
        return (
            f"preheat simulate --seed {self.seed} --service {self.service} --models {self.models} --days {self.days}"
            f" --faults all --requests {self.requests}{switches} --no-timeline"
        )
