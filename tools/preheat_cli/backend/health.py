"""Asks a model itself whether it serves, past the function that reports it. Knows no promise."""

import urllib.request
from typing import Final

ANSWERS_WITHIN_SECONDS: Final = 5
SCHEMES: Final = ("http://", "https://")


class HealthCheck:
    """The health check at a URL."""

    def __init__(self, url: str) -> None:
        """Take the URL. Raises ValueError for one that is not of HTTP."""
        if not url.startswith(SCHEMES):
            raise ValueError(f"{url!r}: it begins with {' or '.join(SCHEMES)}")
        self._url = url

    def __call__(self) -> bool:
        """Return whether it answers with 2xx; no answer within ANSWERS_WITHIN_SECONDS says no."""
        try:
            with urllib.request.urlopen(self._url, timeout=ANSWERS_WITHIN_SECONDS) as answer:  # noqa: S310  # nosec B310 - HTTP, see above
                return 200 <= int(answer.status) < 300
        except OSError:
            return False
