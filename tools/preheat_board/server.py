"""Serves the board on loopback. Answers only requests to its own address, so that no other site can read it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from preheat.app.ports.errors import PreheatError
from preheat.domain.printable import escape
from preheat_board.page import POLICY, wrap

LOOPBACK = "127.0.0.1"
PORT = 4679
KEPT = 5.0  # seconds that the server keeps a rendered board for the next request


class BoardServer(ThreadingHTTPServer):
    """The board behind one port. `render` returns it; the server calls it at most once in KEPT seconds."""

    daemon_threads = True

    def __init__(self, port: int, render: Callable[[], str], title: str) -> None:
        """Bind `port` on loopback; 0: a free one.

        Raises:
            OSError: the port is in use.
        """
        super().__init__((LOOPBACK, port), _Handler)
        self._render, self.title = render, title
        self._lock, self._kept = threading.Lock(), (0.0, "")

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    def part(self) -> str:
        """Return the rendered board, KEPT seconds old at most."""
        with self._lock:
            at, part = self._kept
            if not part or time.monotonic() - at > KEPT:
                part = self._render()
                self._kept = time.monotonic(), part
            return part


@contextmanager
def serve_beside(render: Callable[[], str], title: str, port: int) -> Iterator[BoardServer]:
    """Serve a board in a thread of its own while the block runs: on `port`, or on a free one if that is in use."""
    try:
        server = BoardServer(port, render, title)
    except OSError:
        server = BoardServer(0, render, title)
    threading.Thread(target=server.serve_forever, name="board", daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: BoardServer

    def do_GET(self) -> None:
        """Answer `/` with the page and `/part` with the board alone."""
        hosts = {f"{name}:{self.server.server_port}" for name in (LOOPBACK, "localhost")}
        if self.headers.get("Host") not in hosts:
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "this board answers on its own address only")
        elif self.path in ("/", "/part"):
            self._show(whole=self.path == "/")
        else:
            self._answer(HTTPStatus.NOT_FOUND, "there is no such page")

    def _show(self, *, whole: bool) -> None:
        """Answer with the board. If it cannot be read, say why; the page then goes on asking."""
        try:
            part, status = self.server.part(), HTTPStatus.OK
        except PreheatError as error:
            part, status = str(error), HTTPStatus.SERVICE_UNAVAILABLE
        if not whole:
            self._answer(status, part)
            return
        text = part if status is HTTPStatus.OK else f"<p>Preheat cannot read its tables: {escape(part)}</p>"
        self._answer(HTTPStatus.OK, wrap(text, self.server.title))

    def _answer(self, status: HTTPStatus, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8" if status is HTTPStatus.OK else "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", POLICY),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Write no line for each request."""
