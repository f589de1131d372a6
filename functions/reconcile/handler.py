"""Lambda handler for `reconcile`: one pass for each work message.

It returns a message to the queue only if the message is unreadable, or if the pass met a bug.
"""

import os
from typing import Any

from preheat.adapters.sqs.batch import process_each
from preheat.adapters.sqs.work import is_repeated, parse_work, read_due_at, read_glances
from preheat.bootstrap.reconcile import Reconciler
from preheat.observability import correlation
from preheat.observability import reconcile as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    reconciler = Reconciler.from_env(os.environ)


@masked_errors()
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Run a pass for the model that each message names; return the messages that must come again."""
    return process_each(event, look)


def look(record: dict[str, Any]) -> None:
    """Run the pass that one message asks for, and report it."""
    with correlation.name_cause(*correlation.read_message(record)):
        try:
            body = record["body"]
            model_id, glances = parse_work(body), read_glances(body)
            if len(glances) > 1:
                telemetry.log_glances(glances, *reconciler.glance_at_each(glances))
                return
            result = reconciler.reconcile(
                model_id, read_due_at(body), repeated=is_repeated(body), glance=glances == (model_id,)
            )
        except Exception:
            telemetry.log_failed_pass(record["messageId"])
            raise
        telemetry.log_pass(result)
        telemetry.emit_schedule(result, at=reconciler.remote.clock.now())
        telemetry.report_missing(result, at=reconciler.remote.clock.now())
