"""One call of one pass or tick goes wrong: how a test says which, and what it checks afterwards.

Knows no consequence: those are in the tables of the tests.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError
from tests.support.day import Day

from preheat.adapters.hosting.lookout import LookoutHosting
from preheat.app.ports.remote import Remote

type Meets = Callable[[str, bool], None]


class Faulty:
    """A port whose calls may meet a fault: `meets` runs before and after each, and may raise."""

    def __init__(self, port: Any, meets: Meets, of: str = "") -> None:
        self._port = port
        self._meets = meets
        self._of = of  # comes before each call's name, where two ports have the same

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def faulty(*args: Any, **kwargs: Any) -> Any:
            self._meets(self._of + name, False)
            answer = call(*args, **kwargs)
            self._meets(self._of + name, True)
            return answer

        return faulty


def failing(name: str, error: Exception, *, nth: int = 1, times: int = 1, done: bool = False) -> Meets:
    """Return what raises `error` at the n-th call of `name` and the `times - 1` after it; `done`: after its effect."""
    calls = 0

    def meets(called: str, after: bool) -> None:
        nonlocal calls
        calls += called == name and not after
        if called == name and after == done and nth <= calls < nth + times:
            raise error

    return meets


def look(day: Day, meets: Meets) -> Any:
    """Make one pass whose remote calls meet something; the next pass meets nothing. Returns its Result."""

    def faulty(remote: Remote) -> Remote:
        store, hosting, queue = (Faulty(port, meets) for port in (remote.store, remote.hosting, remote.queue))
        gates, backlogs = Faulty(remote.gates, meets, "gate "), Faulty(remote.backlogs, meets)
        return replace(remote, store=store, hosting=hosting, queue=queue, gates=gates, backlogs=backlogs)

    before, day.remote = day.remote, faulty
    try:
        return day.look()
    finally:
        day.remote = before


class Refusing:
    """A client of the service that answers every call with one error, as botocore raises it."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, _operation: str) -> Any:
        def call(**_: Any) -> None:
            raise self._error

        return call


def refused(code: str) -> ClientError:
    """Return a service error as botocore raises it."""
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, "AnyOperation")


def service_says(day: Day, name: str, error: Exception) -> Any:
    """Make one pass in which the adapter's own call `name` (describe, start or stop) meets a client's error."""
    adapter = LookoutHosting(Refusing(error))

    def one_refuses(remote: Remote) -> Remote:
        return replace(remote, hosting=_Mixed(remote.hosting, adapter, name))

    before, day.remote = day.remote, one_refuses
    try:
        return day.look()
    finally:
        day.remote = before


class _Mixed:
    def __init__(self, hosting: Any, adapter: Any, name: str) -> None:
        self._hosting, self._adapter, self._name = hosting, adapter, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapter if name == self._name else self._hosting, name)
