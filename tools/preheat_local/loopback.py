"""Loopback addresses: is a port free, does a server answer.

Knows neither ministack nor the simulator. No proxy of the surroundings is ever asked.
"""

import http.client
import socket
from urllib.parse import urlsplit

from preheat_local.errors import LocalAwsError

HOST = "127.0.0.1"


def find_free_port(wanted: int, *, what: str, remedy: str) -> int:
    """Return `wanted` if nobody listens on it; 0 asks for any free port.

    Raises:
        LocalAwsError: it is taken; the message names the port, what it was wanted for, and `remedy`.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except (OSError, OverflowError) as error:
            raise LocalAwsError(
                f"port {wanted} on {HOST}, wanted for {what}, is not available ({error}): {remedy}"
            ) from None
        return int(probe.getsockname()[1])


def does_answer(url: str) -> bool:
    """Return whether `url` on this machine answers a GET with a status below 400 within 2 s."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or HOST, parts.port, timeout=2)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
