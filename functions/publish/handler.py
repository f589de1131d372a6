"""Lambda handler for `publish`. The ledger's stream invokes it with new entries; it publishes each, in order."""

import os
from typing import Any

from preheat.adapters.dynamodb.stream import Expired, Tampered, read_key
from preheat.app.ports.errors import EventsUnavailable, QueueUnavailable
from preheat.bootstrap.publish import Publisher
from preheat.domain.record.record import LedgerEntry
from preheat.observability import publish as telemetry
from preheat.observability.failures import masked_errors

with masked_errors():
    publisher = Publisher.from_env(os.environ)


@masked_errors()
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Publish each record. Return the first that the bus did not accept yet: it comes again, with all after it.

    The metrics of all records come first: their alarms must not wait for a bus that is out of reach.
    """
    for record in event["Records"]:
        emit_metrics(record)
    for record in event["Records"]:
        try:
            publish(record)
        except (EventsUnavailable, QueueUnavailable) as error:
            # The records after it wait, so that the events of one model keep their order.
            telemetry.log_deferred(read_key(record), error)
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def emit_metrics(record: dict[str, Any]) -> None:
    """Emit the metrics of a record if it is an entry. `publish` reports an unreadable record."""
    try:
        item = publisher.stream.read(record)
        if isinstance(item, LedgerEntry) and publisher.counted.add(item):
            telemetry.emit_entry(item, by_schedule=publisher.schedules.are_few(item))
    except Exception:  # noqa: BLE001 - even a bug may cost only one entry its metrics, and no record its events
        telemetry.log_uncounted(read_key(record))


def publish(record: dict[str, Any]) -> None:
    """Publish one record.

    A record that the bus can never accept goes to the unpublished queue, so that it does not block the shard.
    """
    try:
        item = publisher.stream.read(record)
        if isinstance(item, Expired):
            return
        if isinstance(item, Tampered):
            telemetry.report_tampering(item.key, item.change, at=publisher.clock.now())
            return
        telemetry.log_published(read_key(record), publisher.outbox.publish(item))
    except (EventsUnavailable, QueueUnavailable):
        raise
    except Exception as error:  # noqa: BLE001 - even a bug may cost only one entry its events, never a shard
        telemetry.log_set_aside(read_key(record))
        publisher.set_aside(record, f"{type(error).__name__}: {error}")
