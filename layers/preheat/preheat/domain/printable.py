"""Makes text from outside safe to show: a reason, a name, the words of a service. Knows no terminal and no page.

Control characters move a cursor or set a clipboard, newlines forge lines, and direction marks reorder what people read.
Every command, page and error shows such text only through these functions.
"""

import html
import re
from typing import Final

HIDDEN: Final = (
    r"\u0000-\u001f\u007f-\u009f"  # control characters
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, joiners, fillers, a direction mark
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"  # zero width, direction, separators of lines, blanks
    r"\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"  # byte order mark, annotations, halves of pairs
    "\U000e0000-\U000e0fff"  # tags; as they are, because a JSON Schema knows no such escape
)
"""The characters that show nothing, move other text, or turn its direction: the inside of a class of `re`."""

_HIDDEN: Final = re.compile(f"[{HIDDEN}]")


def printable(text: str) -> str:
    r"""Return text on one line, with a space for each character that does not show itself.

    >>> printable("done\n\x1b[2K\u202eHosted")
    'done  [2K Hosted'
    """
    shown = _HIDDEN.sub(" ", text)
    return shown if shown.isprintable() else "".join(each if each.isprintable() else " " for each in shown)


def escape(text: str) -> str:
    """Return text for a page: printable, and without markup."""
    return html.escape(printable(text))
