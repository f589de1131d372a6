"""The reports of the function `requests`: a log line and the metrics of each request."""

from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from preheat.app.requests.desk import Taken
from preheat.observability.logs import NAMES_MAX, TEXT_MAX, logger
from preheat.observability.metrics import make_metrics


def log_request(taken: Taken) -> None:
    """Log a request with its reply: at WARNING if rejected, else at INFO."""
    reply = taken.reply
    facts = {
        "request_id": reply.request_id,
        "verb": reply.verb,
        "subject": reply.subject.key if reply.subject is not None else None,
        "requester": reply.requester,
        "code": reply.code,
        "reason": reply.reason[:TEXT_MAX],
        "again": taken.again,
        "woken": taken.woken[:NAMES_MAX],
    }
    (logger.info if reply.accepted else logger.warning)("requested", extra=facts)


def log_failed_request(message_id: str) -> None:
    """Log at ERROR, with the traceback, that a message returns to the queue."""
    logger.exception("request failed", extra={"message_id": message_id})


def emit_rejection(taken: Taken, *, at: datetime) -> None:
    """Emit a rejected request; nothing for an accepted one, or one with an earlier answer."""
    if taken.reply.accepted or taken.again:
        return
    metrics = make_metrics(at)
    metrics.add_metric("RequestsRejected", MetricUnit.Count, 1)
    metrics.add_metadata("code", taken.reply.code)
    metrics.add_metadata("request_id", taken.reply.request_id)
    metrics.flush_metrics()


def emit_asked(taken: Taken, *, at: datetime) -> None:
    """Emit the unit-hours that an accepted request adds to what models may cost; nothing if it adds none."""
    if taken.unit_hours <= 0:
        return
    metrics = make_metrics(at)
    metrics.add_metric("AskedUnitHours", MetricUnit.NoUnit, taken.unit_hours)
    metrics.add_metadata("request_id", taken.reply.request_id)
    metrics.flush_metrics()
