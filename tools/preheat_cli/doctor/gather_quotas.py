"""Gathers the account's quotas, and computes the most that the plan needs of each at one time.

Knows which quotas limit which service. Judges nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend
from preheat_cli.doctor.asking import Clients, ask
from preheat_cli.doctor.facts import EndpointConfig, ModelFacts, QuotaFacts, Unanswered
from preheat_cli.views.forecast import PlannedRun, runs

WITHIN: Final = timedelta(days=7)
RUNNING_MODELS: Final = "Custom Labels running models"
_RUNNING: Final = re.compile(
    r"custom labels.*\b(running|concurrent)|\b(running|concurrent).*custom labels", re.IGNORECASE
)


def gather_quotas(
    models: Sequence[ModelFacts], region: str, published: Mapping[str, int], clients: Clients, now: datetime
) -> tuple[QuotaFacts, ...]:
    """Return the quotas that limit the models of the stack's own account. `published` is by service. Never raises."""
    own = [facts for facts in models if facts.model.target.role is None]
    planned = [(facts, run) for facts in own for run in _runs(facts, now)]
    found: list[QuotaFacts] = []
    for place in sorted({facts.model.target.region or region for facts in own}):
        here = [(facts, run) for facts, run in planned if (facts.model.target.region or region) == place]
        found += _running_models(here, place, published, clients)
        found += _instances(here, place, clients)
    return tuple(found)


def peak(spans: Iterable[tuple[datetime, datetime, int]]) -> tuple[int, datetime | None]:
    """Return the greatest sum of weights at one time, and since when; a span holds [start, end).

    >>> peak([])
    (0, None)
    """
    edges: list[tuple[datetime, int]] = []
    for start, end, weight in spans:
        edges += [(start, weight), (end, -weight)]
    most, since, now = 0, None, 0
    for at, change in sorted(edges):  # of one time the ends come first
        now += change
        if now > most:
            most, since = now, at
    return most, since


def _runs(facts: ModelFacts, now: datetime) -> list[PlannedRun]:
    try:
        return list(runs(facts.model, Window(now, now + WITHIN)))
    except ScheduleError:
        return []  # `preheat status` reports it


def _running_models(
    planned: Sequence[tuple[ModelFacts, PlannedRun]], region: str, published: Mapping[str, int], clients: Clients
) -> Iterable[QuotaFacts]:
    spans = [
        (run.start_at, run.end_at, 1) for facts, run in planned if facts.model.target.backend is Backend.REKOGNITION
    ]
    if spans:
        needed, since = peak(spans)
        listed = _quotas(clients, "rekognition", region)
        allowed = listed if isinstance(listed, Unanswered) else _find(listed, lambda name: bool(_RUNNING.search(name)))
        yield QuotaFacts(RUNNING_MODELS, region, needed, allowed, since, published.get("rekognition"))


def _instances(planned: Sequence[tuple[ModelFacts, PlannedRun]], region: str, clients: Clients) -> Iterable[QuotaFacts]:
    spans: dict[str, list[tuple[datetime, datetime, int]]] = {}
    for facts, run in planned:
        if isinstance(facts.config, EndpointConfig):
            for kind, count in facts.config.instances.items():
                spans.setdefault(kind, []).append((run.start_at, run.end_at, count))
    listed = _quotas(clients, "sagemaker", region) if spans else {}
    for kind, each in sorted(spans.items()):
        needed, since = peak(each)
        name = f"{kind} for endpoint usage"
        allowed = listed if isinstance(listed, Unanswered) else listed.get(name)
        yield QuotaFacts(name, region, needed, allowed, since)


def _quotas(clients: Clients, service: str, region: str) -> Mapping[str, float] | Unanswered:
    def question() -> Mapping[str, float]:
        pages = clients("service-quotas", region, None).get_paginator("list_service_quotas")
        return {
            str(row["QuotaName"]): float(row["Value"])
            for page in pages.paginate(ServiceCode=service)
            for row in page.get("Quotas", [])
        }

    return ask("servicequotas:ListServiceQuotas", question)


def _find(listed: Mapping[str, float], fits: Callable[[str], bool]) -> float | None:
    return min((value for name, value in listed.items() if fits(name)), default=None)
