"""What `apply` compiles from a plant file: models, their targets and schedules, under one plan version.

Values only, checked at birth. Does not know YAML, DynamoDB or the time of day.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from preheat.domain.schedule import Schedule

ModelId = NewType("ModelId", str)

MODEL_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
PROJECT = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}")
VERSION = re.compile(r"[1-9][0-9]{0,9}")
UNITS_MAX = 100
LEAD_MAX = timedelta(hours=6)


class Mode(StrEnum):
    """How far Preheat may go, strictest last."""

    ACT = "act"
    OBSERVE = "observe"  # decides, records and alarms, but never calls start or stop
    PAUSED = "paused"  # does not look either

    @property
    def strictness(self) -> int:
        """0 for the freest mode; the stricter of two modes wins."""
        return list(Mode).index(self)


class Unscheduled(StrEnum):
    """What becomes of a model that somebody started outside any demand."""

    LEAVE = "leave"
    STOP = "stop"


class Backend(StrEnum):
    """The hosting services that Preheat drives."""

    LOOKOUT_VISION = "lookoutvision"


@dataclass(frozen=True, slots=True)
class Target:
    """One version of one model of a hosting service, in the account and region of the stack.

    Raises:
        ValueError: a name that the service would refuse, or `latest`, whose meaning moves when the model is retrained.
    """

    project: str
    version: str
    backend: Backend = Backend.LOOKOUT_VISION

    def __post_init__(self) -> None:
        if not PROJECT.fullmatch(self.project):
            raise ValueError(
                f"project {self.project!r} is not 1 to 255 of [a-zA-Z0-9_-] starting with a letter or digit"
            )
        if not VERSION.fullmatch(self.version):
            raise ValueError(
                f"version {self.version!r} is not a version number such as 3; 'latest' is refused, name one"
            )

    def __str__(self) -> str:
        return f"{self.backend}:{self.project}/{self.version}"


@dataclass(frozen=True, slots=True)
class Units:
    """Inference units to run: at least `minimum`, and up to `maximum` only if the model shall auto-scale."""

    minimum: int = 1
    maximum: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= UNITS_MAX:
            raise ValueError(f"min_units {self.minimum} is out of range; 1 to {UNITS_MAX} are accepted")
        if self.maximum is not None and not self.minimum <= self.maximum <= UNITS_MAX:
            raise ValueError(f"max_units {self.maximum} is out of range; {self.minimum} (min_units) to {UNITS_MAX}")


@dataclass(frozen=True, slots=True)
class HostedModel:
    """One model of the plan: what runs, when it is needed, and how long ahead it is started.

    `announced_at` is when its present schedules became known; a demand that was known too late is not a late model.
    """

    model_id: ModelId
    target: Target
    units: Units
    schedules: tuple[Schedule, ...]
    lead: timedelta
    slack: timedelta
    announced_at: datetime
    mode: Mode = Mode.ACT
    unscheduled: Unscheduled = Unscheduled.LEAVE

    def __post_init__(self) -> None:
        if not MODEL_ID.fullmatch(self.model_id):
            raise ValueError(f"model {self.model_id!r} is not 1 to 63 of [a-z0-9-] starting with a letter or digit")
        if not timedelta() < self.lead <= LEAD_MAX:
            raise ValueError(f"{self.model_id}: lead {self.lead} is out of range; more than 0 and at most {LEAD_MAX}")
        if not timedelta() <= self.slack <= LEAD_MAX:
            raise ValueError(f"{self.model_id}: slack {self.slack} is out of range; 0 to {LEAD_MAX}")
