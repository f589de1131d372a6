"""The logger of all functions: one JSON line with a constant message, and the facts as fields.

It masks each line, and names the cause of the work in it.
"""

from typing import Any

from aws_lambda_powertools import Logger

from preheat.observability import correlation
from preheat.observability.masking import serialize_line
from preheat.observability.metrics import SERVICE

NAMES_MAX = 20  # model ids in one log line
TEXT_MAX = 1000  # characters of a reason, which may quote the hosting service


def _serialize(facts: dict[str, Any]) -> str:
    """Return a log line as JSON, with the id of what caused the work."""
    cause = correlation.read_cause()
    return serialize_line(facts | {"correlation_id": cause} if cause else facts)


logger = Logger(service=SERVICE, json_serializer=_serialize)
