"""A line of progress on a terminal, for work that may take more than a second. In a pipe there is none.

Owns that line on stderr. Knows no command.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

SHOWN_AFTER: Final = 1.0  # seconds
EVERY: Final = 0.25  # seconds
ERASE: Final = "\r\x1b[K"  # back to the start of the line, and clear it


class ProgressLine:
    """The work under way. A thread shows it, with the seconds that it has taken so far."""

    def __init__(self, text: str) -> None:
        self._text, self._began = text, time.monotonic()
        self._over, self._line = threading.Event(), threading.Lock()
        self._is_shown = False

    def note(self, text: str) -> None:
        """Show this text from now on. The seconds go on."""
        self._text = text

    def say(self, line: str) -> None:
        """Print a line that stays, and show it with its own seconds until the next one."""
        with self._line:
            self._erase()
            typer.echo(line)
            self._text, self._began = line, time.monotonic()

    def show(self) -> None:
        """Show the text until `end`."""
        while not self._over.wait(EVERY):
            seconds = time.monotonic() - self._began
            if seconds >= SHOWN_AFTER:
                with self._line:
                    sys.stderr.write(f"{ERASE}{self._text} ({seconds:.0f} s)")
                    sys.stderr.flush()
                    self._is_shown = True

    def end(self, thread: threading.Thread) -> None:
        """End the thread that shows it, and erase the line."""
        self._over.set()
        thread.join()
        self._erase()

    def _erase(self) -> None:
        if self._is_shown:
            sys.stderr.write(ERASE)
            sys.stderr.flush()
            self._is_shown = False


@contextmanager
def show_progress(text: str) -> Iterator[ProgressLine]:
    """Show a text with its seconds inside the block, if stderr is a terminal. Print only by `say` meanwhile."""
    progress = ProgressLine(text)
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield progress
        return
    thread = threading.Thread(target=progress.show, daemon=True)
    thread.start()
    try:
        yield progress
    finally:
        progress.end(thread)
