"""The reports of the function `tick`: one log line a tick, and how long the oldest due model has waited."""

from datetime import datetime, timedelta

from aws_lambda_powertools.metrics import MetricUnit

from preheat.app.tick import Ticked
from preheat.observability.logs import NAMES_MAX, logger
from preheat.observability.metrics import make_metrics


def log_tick(ticked: Ticked) -> None:
    """Log a tick: at WARNING if it repaired something or could not send, else at DEBUG."""
    facts = {
        "sent": len(ticked.sent),
        "unsent": ticked.unsent[:NAMES_MAX],
        "resynced": ticked.resynced[:NAMES_MAX] if ticked.resynced else [],
        "pickup_delay_seconds": ticked.pickup_delay.total_seconds(),
    }
    (logger.warning if ticked.unsent or ticked.resynced else logger.debug)("ticked", extra=facts)


def log_failed_tick(error: Exception) -> None:
    """Log at ERROR that the store did not answer."""
    logger.error("tick failed", extra={"reason": str(error)})


def emit_pickup_delay(delay: timedelta, *, at: datetime) -> None:
    """Emit how long the oldest due model has waited; 0: no model is due."""
    metrics = make_metrics(at)
    metrics.add_metric("PickupDelay", MetricUnit.Seconds, delay.total_seconds())
    metrics.flush_metrics()
