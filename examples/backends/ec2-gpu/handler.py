"""A backend function for Preheat: an EC2 instance, ready when the health check of its model server answers.

Parameters: `instance`, its id, and `health`, an http URL that the function can reach. The instance keeps its disk.
"""

import urllib.error
import urllib.request
from typing import Any

import boto3
from botocore.exceptions import ClientError

ERRORS = {
    "IncorrectInstanceState": "wrong_state",
    "InsufficientInstanceCapacity": "quota",  # nothing was started; Preheat tries again each minute
    "InstanceLimitExceeded": "quota",
    "InvalidInstanceID.Malformed": "invalid",
    "InvalidInstanceID.NotFound": "gone",
    "RequestLimitExceeded": "throttled",
    "UnauthorizedOperation": "denied",
    "VcpuLimitExceeded": "quota",
}
STATES = {
    "pending": "starting",
    "stopping": "stopping",
    "stopped": "stopped",
    "shutting-down": "gone",
    "terminated": "gone",
}
HEALTH_SECONDS = 3


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of Preheat."""
    given = event.get("parameters", {})
    instance, health = given.get("instance"), given.get("health", "")
    if not isinstance(instance, str) or not str(health).startswith(("http://", "https://")):
        return _error("invalid", "parameters: name the instance, and its health check as an http URL")
    try:
        match event.get("operation"):
            case "describe":
                return describe(instance, health)
            case "start":
                boto3.client("ec2").start_instances(InstanceIds=[instance])
                return {"status": "starting"}
            case "stop":
                boto3.client("ec2").stop_instances(InstanceIds=[instance])
                return {"status": "stopping"}
            case other:
                return _error("invalid", f"unknown operation {other!r}")
    except ClientError as error:
        told = error.response["Error"]
        return _error(ERRORS.get(told["Code"], "lost"), f"{told['Code']}: {told['Message']}")


def describe(instance: str, health: str) -> dict[str, Any]:
    """Return the state of the instance; running is hosted only once the health check answers with 200."""
    found = boto3.client("ec2").describe_instances(InstanceIds=[instance])
    state = found["Reservations"][0]["Instances"][0]["State"]["Name"]
    if state != "running":
        return {"status": STATES.get(state, state), "detail": state}
    answer = check_health(health)
    if answer == "200":
        return {"status": "hosted", "serving": 1, "detail": "running, healthy"}
    return {"status": "starting", "detail": f"running, health check: {answer}"}


def check_health(url: str) -> str:
    """Return the status of the health check, or why there is none."""
    try:
        with urllib.request.urlopen(url, timeout=HEALTH_SECONDS) as answer:  # noqa: S310 - the handler accepts http alone
            return str(answer.status)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return type(error).__name__


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}
