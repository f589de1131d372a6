"""Check the 23 points of security, and print a line for each.

python -m preheat_lab security               without a network
python -m preheat_lab security --networked   asks for known vulnerabilities as well
python -m preheat_lab security --points      prints each check by name, and runs nothing
"""

import argparse
from collections.abc import Sequence

from preheat_lab.security.gate import format_table, judge, run_scan
from preheat_lab.security.points import POINTS
from preheat_lab.security.result import PointOutcome
from preheat_lab.security.scans import ask_for_vulnerabilities


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 0 only if every point passes."""
    parser = argparse.ArgumentParser(
        prog="security", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--networked", action="store_true", help="ask the network for known vulnerabilities")
    parser.add_argument("--points", action="store_true", help="print the checks of each point, and run nothing")
    given = parser.parse_args(arguments)
    if given.points:
        for point in POINTS:
            checks = [*point.tests, *(f"rule {name}" for name in point.rules), *point.checkov, *point.scans]
            print("\n    ".join([f"{point.number:>2}  {point.demand}", *checks]))
        return 0
    results = judge()
    print(format_table(results))
    outcomes = [result.outcome for _, result in results]
    if given.networked:
        vulnerabilities = run_scan(ask_for_vulnerabilities)
        outcomes.append(vulnerabilities.outcome)
        print("\n      ".join([f"19  {vulnerabilities.outcome:<9}  Known vulnerabilities", *vulnerabilities.details]))
    else:
        print(
            "    NOT ASKED  Known vulnerabilities need a network: the workflow `audit` asks every night (--networked)"
        )
    passed = outcomes.count(PointOutcome.PASS)
    print(f"security: {passed} of {len(outcomes)} pass")
    return 0 if passed == len(outcomes) else 1
