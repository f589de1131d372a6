"""Store what a release writes, once, for the releases after it: samples from real passes, and the shape of its items.

    .venv/bin/python -m preheat_lab.skew_samples 0.1.0       # when that release is made; never again
    .venv/bin/python -m preheat_lab.skew_samples --shape     # after each change of what is stored: the present shape

`tests/skew` reads both. A sample file is never written anew: that later code reads what was stored is what it shows.
"""

import argparse
import sys

from tests.skew.passes import taken
from tests.skew.shape import CURRENT, SHAPES, present, text


def main() -> int:
    """Write what was asked for; refuse to replace the samples of a release."""
    parser = argparse.ArgumentParser(prog="skew_samples", description=(__doc__ or "").splitlines()[0])
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("release", nargs="?", help="such as 0.1.0")
    asked.add_argument("--shape", action="store_true", help="only the shape of the present code")
    given = parser.parse_args()
    if given.shape:
        CURRENT.write_text(text(present()))
        print(f"wrote {CURRENT}")
        return 0
    samples, shape = SHAPES.parent / f"samples-{given.release}.json", SHAPES / f"{given.release}.json"
    if samples.exists() or shape.exists():
        print(f"{given.release} has its samples; what a release wrote does not change")
        return 1
    samples.write_text(taken().as_json(given.release))
    shape.write_text(text(present()))
    print(f"wrote {samples} and {shape}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
