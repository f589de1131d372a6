"""Wires the function `reconcile`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import uuid4

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.basis import DynamoBasis
from preheat.adapters.hosting.backlogs import SqsBacklogs
from preheat.adapters.hosting.clients import HostingClients
from preheat.adapters.hosting.gates import LambdaGates
from preheat.adapters.hosting.members import MemberSessions, make_sts_client
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.hosting.scaling import EndpointScaling
from preheat.adapters.sqs.sqs import SqsQueue, make_sqs_client
from preheat.app.ports.remote import Remote
from preheat.app.reconcile.glancing import glance_at_each
from preheat.app.reconcile.reconcile import Result, reconcile
from preheat.bootstrap.part import open_part
from preheat.bootstrap.settings import ReconcileSettings
from preheat.domain.plan.plan import Mode, ModelId
from preheat.observability.tracing import trace_calls


def make_unique_name() -> str:
    """Return a name that no other pass has, on any worker."""
    return f"pass-{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Reconciler:
    """The function `reconcile`, wired. `name` returns a unique name for each pass."""

    remote: Remote
    mode: Mode
    name: Callable[[], str] = make_unique_name

    def reconcile(
        self,
        model_id: ModelId,
        due_at: datetime | None = None,
        *,
        repeated: bool = False,
        glance: bool = False,
    ) -> Result:
        """Run one pass under its own name; see `preheat.app.reconcile.reconcile.reconcile`."""
        remote = self.remote.under(self.name())
        return reconcile(model_id, remote, mode=self.mode, due_at=due_at, repeated=repeated, glance=glance)

    def glance_at_each(self, model_ids: Sequence[ModelId]) -> tuple[tuple[ModelId, ...], tuple[Exception, ...]]:
        """Run a round of glances; return the models that differ, and what no port may raise; see `glancing`."""
        remote = self.remote.under(self.name())
        return glance_at_each(model_ids, remote, self.mode), tuple(remote.unexpected)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = ReconcileSettings.from_env(environ)
        session, clock = trace_calls(Session()), SystemClock()
        store = open_part(DynamoBasis, settings, session)
        queue = SqsQueue(make_sqs_client(session), settings.work_queue_url)
        sessions = MemberSessions(lambda: make_sts_client(session), clock, store.read_membership)
        clients = HostingClients(session, settings.endpoint_urls, sessions)
        hosting = HostingRouter(clients, settings.managed_by, scales=settings.scales_endpoints)
        scaling = EndpointScaling(clients) if settings.scales_endpoints else None
        # It makes the clients of gates and backlogs when a plan first needs one.
        gates, backlogs = LambdaGates.of(session), SqsBacklogs.of(session)
        remote = Remote(
            clock,
            store,
            hosting,
            queue,
            "",
            gates=gates,
            backlogs=backlogs,
            glances=hosting,
            scaling=scaling,
            served_at=store.read_served_at,
            stack=f"{settings.managed_by}/{settings.models_table}",
        )
        return cls(remote, settings.mode)
