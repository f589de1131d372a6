"""Compute what Preheat itself costs, from a simulated week and shift.

python -m preheat_lab costs            # measure, and print the tables of docs/costs.md
python -m preheat_lab costs --shift    # only what one eight-hour shift and an idle model take
python -m preheat_lab costs --write    # and write them there
"""

import argparse
from collections.abc import Sequence

from preheat_lab.costs import bill, shift
from preheat_lab.costs.measuring import measure_week


def main(arguments: Sequence[str]) -> int:
    """Measure, and print or write; return the exit status."""
    parser = argparse.ArgumentParser(prog="costs", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write the tables into docs/costs.md")
    parser.add_argument("--shift", action="store_true", help="only one eight-hour shift and an idle model")
    given = parser.parse_args(arguments)
    found = [
        (
            shift.format_shift({each: shift.measure_shift(each) for each in shift.NAMES}, shift.measure_idle()),
            shift.BEGIN,
            shift.END,
        )
    ]
    if not given.shift:
        found.append((bill.format_tables(measure_week()), bill.BEGIN, bill.END))
    text = bill.DOC.read_text(encoding="utf-8")
    for table, begin, end in found:
        print(table)
        before, _, rest = text.partition(begin)
        text = before + table + rest.partition(end)[2]
    if given.write:
        bill.DOC.write_text(text, encoding="utf-8")
    return 0
