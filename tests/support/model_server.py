"""A model server of a plant: models by name, each with the desired workers and those that serve."""

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class ModelServer(BaseHTTPRequestHandler):
    """Answers `GET /models/NAME` and takes `PUT /models/NAME` with the desired workers."""

    models: dict[str, Any]
    loads_within: float | None

    def do_GET(self) -> None:
        name = self.path.rpartition("/")[2]
        if name == "health":
            return self._send(self.models.get("health", 200), {})
        found = self.models.get(name)
        if found is None:
            return self._send(404, {})
        if self.loads_within is not None and time.monotonic() >= found.get("until", 0.0):
            settle(found)
        return self._send(200, {key: value for key, value in found.items() if key != "until"})

    def do_PUT(self) -> None:
        workers = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["workers"]
        found = self.models[self.path.rpartition("/")[2]]
        if workers != found["wanted"]:
            found.update(wanted=workers, state="loading" if workers else "unloading")
            if self.loads_within is not None:
                found["until"] = time.monotonic() + self.loads_within
        self._send(200, {})

    def _send(self, status: int, body: dict[str, Any]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


def settle(model: dict[str, Any]) -> None:
    """Let a model reach its desired state."""
    model.update(workers=model["wanted"], state="ready" if model["wanted"] else "down")
    model.pop("until", None)


def make_server(models: dict[str, Any], *, loads_within: float | None = None) -> ThreadingHTTPServer:
    """Return a server on a free loopback port. `loads_within`: seconds of a change; None: by `settle`."""
    handler = type("Served", (ModelServer,), {"models": models, "loads_within": loads_within})
    return ThreadingHTTPServer(("127.0.0.1", 0), handler)
