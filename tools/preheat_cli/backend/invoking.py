"""How one request of the contract reaches a function, and how its answer comes back: as bytes, with the time it took.

It invokes a deployed function as Preheat does. It calls a handler in this process, with its event and its answer
through JSON. So a value that JSON cannot carry fails here as in Lambda.
"""

import importlib
import importlib.util
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from preheat.adapters.hosting import function
from preheat.adapters.hosting.calling import call_service, translate_by_code
from preheat.app.ports.errors import HostingError

type Handler = Callable[[dict[str, Any], Any], Any]


@dataclass(frozen=True, slots=True)
class Invoked:
    """The result of one invocation. `failure`: it has no answer, and why."""

    body: bytes = b""
    seconds: float = 0.0
    failure: str = ""


class Invoker(Protocol):
    """Sends one request to the function."""

    def __call__(self, request: dict[str, Any]) -> Invoked:
        """Return what came of it; never raises for what the function does."""


class DeployedFunction:
    """A function in Lambda, by its ARN. `client` is a botocore client of Lambda with the contract's time limits."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client, self._arn = client, arn

    def __call__(self, request: dict[str, Any]) -> Invoked:
        """See `Invoker`."""
        begun = time.monotonic()
        payload = json.dumps(request).encode()
        try:
            answer = call_service(
                "Invoke",
                self._client.invoke,
                translate_by_code(function.ERRORS),
                FunctionName=self._arn,
                InvocationType="RequestResponse",
                Payload=payload,
            )
        except HostingError as error:
            return Invoked(seconds=time.monotonic() - begun, failure=str(error))
        body = answer["Payload"].read(function.ANSWER_MAX + 1)
        seconds = time.monotonic() - begun
        if answer.get("FunctionError"):
            return Invoked(seconds=seconds, failure=f"the function failed: {body[:500].decode(errors='replace')}")
        return Invoked(body, seconds)


class LocalHandler:
    """A Python handler in this process, called as Lambda calls one."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def __call__(self, request: dict[str, Any]) -> Invoked:
        """See `Invoker`."""
        event, begun = json.loads(json.dumps(request)), time.monotonic()
        try:
            body = json.dumps(self._handler(event, None)).encode()
        except Exception as error:  # noqa: BLE001 - whatever the handler raises is a failed invocation
            seconds = time.monotonic() - begun
            return Invoked(seconds=seconds, failure=f"the handler raised {type(error).__name__}: {error}")
        return Invoked(body, time.monotonic() - begun)


def load_handler(text: str) -> Handler:
    """Return the handler that `MODULE:NAME` or `FILE.py:NAME` names; without a name, `handler`.

    Raises:
        ValueError: there is none; the message says where it looked.
    """
    module_name, _, name = text.partition(":")
    name = name or "handler"
    try:
        module = _load_file(Path(module_name)) if module_name.endswith(".py") else importlib.import_module(module_name)
    except Exception as error:
        raise ValueError(f"{module_name}: Python cannot import it: {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        message = f"{module_name} has no function {name}; name another as MODULE:FUNCTION"
        raise ValueError(message)  # noqa: TRY004 - the name is wrong, not a type
    handler: Handler = found
    return handler


def _load_file(path: Path) -> Any:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent.resolve()))  # a handler's folder is its import root in Lambda too
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module
