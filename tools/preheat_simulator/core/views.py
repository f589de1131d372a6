"""Owns the views of the simulated service: read-only values of projects, models and one analysed image."""

from dataclasses import dataclass
from datetime import datetime

from preheat_simulator.core.status import Status


@dataclass(frozen=True, slots=True)
class ModelView:
    """A model version as DescribeModel answers it; units are None unless it runs, maximum units unless it scales."""

    project: str
    version: str
    arn: str
    status: Status
    message: str
    created_at: datetime
    min_units: int | None
    max_units: int | None
    word: str = ""
    """The status in the word of the service that hosts it."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """A project version as DescribeProjectVersions answers it; `word` is its status in the service's own word."""

    project: str
    version: str
    arn: str
    word: str
    message: str
    created_at: datetime
    min_units: int | None
    max_units: int | None


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A project as DescribeProject answers it."""

    name: str
    arn: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ListPage[Row]:
    """One page of a list; `next_token` is None on the last."""

    rows: tuple[Row, ...]
    next_token: str | None


@dataclass(frozen=True, slots=True)
class AnomalyVerdict:
    """The simulated model's result for an image: invented, the same for the same bytes."""

    anomalous: bool
    confidence: float
