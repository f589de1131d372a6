"""The demos that the end-to-end tests judge. Each takes minutes, so all begin together.

They begin with the run, and their tests come last. Where several processes run the tests, one judges them first.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.groups import is_one_of_several

ROOT = Path(__file__).parents[2]
DEMOS = {
    "living": (),
    "lookoutvision": ("--service", "lookoutvision"),
    "never-hosted": ("--fault", "never-hosted"),
    "reconcile-dead": ("--fault", "reconcile-dead"),
    "started-twice": ("--fault", "started-twice"),
}
LONGEST_SECONDS = 900  # beside other work; it takes a third on a quiet machine
RUNNING = pytest.StashKey[dict[str, "Demo"]]()


@dataclass
class Demo:
    """One `preheat demo`, with a local AWS of its own, writing to a file."""

    process: subprocess.Popen[bytes]
    folder: Path

    def ended(self) -> tuple[int, str]:
        """Wait for it, and return its exit status and what it printed."""
        status = self.process.wait(LONGEST_SECONDS)
        return status, (self.folder / "output.txt").read_text()


def _begin(name: str) -> Demo:
    folder = Path(tempfile.mkdtemp(prefix=f"preheat-{name}-"))
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "preheat_cli.main", "demo", *DEMOS[name]],
            cwd=ROOT,
            env=os.environ | {"PREHEAT_STATE": str(folder / "state")},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    return Demo(process, folder)


def _is_demo(item: pytest.Item) -> bool:
    return "demo" in getattr(item, "fixturenames", ())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not is_one_of_several(config):
        items.sort(key=_is_demo)


def pytest_collection_finish(session: pytest.Session) -> None:
    if not session.config.option.collectonly and not is_one_of_several(session.config):
        _find_running(session)


def _find_running(session: pytest.Session) -> dict[str, Demo]:
    """Return every demo that a test of this run judges; the first call begins them."""
    if RUNNING not in session.config.stash:
        wanted = [item.nodeid for item in session.items if _is_demo(item)]
        names = {name for test in wanted for name in DEMOS if f"[{name}]" in test}
        session.config.stash[RUNNING] = {name: _begin(name) for name in sorted(names)}
    return session.config.stash[RUNNING]


def pytest_sessionfinish(session: pytest.Session) -> None:
    for demo in session.config.stash.get(RUNNING, {}).values():
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGINT)
            demo.process.wait(60)
        shutil.rmtree(demo.folder, ignore_errors=True)


@pytest.fixture
def demo(request: pytest.FixtureRequest) -> Callable[[str], tuple[int, str]]:
    """Wait for a demo by name; return its exit status and what it printed."""
    running = _find_running(request.session)
    return lambda name: running[name].ended()
