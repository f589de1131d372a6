"""The function `requests`: one answer per message. One that was refused is done with; only a failure comes again."""

import os
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from preheat.app.requests.envelope import Sent
from preheat.bootstrap.wiring import Requests
from preheat.observability import correlation, telemetry

requests = Requests.from_env(os.environ)
# One failed message of a batch is returned as such, also when it is the only one: an error would return them all.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer each message; return those that must come again."""
    return dict(process_partial_response(event=event, record_handler=answer, processor=processor, context=context))


def answer(record: SQSRecord) -> None:
    """Answer one message, and tell of it."""
    sender = str(record.raw_event.get("attributes", {}).get("SenderId", ""))
    with correlation.caused_by(record.message_id):
        try:
            taken = requests.desk.take(Sent(record.message_id, sender, record.body))
        except Exception:
            telemetry.logger.exception("not answered", extra={"message_id": record.message_id})
            raise
        telemetry.log_taken(taken)
        telemetry.emit_taken(taken, at=requests.clock.now())
