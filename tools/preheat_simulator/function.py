"""Owns a backend function over a simulated account: what a user's own function would answer, call by call.

It speaks the contract of `preheat.adapters.hosting.function` and passes the client token on to the account. The client
invokes it in process, as Lambda would.
"""

import json
from io import BytesIO
from typing import Any, Final

from botocore.exceptions import ClientError, ReadTimeoutError

from preheat_simulator.core.errors import ServiceError, SimulatedAnswerLost
from preheat_simulator.core.status import Status
from preheat_simulator.lookout import LookoutService

STATUSES: Final = {
    Status.TRAINED: "stopped",
    Status.STARTING_HOSTING: "starting",
    Status.HOSTED: "hosted",
    Status.STOPPING_HOSTING: "stopping",
    Status.HOSTING_FAILED: "failed",
    Status.SYSTEM_UPDATING: "busy",
}
"""The contract's word for each status; any other is `unfit`."""
ERRORS: Final = {
    "AccessDeniedException": "denied",
    "ConflictException": "wrong_state",
    "InternalServerException": "lost",
    "ResourceNotFoundException": "gone",
    "ServiceQuotaExceededException": "quota",
    "ThrottlingException": "throttled",
    "ValidationException": "invalid",
}


class FunctionAccount(LookoutService):
    """The service behind a backend function: the function passes each call on, with its client token."""


class BackendFunction:
    """A handler of the contract. The model of the account has the names that the parameters give it.

    Without `project` and `version` among the parameters, its names are those of the function and of the model.
    """

    def __init__(self, account: LookoutService) -> None:
        self._account = account

    def handle(self, request: dict[str, Any], name: str) -> dict[str, Any]:
        """Return the answer of one invocation of the function called `name`."""
        given = request["parameters"]
        names = given.get("project", name), given.get("version", request["model"])
        try:
            match request["operation"]:
                case "describe":
                    seen = self._account.describe_model(*names)
                    answer: dict[str, Any] = {"status": STATUSES.get(seen.status, "unfit"), "detail": str(seen.status)}
                    return answer | ({"serving": seen.min_units or 1} if seen.status is Status.HOSTED else {})
                case "start":
                    self._account.start_model(*names, request["units"], None, request["client_token"])
                    return {"status": "starting"}
                case "stop":
                    self._account.stop_model(*names, request["client_token"])
                    return {"status": "stopping"}
                case other:
                    return {"error": {"type": "invalid", "message": f"no operation {other}"}}
        except ServiceError as error:
            return {"error": {"type": ERRORS[error.code], "message": f"{error.code}: {error.message}"}}


class FunctionClient:
    """The parts of a botocore client of Lambda that the adapter needs: `invoke`, in process."""

    def __init__(self, function: BackendFunction) -> None:
        self._function = function

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - botocore's names
        """Invoke the function; a lost answer is a read timeout."""
        if not FunctionName.startswith("arn:") or InvocationType != "RequestResponse":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": FunctionName}}, "Invoke")
        try:
            answer = self._function.handle(json.loads(Payload), FunctionName)
        except SimulatedAnswerLost as error:
            raise ReadTimeoutError(endpoint_url=FunctionName, error=error) from error
        return {"StatusCode": 200, "Payload": BytesIO(json.dumps(answer).encode())}
