"""The function `publish`: the ledger's stream calls it with what was appended. It tells of each entry, in order."""

import os
from typing import Any

from preheat.adapters.dynamodb.stream import Tampered, key_of
from preheat.app.ports.errors import EventsUnavailable, QueueUnavailable
from preheat.bootstrap.wiring import Publisher
from preheat.domain.record.record import LedgerEntry
from preheat.observability import telemetry

publisher = Publisher.from_env(os.environ)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Publish what each record tells; return the first that could not leave yet: it comes again with all after it."""
    for record in event["Records"]:
        try:
            publish(record)
        except (EventsUnavailable, QueueUnavailable) as error:
            # None after it is tried: what is told of one model keeps its order.
            telemetry.logger.warning("not published yet", extra={"key": key_of(record), "reason": str(error)})
            return {"batchItemFailures": [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]}
    return {"batchItemFailures": []}


def publish(record: dict[str, Any]) -> None:
    """Publish what one record tells. What can never be published is set aside, for it would stop its shard."""
    told = None
    try:
        told = publisher.stream.read(record)
        if isinstance(told, Tampered):
            telemetry.tell_tampered(told.key, told.change, at=publisher.clock.now())
            return
        telemetry.log_published(key_of(record), publisher.outbox.publish(told))
    except (EventsUnavailable, QueueUnavailable):
        raise
    except Exception as error:  # noqa: BLE001 - a bug too must cost one entry its events, never a shard
        telemetry.logger.exception("set aside", extra={"key": key_of(record)})
        publisher.set_aside(record, f"{type(error).__name__}: {error}")
    if isinstance(told, LedgerEntry):
        telemetry.emit_entry(told)
