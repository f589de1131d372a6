"""Print at which service status and phase the harnesses met each fault.

    python -m preheat_lab matrix --seeds 12

Prints how many cells the explorer (X) and the simulation (D) hit, and the cells that neither hit. Status 1 if
chance should have hit one of them.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from preheat_lab.explorer.catalog import CI
from preheat_lab.matrix import (
    AROUND,
    EVENTS,
    EXPECTED_LEAST,
    NATURE,
    add_hits,
    compute_expected,
    explore_scenario,
    simulate_seed,
)


def main(arguments: Sequence[str]) -> int:
    """Run both harnesses, print the matrix; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="matrix", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=12)
    seeds = range(1, parser.parse_args(arguments).seeds + 1)
    with ProcessPoolExecutor() as pool:
        explored, could_x = add_hits(pool.map(explore_scenario, CI))
        simulated, could_d = add_hits(pool.map(simulate_seed, seeds))
    holes = rare = 0
    print(f"{'fault':<28} cells  by X  by D  unhit     hits X     hits D")
    for fault in sorted({*EVENTS.values(), *AROUND}):
        can, hit_x, hit_d = (
            {*could_x.get(fault, ()), *could_d.get(fault, ())},
            {*explored.get(fault, ())},
            {*simulated.get(fault, ())},
        )
        unhit = can - hit_x - hit_d
        few = {
            place
            for place in unhit
            if place not in could_x.get(fault, ()) and compute_expected(fault, place, simulated) < EXPECTED_LEAST
        }
        unhit, rare = unhit - few, rare + len(few)
        holes += len(unhit)
        print(
            f"{fault:<28} {len(can | hit_d):>5} {len(hit_x):>5} {len(hit_d):>5} {len(unhit):>6}"
            f" {sum(explored.get(fault, Counter()).values()):>10,} {sum(simulated.get(fault, Counter()).values()):>10,}"
        )
        for status, phase in sorted(unhit):
            print(f"    not hit: {status} in phase {phase}")
    for fault, (statuses, why) in NATURE.items():
        print(f"unreachable: {fault} outside {', '.join(sorted(statuses))}: {why}")
    print(f"matrix: {holes} reachable cells not hit; {rare} others are too rare for {len(seeds)} seeds")
    return 1 if holes else 0
