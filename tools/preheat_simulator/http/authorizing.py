"""Owns whether a caller has the right to its call: reads the call, and asks the local AWS whose policies count.

Knows no policy. A request without a key passes, and so does one with a key that the local AWS does not know. The
simulator checks no signature.
"""

import json
import re
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, Protocol

from preheat.adapters.hosting.service_model import load_service_model
from preheat_simulator.http.json_wire import AUTO_SCALING, find_account
from preheat_simulator.http.routes import Routes
from preheat_simulator.http.runtime_wire import COMPONENT_HEADER, SERVICE
from preheat_simulator.http.runtime_wire import PATH as RUNTIME_PATH
from preheat_simulator.http.wire import read_json
from preheat_simulator.rights import CallPlace, Needed, list_needs

CALLER: Final = "{account}"
"""Stands in an ARN for the account of the caller, which only the local AWS knows."""
RIGHTS_PATH: Final = "/_preheat/rights"
ANSWERS_WITHIN_SECONDS: Final = 5
_CREDENTIAL: Final = re.compile(r"Credential=(?P<key>[^/]+)/[0-9]{8}/(?P<region>[a-z0-9-]+)/")
_LOOPBACK: Final = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")


class SignedCall(NamedTuple):
    """One call of a hosting service, and the key that signs it."""

    key: str
    region: str
    service: str
    operation: str
    params: Mapping[str, Any]

    def list_needs(self, tags: Callable[[str], Mapping[str, str]]) -> list[Needed]:
        """Return the rights that the call needs, in the account of its caller."""
        return list(list_needs(self.service, self.operation, self.params, CallPlace(self.region, CALLER), tags))


class Authority(Protocol):
    """Says whether the owner of a key has rights."""

    def __call__(self, key: str, region: str, needed: Sequence[Needed]) -> str | None:
        """Return a sentence about the first right that is missing; None: there is none, or nobody knows the key."""


class RightsAt:
    """The roles of the local AWS at a URL. `secret` is the one of its root."""

    def __init__(self, url: str, secret: str) -> None:
        """Take the URL. Raises ValueError for one that is not on loopback."""
        if not _LOOPBACK.fullmatch(url):
            raise ValueError(f"rights at {url!r}: it is written http://127.0.0.1:PORT")
        self._url, self._secret = f"{url}{RIGHTS_PATH}", secret

    def __call__(self, key: str, region: str, needed: Sequence[Needed]) -> str | None:
        """See `Authority`. Raises OSError if the local AWS does not answer."""
        rows = [{"action": each.action, "resource": each.resource, "context": dict(each.context)} for each in needed]
        body = json.dumps({"key": key, "region": region, "needed": rows}).encode()
        headers = {"X-Preheat-Secret": self._secret, "Content-Type": "application/json"}
        request = urllib.request.Request(self._url, body, headers)  # noqa: S310 - loopback, see above
        with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN_SECONDS) as answer:  # noqa: S310  # nosec B310 - as above
            refused = json.load(answer)["refused"]
        return None if refused is None else str(refused)


def read_call(method: str, path: str, headers: Mapping[str, str], body: bytes) -> SignedCall | None:
    """Return the call of a request, its header names in lower case; None: it has no key, or is none of a service."""
    signed = _CREDENTIAL.search(headers.get("authorization", ""))
    called = _read_operation(method, path, headers, body) if signed is not None else None
    return None if signed is None or called is None else SignedCall(signed["key"], signed["region"], *called)


def _read_operation(
    method: str, path: str, headers: Mapping[str, str], body: bytes
) -> tuple[str, str, Mapping[str, Any]] | None:
    target = headers.get("x-amz-target", "")
    account = find_account(target)
    if account is not None:
        words, model = account
        service = model if model == AUTO_SCALING else words.backend.value.partition("-")[0]
        return service, target.partition(".")[2], read_json(body)[0]
    if not target and (invoked := RUNTIME_PATH.fullmatch(path)):
        component = headers.get(COMPONENT_HEADER, "")
        return SERVICE, "InvokeEndpoint", {"EndpointName": invoked["name"], "InferenceComponentName": component}
    found = _load_routes().find(method, path)
    if found is None:
        return None
    operation, labels = found
    members = operation.input_shape.members.items()
    params = {name: labels.get(shape.serialization.get("name", name), "") for name, shape in members}
    return "lookoutvision", operation.name, params


@cache
def _load_routes() -> Routes:
    return Routes(load_service_model())
