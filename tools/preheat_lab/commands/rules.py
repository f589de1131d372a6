"""Compare random recurrence rules with independent evaluators.

python -m preheat_lab rules --rules 100000
"""

import argparse
from collections.abc import Sequence

from preheat_lab.checkout import run_test


def main(arguments: Sequence[str]) -> int:
    """Run the test on that many rules; return pytest's exit status."""
    parser = argparse.ArgumentParser(
        prog="rules", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rules", type=int, default=100_000, help="how many rules to draw")
    parser.add_argument("--first-seed", type=int, default=1, help="seed of the first rule; each rule has its own")
    given = parser.parse_args(arguments)
    drawn = {"RULES": str(given.rules), "RULES_FIRST": str(given.first_seed)}
    return run_test("tests/preheat/domain/calendar/test_rules_agree.py", drawn, shows=True)
