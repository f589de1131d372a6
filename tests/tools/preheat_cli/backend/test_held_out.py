"""Backend functions by somebody who read only docs/backend-function.md: the check passes the right one, and no other.

Each manages a real process that serves a second after its start.
"""

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from typer.testing import CliRunner

from preheat.domain.plan.plan import Idempotence
from preheat_cli.backend.health import HealthCheck
from preheat_cli.backend.invoking import LocalHandler, load_handler
from preheat_cli.backend.promises import Checked, PromiseOutcome, check_promises
from preheat_cli.main import app

HELD_OUT = Path(__file__).parent / "held_out.py"
WITHIN, POLL = timedelta(seconds=6), timedelta(seconds=0.2)


@dataclass(frozen=True, slots=True)
class Place:
    """The folder and the port of a model server."""

    folder: Path
    port: int

    @property
    def parameters(self) -> dict[str, Any]:
        return {"folder": str(self.folder), "port": self.port}

    @property
    def absent(self) -> dict[str, Any]:
        return self.parameters | {"folder": f"{self.folder}-none"}

    @property
    def health(self) -> str:
        return f"http://127.0.0.1:{self.port}/pid"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield Place(tmp_path, port)
    with suppress(OSError, ValueError):
        pid = int((tmp_path / "pid").read_text(encoding="utf-8"))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def check(name: str, place: Place, *, health: bool = True) -> list[str]:
    """Return the promises that a function breaks."""
    checked = Checked(
        LocalHandler(load_handler(f"{HELD_OUT}:{name}")),
        "weld",
        place.parameters,
        1,
        Idempotence.LEVEL,
        WITHIN,
        POLL,
        sleep,
        monotonic,
        place.absent,
        HealthCheck(place.health) if health else None,
    )
    return [one.promise for one in check_promises(checked) if one.outcome is PromiseOutcome.FAIL]


def test_the_right_one_passes_by_the_command(place: Place) -> None:
    options = ["--parameters", json.dumps(place.parameters), "--absent", json.dumps(place.absent)]
    options += ["--health", place.health, "--within", "1", "--poll", "0.2", "--yes"]
    result = CliRunner().invoke(app, ["backend", "check", f"{HELD_OUT}:right", *options])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-1] == "19 PASS, 0 FAIL, 0 SKIP"


def test_one_that_lies_about_hosted_fails_for_that(place: Place) -> None:
    assert check("lies_about_hosted", place) == ["what it reports as hosted answers"]


def test_without_a_health_check_nobody_can_find_such_a_lie(place: Place) -> None:
    assert check("lies_about_hosted", place, health=False) == []


def test_one_whose_stop_does_nothing_fails_for_that(place: Place) -> None:
    broken = check("stop_does_nothing", place)
    assert broken[0] == "a stop becomes stopped"
    assert "what it reports as stopped does not answer" in broken


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "127.0.0.1:80"])
def test_a_health_check_is_of_http(url: str) -> None:
    result = CliRunner().invoke(app, ["backend", "check", f"{HELD_OUT}:right", "--health", url, "--yes"])
    assert result.exit_code == 2
    assert "http:// or https://" in result.output
