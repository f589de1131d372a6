"""Measure how often the first starts of a new model are late.

    python -m preheat_lab benchmark-starts                    # 2,000 models of each service: a minute
    python -m preheat_lab benchmark-starts --replicates 100   # seconds

Each new model makes 20 starts on a service where ten other models have made 60 each. The models of a service differ, as
do the starts of one model. Status 1 if siblings make a service later than the target, or idle for longer.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from preheat.domain.lead.lead import learn_lead
from preheat.domain.plan.hosted_model import Learning
from preheat_plantfile.compiling.siblings import MODELS_LEAST, summarise
from preheat_report.lead_rules import make_learned_rule

STARTS, KNOWN = 20, 60
LATE_MOST = 0.01


@dataclass(frozen=True, slots=True)
class Service:
    """A service: the middle of what its starts take, in minutes; spreads are standard deviations of the logarithm."""

    median: float
    between: float
    spread: float


SERVICES = (
    Service(4, 0.3, 0.31),
    Service(13, 0.3, 0.31),
    Service(20, 0.4, 0.31),
    Service(27, 0.15, 0.31),
    Service(27, 0.3, 0.25),
    Service(27, 0.3, 0.31),
    Service(27, 0.5, 0.31),
)


@dataclass(frozen=True, slots=True)
class FirstStarts:
    """The share of first starts that were late, without those longer than the cap; and their idle minutes."""

    late: float
    idle: float


def draw_starts(rng: np.random.Generator, service: Service) -> NDArray[np.float64]:
    """Return minutes: of a new model's starts in the first row, then of its siblings'."""
    levels = np.log(service.median) + service.between * rng.standard_normal((MODELS_LEAST + 1, 1))
    return np.asarray(np.exp(levels + service.spread * rng.standard_normal((MODELS_LEAST + 1, KNOWN))))


def measure_service(service: Service, replicates: int, seed: int) -> tuple[FirstStarts, FirstStarts]:
    """Return the figures without siblings, and with them; the same draws for both."""
    rng, alone = np.random.default_rng([seed, SERVICES.index(service)]), Learning()
    took, found = [], ([], [])  # type: tuple[list[list[float]], tuple[list[list[float]], list[list[float]]]]
    for _ in range(replicates):
        minutes = draw_starts(rng, service)
        together = replace(alone, siblings=summarise(np.log(60 * minutes[1:]).tolist()))
        own = minutes[0, :STARTS].tolist()
        took.append(own)
        found[0].append(make_learned_rule(alone)(own))
        found[1].append(make_learned_rule(together, learn_lead((), 0, together, timedelta(minutes=30)).span)(own))
    each = np.array(took)
    capped = each > alone.cap / timedelta(minutes=1)
    without, withs = (
        FirstStarts(
            float(((each > np.array(leads)) & ~capped).mean()), float(np.maximum(np.array(leads) - each, 0).mean())
        )
        for leads in found
    )
    return without, withs


def main(arguments: Sequence[str]) -> int:
    """Print a line for each service; return 1 if siblings break a bound."""
    parser = argparse.ArgumentParser(prog="benchmark-starts", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=2_000, help="new models of each service")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    print("| median, between models, of one model | alone: late, idle | with ten siblings: late, idle |")
    print("| --- | --- | --- |")
    kept = True
    for service in SERVICES:
        alone, together = measure_service(service, given.replicates, given.seed)
        figures = (f"{100 * each.late:.2f} %, {each.idle:.1f} min" for each in (alone, together))
        print(f"| {service.median:g} min, {service.between:g}, {service.spread:g} | {' | '.join(figures)} |")
        kept &= together.late <= LATE_MOST and together.idle <= alone.idle
    print("\nkept" if kept else "\nMISSED: siblings make a service later than 1 %, or idle for longer")
    return 0 if kept else 1
