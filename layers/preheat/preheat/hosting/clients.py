"""Botocore clients of the hosting services in the stack's own account, made when first needed and kept.

Owns endpoints and regions. Assumes no role.
"""

from collections.abc import Mapping
from typing import Any

from botocore.session import Session

from preheat.domain.plan import Backend, Target
from preheat.hosting.calling import CONFIG
from preheat.hosting.service_model import API_VERSION, SERVICE, lookout_session
from preheat.ports import InvalidCall


class StackClients:
    """The `router.Clients` of the stack's own account: one client per service and region."""

    def __init__(self, session: Session, endpoint_urls: Mapping[Backend, str | None]) -> None:
        """`endpoint_urls`: where a service answers; None is its own endpoint of the region. Teaches the session."""
        self._session = lookout_session(session)
        self._endpoint_urls = endpoint_urls
        self._clients: dict[tuple[Backend, str], Any] = {}

    def __call__(self, target: Target) -> Any:
        """Return the client; raises InvalidCall for a target with a role."""
        if target.role is not None:
            raise InvalidCall(f"{target}: this release assumes no role")
        region = target.region or str(self._session.get_config_variable("region"))
        key = (target.backend, region)
        if key not in self._clients:
            self._clients[key] = self._session.create_client(
                target.backend.value,
                region_name=region,
                api_version=API_VERSION if target.backend.value == SERVICE else None,
                endpoint_url=self._endpoint_urls.get(target.backend),
                config=CONFIG,
            )
        return self._clients[key]
