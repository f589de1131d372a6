"""The parts behind a model in the plant file: the queue that its stop waits for, and the gate before its consumers.

Owns the two entries and their leaves. Knows no other field of the plant file.
"""

from datetime import timedelta
from typing import Annotated, Any, Final

from pydantic import Field

from preheat.domain.plan.hosted_model import (
    DRAIN_LIMIT_DEFAULT,
    DRAIN_LIMIT_LEAST,
    DRAIN_LIMIT_MOST,
    MAPPING,
    QUEUE_ARN,
    QUEUE_URL,
    Drain,
)
from preheat_plantfile.schema.leaves import duration_leaf, leaf, whole
from preheat_plantfile.schema.windows import Strict

_A_QUEUE: Final = (
    "the URL or the ARN of an SQS queue such as https://sqs.eu-central-1.amazonaws.com/111122223333/images"
)
_A_MAPPING: Final = "the UUID of a Lambda event source mapping: 8-4-4-4-12 of [0-9a-f]"


def _queue(value: Any) -> str:
    if not isinstance(value, str) or not (QUEUE_ARN.fullmatch(value) or QUEUE_URL.fullmatch(value)):
        raise ValueError(_A_QUEUE)
    return value


def _mapping(value: Any) -> str:
    if isinstance(value, str) and MAPPING.fullmatch(value.lower()):
        return value.lower()
    if isinstance(value, str) and ":event-source-mapping:" in value:
        raise ValueError(f"{_A_MAPPING}, which is the end of its ARN")
    raise ValueError(_A_MAPPING)


def not_null(value: Any) -> Any:
    """Refuse `null` written out: what drains nothing says nothing."""
    if value is None:
        raise ValueError("a mapping with queue, limit")
    return value


class DrainEntry(Strict):
    """The queue of work for the model; at the end of its demand the stop waits until it is empty."""

    queue: Annotated[str, *leaf(_queue, type="string", pattern="^(?:https?://|arn:).*$")] = Field(
        description="URL or ARN of the SQS queue; Preheat reads its size and takes no message."
    )
    limit: Annotated[timedelta, *duration_leaf(DRAIN_LIMIT_LEAST, DRAIN_LIMIT_MOST, "2m to 6h")] = Field(
        default=DRAIN_LIMIT_DEFAULT, description="How long the stop waits at most; 30m."
    )

    def drain(self) -> Drain:
        """Return what the plan stores."""
        return Drain(self.queue, self.limit)


GATE: Final = leaf(_mapping, type="string", pattern=whole(MAPPING))
