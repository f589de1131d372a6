"""Authorizes calls on event source mappings as AWS does, so that a function may enable and disable the gate of a model.

Loaded by the launcher into ministack's own process, so it imports nothing of preheat. Ministack takes the look at one
mapping for a list of all, and knows no action for its change. It also lacks the condition key `lambda:FunctionArn`.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

type Seam = Callable[..., Any]

CALLS = {
    "GET": "GetEventSourceMapping",
    "PUT": "UpdateEventSourceMapping",
    "DELETE": "DeleteEventSourceMapping",
}
MAPPINGS = "event-source-mappings"
FUNCTION_KEY = "lambda:functionarn"


def find_action(method: str, path: str) -> str | None:
    """Return the action of a call on one mapping; None: the call is about something else."""
    parts = [part for part in path.split("/") if part]
    on_one = len(parts) == 3 and parts[1] == MAPPINGS
    return CALLS.get(method) if on_one else None


def find_function(resource: str, mappings: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the ARN of the function that the mapping with this ARN feeds; None: there is no such mapping."""
    mapping = mappings.get(resource.rpartition(":")[2], {})
    found = mapping.get("FunctionArn")
    return None if found is None else str(found)


def install(seam: Seam, actions: ModuleType, evaluator: ModuleType, lambda_service: ModuleType) -> None:
    """Put both rules into ministack; `seam` is the launcher's, and ends on a moved name."""
    name_action = seam(actions, "_lambda_action", ("method", "path"))
    resolve = seam(evaluator, "_resolve_condition_key", ("key", "ctx"))
    mappings = seam(lambda_service, "_esms")

    def name_action_here(method: str, path: str) -> str | None:
        return find_action(method, path) or name_action(method, path)

    def resolve_here(key: str, ctx: Any) -> Any:
        return find_function(ctx.resource_arn, mappings) if key.lower() == FUNCTION_KEY else resolve(key, ctx)

    actions._lambda_action = name_action_here  # type: ignore[attr-defined]  # noqa: SLF001 - seam() found it
    evaluator._resolve_condition_key = resolve_here  # type: ignore[attr-defined]  # noqa: SLF001 - as above
