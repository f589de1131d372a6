"""The hosting port over a simulated account, in this process.

Lookout for Vision answers from its core, which is fast; the others through their adapters and a client without a wire.
"""

from collections.abc import Callable
from typing import Any

from botocore.config import Config

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.lookout import ERRORS, OBSERVED
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.hosting.scaling import EndpointScaling
from preheat.app.ports.errors import AnswerLost
from preheat.app.ports.hosting import Hosting, Scaling
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.observation import Observation
from preheat_simulator.components import ComponentService
from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.errors import SimulatedAnswerLost as Dropped
from preheat_simulator.function import BackendFunction, FunctionAccount, FunctionClient
from preheat_simulator.http.transport import make_client, make_runtime, make_scaling_client
from preheat_simulator.lookout import LookoutService
from preheat_simulator.rekognition import CustomLabelsService
from preheat_simulator.sagemaker import EndpointService

type Simulated = LookoutService | CustomLabelsService | EndpointService | ComponentService

SERVICES: dict[Backend, type[Simulated]] = {
    Backend.LOOKOUT_VISION: LookoutService,
    Backend.REKOGNITION: CustomLabelsService,
    Backend.SAGEMAKER: EndpointService,
    Backend.SAGEMAKER_COMPONENT: ComponentService,
    Backend.FUNCTION: FunctionAccount,
}
STACK = "preheat-line"
ONE_TRY = Config(retries={"mode": "standard", "total_max_attempts": 1})  # the client's own would sleep in real time


def make_hosting(service: Simulated) -> Hosting:
    """Return the port on a simulated account."""
    if isinstance(service, FunctionAccount):
        function = FunctionClient(BackendFunction(service))
        return HostingRouter(lambda *_: function, STACK)
    if isinstance(service, LookoutService):
        return SimulatedHosting(service)
    clients: dict[str | None, Any] = {None: make_client(service, config=ONE_TRY)}
    if isinstance(service, EndpointService | ComponentService):
        clients[AwsService.SAGEMAKER_RUNTIME] = make_runtime(service, config=ONE_TRY)
    return HostingRouter(lambda _, service=None: clients.get(service, clients[None]), STACK)


def make_scaling(service: Simulated) -> Scaling | None:
    """Return the port on a simulated account; None: its stops remove nothing."""
    if not isinstance(service, EndpointService):
        return None
    client = make_scaling_client(service, config=ONE_TRY)
    return EndpointScaling(lambda _target, _service: client)


class SimulatedHosting:
    """The port `Hosting` on a simulated Lookout for Vision account."""

    def __init__(self, service: LookoutService) -> None:
        self._service = service

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        view = _ask(lambda: self._service.describe_model(target.project, target.version))
        return Observation(OBSERVED[view.status], view.status, units=view.min_units)

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`."""
        _ask(
            lambda: self._service.detect_anomalies(
                target.project, target.version, readiness.payload, readiness.content_type
            )
        )

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        target, units = attempt.target, attempt.units
        _ask(
            lambda: self._service.start_model(
                target.project, target.version, units.minimum, units.maximum, attempt.client_token
            )
        )

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        target = attempt.target
        _ask(lambda: self._service.stop_model(target.project, target.version, attempt.client_token))


def _ask[Answer](call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except ServiceError as error:
        raise ERRORS[error.code](str(error)) from error
    except Dropped as error:
        raise AnswerLost(str(error)) from error
