"""What can go wrong with the local AWS, in one class: its message names the fact and the remedy.

Knows nothing of what was tried.
"""


class LocalAwsError(Exception):
    """The local AWS cannot be used as asked; the message says why and what to do about it."""
