"""A backend function for Preheat: a model server on the network of the plant, by its HTTP interface.

The environment variable MODEL_SERVER_URL is the address of the server; the parameter `name` is the model there. The
server answers `GET /models/NAME` with `{"state": "down" | "loading" | "ready" | "unloading", "workers": 1}`, and takes
`PUT /models/NAME` with `{"workers": 2}`: a level, so the same again changes nothing.
"""

import json
import os
import re
import urllib.error
import urllib.request
from typing import Any

STATES = {"down": "stopped", "loading": "starting", "ready": "hosted", "unloading": "stopping"}
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
SECONDS = 8
CODES = {400: "invalid", 401: "denied", 403: "denied", 404: "gone", 409: "wrong_state", 429: "throttled", 507: "quota"}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of Preheat."""
    name = event.get("parameters", {}).get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        return _error("invalid", "parameters: name the model of the server")
    try:
        match event.get("operation"):
            case "describe":
                found = call("GET", name)
                status = STATES.get(str(found.get("state")), str(found.get("state")))
                return {"status": status, "serving": found.get("workers"), "detail": str(found.get("state"))}
            case "start":
                call("PUT", name, {"workers": event["units"]})
                return {"status": "starting"}
            case "stop":
                call("PUT", name, {"workers": 0})
                return {"status": "stopping"}
            case other:
                return _error("invalid", f"unknown operation {other!r}")
    except urllib.error.HTTPError as error:
        return _error(CODES.get(error.code, "lost"), f"the model server answered {error.code}")
    except (OSError, ValueError) as error:
        return _error("lost", f"no answer of the model server: {type(error).__name__}: {error}")


def call(method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Make one call of the model server; return its answer."""
    url = f"{os.environ['MODEL_SERVER_URL']}/models/{name}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the address is the stack's own
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
        found = json.loads(answer.read(65_536) or b"{}")
    return found if isinstance(found, dict) else {}


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}
