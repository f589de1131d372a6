"""Break one rule of the protocol at a time, and count the findings.

    python -m preheat_lab mutants                    every mutation
    python -m preheat_lab mutants --only lease       those whose name has the word

A harness kills a mutation if it reports a broken promise; its suite of tests kills it by a failed assertion. The output
has exceptions, but they do not count as kills, because any test would find them. If a harness breaks the unchanged
package, no kill counts. Each kill is a line: mutation, seconds, promise, suite and harness. The last lines sum up what
each suite killed, and how fast. Status 0 if it kills at least 95 %.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from preheat_lab.checkout import ROOT
from preheat_lab.mutants.catalogue import MUTATIONS
from preheat_lab.mutants.covered import COVERED
from preheat_lab.mutants.mutation import Mutation, copy_mutated

KILLED_AT_LEAST = 0.95
SECONDS_MAX = 900
TESTS_FAILED = 1  # pytest's exit status; others mean that no test ran
TEST = "T"  # in place of a promise's name
HUNT = ROOT / "tools" / "preheat_lab" / "mutants" / "hunt.py"


@dataclass(frozen=True, slots=True)
class Hunted:
    """The result of a hunt: the harness and the promise that found the mutation, or the error that it caused.

    `suite`: explorer, simulation, or the file of tests of which the harness is one.
    """

    harness: str | None
    invariant: str | None
    error: str | None
    seconds: float
    suite: str = ""

    def __str__(self) -> str:
        if self.harness is not None:
            harness = self.harness if self.harness.startswith(self.suite) else f"{self.suite}: {self.harness}"
            return f"{self.invariant:<3} {harness}"
        return f"ERROR {self.error}" if self.error is not None else "SURVIVED"


def hunt_mutation(mutation: Mutation | None, harnesses: str = "short") -> Hunted:
    """Hunt one mutation (None: the package as it is) with the short or the long harnesses, in a process of its own."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="mutant-") as folder:
        path = copy_mutated(mutation, Path(folder))
        environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"}
        if mutation is not None and mutation.suite:
            return _run_suite(mutation.suite, environment, began)
        first = mutation.first if mutation is not None else ("every",)
        first = first if harnesses != "long" else ()
        command = [sys.executable, str(HUNT), str(path), harnesses, *first]
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
    return Hunted(verdict["harness"], verdict["invariant"], verdict["error"], seconds, verdict["suite"] or "")


def _run_suite(suite: str, environment: Mapping[str, str], began: float) -> Hunted:
    """Run a suite of tests on the mutated package. Only an assertion that fails counts, as a broken promise does."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", suite]
    places = (environment["PYTHONPATH"], str(ROOT / "tools"), str(ROOT))
    environment = {**environment, "PYTHONPATH": os.pathsep.join(places)}
    try:
        ended = subprocess.run(
            command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS_MAX
        )
    except subprocess.TimeoutExpired:
        return Hunted(None, None, f"not done after {SECONDS_MAX} s", time.monotonic() - began)
    seconds = time.monotonic() - began
    if ended.returncode == 0:
        return Hunted(None, None, None, seconds)
    if ended.returncode == TESTS_FAILED and ("AssertionError" in ended.stdout or "DID NOT RAISE" in ended.stdout):
        return Hunted(suite, TEST, None, seconds, suite)
    return Hunted(None, None, (ended.stdout.strip().splitlines() or ["died"])[-1], seconds)


def choose(only: str | None) -> list[Mutation]:
    """Return the mutations whose name has the word; all, if there is none."""
    return [mutation for mutation in MUTATIONS if only is None or only in mutation.name]


def hunt_all(mutations: Sequence[Mutation | None], harnesses: str) -> dict[Mutation | None, Hunted]:
    """Hunt each on all cores; print each kill immediately, and return every result."""
    results: dict[Mutation | None, Hunted] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        under_way = {pool.submit(hunt_mutation, mutation, harnesses): mutation for mutation in mutations}
        for done in as_completed(under_way):
            mutation = under_way[done]
            results[mutation] = result = done.result()
            if mutation is not None and result.harness is not None:
                print(f"{mutation.name:<58} {result.seconds:>4.0f} s  {result}", flush=True)
    return results


def main(arguments: Sequence[str]) -> int:
    """Hunt all with the short harnesses, what survives with the long ones; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only")
    mutations = choose(parser.parse_args(arguments).only)
    if not mutations:
        print("no mutation has that word in its name")
        return 2
    results = hunt_all([None, *mutations], "short")
    left = [mutation for mutation, result in results.items() if result.harness is None]
    later = hunt_all(left, "long")
    alive = [mutation for mutation in mutations if mutation in later and later[mutation].harness is None]
    for mutation in alive:
        error = results[mutation].error or later[mutation].error
        print(f"{mutation.name:<58} {Hunted(None, None, error, 0.0)}")
        print(f"    {mutation.file}: {mutation.rule} (expected: {mutation.sees})")
    for covered in COVERED:
        print(f"covered twice, not counted: {covered.name}: {covered.why}")
    sound = None in later and later[None].harness is None and results[None].error is later[None].error is None
    print(f"the package as it is: {'unbroken' if sound else later.get(None, results[None])}")
    killed = len(mutations) - len(alive)
    found = [result for mutation, result in (results | later).items() if mutation is not None and result.harness]
    for suite, count in Counter(result.suite for result in found).most_common():
        took = sorted(result.seconds for result in found if result.suite == suite)
        print(f"{count:>4} by {suite}, half of them within {median(took):.0f} s, all within {took[-1]:.0f} s")
    if found:
        print(f"half of the kills take at most {median(result.seconds for result in found):.0f} s")
    print(f"mutants: {killed} of {len(mutations)} killed ({killed / len(mutations):.0%})")
    return 0 if sound and killed / len(mutations) >= KILLED_AT_LEAST else 1
