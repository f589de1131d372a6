"""Wires the function `audit`."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from botocore.session import Session

from preheat.adapters.clock import SystemClock
from preheat.adapters.dynamodb.members import DynamoMembers
from preheat.adapters.dynamodb.requests import DynamoRequests
from preheat.adapters.hosting.clients import HostingClients
from preheat.adapters.hosting.listing import HostingListing
from preheat.adapters.hosting.members import AUDIT_SESSION_NAME, MemberSessions, make_sts_client, share_listing
from preheat.app.audit.audit import Audit
from preheat.app.audit.invariants import judge_ledger
from preheat.app.ports.hosting import Site
from preheat.bootstrap.part import open_part
from preheat.bootstrap.settings import AuditSettings
from preheat.domain.plan.plan import Backend
from preheat.observability.tracing import trace_calls

LISTING_PAUSE_SECONDS = 0.2  # five calls a second leave the services' limits to the passes


class AuditTables(DynamoRequests, DynamoMembers):
    """Implements `AuditStore`, and `Members` for its sessions."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """The function `audit`, wired."""

    audit: Audit

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Wire the function from its environment variables. Raises SettingsError."""
        settings = AuditSettings.from_env(environ)
        session, clock = trace_calls(Session()), SystemClock()
        store = open_part(AuditTables, settings, session)
        sessions = MemberSessions(
            lambda: make_sts_client(session), clock, store.read_membership, share=share_listing, name=AUDIT_SESSION_NAME
        )
        clients = HostingClients(session, settings.endpoint_urls, sessions)
        listing = HostingListing(clients, lambda: time.sleep(LISTING_PAUSE_SECONDS))
        return cls(
            Audit(
                clock,
                store,
                listing,
                _list_sites(settings),
                settings.project_prefix,
                lambda ledger, sequence, whole: list(judge_ledger(ledger, sequence=sequence, whole=whole)),
                settings.mode,
                settings.region,
            )
        )


def _list_sites(settings: AuditSettings) -> tuple[Site, ...]:
    """Return every site that the audit lists: each backend in each region of each account."""
    # AWS has ended Lookout for Vision: the audit lists it where another endpoint answers, or where a plan names it.
    listed = [each for each in Backend if each.is_listed]
    backends = [each for each in listed if each is not Backend.LOOKOUT_VISION or settings.hosting_endpoint_url]
    regions = settings.hosting_regions or (settings.region,)
    roles = (None, *settings.member_role_arns)
    return tuple(Site(backend, region, role) for role in roles for region in regions for backend in backends)
