"""Amazon Lookout for Vision behind the port `Hosting`: three calls, nine statuses, seven errors.

Owns the translation between the service's words and Preheat's. Does not know when to call, nor what an error leads to.
"""

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from preheat.domain.attempt import Attempt
from preheat.domain.lifecycle import Observed
from preheat.domain.plan import Target
from preheat.domain.situation import Observation
from preheat.ports import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    Throttled,
    WrongState,
)

# Two tries of at most 8 s: a describe and a start fit into one pass with the store's own calls, also when all hang.
CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

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
    """The port `Hosting` over a botocore client of the service (see `service_model.lookout_client`, with `CONFIG`)."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`."""
        answer = self._call("DescribeModel", self._client.describe_model, **_names(target))
        status = str(answer.get("ModelDescription", {}).get("Status", "no status"))
        return Observation(OBSERVED.get(status, Observed.UNKNOWN), status)

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`. MaxInferenceUnits is sent only if the model shall auto-scale."""
        units = {"MinInferenceUnits": attempt.units.minimum}
        if attempt.units.maximum is not None:
            units["MaxInferenceUnits"] = attempt.units.maximum
        token = {"ClientToken": attempt.client_token}
        self._call("StartModel", self._client.start_model, **_names(attempt.target), **units, **token)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._call("StopModel", self._client.stop_model, **_names(attempt.target), ClientToken=attempt.client_token)

    def _call(self, operation: str, method: Any, **arguments: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = method(**arguments)
        except ClientError as error:
            raise translated(operation, error) from error
        except ParamValidationError as error:
            raise InvalidCall(f"{operation}: {error}") from error
        except BotoCoreError as error:
            raise AnswerLost(f"{operation}: no answer: {error}") from error
        return answer


def translated(operation: str, error: ClientError) -> HostingError:
    """Return the port's error for one of the service's; an error it is not known to raise counts as a lost answer."""
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    return ERRORS.get(code, AnswerLost)(f"{operation}: {code}: {message}")


def _names(target: Target) -> dict[str, str]:
    return {"ProjectName": target.project, "ModelVersion": target.version}
