"""A plugin of the test run: `--slowest N` prints the N tests that take the most time, by processor and by the clock.

Processor time counts the test, its fixtures and the programs that ended meanwhile, so other work on the machine changes
it little. Time by the clock shows who waits. The test that first asks for a fixture of the whole run has its time.
Each phase of a test carries its time in its report, so the sums are right where several processes run the tests too.
"""

import os
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Self

import pytest

PROCESSOR = "processor_seconds"


@dataclass(frozen=True)
class Spent:
    """The seconds of some tests."""

    name: str
    processor: float = 0
    clock: float = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(self.name, self.processor + other.processor, self.clock + other.clock)


class Slowest:
    """The times of the tests of this run."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.tests: dict[str, Spent] = {}
        self.files: dict[str, Spent] = {}
        self.whole = Spent("all tests")
        self.read_until = read_processor_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note the processor time since the phase before."""
        report = yield
        now = read_processor_seconds()
        report.user_properties = [*report.user_properties, (PROCESSOR, now - self.read_until)]
        self.read_until = now
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add a phase to its test and its file."""
        processor = sum(float(str(value)) for name, value in report.user_properties if name == PROCESSOR)
        phase = Spent("", processor, report.duration)
        self.whole += phase
        for spent, name in ((self.tests, report.nodeid), (self.files, report.nodeid.partition("::")[0])):
            spent[name] = spent.get(name, Spent(name)) + phase

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print the sum, and the files and tests that took the most."""
        terminalreporter.write_line(f"{'processor s':>12}{'clock s':>10}")
        for spent in (self.whole, *self._most(self.files), *self._most(self.tests)):
            terminalreporter.write_line(f"{spent.processor:>12.1f}{spent.clock:>10.1f}  {spent.name}")

    def _most(self, spent: dict[str, Spent]) -> list[Spent]:
        return sorted(spent.values(), key=lambda each: max(each.processor, each.clock), reverse=True)[: self.count]


def read_processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
