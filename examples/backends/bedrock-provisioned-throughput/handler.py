"""A backend function for Preheat: provisioned throughput of Amazon Bedrock, without a commitment.

Parameters: `name` of the throughput, and `model_id`, the ARN or id of the model. Preheat's client token becomes the
service's own, so the same start again is the same call (`idempotent_by: token`). A stop deletes the throughput.
"""

from typing import Any

import boto3
from botocore.exceptions import ClientError

ERRORS = {
    "AccessDeniedException": "denied",
    "ConflictException": "wrong_state",
    "ServiceQuotaExceededException": "quota",
    "ThrottlingException": "throttled",
    "TooManyTagsException": "invalid",
    "ValidationException": "invalid",
}
STATUSES = {"Creating": "starting", "InService": "hosted", "Updating": "busy", "Failed": "failed"}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of Preheat."""
    given = event.get("parameters", {})
    name, model_id = given.get("name"), given.get("model_id")
    if not isinstance(name, str) or not isinstance(model_id, str):
        return _error("invalid", "parameters: name the throughput and the model_id")
    bedrock = boto3.client("bedrock")
    try:
        match event.get("operation"):
            case "describe":
                return describe(bedrock, name)
            case "start":
                bedrock.create_provisioned_model_throughput(
                    clientRequestToken=event["client_token"],
                    modelUnits=event["units"],
                    provisionedModelName=name,
                    modelId=model_id,
                )
                return {"status": "starting"}
            case "stop":
                return stop(bedrock, name)
            case other:
                return _error("invalid", f"unknown operation {other!r}")
    except ClientError as error:
        told = error.response["Error"]
        return _error(ERRORS.get(told["Code"], "lost"), f"{told['Code']}: {told['Message']}")


def describe(bedrock: Any, name: str) -> dict[str, Any]:
    """Return the status of the throughput of this name; without one it is stopped."""
    try:
        found = bedrock.get_provisioned_model_throughput(provisionedModelId=name)
    except bedrock.exceptions.ResourceNotFoundException:
        return {"status": "stopped", "detail": "no throughput of the name"}
    status, reason = found["status"], found.get("failureMessage", "")
    answer = {"status": STATUSES.get(status, status), "detail": f"{status}: {reason}" if reason else status}
    return answer | ({"serving": found["modelUnits"]} if status == "InService" else {})


def stop(bedrock: Any, name: str) -> dict[str, Any]:
    """Delete the throughput; what is not there is stopped already."""
    try:
        bedrock.delete_provisioned_model_throughput(provisionedModelId=name)
    except bedrock.exceptions.ResourceNotFoundException:
        return {"status": "stopped"}
    return {"status": "stopping"}


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}
