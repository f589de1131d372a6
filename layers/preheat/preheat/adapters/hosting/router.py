"""The port `Hosting` over all services: each call goes to the adapter of its target's service, region and role.

Knows neither a service's words nor how a client comes to its credentials.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.calling import INFERENCE_SERVICES
from preheat.adapters.hosting.component import ComponentHosting
from preheat.adapters.hosting.function import FunctionHosting
from preheat.adapters.hosting.lookout import LookoutHosting
from preheat.adapters.hosting.rekognition import RekognitionHosting
from preheat.adapters.hosting.sagemaker import SageMakerHosting
from preheat.adapters.hosting.scaling import ComponentScaling
from preheat.app.ports.hosting import Hosting
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.observation import Observation

ADAPTERS_MAX: Final = 32


class Clients(Protocol):
    """Where the clients come from: called before each call, so that it may hand out a fresh one."""

    def __call__(self, target: Target, service: AwsService | None = None) -> Any:
        """Return a botocore client of the target's service (or of `service`), for its region and role.

        None: the client for looks, starts and stops. A service that infers: one that waits a minute for an answer.

        Raises:
            HostingError: there is none to be had; only the models that need it are harmed.
        """


class HostingRouter:
    """One `Hosting` for every target. An adapter goes with its client: it remembers ARNs, not credentials."""

    def __init__(self, clients: Clients, managed_by: str, *, scales: bool = False) -> None:
        """`managed_by` marks what Preheat creates; see `sagemaker.MANAGED_BY`. `scales`: it may change scaling."""
        self._set_least = ComponentScaling(clients).set_least if scales else None
        self._clients = clients
        self._adapters: OrderedDict[tuple[int, Backend], tuple[Any, Hosting]] = OrderedDict()
        self._managed_by = managed_by

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        return self._adapter(target).describe(target)

    def glance(self, target: Target) -> Observation:
        """See `ports.Glances`. A service that has nothing to recall gets a whole look."""
        adapter = self._adapter(target)
        return adapter.glance(target) if isinstance(adapter, SageMakerHosting) else adapter.describe(target)

    def list_unchanged(self, targets: Sequence[Target]) -> Mapping[Target, Observation]:
        """See `ports.Glances`. It lists endpoints of the stack's own account: the role of a member may not list."""
        places: dict[SageMakerHosting, list[Target]] = defaultdict(list)
        for target in targets:
            listable = target.backend is Backend.SAGEMAKER and target.role is None
            if listable and isinstance(adapter := self._adapter(target), SageMakerHosting):
                places[adapter].append(target)
        found: dict[Target, Observation] = {}
        for adapter, some in places.items():
            found |= adapter.list_unchanged(some)
        return found

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`."""
        self._adapter(target).probe(target, readiness)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._adapter(attempt.target).start(attempt)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._adapter(attempt.target).stop(attempt)

    def _adapter(self, target: Target) -> Hosting:
        client = self._clients(target)
        # Two backends may share a client. The key has the client's id, and the entry keeps the client, so that no other
        # gets this id.
        key = (id(client), target.backend)
        if key not in self._adapters:
            self._adapters[key] = (client, self._make(target.backend, client))
        self._adapters.move_to_end(key)
        while len(self._adapters) > ADAPTERS_MAX:
            self._adapters.popitem(last=False)
        return self._adapters[key][1]

    def _make(self, backend: Backend, client: Any) -> Hosting:
        match backend:
            case Backend.LOOKOUT_VISION:
                return LookoutHosting(client, self._open_inference)
            case Backend.REKOGNITION:
                return RekognitionHosting(client, self._open_inference)
            case Backend.SAGEMAKER:
                return SageMakerHosting(client, self._managed_by, self._open_inference)
            case Backend.SAGEMAKER_COMPONENT:
                return ComponentHosting(client, self._open_inference, self._set_least)
            case Backend.FUNCTION:
                return FunctionHosting(client)

    def _open_inference(self, target: Target) -> Any:
        return self._clients(target, INFERENCE_SERVICES[target.backend])
