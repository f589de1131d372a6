"""Three backend functions for a model server that is a process of this machine: one right, two wrong.

Written from docs/backend-function.md alone. The PID of the server is in a file of the folder. It serves a second after
its start.
"""

import os
import signal
import sys
import urllib.request
from pathlib import Path
from typing import Any

SERVER = """
import os, sys, time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
sys.stderr = open(os.devnull, "w")
time.sleep(1)
served = partial(SimpleHTTPRequestHandler, directory=sys.argv[2])
ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), served).serve_forever()
"""


def right(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Keep every promise."""
    folder, port = Path(event["parameters"]["folder"]), event["parameters"]["port"]
    operation = event["operation"]
    if operation not in ("describe", "start", "stop"):
        return {"error": {"type": "invalid", "message": f"unknown operation {operation}"}}
    if not folder.is_dir():
        return {"status": "gone"} if operation == "describe" else {"error": {"type": "gone", "message": "no folder"}}
    pid = find_server(folder)
    if operation == "start":
        if pid is None:
            server = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-c", SERVER, str(port), str(folder)])  # noqa: S606
            (folder / "pid").write_text(str(server), encoding="utf-8")
        return {"status": "starting"}
    if operation == "stop":
        if pid is not None:
            os.kill(pid, signal.SIGTERM)
        return {"status": "stopping"}
    if pid is None:
        return {"status": "stopped", "serving": 0}
    serves = does_serve(port)
    return {"status": "hosted" if serves else "starting", "serving": int(serves), "detail": f"process {pid}"}


def lies_about_hosted(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take a process that exists for a model that serves."""
    answer = right(event, context)
    starting = event["operation"] == "describe" and answer.get("status") == "starting"
    return {"status": "hosted", "serving": 1} if starting else answer


def stop_does_nothing(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Accept a stop, and forget it."""
    return {"status": "stopping"} if event["operation"] == "stop" else right(event, context)


def find_server(folder: Path) -> int | None:
    """Return the PID of the server if it runs."""
    try:
        pid = int((folder / "pid").read_text(encoding="utf-8"))
        return pid if os.waitpid(pid, os.WNOHANG) == (0, 0) else None
    except (OSError, ValueError):
        return None


def does_serve(port: int) -> bool:
    """Return whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/pid", timeout=1):
            return True
    except OSError:
        return False
