"""Fixtures for tests of every folder: a local AWS that is up, the explorer's searches, and golden files."""

import os
import signal
import tempfile
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.groups import find_place, is_one_of_several, name_group
from tests.support.handlers import Handlers
from tests.support.service_files import remember
from tests.support.slowest import Slowest

from preheat_lab.explorer import Scenario, explore
from preheat_lab.explorer.catalog import CI
from preheat_local import LocalAws, run_local_aws

# Zone rules come from the packaged tzdata alone, as in the functions and on the command line.
zoneinfo.reset_tzpath(to=())

# A run that a shell has put into the background ignores Ctrl-C, and so would every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--handlers", action="store_true", help="fail if an error handler of the functions never ran")
    parser.addoption("--slowest", type=int, default=0, metavar="N", help="print the N tests that take the most time")
    parser.addoption("--update-golden", action="store_true", help="write golden files anew, to be read as a diff")


def pytest_configure(config: pytest.Config) -> None:
    # A command remembers the last stack that it used: of a test's, nothing may reach the person who runs the tests.
    if not is_one_of_several(config):  # One of several has the folder of the process that began it.
        state = tempfile.TemporaryDirectory(prefix="preheat-state-")
        os.environ["XDG_STATE_HOME"] = state.name
        config.add_cleanup(state.cleanup)
    handlers = Handlers()
    handlers.watch()
    config.add_cleanup(handlers.end)
    config.pluginmanager.register(handlers)
    if count := config.getoption("slowest"):
        config.pluginmanager.register(Slowest(count))
    service_files = remember()
    service_files.start()
    config.add_cleanup(service_files.stop)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.xdist_group(name_group(item)))
    if is_one_of_several(config):
        items.sort(key=find_place)


def pytest_collection_finish(session: pytest.Session) -> None:
    # Where pytest-xdist cannot mark an item, each process begins all demos and a local AWS of its own.
    if getattr(session.config.option, "loadgroup", False):
        lost = [item.nodeid for item in session.items if not item.nodeid.endswith(f"@{name_group(item)}")]
        if lost:
            raise pytest.UsageError(f"pytest-xdist did not put {lost[0]} into its group: does it know this pytest?")


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """The real template on a local AWS of the tests' own, on free ports; one for the whole run, gone after it."""
    with run_local_aws(tmp_path_factory.mktemp("local-aws")) as aws:
        yield aws


@dataclass(frozen=True)
class Searched:
    """The result of one search of the explorer, as far as it crosses processes cheaply."""

    complete: bool
    states: int
    broken: list[str]  # the first broken promise, and the way there
    cells: Mapping[tuple[str, str, str], int]


def searched(scenario: Scenario) -> Searched:
    found = explore(scenario)
    broken = [f"{each.broken}\n" + "\n".join(found.way_to(each)) for each in found.found[:1]]
    return Searched(found.complete, len(found.states), broken, found.cells)


@pytest.fixture(scope="session")
def searches() -> dict[Scenario, Searched]:
    """Every scenario of CI, searched to its end; once for the whole run."""
    with ProcessPoolExecutor(2) as pool:
        return dict(zip(CI, pool.map(searched, CI), strict=True))


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a checked-in file; `--update-golden` writes the file instead."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert text == path.read_text(), f"{path.name} differs; if it should, run pytest with --update-golden"

    return compare
