"""Compare the schedule engine with a slow reference on random schedules.

python -m preheat_lab fuzz-schedules --schedules 100000
"""

import argparse
from collections.abc import Sequence

from preheat_lab.checkout import run_test


def main(arguments: Sequence[str]) -> int:
    """Run the test on that many schedules; return pytest's exit status."""
    parser = argparse.ArgumentParser(
        prog="fuzz-schedules", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schedules", type=int, default=100_000, help="how many schedules to draw")
    given = parser.parse_args(arguments)
    return run_test("tests/preheat/domain/calendar/test_timetable.py", {"SCHEDULES": str(given.schedules)})
