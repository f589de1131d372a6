"""Measure commands and functions with plans of 100, 1,000 and 5,000 models.

    python -m preheat_lab benchmark-fleet                    # about ten minutes
    python -m preheat_lab benchmark-fleet --models 50 500

Prints the table of docs/performance.md. Judges nothing.
"""

import argparse
from collections.abc import Sequence

from preheat_lab.benchmarks.fleet import SIZES, measure


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="benchmark-fleet", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--models", type=int, nargs="+", default=SIZES, help="the sizes of the plans")
    measure(parser.parse_args(arguments).models)
    return 0
