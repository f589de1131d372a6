"""What the functions tell CloudWatch: one log line a pass, and metrics in the embedded metric format.

Each ledger entry makes an EMF line of its own, stamped with the entry's time, in the dimension sets [service] and
[service, schedule]. Model ids are properties, never dimensions. Nothing here decides anything.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from preheat.app.audit.audit import LISTS_EVERY, Audited
from preheat.app.publish import fails_a_start
from preheat.app.reconcile.reconcile import Result
from preheat.app.requests.desk import Taken
from preheat.app.tick import Ticked
from preheat.app.watch import Change
from preheat.domain.calendar.timetable import runs_short
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.event import Event
from preheat.domain.record.paid import Cause
from preheat.domain.record.record import Action, LedgerEntry
from preheat.observability import correlation
from preheat.observability.masking import log_line

SERVICE = "preheat"
NAMESPACE = "Preheat"
BY_SCHEDULE = frozenset({"TimeToHosted", "HostedMargin", "StartsOnTime", "StartsLate"})  # in a second dimension set
NAMES_MAX = 20  # model ids in one log line
TEXT_MAX = 1000  # characters of a reason, which may quote the hosting service


def _line(facts: dict[str, Any]) -> str:
    """Write a log line, with what the work was caused by."""
    cause = correlation.current()
    return log_line(facts | {"correlation_id": cause} if cause else facts)


logger = Logger(service=SERVICE, json_serializer=_line)


def log_result(result: Result) -> None:
    """Write a line at INFO for each transition, and one of the pass: at WARNING if it was cut short, else at DEBUG.

    A pass that changed nothing writes nothing at INFO. A transition's reason is the ledger's, and of one that made a
    call also what that was answered.
    """
    for entry in result.entries:
        told = {
            "model_id": entry.model_id,
            "sequence": entry.sequence,
            "from": entry.from_phase,
            "to": entry.to_phase,
            "action": entry.action,
            "reason": (result.reason if result.reason.startswith(entry.reason) else entry.reason)[:TEXT_MAX],
        }
        if entry.client_token is not None:
            told["client_token"] = entry.client_token
        logger.info("transition", extra=told)
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
    grave = result.incomplete or result.unevaluated
    (logger.warning if grave else logger.debug)("reconciled", extra=facts)


def log_tick(ticked: Ticked) -> None:
    """Write the one line that tells of a tick: at WARNING if it repaired or could not send, else at DEBUG."""
    facts = {
        "sent": len(ticked.sent),
        "unsent": ticked.unsent[:NAMES_MAX],
        "resynced": ticked.resynced[:NAMES_MAX] if ticked.resynced else [],
        "pickup_delay_seconds": ticked.pickup_delay.total_seconds(),
    }
    (logger.warning if ticked.unsent or ticked.resynced else logger.debug)("ticked", extra=facts)


def log_watched(change: Change, woken: Sequence[ModelId]) -> None:
    """Write the one line that tells of an event of a hosting service: at INFO if it woke a model, else at DEBUG."""
    facts = {"backend": change.backend, "named": change.project, "what": change.what, "woken": list(woken)}
    (logger.info if woken else logger.debug)("watched", extra=facts)


def log_published(key: str, events: Sequence[Event]) -> None:
    """Write the one line that tells of an entry's or a reply's events: at INFO if there are any, else at DEBUG."""
    facts = {"key": key, "events": [f"{event.kind} {event.event_id}" for event in events[:NAMES_MAX]]}
    (logger.info if events else logger.debug)("published", extra=facts)


def tell_tampered(key: str, change: str, *, at: datetime) -> None:
    """Write at ERROR, and as a metric, that an item of the ledger was changed or deleted."""
    logger.error("the ledger was tampered with", extra={"key": key, "change": change})
    metrics = _metrics(at)
    metrics.add_metric("LedgerTampered", MetricUnit.Count, 1)
    metrics.add_metadata("key", key)
    metrics.flush_metrics()


def tell_audited(audited: Audited) -> None:
    """Write one log line for each thing that a run of the audit found, and the metrics that alarms go by."""
    for risk in audited.at_risk:
        times = {"ready_at": risk.ready_at.isoformat(), "expected_at": risk.expected_at.isoformat()}
        logger.warning(
            "at risk", extra={"model_id": risk.model_id, "schedule": risk.schedule, "reason": risk.reason, **times}
        )
    for stuck in audited.stuck:
        facts = {"model_id": stuck.model_id, "phase": stuck.phase, "since": stuck.since.isoformat()}
        logger.warning("stuck", extra=facts)
    for found in audited.unscheduled or ():
        one = found.running
        listed: dict[str, object] = {
            "model_id": found.model_id,
            "site": str(one.site),
            "project": one.project,
            "version": one.version,
            "status": one.detail,
            "units": one.units,
            "usd_per_hour": None if found.usd_per_hour is None else float(found.usd_per_hour),
            "reason": found.reason,
        }
        logger.warning("unscheduled", extra=listed)
    for model_id, reason in audited.unreadable:
        logger.error("not audited", extra={"model_id": model_id, "reason": reason[:TEXT_MAX]})
    for site, error in audited.unlisted:
        logger.error("not listed", extra={"site": str(site), "reason": str(error)[:TEXT_MAX]})
    for violation in audited.violations:
        facts = {"model_id": violation.model_id, "promise": violation.promise, "what": violation.what}
        logger.error("a ledger breaks a promise", extra=facts)
    metrics = _metrics(audited.at)
    metrics.add_metric("ModelsAtRisk", MetricUnit.Count, len(audited.at_risk))
    if audited.stuck:
        metrics.add_metric("ModelsStuck", MetricUnit.Count, len(audited.stuck))
    if audited.violations:
        metrics.add_metric("LedgerTampered", MetricUnit.Count, len(audited.violations))
    if audited.unscheduled is not None:
        metrics.add_metric("UnscheduledModels", MetricUnit.Count, len(audited.unscheduled))
        seconds = audited.hosted_units * LISTS_EVERY.total_seconds()
        metrics.add_metric("HostedUnitSeconds", MetricUnit.Seconds, seconds)
    metrics.flush_metrics()


def log_taken(taken: Taken) -> None:
    """Write the one line that tells of a request: at WARNING if it was refused, else at INFO."""
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


def emit_taken(taken: Taken, *, at: datetime) -> None:
    """Write that a request was refused; nothing of an accepted one, nor of one that comes again."""
    if taken.reply.accepted or taken.again:
        return
    metrics = _metrics(at)
    metrics.add_metric("RequestsRejected", MetricUnit.Count, 1)
    metrics.add_metadata("code", taken.reply.code)
    metrics.add_metadata("request_id", taken.reply.request_id)
    metrics.flush_metrics()


def emit_entry(entry: LedgerEntry) -> None:
    """Write the metrics that a ledger entry holds as one EMF line, and its times as a log line; none if it has none."""
    if times := times_of(entry):
        told = {"model_id": entry.model_id, "sequence": entry.sequence, "schedule": entry.schedule}
        logger.info("entry", extra=told | times)
    measured = _measures(entry)
    for of_schedules in (True, False):
        some = [each for each in measured if (each[0] in BY_SCHEDULE) is of_schedules]
        if some:
            _emit_measures(entry, some, entry.schedule if of_schedules else None)


def times_of(entry: LedgerEntry) -> dict[str, Any]:
    """Return what an entry says of times and of what was paid for, in seconds; its absence tells that it says nothing.

    They are figures of one model, for which queries are there: as metrics they would be a series for each model.
    """
    found: dict[str, Any] = {}
    if entry.action is Action.START:
        found["attempt"] = entry.attempt
        if entry.ready_at is not None:
            found["lead_seconds"] = (entry.ready_at - entry.at).total_seconds()
    if entry.action is Action.STOP and entry.needed_until is not None:
        found["stop_delay_seconds"] = (entry.at - entry.needed_until).total_seconds()
    if entry.paid:
        idle = sum((one.end - one.begin for one in entry.paid if one.cause is Cause.IDLE), timedelta())
        found["idle_seconds"] = idle.total_seconds()
        sums = dict.fromkeys(Cause, timedelta())
        for one in entry.paid:
            sums[one.cause] += one.unit_time
        found["unit_seconds"] = {str(cause): total.total_seconds() for cause, total in sums.items() if total}
    return found


def _emit_measures(entry: LedgerEntry, measured: list[tuple[str, MetricUnit, float]], schedule: str | None) -> None:
    metrics = _metrics(entry.at)
    for name, unit, value in measured:
        metrics.add_metric(name, unit, value)
    if schedule:
        metrics.add_dimensions(service=SERVICE, schedule=schedule)
    metrics.add_metadata("model_id", entry.model_id)
    metrics.add_metadata("sequence", entry.sequence)
    if entry.inference_latency is not None:
        metrics.add_metadata("inference_latency_ms", entry.inference_latency / timedelta(milliseconds=1))
    metrics.flush_metrics()


def emit_schedule(result: Result, *, at: datetime) -> None:
    """Write what alarms go by: schedules that could not be evaluated, and how many days the holidays are known for yet.

    The days are written only when they are fewer than 90.
    """
    if not result.unevaluated and not runs_short(result.closed_until, at):
        return
    metrics = _metrics(at)
    if result.unevaluated:
        metrics.add_metric("SchedulesNotEvaluated", MetricUnit.Count, 1)
    if result.closed_until is not None and runs_short(result.closed_until, at):
        days = (result.closed_until - at.date()).days
        metrics.add_metric("HolidayHorizonDays", MetricUnit.Count, days)
    metrics.add_metadata("model_id", result.model_id)
    metrics.flush_metrics()


def emit_pickup_delay(delay: timedelta, *, at: datetime) -> None:
    """Write how long the oldest due model has been waiting; 0 if none is."""
    metrics = _metrics(at)
    metrics.add_metric("PickupDelay", MetricUnit.Seconds, delay.total_seconds())
    metrics.flush_metrics()


def _metrics(at: datetime) -> Any:
    """Return an empty EMF line of its own, stamped `at`; Powertools' shared one would mix entries and their times."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    metrics.add_dimension("service", SERVICE)
    # Not `set_timestamp`: it compares with the machine's clock, and `at` was read from the pass's.
    metrics.timestamp = int(at.timestamp() * 1000)
    return metrics


def _measures(entry: LedgerEntry) -> list[tuple[str, MetricUnit, float]]:
    found: list[tuple[str, MetricUnit, float]] = []
    if entry.time_to_hosted is not None:
        found.append(("TimeToHosted", MetricUnit.Seconds, entry.time_to_hosted.total_seconds()))
    if entry.margin is not None:
        found.append(("HostedMargin", MetricUnit.Seconds, entry.margin.total_seconds()))
    if entry.late is not None:
        found.append(("StartsLate" if entry.late else "StartsOnTime", MetricUnit.Count, 1))
    if fails_a_start(entry):
        found.append(("StartFailures", MetricUnit.Count, 1))
    if entry.action is Action.CAPACITY:
        found.append(("CapacityShortages", MetricUnit.Count, 1))
    return found
