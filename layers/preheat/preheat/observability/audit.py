"""The reports of the function `audit`: one log line for each finding, and the metrics that alarms watch."""

from datetime import datetime, timedelta

from aws_lambda_powertools.metrics import MetricUnit

from preheat.app.audit.audit import LISTS_EVERY, Audited
from preheat.domain.verdict.verdict import Verdict
from preheat.observability.logs import TEXT_MAX, logger
from preheat.observability.metrics import make_metrics


def report_audit(audited: Audited) -> None:
    """Log each finding of one run, and emit its metrics."""
    _log_models(audited)
    _log_unscheduled(audited)
    _log_problems(audited)
    metrics = make_metrics(audited.at)
    metrics.add_metric("ModelsAtRisk", MetricUnit.Count, len(audited.at_risk))
    if audited.unknown:
        metrics.add_metric("ModelsUnknown", MetricUnit.Count, len(audited.unknown))
    if audited.stuck:
        metrics.add_metric("ModelsStuck", MetricUnit.Count, len(audited.stuck))
    if audited.violations:
        metrics.add_metric("LedgerTampered", MetricUnit.Count, len(audited.violations))
    if audited.unscheduled is not None:
        metrics.add_metric("UnscheduledModels", MetricUnit.Count, len(audited.unscheduled))
        hours = audited.hosted_units * (LISTS_EVERY / timedelta(hours=1))
        metrics.add_metric("HostedUnitHours", MetricUnit.NoUnit, hours)
    metrics.flush_metrics()


def log_failed_audit(error: Exception) -> None:
    """Log at ERROR that the store did not answer."""
    logger.error("audit failed", extra={"reason": str(error)})


def _log_models(audited: Audited) -> None:
    for risk in audited.at_risk:
        times = {"ready_at": _format(risk.ready_at), "expected_at": _format(risk.expected_at)}
        logger.warning("at risk", extra=_describe(risk) | {"schedule": risk.schedule} | times)
    for unknown in audited.unknown:
        logger.warning("state unknown", extra=_describe(unknown) | {"since": _format(unknown.since)})
    for stuck in audited.stuck:
        facts = {"phase": stuck.phase, "since": _format(stuck.since)}
        logger.warning("stuck", extra=_describe(stuck.verdict) | facts)


def _describe(verdict: Verdict) -> dict[str, object]:
    """Return a verdict as `preheat explain` prints it: its state, its cause, and what you can do."""
    remedies = [f"{one.what}: {one.command}" if one.command else one.what for one in verdict.remedies]
    facts = {"model_id": verdict.model_id, "state": verdict.state, "cause": verdict.cause}
    return facts | {"reason": verdict.why[:TEXT_MAX], "remedies": remedies}


def _format(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _log_unscheduled(audited: Audited) -> None:
    for found in audited.unscheduled or ():
        one = found.running
        facts: dict[str, object] = {
            "model_id": found.model_id,
            "site": str(one.site),
            "project": one.project,
            "version": one.version,
            "status": one.detail,
            "units": one.units,
            "usd_per_hour": None if found.usd_per_hour is None else float(found.usd_per_hour),
            "reason": found.reason,
        }
        logger.warning("unscheduled", extra=facts)


def _log_problems(audited: Audited) -> None:
    for model_id, reason in audited.unreadable:
        logger.error("model not audited", extra={"model_id": model_id, "reason": reason[:TEXT_MAX]})
    for site, error in audited.unlisted:
        logger.error("site not listed", extra={"site": str(site), "reason": str(error)[:TEXT_MAX]})
    for violation in audited.violations:
        facts = {"model_id": violation.model_id, "promise": violation.promise, "what": violation.what}
        logger.error("ledger breaks a promise", extra=facts)
