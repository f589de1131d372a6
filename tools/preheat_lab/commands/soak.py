"""Simulate many plants under every fault, on all cores, and sum what happened.

    python -m preheat_lab soak --shifts 100000 --first-seed 1 --requests 300

Seeds run in order from `--first-seed` and print a line each; the last line names the next seed, so that ranges add up.
A violation is printed with its seed and the commit: `preheat simulate --seed N --faults all`, with the same
`--requests`, repeats it. Exits with 1 if a promise is broken.
"""

import argparse
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import count
from os import cpu_count, nice

from preheat_lab.simulation import SimulationOutcome, count_default_requests, simulate

MODELS, DAYS = 20, 30


def simulate_seed(seed: int, requests: int) -> SimulationOutcome:
    """Return the outcome of one seed."""
    return simulate(seed=seed, models=MODELS, days=DAYS, faults="all", requests=requests)


def simulate_seeds(first_seed: int, requests: int) -> Iterator[SimulationOutcome]:
    """Yield the outcomes of the seeds, in order."""
    with ProcessPoolExecutor(cpu_count(), initializer=nice, initargs=(10,)) as pool:
        ahead = 2 * (cpu_count() or 1)
        seeds = count(first_seed)
        waiting = [pool.submit(simulate_seed, next(seeds), requests) for _ in range(ahead)]
        try:
            while True:
                yield waiting.pop(0).result()
                waiting.append(pool.submit(simulate_seed, next(seeds), requests))
        finally:
            pool.shutdown(cancel_futures=True)


def main(arguments: Sequence[str]) -> int:
    """Run until the shifts asked for are done; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shifts", type=int, default=100_000)
    parser.add_argument("--first-seed", type=int, default=1)
    asked = count_default_requests("all", MODELS, DAYS)
    parser.add_argument("--requests", type=int, default=asked, help=f"of others, for each seed; {asked} if absent")
    given = parser.parse_args(arguments)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    begun = time.monotonic()
    shifts = starts = stops = passes = calls = late = violations = requests = 0
    faults: Counter[str] = Counter()
    cells: set[tuple[str, str, str]] = set()
    outcome = None
    for outcome in simulate_seeds(given.first_seed, given.requests):
        shifts, starts, stops = shifts + outcome.shifts, starts + outcome.starts, stops + outcome.stops
        requests += outcome.requests
        passes, calls, late = passes + outcome.passes, calls + outcome.calls, late + outcome.late
        faults.update(outcome.faults)
        cells.update(outcome.cells)
        violations += len(outcome.violations)
        print(outcome.summary(), flush=True)
        for violation in outcome.violations:
            print(f"broken: seed {outcome.seed}, commit {commit.stdout.strip() or 'unknown'}: {violation}", flush=True)
        if shifts >= given.shifts:
            break
    if outcome is None:
        return 1
    for kind, number in sorted(faults.items()):
        print(f"  {number:>10,}  {kind}")
    print(
        f"soak: seeds {given.first_seed} to {outcome.seed}, {shifts:,} shifts, {starts:,} StartModel,"
        f" {stops:,} StopModel, {late:,} late, {passes:,} passes, {calls:,} calls,"
        f" {requests:,} requests, {faults.total():,} faults, {len(cells)} cells (status, phase, fault),"
        f" {violations} violations; {time.monotonic() - begun:.0f} s; next seed {outcome.seed + 1}"
    )
    return 1 if violations else 0
