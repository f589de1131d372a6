"""The reports of the function `publish`: one log line an entry or reply, and the metrics of each entry.

Each entry's metrics are an EMF line of their own, with the time of the entry; four metrics also have the dimension set
[service, schedule].
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from preheat.app.publish import fails_a_start
from preheat.domain.record.event import Event
from preheat.domain.record.paid import Cause
from preheat.domain.record.record import Action, LedgerEntry
from preheat.observability.logs import NAMES_MAX, logger
from preheat.observability.metrics import SERVICE, make_metrics

BY_SCHEDULE = frozenset({"TimeToHosted", "HostedMargin", "StartsOnTime", "StartsLate"})  # in a second dimension set


def log_published(key: str, events: Sequence[Event]) -> None:
    """Log the events of an entry or a reply: at INFO if there are any, else at DEBUG."""
    facts = {"key": key, "events": [f"{event.kind} {event.event_id}" for event in events[:NAMES_MAX]]}
    (logger.info if events else logger.debug)("published", extra=facts)


def log_deferred(key: str, error: Exception) -> None:
    """Log at WARNING that the bus or a queue did not answer, and that the stream retries from this record."""
    logger.warning("not published yet", extra={"key": key, "reason": str(error)})


def log_set_aside(key: str) -> None:
    """Log at ERROR, with the traceback, that a record goes to the unpublished queue."""
    logger.exception("moved to the unpublished queue", extra={"key": key})


def log_uncounted(key: str) -> None:
    """Log at WARNING, with the traceback, that a record has no metrics: nobody can read it."""
    logger.warning("no metrics", exc_info=True, extra={"key": key})


def report_tampering(key: str, change: str, *, at: datetime) -> None:
    """Log at ERROR, and emit, that somebody changed or deleted an item of the ledger."""
    logger.error("ledger changed by hand", extra={"key": key, "change": change})
    metrics = make_metrics(at)
    metrics.add_metric("LedgerTampered", MetricUnit.Count, 1)
    metrics.add_metadata("key", key)
    metrics.flush_metrics()


def emit_entry(entry: LedgerEntry, *, by_schedule: bool = True) -> None:
    """Emit the metrics of a ledger entry, and log its times; nothing if it has none.

    `by_schedule`: whether four of the metrics also have the schedule as a dimension.
    """
    if times := read_times(entry):
        facts = {"model_id": entry.model_id, "sequence": entry.sequence, "schedule": entry.schedule}
        logger.info("entry", extra=facts | times)
    measures = read_measures(entry)
    for of_schedules in (True, False):
        some = [each for each in measures if (each[0] in BY_SCHEDULE) is of_schedules]
        if some:
            _emit_measures(entry, some, entry.schedule if of_schedules and by_schedule else None)


def read_times(entry: LedgerEntry) -> dict[str, Any]:
    """Return the times and the paid time that an entry holds, in seconds. A missing key means that it holds none.

    They are figures of one model, so queries read them from the log: as metrics, each model would be a series.
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


def read_measures(entry: LedgerEntry) -> list[tuple[str, MetricUnit, float]]:
    """Return the metrics that an entry holds: name, unit and value."""
    found: list[tuple[str, MetricUnit, float]] = []
    if entry.time_to_hosted is not None:
        found.append(("TimeToHosted", MetricUnit.Seconds, entry.time_to_hosted.total_seconds()))
    if entry.margin is not None:
        found.append(("HostedMargin", MetricUnit.Seconds, entry.margin.total_seconds()))
    if entry.late is not None:
        found.append(("StartsLate" if entry.late else "StartsOnTime", MetricUnit.Count, 1))
    if entry.lost:
        found.append(("ModelsLost", MetricUnit.Count, 1))
    if fails_a_start(entry):
        found.append(("StartFailures", MetricUnit.Count, 1))
    if entry.action is Action.CAPACITY:
        found.append(("CapacityShortages", MetricUnit.Count, 1))
    return found


def _emit_measures(entry: LedgerEntry, measures: list[tuple[str, MetricUnit, float]], schedule: str | None) -> None:
    metrics = make_metrics(entry.at)
    for name, unit, value in measures:
        metrics.add_metric(name, unit, value)
    if schedule:
        metrics.add_dimensions(service=SERVICE, schedule=schedule)
    metrics.add_metadata("model_id", entry.model_id)
    metrics.add_metadata("sequence", entry.sequence)
    if entry.inference_latency is not None:
        metrics.add_metadata("inference_latency_ms", entry.inference_latency / timedelta(milliseconds=1))
    metrics.flush_metrics()
