"""Background processes that outlive the program that started them: start, recognise, stop.

A pid alone is not an identity, because the system uses it again: this module knows a process by its pid *and* its start
time. No other process gets a signal. Knows nothing of what the processes serve.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

GRACE = timedelta(seconds=5)  # what ministack takes to end its functions, with room
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class RecordedProcess:
    """A started process that leads a process group of its own; `started` is what the system says of its start."""

    name: str
    pid: int
    started: str


def start(name: str, command: Sequence[str | Path], *, env: Mapping[str, str], log: Path, cwd: Path) -> RecordedProcess:
    """Start `command` in a session of its own, both outputs appended to `log`, nothing on its input."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # this program handles Ctrl-C in its terminal, and can end the group as a whole
        )
    # Ownership passes to the record: this program may end first. poll() would warn about a child left running.
    child.returncode = 0
    return RecordedProcess(name, child.pid, _start_time(child.pid) or "")


def is_running(process: RecordedProcess) -> bool:
    """Return whether the very process that we started is alive; a stranger under its pid is not it."""
    _reap(process.pid)
    return bool(process.started) and _start_time(process.pid) == process.started


def stop(process: RecordedProcess, grace: timedelta = GRACE) -> bool:
    """End the process and its group: asked first, forced after `grace`. Return whether it was running.

    Returns once the process is gone. Does nothing if the process is gone or is not one that we started.
    """
    if not is_running(process):
        return False
    _signal_group(process.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace.total_seconds()
    while is_running(process) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    # The rest of the leader's group, or the leader itself if it would not go. No new group gets a number while a member
    # of the old one lives, nor so soon after its last has gone.
    _signal_group(process.pid, signal.SIGKILL)
    while is_running(process):
        time.sleep(_POLL_SECONDS)
    return True


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _reap(pid: int) -> None:
    """Collect a child that has ended, so that it does not look alive; ignore a process that is not a child."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def _start_time(pid: int) -> str | None:
    """Return the start time of a live process, in the system's own words, or None if there is none."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()  # the command's name may hold spaces and brackets
        except OSError:
            return None
        return None if fields[0] in "ZX" else f"{fields[19]} ticks after boot"
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None
