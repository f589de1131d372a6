"""The composition root: the one module that knows every concrete class, and wires them for each program.

Knows no rule. One botocore session serves all clients of a process, for a second one costs as much as the first.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import uuid4

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.connection import dynamodb_client
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.adapters.dynamodb.stream import LedgerStream, key_of
from preheat.adapters.dynamodb.tables import TableNames
from preheat.adapters.eventbridge.eventbridge import EventBridge, events_client
from preheat.adapters.hosting.backlogs import SqsBacklogs
from preheat.adapters.hosting.clients import HostingClients
from preheat.adapters.hosting.gates import LambdaGates
from preheat.adapters.hosting.listing import HostingListing
from preheat.adapters.hosting.members import AUDIT_SESSION_NAME, MemberSessions, listing_share, sts_client
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.sqs.rejected import SqsRejected
from preheat.adapters.sqs.replies import SqsReplies
from preheat.adapters.sqs.sqs import SqsQueue, sqs_client
from preheat.app.audit.audit import Audit
from preheat.app.audit.invariants import by_ledger
from preheat.app.ports.clock import Clock
from preheat.app.ports.hosting import Site
from preheat.app.ports.messaging import Queue, Replies
from preheat.app.ports.remote import Remote
from preheat.app.publish import REASON_MAX, Outbox
from preheat.app.reconcile.reconcile import Result, reconcile
from preheat.app.requests.case import Limits
from preheat.app.requests.desk import Desk
from preheat.app.tick import Ticked, TickStore, tick
from preheat.app.watch import Watch
from preheat.bootstrap.settings import (
    AuditSettings,
    PublishSettings,
    ReconcileSettings,
    RequestsSettings,
    StoreSettings,
    TickSettings,
    WatchSettings,
)
from preheat.domain.plan.plan import Backend, Mode, ModelId
from preheat.observability.tracing import traced


@dataclass(frozen=True, slots=True)
class Ticker:
    """The function `tick`, wired."""

    clock: Clock
    store: TickStore
    queue: Queue

    def tick(self) -> Ticked:
        """Make one tick; see `tick.tick`."""
        return tick(clock=self.clock, store=self.store, queue=self.queue)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment; raises SettingsError."""
        settings = TickSettings.from_env(environ)
        session = traced(Session())
        return cls(SystemClock(), open_store(settings, session), SqsQueue(sqs_client(session), settings.work_queue_url))


def unique_name() -> str:
    """Return a name for a pass that no other has, whichever worker makes it."""
    return f"pass-{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class Reconciler:
    """The function `reconcile`, wired. `name` gives each pass a name that no other has."""

    remote: Remote
    mode: Mode
    name: Callable[[], str] = unique_name

    def reconcile(self, model_id: ModelId) -> Result:
        """Make one pass under a name of its own; see `reconcile.reconcile`."""
        return reconcile(model_id, self.remote.under(self.name()), mode=self.mode)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment; raises SettingsError."""
        settings = ReconcileSettings.from_env(environ)
        session = traced(Session())
        store = open_store(settings, session)
        queue = SqsQueue(sqs_client(session), settings.work_queue_url)
        endpoint_urls = {
            Backend.LOOKOUT_VISION: settings.hosting_endpoint_url,
            Backend.REKOGNITION: settings.rekognition_endpoint_url,
            Backend.SAGEMAKER: settings.sagemaker_endpoint_url,
        }
        clock = SystemClock()
        sessions = MemberSessions(lambda: sts_client(session), clock, store.membership)
        hosting = HostingRouter(HostingClients(session, endpoint_urls, sessions), settings.managed_by)
        # Their clients are made when a plan first asks for one.
        gates, backlogs = LambdaGates.of(session), SqsBacklogs.of(session)
        return cls(Remote(clock, store, hosting, queue, writer="", gates=gates, backlogs=backlogs), settings.mode)


@dataclass(frozen=True, slots=True)
class Watcher:
    """The function `watch`, wired."""

    watch: Watch

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment; raises SettingsError."""
        settings = WatchSettings.from_env(environ)
        session = traced(Session())
        queue = SqsQueue(sqs_client(session), settings.work_queue_url)
        return cls(Watch(SystemClock(), open_store(settings, session), queue, own_roles=settings.own_role_arns))


@dataclass(frozen=True, slots=True)
class Publisher:
    """The function `publish`, wired. `unpublished` is the queue of what is set aside."""

    clock: Clock
    stream: LedgerStream
    outbox: Outbox
    replies: Replies
    unpublished: str

    def set_aside(self, record: Mapping[str, Any], reason: str) -> None:
        """Keep what a stream record was about where it is noticed, so that the others go on; see `ports.Replies`."""
        text = {"key": key_of(record), "event_id": record.get("eventID"), "reason": reason[:REASON_MAX]}
        self.replies.send(self.unpublished, json.dumps(text))

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment; raises SettingsError."""
        settings = PublishSettings.from_env(environ)
        session = traced(Session())
        replies = SqsReplies(sqs_client(session))
        outbox = Outbox(EventBridge(events_client(session), settings.event_bus), replies, settings.reply_queue_arns)
        stream = LedgerStream(settings.ledger_table)
        return cls(SystemClock(), stream, outbox, replies, settings.unpublished_queue_arn)


@dataclass(frozen=True, slots=True)
class Requests:
    """The function `requests`, wired."""

    clock: Clock
    desk: Desk

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment; raises SettingsError."""
        settings = RequestsSettings.from_env(environ)
        session = traced(Session())
        clock, sqs = SystemClock(), sqs_client(session)
        queue, rejected = SqsQueue(sqs, settings.work_queue_url), SqsRejected(sqs, settings.rejected_queue_url)
        limits = Limits(settings.request_longest, frozenset(settings.admin_roles), frozenset(settings.reply_queue_arns))
        return cls(clock, Desk(clock, open_store(settings, session), queue, rejected, limits))


LISTING_PAUSE_SECONDS = 0.2  # five calls a second: the services' own limits stay with the passes


@dataclass(frozen=True, slots=True)
class Auditor:
    """The function `audit`, wired."""

    audit: Audit

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment; raises SettingsError."""
        settings = AuditSettings.from_env(environ)
        session, clock = traced(Session()), SystemClock()
        store = open_store(settings, session)
        endpoint_urls = {
            Backend.LOOKOUT_VISION: settings.hosting_endpoint_url,
            Backend.REKOGNITION: settings.rekognition_endpoint_url,
            Backend.SAGEMAKER: settings.sagemaker_endpoint_url,
        }
        sessions = MemberSessions(
            lambda: sts_client(session), clock, store.membership, share=listing_share, name=AUDIT_SESSION_NAME
        )
        listing = HostingListing(
            HostingClients(session, endpoint_urls, sessions), lambda: time.sleep(LISTING_PAUSE_SECONDS)
        )
        # AWS has ended Lookout for Vision: it is listed where it answers elsewhere, or where a plan names it.
        backends = [each for each in Backend if each is not Backend.LOOKOUT_VISION or settings.hosting_endpoint_url]
        regions = settings.hosting_regions or (settings.region,)
        roles = (None, *settings.member_role_arns)
        sites = tuple(Site(backend, region, role) for role in roles for region in regions for backend in backends)
        audit = Audit(
            clock,
            store,
            listing,
            sites,
            settings.project_prefix,
            lambda ledger, sequence: list(by_ledger(ledger, sequence=sequence)),
            settings.mode,
            settings.region,
        )
        return cls(audit)


def open_store(settings: StoreSettings, session: Session, *, endpoint_url: str | None = None) -> DynamoStore:
    """Return the store on the tables that the settings name, over a client of the session."""
    names = TableNames(settings.models_table, settings.ledger_table, settings.plans_table)
    return DynamoStore(dynamodb_client(session, endpoint_url), names)
