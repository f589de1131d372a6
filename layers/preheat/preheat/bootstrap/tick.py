"""Wires the function `tick`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.fleet import DynamoFleet
from preheat.adapters.sqs.sqs import SqsQueue, make_sqs_client
from preheat.app.glances import GlanceRounds
from preheat.app.ports.clock import Clock
from preheat.app.ports.queue import Queue
from preheat.app.resting import RestingModels
from preheat.app.tick import Ticked, TickStore, tick
from preheat.bootstrap.part import open_part
from preheat.bootstrap.settings import TickSettings
from preheat.observability.tracing import trace_calls


@dataclass(frozen=True, slots=True)
class Ticker:
    """The function `tick`, wired. `resting` and `rounds` live as long as its process."""

    clock: Clock
    store: TickStore
    queue: Queue
    resting: RestingModels = field(default_factory=RestingModels)
    rounds: GlanceRounds = field(default_factory=GlanceRounds)

    def tick(self) -> Ticked:
        """Run one tick; see `preheat.app.tick.tick`."""
        return tick(clock=self.clock, store=self.store, queue=self.queue, resting=self.resting, rounds=self.rounds)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = TickSettings.from_env(environ)
        session = trace_calls(Session())
        return cls(
            SystemClock(),
            open_part(DynamoFleet, settings, session),
            SqsQueue(make_sqs_client(session), settings.work_queue_url),
        )
