"""Store samples of what a release writes, for the tests of later releases.

    python -m preheat_lab skew-samples 0.1.0       # when that release is made; never again
    python -m preheat_lab skew-samples --shape     # after each change of what is stored: the present shape

The samples come from real passes. `tests/skew` reads samples and shape. A sample file never changes, because it shows
that later code reads what an earlier release stored.
"""

import argparse
from collections.abc import Sequence

from tests.skew.passes import take_samples
from tests.skew.shape import CURRENT, SHAPES, present, text


def main(arguments: Sequence[str]) -> int:
    """Write the requested samples; refuse to replace those of a release."""
    parser = argparse.ArgumentParser(prog="skew-samples", description=(__doc__ or "").splitlines()[0])
    asked = parser.add_mutually_exclusive_group(required=True)
    asked.add_argument("release", nargs="?", help="such as 0.1.0")
    asked.add_argument("--shape", action="store_true", help="only the shape of the present code")
    given = parser.parse_args(arguments)
    if given.shape:
        CURRENT.write_text(text(present()))
        print(f"wrote {CURRENT}")
        return 0
    samples, shape = SHAPES.parent / f"samples-{given.release}.json", SHAPES / f"{given.release}.json"
    if samples.exists() or shape.exists():
        print(f"{given.release} has its samples; what a release wrote does not change")
        return 1
    samples.write_text(take_samples().as_json(given.release))
    shape.write_text(text(present()))
    print(f"wrote {samples} and {shape}")
    return 0
