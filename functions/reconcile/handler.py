"""The function `reconcile`: one pass per work message. Only an unreadable message or a bug is returned as failed."""

import os
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from preheat.adapters.sqs.work import parse_work
from preheat.bootstrap.wiring import Reconciler
from preheat.observability import correlation, telemetry

reconciler = Reconciler.from_env(os.environ)
# One failed message of a batch is returned as such, also when it is the only one: an error would return them all.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Look at the model that each message names; return the messages that must come again."""
    return dict(process_partial_response(event=event, record_handler=look, processor=processor, context=context))


def look(record: SQSRecord) -> None:
    """Make the pass that one message asks for, and tell of it."""
    with correlation.caused_by(*correlation.of_message(record.raw_event)):
        try:
            result = reconciler.reconcile(parse_work(record.body))
        except Exception:
            telemetry.logger.exception("not reconciled", extra={"message_id": record.message_id})
            raise
        telemetry.log_result(result)
        telemetry.emit_schedule(result, at=reconciler.remote.clock.now())
