"""A batch of SQS messages, as Lambda delivers it under ReportBatchItemFailures: which of them must come again.

Powertools' BatchProcessor does the same, but costs a cold start 40 ms: it loads asyncio and every event class.
"""

from collections.abc import Callable
from typing import Any


def process_each(event: dict[str, Any], process: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Call `process` with each record; return the messages for which it raised, so that only these come again.

    `process` reports its own errors. It returns a failed message by its id, also if it is the only one.
    """
    failed = [record["messageId"] for record in event["Records"] if not _succeeds(process, record)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _succeeds(process: Callable[[dict[str, Any]], None], record: dict[str, Any]) -> bool:
    try:
        process(record)
    except Exception:  # noqa: BLE001 - even a bug may return only its own message
        return False
    return True
