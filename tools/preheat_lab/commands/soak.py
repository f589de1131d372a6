"""Simulate many plants under every fault, on all cores, and sum what happened.

    python -m preheat_lab soak --shifts 100000 --first-seed 1
    python -m preheat_lab soak --shifts 10000 --service sagemaker --requests 120

A seed draws the service, its switches, the size of the plant and the rate of requests. Seeds run in order from
`--first-seed` and print a line each; the last line names the next seed, so that ranges add up. It prints a violation
with the commit and the command that repeats its run. Exits with 1 if a promise is broken.
"""

import argparse
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count
from os import cpu_count, nice

from preheat.domain.plan.plan import Backend
from preheat_lab.simulation import SimulationOutcome
from preheat_lab.simulation.hosting import SERVICES
from preheat_lab.simulation.soak_run import SoakRun


def simulate_seeds(
    first_seed: int, service: Backend | None, requests: int | None
) -> Iterator[tuple[SoakRun, SimulationOutcome]]:
    """Yield the runs of the seeds with their outcomes, in order."""
    runs = (SoakRun.draw(seed, service=service, requests=requests) for seed in count(first_seed))
    with ProcessPoolExecutor(cpu_count(), initializer=nice, initargs=(10,)) as pool:

        def submit() -> tuple[SoakRun, Future[SimulationOutcome]]:
            run = next(runs)
            return run, pool.submit(run.run)

        waiting = [submit() for _ in range(2 * (cpu_count() or 1))]
        try:
            while True:
                run, outcome = waiting.pop(0)
                yield run, outcome.result()
                waiting.append(submit())
        finally:
            pool.shutdown(cancel_futures=True)


def main(arguments: Sequence[str]) -> int:
    """Run until it has the requested number of shifts; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shifts", type=int, default=100_000, help="stop after this many shifts (default: 100000)")
    parser.add_argument("--first-seed", type=int, default=1, help="the first seed (default: 1)")
    services = [service.value for service in SERVICES]
    parser.add_argument("--service", choices=services, help="the hosting service; drawn from the seed if absent")
    parser.add_argument("--requests", type=int, help="requests in each run; drawn from the seed if absent")
    given = parser.parse_args(arguments)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    service = Backend(given.service) if given.service else None
    begun = time.monotonic()
    shifts = starts = stops = passes = calls = late = violations = requests = 0
    faults: Counter[str] = Counter()
    cells: set[tuple[str, str, str]] = set()
    outcome = None
    for run, outcome in simulate_seeds(given.first_seed, service, given.requests):
        shifts, starts, stops = shifts + outcome.shifts, starts + outcome.starts, stops + outcome.stops
        requests += outcome.requests
        passes, calls, late = passes + outcome.passes, calls + outcome.calls, late + outcome.late
        faults.update(outcome.faults)
        cells.update(outcome.cells)
        violations += len(outcome.violations)
        drawn = ", ".join([run.service, *(f"{name}={value}" for name, value in run.switches)])
        print(f"{outcome.summary()} ({drawn})", flush=True)
        for violation in outcome.violations:
            print(f"broken: commit {commit.stdout.strip() or 'unknown'}: {violation}", flush=True)
        if outcome.violations:
            print(f"repeat: {run.command()}", flush=True)
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
