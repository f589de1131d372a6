"""Check that everything a person reads is plain English.

python -m preheat_lab prose             every source
python -m preheat_lab prose README.md   only sources whose place starts with these words
"""

import argparse
from collections.abc import Sequence

from preheat_lab.prose.__main__ import main as lint


def main(arguments: Sequence[str]) -> int:
    """Print every alert; return 1 if there is one."""
    parser = argparse.ArgumentParser(
        prog="prose", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("places", nargs="*", metavar="PLACE", help="where the texts are; all, if absent")
    return lint(parser.parse_args(arguments).places)
