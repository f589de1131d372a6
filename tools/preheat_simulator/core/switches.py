"""Owns every point without documentation: a named switch each, with the value to expect as its default.

A controller is right only if it keeps its promises under every value; `Switches.every_single_change` lists them for
tests. It knows nothing of the state machine that reads the switches.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Self


class WhenAlready(StrEnum):
    """A call that asks for what is already so."""

    CONFLICT = "conflict"
    """409 ConflictException."""
    NO_OP = "no_op"
    """202, nothing changes."""


class WhenPossible(StrEnum):
    """A call that the service may or may not support in a state."""

    ALLOW = "allow"
    CONFLICT = "conflict"


class ChangedParameters(StrEnum):
    """The error of a known token that comes with other parameters."""

    VALIDATION = "ValidationException"
    CONFLICT = "ConflictException"


class TokenAfterStop(StrEnum):
    """A known start token after the model has stopped again; also a stop token after it has started again."""

    REPLAY = "replay"
    """The first answer again, no state change."""
    NEW_CALL = "new_call"


class TokenScope(StrEnum):
    """Within what a token is known."""

    PER_MODEL = "per_model"
    """Per operation, project and version: the same token on another model is another call."""
    PER_OPERATION = "per_operation"
    """Per operation: project and version are parameters, so another model is a changed parameter."""
    SHARED = "shared"
    """One space: also a stop with a token that a start has used is a changed parameter."""


class BillingStart(StrEnum):
    """When the meter starts."""

    START = "start"
    """At the accepted StartModel."""
    HOSTED = "hosted"


class Latest(StrEnum):
    """The version `latest` in StartModel and StopModel."""

    REFUSE = "refuse"
    """400 ValidationException."""
    NEWEST = "newest"
    """The highest version number."""


@dataclass(frozen=True, slots=True)
class Switches:
    """One setting of all switches; the defaults are the suggested behaviour."""

    start_while_hosted: WhenAlready = WhenAlready.CONFLICT
    start_while_starting: WhenAlready = WhenAlready.CONFLICT
    start_from_hosting_failed: WhenPossible = WhenPossible.ALLOW
    stop_while_trained: WhenAlready = WhenAlready.CONFLICT
    stop_while_stopping: WhenAlready = WhenAlready.CONFLICT
    stop_while_starting: WhenPossible = WhenPossible.ALLOW
    stop_from_hosting_failed: WhenPossible = WhenPossible.ALLOW
    calls_during_system_updating: WhenAlready = WhenAlready.CONFLICT
    changed_parameters: ChangedParameters = ChangedParameters.VALIDATION
    token_after_stop: TokenAfterStop = TokenAfterStop.REPLAY
    token_scope: TokenScope = TokenScope.PER_MODEL
    billing_start: BillingStart = BillingStart.START
    latest: Latest = Latest.REFUSE

    @classmethod
    def values(cls) -> dict[str, tuple[str, ...]]:
        """Return each switch's accepted values, the default first."""
        default = cls()
        accepted = {}
        for field in fields(cls):
            value: StrEnum = getattr(default, field.name)
            accepted[field.name] = (value.value, *(other.value for other in type(value) if other is not value))
        return accepted

    @classmethod
    def every_single_change(cls) -> dict[str, Self]:
        """Return the defaults and each switch changed alone, by name: `default`, `latest=newest`, ..."""
        default = cls()
        every = {"default": default}
        for name, accepted in cls.values().items():
            for value in accepted[1:]:
                every[f"{name}={value}"] = default.change({name: value})
        return every

    def change(self, settings: Mapping[str, str]) -> Self:
        """Return a copy with some switches set by name; raises ValueError naming the switch and what it accepts."""
        accepted = self.values()
        typed = {}
        for name, value in settings.items():
            if name not in accepted:
                raise ValueError(f"switch {name}: unknown, accepted are {', '.join(accepted)}")
            if value not in accepted[name]:
                raise ValueError(f"switch {name}: {value!r} is not accepted, it takes {' or '.join(accepted[name])}")
            typed[name] = type(getattr(self, name))(value)
        return replace(self, **typed)

    def format(self) -> dict[str, str]:
        """Return the setting as plain names and values."""
        return {field.name: getattr(self, field.name).value for field in fields(self)}
