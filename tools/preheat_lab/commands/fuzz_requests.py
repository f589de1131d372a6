"""Send generated messages to the request desk, and check that it answers each.

python -m preheat_lab fuzz-requests --messages 100000 --first 1
"""

import argparse
from collections.abc import Sequence

from preheat_lab.checkout import run_test


def main(arguments: Sequence[str]) -> int:
    """Run the test on that many messages; return pytest's exit status."""
    parser = argparse.ArgumentParser(
        prog="fuzz-requests", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=100_000, help="how many messages to generate")
    parser.add_argument("--first", type=int, help="number of the first message")
    given = parser.parse_args(arguments)
    settings = {"REQUEST_BODIES": str(given.messages)}
    if given.first is not None:
        settings["REQUEST_BODIES_FIRST"] = str(given.first)
    return run_test("tests/preheat/app/requests/test_hostile_messages.py", settings)
