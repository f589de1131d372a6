"""Owns who reaches the local AWS: programs of this machine, and no web page of another origin. Knows no service.

Loaded by the launcher into ministack's own process, so it imports nothing of preheat. A browser lets any page send
requests to 127.0.0.1, and ministack answers any origin and takes orders such as `reset` from anybody.
"""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

type Scope = Mapping[str, Any]
type Receive = Callable[[], Awaitable[Mapping[str, Any]]]
type Send = Callable[[Mapping[str, Any]], Awaitable[None]]
type Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH, ORDERS = "/_ministack/health", "/_ministack/"
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost\.?|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_OWN_SITES = frozenset({"same-origin", "none"})  # `none`: a person typed the address
FORBIDDEN, POLICY_VIOLATION = 403, 1008


class Guard:
    """Answers 403 unless Host is a loopback name, no page of another origin asks, and the path is no order."""

    def __init__(self, application: Application) -> None:
        """`application` is ministack's, which gets every other request."""
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before anything reads its body."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        sentence = find_refusal(scope["path"], scope["headers"])
        if sentence is None:
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            body = json.dumps({"error": sentence}).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
            await send({"type": "http.response.start", "status": FORBIDDEN, "headers": headers})
            await send({"type": "http.response.body", "body": body})


def find_refusal(path: str, headers: list[tuple[bytes, bytes]]) -> str | None:
    """Return why the guard refuses a request, or None. Of a header that comes twice, each value counts."""
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    hosts = found.get("host", [])
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return "Host: only 127.0.0.1, localhost and [::1] are accepted"
    if any(origin.lower() != f"http://{hosts[0].lower()}" for origin in found.get("origin", [])):
        return "Origin: pages of other origins get no answer"
    if any(site not in _OWN_SITES for site in found.get("sec-fetch-site", [])):
        return "Sec-Fetch-Site: pages of other sites get no answer"
    if path.startswith(ORDERS) and path != HEALTH:
        return f"{path}: the local AWS takes no orders here. Use preheat down and preheat up"
    return None
