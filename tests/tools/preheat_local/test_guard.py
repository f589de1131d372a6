"""The guard in front of the local AWS: which requests reach ministack, by their headers and path."""

import asyncio
import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FILE = Path(__file__).parents[3] / "tools" / "preheat_local" / "emulator" / "guard.py"
HOST = "127.0.0.1:4578"
OWN = {"host": HOST}


def load() -> ModuleType:
    """Load the guard as the launcher does: by path, without its package."""
    spec = importlib.util.spec_from_file_location("guard", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(
    headers: Mapping[str, str] | list[tuple[str, str]], path: str = "/", kind: str = "http"
) -> list[dict[str, Any]]:
    """Return what the guard sends; `{"passed": True}` if it has passed the request on."""
    sent: list[dict[str, Any]] = []

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"passed": True})

    async def receive() -> dict[str, Any]:
        raise AssertionError("the guard reads no body")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    pairs = headers.items() if isinstance(headers, Mapping) else headers
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    asyncio.run(load().Guard(application)({"type": kind, "path": path, "headers": raw}, receive, send))
    return sent


@pytest.mark.parametrize(
    "headers",
    [
        OWN,
        {"host": "localhost:4578"},
        {"host": "LOCALHOST"},
        {"host": "[::1]:4578"},
        OWN | {"origin": f"http://{HOST}"},
        OWN | {"sec-fetch-site": "same-origin"},
        OWN | {"sec-fetch-site": "none"},
    ],
)
def test_a_program_of_this_machine_and_a_page_of_its_own_are_answered(headers: dict[str, str]) -> None:
    assert ask(headers) == [{"passed": True}]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "example.com"},
        {"host": "attacker.example:4578"},  # a name that was rebound to 127.0.0.1
        {"host": "127.0.0.1.attacker.example"},
        {"host": "127.0.0.1:4578@attacker.example"},
        {"host": "0.0.0.0:4578"},
        {"host": "192.168.1.4:4578"},
        {"host": ""},
        OWN | {"origin": "null"},
        OWN | {"origin": "http://attacker.example"},
        OWN | {"origin": "http://127.0.0.1:9999"},
        OWN | {"origin": f"https://{HOST}"},
        OWN | {"origin": f"http://{HOST}.attacker.example"},
        OWN | {"sec-fetch-site": "cross-site"},
        OWN | {"sec-fetch-site": "same-site"},  # another port of 127.0.0.1 is the same site
        [("host", HOST), ("origin", f"http://{HOST}"), ("origin", "http://attacker.example")],
        [("host", HOST), ("host", "attacker.example")],
        [("Host", HOST), ("ORIGIN", "http://attacker.example")],
    ],
)
@pytest.mark.parametrize("path", ["/", "/_ministack/health", "/2015-03-31/functions/preheat-tick/invocations"])
def test_a_page_of_another_origin_and_another_name_of_the_host_are_refused(
    headers: dict[str, str] | list[tuple[str, str]], path: str
) -> None:
    started, body = ask(headers, path)
    assert started["status"] == 403
    assert not [name for name, _ in started["headers"] if name.startswith(b"access-control")]
    assert json.loads(body["body"])["error"]


@pytest.mark.parametrize(
    "path", ["/_ministack/reset", "/_ministack/config", "/_ministack/state", "/_ministack/health/"]
)
def test_nobody_gives_orders_to_the_local_aws(path: str) -> None:
    assert ask(OWN, path)[0]["status"] == 403


def test_its_health_is_readable_and_its_life_is_its_own() -> None:
    assert ask(OWN, "/_ministack/health") == [{"passed": True}]
    assert ask({}, kind="lifespan") == [{"passed": True}]


def test_a_socket_of_another_origin_is_closed() -> None:
    assert ask(OWN | {"origin": "http://attacker.example"}, kind="websocket") == [
        {"type": "websocket.close", "code": 1008}
    ]
    assert ask(OWN, kind="websocket") == [{"passed": True}]
