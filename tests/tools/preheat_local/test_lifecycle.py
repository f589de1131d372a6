"""Up and down with the real ministack and the real template; a substitute for the simulator if it has to misbehave."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from preheat_local import (
    LocalAwsError,
    down,
    find_checkout,
    find_ended,
    find_running,
    lifecycle,
    processes,
    run_local_aws,
    up,
)
from preheat_local.processes import RecordedProcess

ROOT = Path(__file__).parents[3]
ANSWERS = """
import http.server, sys
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy).serve_forever()
"""
ENDS = "raise SystemExit('no such model: weld-seams')"
NEVER_ANSWERS = "import time; time.sleep(60)"
DEADLINE_SECONDS = 90  # for what takes one on a quiet machine, beside other work


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def put(code: str) -> None:
        def command(port: int, arguments: object = ()) -> list[str]:
            del arguments
            return [sys.executable, "-c", code, str(port)]

        monkeypatch.setattr(lifecycle, "make_simulator_command", command)

    return put


def list_recorded(state: Path) -> list[RecordedProcess]:
    return [RecordedProcess(**fields) for fields in json.loads((state / "processes.json").read_text())]


def both_of(state: Path) -> list[RecordedProcess]:
    """Both processes, or nothing while they are not both recorded."""
    if not (state / "processes.json").exists():
        return []
    started = list_recorded(state)
    return started if len(started) == 2 else []


def wait_for[T](look: Callable[[], T]) -> T:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.05)
    return found


def test_up_twice_is_one_local_aws_and_down_leaves_nothing_running(
    stand_in: Callable[[str], None], tmp_path: Path
) -> None:
    stand_in(ANSWERS)
    said: list[str] = []
    checkout = find_checkout(ROOT, state=tmp_path)
    with run_local_aws(tmp_path, say=said.append) as first:
        started = list_recorded(tmp_path)
        assert [process.name for process in started] == ["ministack", "simulator"]
        assert up(checkout=checkout, say=said.append) == first == find_running(checkout)
        assert "up already" in said[-2]
        assert first.endpoint_url in said[-2]
        assert said[-1] == "`preheat down` ends it"
        assert up(checkout=checkout, chosen=True, say=said.append) == first
        assert said[-1] == "the options of this command have no effect on it; `preheat down` ends it"
        assert find_ended(checkout) == []
    assert not [process for process in started if processes.is_running(process)]
    assert find_running(checkout) is None
    assert not checkout.temporary.exists()
    assert not down(checkout=checkout, say=said.append)
    assert said[-2:] == ["stopped simulator and ministack", "the local AWS is not up"]


def test_a_lost_part_is_not_up_and_the_next_up_starts_again(stand_in: Callable[[str], None], tmp_path: Path) -> None:
    stand_in(ANSWERS)
    checkout = find_checkout(ROOT, state=tmp_path)
    with run_local_aws(tmp_path) as first:
        ministack, simulator = list_recorded(tmp_path)
        processes.stop(simulator)
        assert find_running(checkout) is None
        assert find_ended(checkout) == ["simulator"]
        stand_in(ENDS)
        said: list[str] = []
        with pytest.raises(LocalAwsError, match="simulator ended"):
            up(port=0, simulator_port=0, checkout=checkout, say=said.append)
        assert said[0] == "simulator had ended; this local AWS is a new one, without that plan and history"
        assert not processes.is_running(ministack)
        assert first.endpoint_url


def test_a_part_that_ends_while_it_starts_is_quoted_and_nothing_is_left(
    stand_in: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(ENDS)
    started: list[RecordedProcess] = []
    real = processes.start

    def start(*arguments: Any, **named: Any) -> RecordedProcess:
        started.append(real(*arguments, **named))
        return started[-1]

    monkeypatch.setattr(processes, "start", start)
    with pytest.raises(LocalAwsError, match="simulator ended while it started; it said: no such model: weld-seams"):
        up(port=0, simulator_port=0, checkout=find_checkout(ROOT, state=tmp_path))
    assert len(started) == 2
    assert not [process for process in started if processes.is_running(process)]


def test_ctrl_c_stops_what_was_started(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from preheat_local import find_checkout, lifecycle, up
lifecycle.simulator_command = lambda port, _: [sys.executable, "-c", {NEVER_ANSWERS!r}]
up(port=0, simulator_port=0, checkout=find_checkout(Path({str(ROOT)!r}), state=Path({str(tmp_path)!r})))
"""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, env=os.environ) as program:
        started = wait_for(lambda: both_of(tmp_path))
        assert all(processes.is_running(process) for process in started)
        program.send_signal(signal.SIGINT)
        assert program.wait(DEADLINE_SECONDS) == -signal.SIGINT
    assert not [process for process in started if processes.is_running(process)]
    assert not (tmp_path / "processes.json").exists()


def test_a_taken_port_starts_nothing(tmp_path: Path) -> None:
    checkout = find_checkout(ROOT, state=tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalAwsError, match=f"port {port} .*--simulator-port N or PREHEAT_SIMULATOR_PORT=N"):
            up(port=0, simulator_port=port, checkout=checkout)
        with pytest.raises(LocalAwsError, match="cannot serve both"):
            up(port=port, simulator_port=port, checkout=checkout)
    assert not (tmp_path / "processes.json").exists()


def test_a_port_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREHEAT_PORT", "http")
    with pytest.raises(LocalAwsError, match="PREHEAT_PORT is 'http'"):
        up(checkout=find_checkout(ROOT, state=tmp_path))
