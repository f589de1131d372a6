"""Run any order of events against the reference model.

    python -m preheat_lab statemachine --examples 50000 --steps 100 --first-seed 1

Examples come in batches of 500, each with a seed of its own: repeat a batch by its seed.
"""

import argparse
from collections.abc import Sequence

from preheat_lab.checkout import run_test


def main(arguments: Sequence[str]) -> int:
    """Run the state machine; return pytest's exit status."""
    parser = argparse.ArgumentParser(
        prog="statemachine", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=50_000, help="how many orders of events to draw")
    parser.add_argument("--steps", type=int, default=100, help="events in each example")
    parser.add_argument("--first-seed", type=int, default=1, help="seed of the first batch")
    given = parser.parse_args(arguments)
    return run_test(
        "tests/tools/preheat_lab/statemachine/test_statemachine.py",
        {
            "STATEMACHINE_EXAMPLES": str(given.examples),
            "STATEMACHINE_STEPS": str(given.steps),
            "STATEMACHINE_FIRST_SEED": str(given.first_seed),
        },
    )
