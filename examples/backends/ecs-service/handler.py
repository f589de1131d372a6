"""A backend function for Preheat: the tasks of an ECS service.

Parameters: `cluster` and `service`. A start sets the desired count of tasks, so the same start again changes nothing.
"""

from typing import Any

import boto3
from botocore.exceptions import ClientError

ERRORS = {
    "AccessDeniedException": "denied",
    "ClusterNotFoundException": "gone",
    "InvalidParameterException": "invalid",
    "LimitExceededException": "quota",
    "ServiceNotActiveException": "gone",
    "ServiceNotFoundException": "gone",
    "ThrottlingException": "throttled",
}
NO_CAPACITY = ("unable to place a task", "capacity is unavailable")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request of Preheat."""
    names = event.get("parameters", {})
    if not isinstance(names.get("cluster"), str) or not isinstance(names.get("service"), str):
        return _error("invalid", "parameters: name the cluster and the service")
    try:
        match event.get("operation"):
            case "describe":
                return describe(names["cluster"], names["service"])
            case "start":
                return set_count(names["cluster"], names["service"], event["units"], "starting")
            case "stop":
                return set_count(names["cluster"], names["service"], 0, "stopping")
            case other:
                return _error("invalid", f"unknown operation {other!r}")
    except ClientError as error:
        told = error.response["Error"]
        return _error(ERRORS.get(told["Code"], "lost"), f"{told['Code']}: {told['Message']}")


def describe(cluster: str, service: str) -> dict[str, Any]:
    """Return what the service runs. Tasks that run are not always healthy: give the service a health check."""
    found = boto3.client("ecs").describe_services(cluster=cluster, services=[service])["services"]
    if not found or found[0]["status"] == "INACTIVE":
        return {"status": "gone", "detail": f"no active service {service} in {cluster}"}
    desired, running = found[0]["desiredCount"], found[0]["runningCount"]
    detail = f"{running} of {desired} tasks"
    if desired == 0:
        return {"status": "stopping" if running else "stopped", "detail": detail}
    if running >= desired:
        return {"status": "hosted", "serving": running, "detail": detail}
    rollout = found[0].get("deployments", [{}])[0]
    if rollout.get("rolloutState") == "FAILED":
        reason = str(rollout.get("rolloutStateReason", ""))
        events = " ".join(str(each.get("message", "")) for each in found[0].get("events", [])[:5])
        short = any(words in f"{reason} {events}".lower() for words in NO_CAPACITY)
        return {"status": "failed", "detail": f"{detail}: {reason}", "no_capacity": short}
    return {"status": "starting", "detail": detail}


def set_count(cluster: str, service: str, count: int, status: str) -> dict[str, Any]:
    """Set the desired count of tasks."""
    boto3.client("ecs").update_service(cluster=cluster, service=service, desiredCount=count)
    return {"status": status}


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message}}
