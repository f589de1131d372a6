"""Which tests share a process when several processes run the tests of the local AWS (`pytest -n`, pytest-xdist).

These tests wait for the local AWS most of their time, so several wait side by side. A group stays in one process, one
test after another: its tests share a local AWS or another fixture of the whole run.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "tests" / "template"
# The groups that take the longest by the clock, so they begin first: `make slowest` prints what each takes.
FIRST = ("demos", "tests/e2e/test_neighbours.py", "tests/e2e/test_backends.py", "tests/e2e/test_start_here.py")


def name_group(item: pytest.Item) -> str:
    """Return the group of a test: what it shares, or its file."""
    fixtures = getattr(item, "fixturenames", ())
    if "demo" in fixtures:
        return "demos"
    if "local_aws" in fixtures:
        return "local AWS"
    return "template" if TEMPLATE in item.path.parents else str(item.path.relative_to(ROOT))


def find_place(item: pytest.Item) -> int:
    """Return where a group stands in the order of those that begin."""
    group = name_group(item)
    return FIRST.index(group) if group in FIRST else len(FIRST)


def is_one_of_several(config: pytest.Config) -> bool:
    """Return whether this process runs only a share of the tests."""
    return hasattr(config, "workerinput")
