"""Owns who gets an answer: programs of this machine, and no web page of another origin. It knows no route.

A browser lets any page send requests to 127.0.0.1. Without this check, such a page resets the simulator, or reads its
state under a name that was rebound to 127.0.0.1.
"""

import re
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK: Final = re.compile(r"(127\.0\.0\.1|localhost\.?|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
_OWN_SITES: Final = frozenset({"same-origin", "none"})  # `none`: a person typed the address


class LoopbackOnly:
    """Answers 403 unless Host is a loopback name and the request comes from no page of another origin.

    Sends no CORS header, so that no page of another origin may read an answer.
    """

    def __init__(self, application: ASGIApp) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before anything reads its body."""
        sentence = find_refusal(Headers(scope=scope))
        answering = JSONResponse({"error": sentence}, HTTPStatus.FORBIDDEN) if sentence else self._application
        await answering(scope, receive, send)


def find_refusal(headers: Headers) -> str | None:
    """Return why the server refuses a request, or None if it answers."""
    host = headers.get("host", "")
    if not _LOOPBACK.fullmatch(host):
        return "Host: only 127.0.0.1, localhost and [::1] are accepted"
    if any(origin.lower() != f"http://{host.lower()}" for origin in headers.getlist("origin")):
        return "Origin: a page of another origin is not answered"
    if any(site not in _OWN_SITES for site in headers.getlist("sec-fetch-site")):
        return "Sec-Fetch-Site: a page of another site is not answered"
    return None
