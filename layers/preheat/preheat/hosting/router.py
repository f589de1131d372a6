"""The port `Hosting` over all services: each call goes to the adapter of its target's service, region and role.

Knows neither a service's words nor how a client comes to its credentials.
"""

from typing import Any, Protocol

from preheat.domain.attempt import Attempt
from preheat.domain.plan import Backend, Target
from preheat.domain.situation import Observation
from preheat.hosting.lookout import LookoutHosting
from preheat.hosting.rekognition import RekognitionHosting
from preheat.hosting.sagemaker import SageMakerHosting
from preheat.ports import Hosting


class Clients(Protocol):
    """Where the clients come from: called before each call, so that it may hand out a fresh one."""

    def __call__(self, target: Target) -> Any:
        """Return a botocore client of the target's service, for its region and role, with `calling.CONFIG`.

        Raises:
            HostingError: there is none to be had; only the models that need it are harmed.
        """


class HostingRouter:
    """One `Hosting` for every target. An adapter lives as long as its client: it remembers ARNs, not credentials."""

    def __init__(self, clients: Clients, managed_by: str) -> None:
        """`managed_by` marks what Preheat creates; see `sagemaker.MANAGED_BY`."""
        self._clients = clients
        self._adapters: dict[tuple[Backend, str | None, str | None], tuple[Any, Hosting]] = {}
        self._managed_by = managed_by

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        return self._adapter(target).describe(target)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._adapter(attempt.target).start(attempt)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._adapter(attempt.target).stop(attempt)

    def _adapter(self, target: Target) -> Hosting:
        key = (target.backend, target.region, target.role)
        client = self._clients(target)
        known = self._adapters.get(key)
        if known is None or known[0] is not client:
            known = self._adapters[key] = (client, self._made(target.backend, client))
        return known[1]

    def _made(self, backend: Backend, client: Any) -> Hosting:
        match backend:
            case Backend.LOOKOUT_VISION:
                return LookoutHosting(client)
            case Backend.REKOGNITION:
                return RekognitionHosting(client)
            case Backend.SAGEMAKER:
                return SageMakerHosting(client, self._managed_by)
