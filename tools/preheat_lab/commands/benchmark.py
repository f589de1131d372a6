"""Measure the schedule engine and the plant file's reader on this machine.

python -m preheat_lab benchmark
python -m preheat_lab benchmark --peers    # beside croniter and dateutil; `make bench` makes their environment
"""

import argparse
from collections.abc import Sequence

from preheat_lab.benchmarks.comparison import compare
from preheat_lab.benchmarks.schedule_engine import PATTERNS, measure

COMPARED = ("one window", "three shifts")  # what the others can express


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmark", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peers", action="store_true", help="ask croniter and dateutil the same questions")
    given = parser.parse_args(arguments)
    measure()
    if given.peers:
        print("\n".join(["", *compare({name: PATTERNS[name] for name in COMPARED})]))
    return 0
