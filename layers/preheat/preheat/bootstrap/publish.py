"""Wires the function `publish`. It reads the stream of the ledger and no table."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.stream import LedgerStream, read_key
from preheat.adapters.eventbridge.eventbridge import EventBridge, make_events_client
from preheat.adapters.sqs.replies import SqsReplies
from preheat.adapters.sqs.sqs import make_sqs_client
from preheat.app.ports.clock import Clock
from preheat.app.ports.outbox import Replies
from preheat.app.publish import REASON_MAX, CountedEntries, Outbox, SchedulesSeen
from preheat.bootstrap.settings import PublishSettings
from preheat.observability.tracing import trace_calls


@dataclass(frozen=True, slots=True)
class Publisher:
    """The function `publish`, wired. `unpublished` is the ARN of the queue for entries that nobody can ever publish."""

    clock: Clock
    stream: LedgerStream
    outbox: Outbox
    replies: Replies
    unpublished: str
    counted: CountedEntries = field(default_factory=CountedEntries)
    schedules: SchedulesSeen = field(default_factory=SchedulesSeen)

    def set_aside(self, record: Mapping[str, Any], reason: str) -> None:
        """Send the key of a stream record to the unpublished queue, so that the records after it go on.

        Raises the errors of `Replies.send`.
        """
        text = {"key": read_key(record), "event_id": record.get("eventID"), "reason": reason[:REASON_MAX]}
        self.replies.send(self.unpublished, json.dumps(text))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = PublishSettings.from_env(environ)
        session = trace_calls(Session())
        replies = SqsReplies(make_sqs_client(session))
        events, clock = EventBridge(make_events_client(session), settings.event_bus), SystemClock()
        outbox = Outbox(events, replies, settings.reply_queue_arns, clock)
        stream = LedgerStream(settings.ledger_table)
        return cls(clock, stream, outbox, replies, settings.unpublished_queue_arn)
