"""What tests of every folder may ask for: a local AWS that is up, and golden files."""

import zoneinfo
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.errors.handlers import Handlers

from preheat.local import LocalAws, running

# Zone rules come from the packaged tzdata alone, as in the functions and on the command line.
zoneinfo.reset_tzpath(to=())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--handlers", action="store_true", help="fail if an error handler of the functions never ran")
    parser.addoption("--update-golden", action="store_true", help="write golden files anew, to be read as a diff")


def pytest_configure(config: pytest.Config) -> None:
    handlers = Handlers()
    handlers.watch()
    config.add_cleanup(handlers.end)
    config.pluginmanager.register(handlers)


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """The real template on a local AWS of the tests' own, on free ports; one for the whole run, gone after it."""
    with running(tmp_path_factory.mktemp("local-aws")) as aws:
        yield aws


@pytest.fixture(scope="session")
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """Compare a text with a checked-in file; `--update-golden` writes the file instead."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.write_text(text)
        assert text == path.read_text(), f"{path.name} differs; if it should, run pytest with --update-golden"

    return compare
