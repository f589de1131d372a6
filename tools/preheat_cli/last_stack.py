"""Remembers which stack a command used last, so that a command never uses another one without a word.

One line in the user's state folder. Without such a folder it remembers nothing.
"""

import contextlib
import os
from pathlib import Path


def remember(name: str) -> None:
    """Store the name of the stack that a command used."""
    path = _path()
    with contextlib.suppress(OSError):  # a read-only home: there is nothing to remember it with
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n", encoding="utf-8")


def recall() -> str | None:
    """Return the name of the stack that a command used last, or None."""
    try:
        return _path().read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def _path() -> Path:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "preheat" / "last-stack"
