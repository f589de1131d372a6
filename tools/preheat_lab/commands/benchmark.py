"""Measure the schedule engine and the plant file's reader on this machine.

python -m preheat_lab benchmark
"""

import argparse
from collections.abc import Sequence

from preheat_lab.benchmarks.schedule_engine import measure


def main(arguments: Sequence[str]) -> int:
    """Measure and print; return the exit status."""
    argparse.ArgumentParser(prog="benchmark", description=(__doc__ or "").splitlines()[0]).parse_args(arguments)
    measure()
    return 0
