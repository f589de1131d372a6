"""Owns the simulator as a process or a thread: a loopback port, a line when it is ready, a clean end.

It knows no route.
"""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from preheat_simulator.core.trail import SECRET, EventBusAt
from preheat_simulator.http.authorizing import Authority, RightsAt
from preheat_simulator.http.options import HttpSimulator, Options
from preheat_simulator.http.web import make_application

HOST = "127.0.0.1"
DEFAULT_PORT = 4700


class PortInUseError(Exception):
    """Another program has the port; the message names it and the remedy."""


def run(
    port: int = DEFAULT_PORT,
    *,
    models: Iterable[str] = (),
    start_latency: str | float = 900,
    stop_latency: str | float = 120,
    switches: Iterable[str] = (),
    scale: float = 1.0,
    seed: int = 1,
    events_to: str | None = None,
    rights_at: str | None = None,
) -> None:
    """Serve on 127.0.0.1 until Ctrl-C or SIGTERM, then return.

    `port` 0 takes a free one; `models` are PROJECT/VERSION; latencies are seconds or a distribution (see `latency`);
    `switches` are NAME=VALUE; `scale` runs time N times as fast, 0 leaves it to the time control. `events_to` is
    the local AWS whose default event bus gets an event when a person starts or stops a model. The roles of the one
    at `rights_at` limit their calls. Prints `simulator:
    listening on http://127.0.0.1:PORT` once it accepts connections. Raises ValueError for a wrong option and
    PortInUseError.
    """
    options = Options.read(
        models=models,
        start_latency=start_latency,
        stop_latency=stop_latency,
        switches=switches,
        scale=scale,
        seed=seed,
    )
    listener, url = _listen(port)
    on_event = EventBusAt(events_to, options.region).put if events_to is not None else None
    server = _server(
        HttpSimulator(options, on_event=on_event),
        lambda: print(f"simulator: listening on {url}", flush=True),
        RightsAt(rights_at, os.environ.get(SECRET, "")) if rights_at is not None else None,
    )
    # uvicorn stops on these signals, then raises them again for an earlier handler: nobody has to handle them.
    before = {number: signal.signal(number, _nothing) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        server.run(sockets=[listener])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        listener.close()


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that serves from a thread of this process; use `simulator` only between calls."""

    url: str
    simulator: HttpSimulator


@contextmanager
def run_in_thread(
    options: Options | None = None, port: int = 0, *, authority: Authority | None = None
) -> Iterator[RunningSimulator]:
    """Serve in a thread as long as the context lasts; for tests and tools. Raises PortInUseError."""
    simulator = HttpSimulator(options)
    listener, url = _listen(port)
    ready = threading.Event()
    server = _server(simulator, ready.set, authority)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        if not ready.wait(10):
            raise TimeoutError(f"the simulator on {url} did not start within 10 s")
        yield RunningSimulator(url, simulator)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


class _Server(uvicorn.Server):
    """A server that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._when_ready()


class _Protocol(H11Protocol):
    """Hands each request its connection, so that an answer can be lost (see `web.LostAnswer`)."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def _listen(port: int) -> tuple[socket.socket, str]:
    # Name the protocol, because asyncio turns Nagle's delay off only for a socket that says TCP: 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise PortInUseError(f"port {port} is in use on {HOST}: stop what listens there, or choose another") from error
    return listener, f"http://{HOST}:{listener.getsockname()[1]}"


def _server(
    simulator: HttpSimulator, when_ready: Callable[[], None], authority: Authority | None = None
) -> uvicorn.Server:
    config = uvicorn.Config(
        make_application(simulator, authority),
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
        # Longer than a client keeps an idle connection for a look a minute: else a reuse may meet its closing.
        timeout_keep_alive=75,
    )
    return _Server(config, when_ready)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Let a signal pass that has already ended the server."""
