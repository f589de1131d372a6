"""Wires the function `requests`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.plans import DynamoPlans
from preheat.adapters.dynamodb.requests import DynamoRequests
from preheat.adapters.dynamodb.senders import DynamoSenders
from preheat.adapters.sqs.rejected import SqsRejected
from preheat.adapters.sqs.sqs import SqsQueue, make_sqs_client
from preheat.app.ports.clock import Clock
from preheat.app.requests.case import Limits
from preheat.app.requests.desk import Desk
from preheat.bootstrap.part import open_part
from preheat.bootstrap.settings import RequestsSettings
from preheat.observability.tracing import trace_calls


class DeskTables(DynamoRequests, DynamoPlans, DynamoSenders):
    """Implements `DeskStore`."""


@dataclass(frozen=True, slots=True)
class RequestTaker:
    """The function `requests`, wired."""

    clock: Clock
    desk: Desk

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = RequestsSettings.from_env(environ)
        session = trace_calls(Session())
        clock, sqs = SystemClock(), make_sqs_client(session)
        queue, rejected = SqsQueue(sqs, settings.work_queue_url), SqsRejected(sqs, settings.rejected_queue_url)
        admins, reply_queues = frozenset(settings.admin_roles), frozenset(settings.reply_queue_arns)
        unit_hours = settings.request_unit_hours
        limits = Limits(settings.request_longest, admins, reply_queues, settings.mode, unit_hours=unit_hours)
        return cls(clock, Desk(clock, open_part(DeskTables, settings, session), queue, rejected, limits))
