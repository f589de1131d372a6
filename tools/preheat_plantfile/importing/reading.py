"""Reading a file that another tool wrote, within a bound.

Owns the bound and the messages. Knows no format.
"""

from pathlib import Path
from typing import Final

SIZE_MAX: Final = 30_000_000  # bytes


class UnreadableFileError(Exception):
    """The file cannot be read, or is too large; the message says which."""


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        UnreadableFileError: it cannot be read, or holds more than the bound.
    """
    try:
        with path.open("rb") as opened:
            data = opened.read(SIZE_MAX + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableFileError(f"{path} cannot be read ({reason}); accepted: a file that exists") from error
    if len(data) > SIZE_MAX:
        raise UnreadableFileError(f"{path} holds more than {SIZE_MAX:,} bytes; divide it")
    return data


def text_of(data: bytes, path: Path) -> str:
    """Return a file's text.

    Raises:
        UnreadableFileError: it is not UTF-8.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableFileError(
            f"{path}: line {line} is not UTF-8 (byte {error.start + 1}); save it as UTF-8"
        ) from error
