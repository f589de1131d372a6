"""Starting, recognising and stopping processes, with real ones."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from preheat_local import processes
from preheat_local.processes import RecordedProcess

DEADLINE_SECONDS = 30
SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
WILL_NOT_GO = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
HAS_A_CHILD = f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]).pid); {SLEEPS}"

type Start = Callable[[str], RecordedProcess]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.01)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = []

    def begin(code: str) -> RecordedProcess:
        process = processes.start(
            "one", [sys.executable, "-c", code], env=os.environ, log=tmp_path / "log", cwd=tmp_path
        )
        started.append(process)
        wait_until(lambda: "up" in (tmp_path / "log").read_text())
        return process

    yield begin
    for process in started:
        processes.stop(process, grace=timedelta())


def test_a_started_process_runs_until_it_is_stopped(start: Start) -> None:
    process = start(SLEEPS)
    assert processes.is_running(process)
    assert processes.stop(process)
    assert not processes.is_running(process)
    assert not processes.stop(process)


def test_a_process_that_will_not_go_is_forced(start: Start) -> None:
    process = start(WILL_NOT_GO)
    began = time.monotonic()
    assert processes.stop(process, grace=timedelta(seconds=0.2))
    assert not processes.is_running(process)
    assert time.monotonic() - began < processes.GRACE.total_seconds()


def test_what_a_process_started_ends_with_it(start: Start, tmp_path: Path) -> None:
    process = start(HAS_A_CHILD)
    child = int((tmp_path / "log").read_text().split()[0])
    processes.stop(process)

    def is_gone() -> bool:
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        return state in "ZX"

    wait_until(is_gone)


def test_a_stranger_under_a_recorded_pid_is_left_alone() -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPS], stdout=subprocess.DEVNULL) as stranger:
        recorded = RecordedProcess("ours", stranger.pid, "0 ticks after boot")
        assert not processes.is_running(recorded)
        assert not processes.stop(recorded)
        assert stranger.poll() is None
        stranger.send_signal(signal.SIGKILL)


def test_a_process_without_a_start_time_is_taken_for_nobody(start: Start) -> None:
    process = start(SLEEPS)
    assert not processes.is_running(replace(process, started=""))
