"""The reports of the function `reconcile`: one log line a transition, one a pass, and schedules that cause concern."""

from collections.abc import Sequence
from datetime import datetime

from aws_lambda_powertools.metrics import MetricUnit

from preheat.app.reconcile.reconcile import Result
from preheat.domain.calendar.timetable import runs_short
from preheat.domain.plan.plan import ModelId
from preheat.observability.logs import TEXT_MAX, logger
from preheat.observability.metrics import make_metrics


def log_pass(result: Result) -> None:
    """Log each transition at INFO, each unexpected error at ERROR, and the pass at WARNING or DEBUG.

    The pass is a WARNING if it is incomplete, or if its schedules fail. A pass that changed nothing
    logs nothing at INFO. The reason of a transition is the ledger's; if the transition made a call, the reason also
    says how the service answered.
    """
    for entry in result.entries:
        transition = {
            "model_id": entry.model_id,
            "sequence": entry.sequence,
            "from": entry.from_phase,
            "to": entry.to_phase,
            "action": entry.action,
            "reason": (result.reason if result.reason.startswith(entry.reason) else entry.reason)[:TEXT_MAX],
        }
        if entry.client_token is not None:
            transition["client_token"] = entry.client_token
        logger.info("transition", extra=transition)
    facts = {
        "model_id": result.model_id,
        "action": result.action,
        "reason": result.reason[:TEXT_MAX],
        "phase": result.phase,
        "wake_at": result.wake_at.isoformat() if result.wake_at else None,
        "entries": [entry.sequence for entry in result.entries],
    }
    if result.unevaluated:
        facts["unevaluated"] = result.unevaluated[:TEXT_MAX]
    if result.closed_until is not None:
        facts["closed_until"] = result.closed_until.isoformat()
    for error in result.unexpected:
        logger.error("unexpected error", exc_info=error, extra={"model_id": result.model_id})
    needs_attention = result.incomplete or result.unevaluated
    (logger.warning if needs_attention else logger.debug)("reconciled", extra=facts)


def log_glances(
    model_ids: Sequence[ModelId], differing: Sequence[ModelId], unexpected: Sequence[Exception] = ()
) -> None:
    """Log a round of glances at DEBUG, with the models that have changed and got a pass; unexpected errors at ERROR."""
    for error in unexpected:
        logger.error("unexpected error", exc_info=error, extra={"models": len(model_ids)})
    logger.debug("glanced", extra={"models": len(model_ids), "differing": list(differing)})


def log_failed_pass(message_id: str) -> None:
    """Log at ERROR, with the traceback, that a message returns to the queue."""
    logger.exception("pass failed", extra={"message_id": message_id})


def report_missing(result: Result, *, at: datetime) -> None:
    """Log at ERROR, and emit, which holds and blocks somebody deleted or changed in the table; nothing if none."""
    if not result.missing:
        return
    logger.error("requests changed by hand", extra={"model_id": result.model_id, "requests": list(result.missing)})
    metrics = make_metrics(at)
    metrics.add_metric("LedgerTampered", MetricUnit.Count, len(result.missing))
    metrics.add_metadata("model_id", result.model_id)
    metrics.flush_metrics()


def emit_schedule(result: Result, *, at: datetime) -> None:
    """Emit what alarms watch: schedules that fail, and a holiday horizon under 90 days."""
    if not result.unevaluated and not runs_short(result.closed_until, at):
        return
    metrics = make_metrics(at)
    if result.unevaluated:
        metrics.add_metric("SchedulesNotEvaluated", MetricUnit.Count, 1)
    if result.closed_until is not None and runs_short(result.closed_until, at):
        days = (result.closed_until - at.date()).days
        metrics.add_metric("HolidayHorizonDays", MetricUnit.Count, days)
    metrics.add_metadata("model_id", result.model_id)
    metrics.flush_metrics()
