"""Makes text from outside safe to show: a reason, a name, the words of a service. Knows no terminal and no page.

Control characters move a cursor or set a clipboard, newlines forge lines, and direction marks reorder what is read.
Every command, page and error shows such text only through these functions.
"""

import html


def printable(text: str) -> str:
    r"""Return text on one line, with a space for each character that does not show itself.

    >>> printable("done\n\x1b[2K\u202eHosted")
    'done  [2K Hosted'
    """
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def escape(text: str) -> str:
    """Return text for a page: printable, and without markup."""
    return html.escape(printable(text))
