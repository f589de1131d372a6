"""Metrics in CloudWatch's embedded metric format (EMF), in the dimension set [service].

Model ids are properties, never dimensions.
"""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics

SERVICE = "preheat"
NAMESPACE = "Preheat"


def make_metrics(at: datetime) -> Any:
    """Return an empty EMF line with the time `at`. Powertools' shared one would mix entries and their times."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("service", SERVICE)
    # Not `set_timestamp`: it compares with the machine's clock, and `at` comes from the pass's.
    metrics.timestamp = int(at.timestamp() * 1000)
    return metrics
