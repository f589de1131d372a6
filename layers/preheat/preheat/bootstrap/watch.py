"""Wires the function `watch`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.plans import DynamoPlans
from preheat.adapters.sqs.sqs import SqsQueue, make_sqs_client
from preheat.app.watch import Watch
from preheat.bootstrap.part import open_part
from preheat.bootstrap.settings import WatchSettings
from preheat.observability.tracing import trace_calls


@dataclass(frozen=True, slots=True)
class Watcher:
    """The function `watch`, wired."""

    watch: Watch

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = WatchSettings.from_env(environ)
        session = trace_calls(Session())
        queue = SqsQueue(make_sqs_client(session), settings.work_queue_url)
        return cls(
            Watch(SystemClock(), open_part(DynamoPlans, settings, session), queue, own_roles=settings.own_role_arns)
        )
