"""Allowed callers of the simulator: programs of this machine, and no page of a browser that comes from elsewhere."""

from collections.abc import Iterator, Mapping

import httpx
import pytest

from preheat_simulator.http.options import Options
from preheat_simulator.http.serve import RunningSimulator, run_in_thread


@pytest.fixture(scope="module")
def server() -> Iterator[RunningSimulator]:
    with run_in_thread(Options.read(models=["weld/1"], scale=0)) as served:
        yield served


@pytest.fixture
def calls(server: RunningSimulator) -> Iterator[httpx.Client]:
    """A client of a simulator whose first model a reset would take away."""
    server.simulator.reset()
    server.simulator.service.add_model("paint", "1")
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client


def projects(server: RunningSimulator) -> list[str]:
    return [project.name for project in server.simulator.service.projects()]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "http://127.0.0.1"},  # another port: another origin
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:PORT"},
        {"Origin": "http://localhost:PORT"},  # not the name that Host has
        {"Origin": "null"},  # a sandboxed frame, a file
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},  # an image or a form without Origin
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "attacker.example"},  # a name that was rebound to 127.0.0.1
        {"Host": "attacker.example:PORT"},
        {"Host": "127.0.0.1.attacker.example:PORT"},
        {"Host": "localhost.attacker.example"},
        {"Host": "127.0.0.1@attacker.example"},
        {"Host": "attacker.example", "Origin": "http://attacker.example"},
        {"Host": "attacker.example:PORT", "Origin": "http://attacker.example:PORT"},
        {"Host": "0.0.0.0:PORT"},
        {"Host": "192.168.0.7:PORT"},
        {"Host": ""},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_simulator/reset"),
        ("POST", "/_simulator/delete"),
        ("GET", "/_simulator/state"),
        ("POST", "/2020-11-20/projects/weld/models/1/start"),
        ("GET", "/2020-11-20/projects"),
    ],
)
def test_a_page_of_another_origin_neither_changes_nor_reads_anything(
    server: RunningSimulator, calls: httpx.Client, headers: Mapping[str, str], method: str, path: str
) -> None:
    port = server.url.rpartition(":")[2]
    given = {name: value.replace("PORT", port) for name, value in headers.items()}
    # A body that a page may send without asking first: plain text.
    body = '{"project": "paint", "version": "1"}' if method == "POST" else None
    answer = calls.request(method, path, content=body, headers={"Content-Type": "text/plain", **given})
    assert answer.status_code == 403
    assert "weld" not in answer.text
    assert projects(server) == ["weld", "paint"]
    assert not list(server.simulator.service.call_log)


def test_a_page_that_asks_first_gets_no_permission(calls: httpx.Client) -> None:
    asked = {"Origin": "https://attacker.example", "Access-Control-Request-Method": "POST"}
    for path in ("/_simulator/reset", "/2020-11-20/projects"):
        answer = calls.options(path, headers=asked)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "localhost."])
def test_a_program_of_this_machine_is_answered_under_every_loopback_name(
    server: RunningSimulator, calls: httpx.Client, host: str
) -> None:
    port = server.url.rpartition(":")[2]
    for given in (f"{host}:{port}", host):
        answer = calls.get("/_simulator/health", headers={"Host": given})
        assert answer.json() == {"status": "ok"}
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_simulators_own_origin_is_answered(server: RunningSimulator, calls: httpx.Client) -> None:
    answer = calls.post("/_simulator/reset", headers={"Origin": server.url, "Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200
    assert projects(server) == ["weld"]
