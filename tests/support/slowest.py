"""A plugin of the test run: `--slowest N` prints the N tests that take the most time, by processor and by the clock.

Processor time counts the test, its fixtures and the programs that ended meanwhile, so other work on the machine changes
it little. Time by the clock shows who waits. A fixture of a whole run counts to the test that asked for it first.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest


@dataclass(frozen=True)
class Spent:
    """The time of one test, in seconds."""

    test: str
    processor: float
    clock: float


class Slowest:
    """The time of each test of this run."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.spent: list[Spent] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Take the time of set-up, test and clean-up."""
        processor, clock = read_processor_seconds(), monotonic()
        found = yield
        self.spent.append(Spent(item.nodeid, read_processor_seconds() - processor, monotonic() - clock))
        return found

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the sums, each folder's, and the tests that took the most."""
        for line in (*self.write_folders(), *self.write_tests()):
            terminalreporter.write_line(line)

    def write_folders(self) -> Iterator[str]:
        """Write what all tests took, and those of each file."""
        whole = Spent("all tests", sum(each.processor for each in self.spent), sum(each.clock for each in self.spent))
        files: dict[str, Spent] = {}
        for each in self.spent:
            name = each.test.partition("::")[0]
            before = files.get(name, Spent(name, 0, 0))
            files[name] = Spent(name, before.processor + each.processor, before.clock + each.clock)
        yield f"{'processor s':>12}{'clock s':>10}"
        yield from map(write_line, (whole, *self._most(list(files.values()))))

    def write_tests(self) -> Iterator[str]:
        """Write the tests that took the most, one a line."""
        yield "the slowest tests:"
        yield from map(write_line, self._most(self.spent))

    def _most(self, spent: list[Spent]) -> list[Spent]:
        return sorted(spent, key=lambda each: max(each.processor, each.clock), reverse=True)[: self.count]


def write_line(spent: Spent) -> str:
    """Write the times as one line."""
    return f"{spent.processor:>12.1f}{spent.clock:>10.1f}  {spent.test}"


def read_processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
