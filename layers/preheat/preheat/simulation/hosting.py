"""The hosting port over the simulator's core, without a wire between them: fast, and with the same errors."""

from collections.abc import Callable

from preheat.domain.attempt import Attempt
from preheat.domain.plan import Readiness, Target
from preheat.domain.situation import Observation
from preheat.hosting.lookout import ERRORS, OBSERVED
from preheat.ports import AnswerLost
from preheat.simulator.errors import AnswerLost as Dropped
from preheat.simulator.errors import ServiceError
from preheat.simulator.service import LookoutService


class SimulatedHosting:
    """The port `Hosting` on a simulated Lookout for Vision account."""

    def __init__(self, service: LookoutService) -> None:
        self._service = service

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        view = _asked(lambda: self._service.describe_model(target.project, target.version))
        return Observation(OBSERVED[view.status], view.status)

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`."""
        _asked(
            lambda: self._service.detect_anomalies(
                target.project, target.version, readiness.payload, readiness.content_type
            )
        )

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        target, units = attempt.target, attempt.units
        _asked(
            lambda: self._service.start_model(
                target.project, target.version, units.minimum, units.maximum, attempt.client_token
            )
        )

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        target = attempt.target
        _asked(lambda: self._service.stop_model(target.project, target.version, attempt.client_token))


def _asked[Answer](call: Callable[[], Answer]) -> Answer:
    try:
        return call()
    except ServiceError as error:
        raise ERRORS[error.code](str(error)) from error
    except Dropped as error:
        raise AnswerLost(str(error)) from error
