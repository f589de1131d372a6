"""Break the protocol on purpose, one rule at a time, and see who notices: `python -m scripts.mutants [NAME…]`.

Prints each mutation with what killed it, then the score; exit 1 if more than one in twenty survives. A mutation that
ends in an error is told apart and counts as not killed: only a judge may kill.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from scripts.mutants.mutations import MUTATIONS, Mutation

CHECKOUT = Path(__file__).parents[2]
PACKAGE = CHECKOUT / "layers" / "preheat" / "preheat"
TIMEOUT_SECONDS = 900
SCORE_LEAST = 0.95


def mutated(mutation: Mutation, source: str) -> str:
    """Return the broken source; raises ValueError if the old text does not stand there exactly once."""
    if source.count(mutation.old) != 1:
        raise ValueError(f"{mutation.name}: its text stands {source.count(mutation.old)} times in {mutation.file}")
    return source.replace(mutation.old, mutation.new)


def tried(mutation: Mutation) -> tuple[Mutation, str, float]:
    """Run the killers on a copy with this mutation; return what they say, and the seconds it took."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="preheat-mutant-") as folder:
        layer = Path(folder) / PACKAGE.parent.relative_to(CHECKOUT)
        copy = layer / PACKAGE.name
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(CHECKOUT / "functions", Path(folder) / "functions")
        file = copy / mutation.file
        file.write_text(mutated(mutation, file.read_text()))
        environ = {**os.environ, "PYTHONPATH": str(layer), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "scripts.mutants.killers"],
                cwd=CHECKOUT,
                env=environ,
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
            said = done.stdout.strip() if done.returncode == 0 else f"error: {done.stderr.strip().splitlines()[-1]}"
        except subprocess.TimeoutExpired:
            said = f"error: nothing seen within {TIMEOUT_SECONDS} s"
    return mutation, said, time.monotonic() - began


def main(names: list[str]) -> int:
    """Try all, or those that are named; return the exit status."""
    asked = [each for each in MUTATIONS if not names or each.name in names]
    killed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in as_completed([pool.submit(tried, each) for each in asked]):
            mutation, said, seconds = done.result()
            alive = said == "survived" or said.startswith("error")
            killed += not alive
            print(f"{'ALIVE ' if alive else 'killed'} {mutation.name:<52} {seconds:4.0f} s  {said}", flush=True)
    share = killed / max(len(asked), 1)
    print(f"mutants: {killed} of {len(asked)} killed ({share:.0%})")
    return 0 if asked and share >= SCORE_LEAST else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
