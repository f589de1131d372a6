"""Compute what Preheat itself costs a month, from a simulated week.

python -m preheat_lab costs            # measure, and print the tables of docs/costs.md
python -m preheat_lab costs --write    # and write them there
"""

import argparse
from collections.abc import Sequence

from preheat_lab.costs.bill import BEGIN, DOC, END, format_tables
from preheat_lab.costs.measuring import measure_week


def main(arguments: Sequence[str]) -> int:
    """Measure, and print or write; return the exit status."""
    parser = argparse.ArgumentParser(prog="costs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables into docs/costs.md")
    given = parser.parse_args(arguments)
    found = format_tables(measure_week())
    print(found)
    if given.write:
        text = DOC.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        DOC.write_text(before + found + rest.partition(END)[2], encoding="utf-8")
    return 0
