"""The error of the local AWS: its message names the fact and the remedy.

Does not know the failed step.
"""


class LocalAwsError(Exception):
    """The local AWS cannot do what you asked; the message says why and what to do about it."""

    @property
    def lines(self) -> list[str]:
        """The message in lines: the end of a log is many."""
        return str(self).splitlines() or [""]
