"""Draw the plots of docs/performance.md from the tables of that page.

python -m preheat_lab plots
"""

import argparse
from collections.abc import Sequence

from preheat_lab.benchmarks.plots import PAGE, PLOTS, draw, read_rows


def main(arguments: Sequence[str]) -> int:
    """Draw each plot and write it next to the page; return the exit status."""
    argparse.ArgumentParser(prog="plots", description=(__doc__ or "").splitlines()[0]).parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    for plot in PLOTS:
        PAGE.with_name(plot.file).write_text(draw(plot, read_rows(text, plot)), encoding="utf-8")
        print(f"docs/{plot.file}")
    return 0
