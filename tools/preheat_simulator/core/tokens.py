"""Owns the ClientToken rules: what a token was first sent with and answered, for 8 hours.

It remembers only accepted calls: a refused one changed nothing, so its token may come again. It knows no model;
`turn` is the caller's count of what would make an old call no longer the same (see the switch `token_after_stop`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat_simulator.core.switches import TokenAfterStop, TokenScope

LIFETIME = timedelta(hours=8)

type Parameters = tuple[str, str, str, int | None, int | None]
"""Operation, project, version, minimum and maximum units."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """The first accepted call of a token."""

    at: datetime
    parameters: Parameters
    answer: str
    turn: int


class Tokens:
    """Every token of the account that is still alive."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, ...], Remembered] = {}

    @staticmethod
    def _key(token: str, parameters: Parameters, scope: TokenScope) -> tuple[str, ...]:
        width = {TokenScope.PER_MODEL: 3, TokenScope.PER_OPERATION: 1, TokenScope.SHARED: 0}[scope]
        return (token, *(str(part) for part in parameters[:width]))

    def recall(
        self, token: str, parameters: Parameters, *, turn: int, now: datetime, scope: TokenScope, after: TokenAfterStop
    ) -> Remembered | None:
        """Return the call that this one repeats, or that it clashes with if the parameters differ; None if it is new.

        A token dies exactly 8 hours after its first accepted call.
        """
        key = self._key(token, parameters, scope)
        known = self._calls.get(key)
        if known is None:
            return None
        undone = after is TokenAfterStop.NEW_CALL and known.turn != turn and known.parameters == parameters
        if now - known.at >= LIFETIME or undone:
            del self._calls[key]
            return None
        return known

    def remember(
        self, token: str, parameters: Parameters, answer: str, *, turn: int, now: datetime, scope: TokenScope
    ) -> None:
        """Keep the answer of an accepted call."""
        self._calls[self._key(token, parameters, scope)] = Remembered(now, parameters, answer, turn)
