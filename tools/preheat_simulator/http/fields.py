"""Owns reading one JSON object of control input: each member typed, none unknown, every error naming the member.

It knows no control.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from preheat_simulator.core.latency import Latency, parse_latency

_LONGEST_SECONDS = 10 * 365 * 86_400


class JsonFields:
    """The members of one JSON object; the caller reads each once by its name, and `done` refuses what nobody read.

    Every method raises ValueError with a sentence that names the member and what is accepted.
    """

    def __init__(self, members: Mapping[str, object]) -> None:
        self._members = members
        self._known: set[str] = set()

    @classmethod
    def read(cls, body: bytes) -> "JsonFields":
        """Read a body; empty is an object without members."""
        try:
            members = json.loads(body) if body else {}
        except ValueError as error:
            raise ValueError(f"body: it is not JSON ({error})") from error
        if not isinstance(members, dict):
            raise ValueError("body: a JSON object is accepted")  # noqa: TRY004 - input errors are one kind here
        return cls(members)

    def has(self, name: str) -> bool:
        """Whether the member is there, be it null."""
        self._known.add(name)
        return name in self._members

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        value = self._take(name)
        if not isinstance(value, str) or not value:
            raise ValueError(f"{name}: {value!r} is not accepted, it takes a text")
        return value

    def text_or_none(self, name: str) -> str | None:
        """Return a text, or None if it is absent or null."""
        return None if self._take(name) is None else self.text(name)

    def whole(self, name: str, default: int | None = None) -> int | None:
        """Return a whole number, or the default if it is absent; null is None."""
        value = self._take(name) if self.has(name) else default
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise ValueError(f"{name}: {value!r} is not accepted, it takes a whole number")
        return value

    def number(self, name: str, default: float | None = None) -> float | None:
        """Return a number, or the default if it is absent; null is None."""
        value = self._take(name) if self.has(name) else default
        if value is not None and (not isinstance(value, int | float) or isinstance(value, bool)):
            raise ValueError(f"{name}: {value!r} is not accepted, it takes a number")
        return value

    def seconds(self, name: str, default: timedelta | None = None) -> timedelta | None:
        """Return a duration given in seconds, or the default if it is absent."""
        value = self.number(name)
        if value is None:
            return default
        if not 0 <= value <= _LONGEST_SECONDS:
            raise ValueError(f"{name}: {value} is not accepted, it takes seconds from 0 to {_LONGEST_SECONDS}")
        return timedelta(seconds=value)

    def latency(self, name: str) -> Latency | None:
        """Return a latency, or None if it is absent or null."""
        value = self._take(name)
        if value is None:
            return None
        try:
            return parse_latency(str(value))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error

    def choice[Kind: StrEnum](self, name: str, kind: type[Kind], default: Kind | None = None) -> Kind:
        """Return one of an enumeration's values; it must be there unless there is a default."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or value not in tuple(kind):
            raise ValueError(f"{name}: {value!r} is not accepted, it takes one of {', '.join(kind)}")
        return kind(value)

    def texts(self) -> dict[str, str]:
        """Return all members as texts."""
        return {name: self.text(name) for name in self._members}

    def finish(self) -> None:
        """Refuse a member that nobody asked for."""
        if unknown := [name for name in self._members if name not in self._known]:
            raise ValueError(
                f"{unknown[0]}: it is unknown here, accepted are {', '.join(sorted(self._known)) or 'none'}"
            )

    def _take(self, name: str) -> object:
        self._known.add(name)
        return self._members.get(name)
