"""Amazon Lookout for Vision behind the port `Hosting`: three calls, nine statuses, seven errors.

Owns the translation between the service's words and Preheat's. Does not know when to call, nor what an error leads to.
"""

from collections.abc import Callable
from typing import Any

from preheat.adapters.hosting.calling import call_service, translate_by_code
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    Throttled,
    WrongState,
)
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Target
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation

OBSERVED = {
    "TRAINED": Observed.STOPPED,  # a stopped model says TRAINED: the service has no word for stopped
    "STARTING_HOSTING": Observed.STARTING,
    "HOSTED": Observed.HOSTED,
    "HOSTING_FAILED": Observed.FAILED,
    "STOPPING_HOSTING": Observed.STOPPING,
    "SYSTEM_UPDATING": Observed.BUSY,
    "TRAINING": Observed.UNFIT,
    "TRAINING_FAILED": Observed.UNFIT,
    "DELETING": Observed.UNFIT,
}

ERRORS: dict[str, type[HostingError]] = {
    "AccessDeniedException": AccessRefused,
    "InternalServerException": AnswerLost,
    "ValidationException": InvalidCall,
    "ConflictException": WrongState,
    "ResourceNotFoundException": ModelGone,
    "ThrottlingException": Throttled,
    "ServiceQuotaExceededException": QuotaExceeded,
}


class LookoutHosting:
    """The port `Hosting` over a botocore client of the service (with `calling.CONFIG`)."""

    def __init__(self, client: Any, runtime: Callable[[Target], Any] | None = None) -> None:
        """`runtime` returns the client that makes inferences; None: `client` does."""
        self._client = client
        self._runtime = runtime or (lambda _: client)

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        answer = self._call("DescribeModel", self._client.describe_model, **_name_model(target))
        found = answer.get("ModelDescription", {})
        status = str(found.get("Status", "no status"))
        return Observation(OBSERVED.get(status, Observed.UNKNOWN), status, units=found.get("MinInferenceUnits"))

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`. It ignores the findings in the image."""
        image = {"Body": readiness.payload, "ContentType": readiness.content_type}
        self._call("DetectAnomalies", self._runtime(target).detect_anomalies, **_name_model(target), **image)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. It sends MaxInferenceUnits only if the plan lets the model auto-scale."""
        units = {"MinInferenceUnits": attempt.units.minimum}
        if attempt.units.maximum is not None:
            units["MaxInferenceUnits"] = attempt.units.maximum
        token = {"ClientToken": attempt.client_token}
        self._call("StartModel", self._client.start_model, **_name_model(attempt.target), **units, **token)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._call(
            "StopModel", self._client.stop_model, **_name_model(attempt.target), ClientToken=attempt.client_token
        )

    @staticmethod
    def _call(operation: str, method: Any, **arguments: Any) -> dict[str, Any]:
        return call_service(operation, method, translate_by_code(ERRORS), **arguments)


def _name_model(target: Target) -> dict[str, str]:
    return {"ProjectName": target.project, "ModelVersion": target.version}
