"""The mutation score: how many seeded mutations of the protocol explorer and simulation find. Run by `make mutants`.

    .venv/bin/python -m scripts.mutants                    every mutation
    .venv/bin/python -m scripts.mutants --only lease       those whose name has the word

A mutation is killed by a broken promise that a harness reports. An error that it causes is told, and is no kill: what
ends in an exception would be found by anything. The package as it is must survive every harness, or no kill counts.
Status 0 if at least 95 % are killed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.mutants.catalogue import MUTATIONS
from scripts.mutants.mutation import ROOT, Mutation, mutated_copy

KILLED_AT_LEAST = 0.95
SECONDS_MAX = 900
HUNT = Path(__file__).with_name("hunt.py")


@dataclass(frozen=True, slots=True)
class Hunted:
    """What one hunt came to: where and as what the mutation was found, or else the error that it caused."""

    harness: str | None
    invariant: str | None
    error: str | None
    seconds: float

    def __str__(self) -> str:
        if self.harness is not None:
            return f"{self.invariant:<3} {self.harness}"
        return f"ERROR {self.error}" if self.error is not None else "SURVIVED"


def hunted(mutation: Mutation | None) -> Hunted:
    """Hunt one mutation (None: the package as it is) in a process of its own."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="mutant-") as folder:
        path = mutated_copy(mutation, Path(folder))
        environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, str(HUNT), str(path)]
        try:
            ended = subprocess.run(
                command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
            )
        except subprocess.TimeoutExpired:
            return Hunted(None, None, f"not done after {SECONDS_MAX} s", time.monotonic() - began)
    seconds = time.monotonic() - began
    if ended.returncode:
        return Hunted(None, None, (ended.stderr.strip().splitlines() or ["died"])[-1], seconds)
    verdict = json.loads(ended.stdout)
    return Hunted(verdict["harness"], verdict["invariant"], verdict["error"], seconds)


def chosen(only: str | None) -> list[Mutation]:
    """Return the mutations whose name has the word; all, if there is none."""
    return [mutation for mutation in MUTATIONS if only is None or only in mutation.name]


def main() -> int:
    """Hunt all; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only")
    mutations = chosen(parser.parse_args().only)
    if not mutations:
        print("no mutation has that word in its name")
        return 2
    killed, errors = 0, 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        as_it_is = pool.submit(hunted, None)
        under_way = {pool.submit(hunted, mutation): mutation for mutation in mutations}
        for done in as_completed(under_way):
            mutation, result = under_way[done], done.result()
            print(f"{mutation.name:<55} {result.seconds:>4.0f} s  {result}", flush=True)
            if result.harness is None:
                print(f"    {mutation.file}: {mutation.rule} (expected: {mutation.sees})", flush=True)
            killed += result.harness is not None
            errors += result.harness is None and result.error is not None
    control = as_it_is.result()
    print(f"{'the package as it is':<55} {control.seconds:>4.0f} s  {control}")
    share = killed / len(mutations)
    print(f"{errors} ended in an error only, {len(mutations) - killed - errors} survived")
    print(f"mutants: {killed} of {len(mutations)} killed ({share:.0%})")
    return 0 if share >= KILLED_AT_LEAST and str(control) == "SURVIVED" else 1


if __name__ == "__main__":
    sys.exit(main())
