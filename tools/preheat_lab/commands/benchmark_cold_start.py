"""Measure the cold start of each function next to its libraries.

    python -m preheat_lab benchmark-cold-start                                  # of this checkout
    python -m preheat_lab benchmark-cold-start --build before=FOLDER --build after=FOLDER

A folder is the result of `sam build`. One run measures all builds, in turn. Judges nothing.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from preheat_lab.benchmarks.cold_start import measure
from preheat_local import find_checkout
from preheat_local.stack import build


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmark-cold-start", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--build", action="append", metavar="NAME=FOLDER", help="a built stack; may be given again")
    parser.add_argument("--rounds", type=int, default=9, help="how often each case runs")
    given = parser.parse_args(arguments)
    named = [each.partition("=") for each in given.build or ()]
    builds = {name: Path(folder).resolve() for name, _, folder in named}
    measure(builds or {"now": build(find_checkout())}, rounds=given.rounds)
    return 0
