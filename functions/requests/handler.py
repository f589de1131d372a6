"""Lambda handler for `requests`: one reply for each message. A rejection is an answer; only a failure comes again."""

import os
from typing import Any

from preheat.adapters.sqs.batch import process_each
from preheat.app.requests.envelope import IncomingMessage
from preheat.bootstrap.requests import RequestTaker
from preheat.observability import correlation
from preheat.observability import requests as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    requests = RequestTaker.from_env(os.environ)


@masked_errors()
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer each message; return the messages that must come again."""
    return process_each(event, answer)


def answer(record: dict[str, Any]) -> None:
    """Answer one message, and report it."""
    message_id = record["messageId"]
    sender = str(record.get("attributes", {}).get("SenderId", ""))
    with correlation.name_cause(message_id):
        try:
            taken = requests.desk.take(IncomingMessage(message_id, sender, record["body"]))
        except Exception:
            telemetry.log_failed_request(message_id)
            raise
        telemetry.log_request(taken)
        telemetry.emit_rejection(taken, at=requests.clock.now())
        telemetry.emit_asked(taken, at=requests.clock.now())
