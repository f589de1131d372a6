"""Finds what the models on one service have in common: how long their starts take, for a model that has none yet.

Owns how much must be known before a new model relies on it. Pure; the caller reads the records.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from preheat.domain.plan.hosted_model import LEAD_MAX, SPREAD_MAX, HostedModel, Siblings
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord
from preheat_plantfile.compiling.plan import Service, find_service

MODELS_LEAST: Final = 10  # so many of them show how far models differ
STARTS_LEAST: Final = 10  # so many starts of each show how far its starts do
LEAST: Final = 0.05  # of either spread: a service is never as regular as a few samples look


def find_siblings(models: Iterable[HostedModel], records: Mapping[ModelId, ModelRecord]) -> dict[Service, Siblings]:
    """Return, for each service with enough models that have started often enough, what their starts take."""
    found: defaultdict[Service, list[list[float]]] = defaultdict(list)
    for model in models:
        record = records.get(model.model_id)
        if record is not None and record.target == model.target and len(record.samples) >= STARTS_LEAST:
            logs = [math.log(max(each.total_seconds(), 1.0)) for each in record.samples]
            found[find_service(model.target)].append(logs)
    return {service: summarise(logs) for service, logs in found.items() if len(logs) >= MODELS_LEAST}


def summarise(logs: Sequence[Sequence[float]]) -> Siblings:
    """Return the mean of the models' means, and the two spreads, each rounded up to a hundredth.

    `logs`: of each model, the logarithms of what its starts took in seconds; two or more models with two or more.
    """
    means = [sum(each) / len(each) for each in logs]
    within = sum(_variance(each) for each in logs) / len(logs)
    noise = sum(_variance(each) / len(each) for each in logs) / len(logs)  # of the means, from so few starts
    between = max(_variance(means) - noise, 0.0) * (1 + 1 / len(logs))
    usual = timedelta(seconds=round(math.exp(sum(means) / len(means))))
    return Siblings(len(logs), min(max(usual, timedelta(seconds=1)), LEAD_MAX), _round(between), _round(within))


def _variance(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return sum((each - mean) ** 2 for each in values) / (len(values) - 1)


def _round(variance: float) -> float:
    return min(max(math.ceil(100 * math.sqrt(variance)) / 100, LEAST), SPREAD_MAX)
