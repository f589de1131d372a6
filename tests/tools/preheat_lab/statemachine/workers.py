"""Workers: a pass that runs to its end, dies at a remote call, or waits before one until the world lets it go on.

A pass that waits has its own thread, but only one of all threads runs at a time. They pass control on, so every run
replays. Does not know what a pass does.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from preheat_lab.simulation.faults import WorkerKilled


@dataclass(frozen=True)
class Halt:
    """The point where a pass stops: before its n-th remote call, or (`after`) when that has had its effect."""

    call: int
    after: bool = False
    dies: bool = False  # else it waits until the world lets it go on


class SteppedWorker:
    """One pass under way."""

    def __init__(self, run: Callable[["SteppedWorker"], None], halt: Halt | None) -> None:
        self._run = run
        self._halt = halt
        self._calls = 0
        self._killed = False
        self._error: BaseException | None = None
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)
        self.over = False
        if halt is None or halt.dies:
            self._carry_on()
            self._raise()
            return
        self._thread = threading.Thread(target=self._in_thread, daemon=True)
        self._thread.start()
        self._stands.acquire()
        self._raise()

    def meets(self, _name: str, done: bool) -> None:
        """Be asked before and after each remote call."""
        if not done:
            self._calls += 1
        halt = self._halt
        if halt is None or self._killed or (self._calls, done) != (halt.call, halt.after):
            return
        self._halt = None
        if not halt.dies:
            self._stands.release()
            self._go.acquire()
        if halt.dies or self._killed:
            raise WorkerKilled

    def go_on(self, *, killed: bool = False) -> None:
        """Let a waiting pass end, or die where it waits."""
        if self.over:
            return
        self._killed = killed
        self._go.release()
        self._thread.join()
        self._raise()

    def _in_thread(self) -> None:
        self._carry_on()
        self._stands.release()

    def _carry_on(self) -> None:
        try:
            self._run(self)
        except WorkerKilled:
            pass
        except BaseException as error:  # noqa: BLE001  handed to whoever waits for the worker
            self._error = error
        self.over = True

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
