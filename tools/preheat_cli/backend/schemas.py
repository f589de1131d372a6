"""The published JSON Schemas of a backend function's request and answer, made of the adapter's own words."""

from typing import Any, Final

from preheat.adapters.hosting import function
from preheat.domain.plan.plan import MODEL_ID, UNITS_MAX

DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TEXT: Final = {"type": "string"}


def request_schema() -> dict[str, Any]:
    """Return the schema of a request. A later release may add fields; a function ignores what it does not know."""
    called = {"properties": {"operation": {"enum": ["start", "stop"]}}}
    return {
        "$schema": DRAFT,
        "title": "Preheat backend request",
        "description": "Preheat sends this to a backend function.",
        "type": "object",
        "required": ["version", "operation", "model", "parameters"],
        "properties": {
            "version": {"const": function.CONTRACT},
            "operation": {"enum": ["describe", "start", "stop"]},
            "model": {**_TEXT, "pattern": f"^(?:{MODEL_ID.pattern})$", "description": "Name of the model in the plan."},
            "parameters": {"type": "object", "description": "The parameters of the plant file, as written there."},
            "units": {"type": "integer", "minimum": 1, "maximum": UNITS_MAX},
            "client_token": {**_TEXT, "pattern": "^[A-Za-z0-9-]{1,64}$", "description": "The same for the same call."},
            "attempt": {
                "type": "integer",
                "minimum": 1,
                "description": "Which start, or which stop, of the model it is.",
            },
        },
        "if": called,
        "then": {"required": ["units", "client_token", "attempt"]},
    }


def answer_schema() -> dict[str, Any]:
    """Return the schema of an answer. Preheat ignores fields that it does not know."""
    error = {
        "type": "object",
        "required": ["type", "message"],
        "properties": {"type": {"enum": list(function.ERROR_TYPES)}, "message": _TEXT},
    }
    return {
        "$schema": DRAFT,
        "title": "Preheat backend answer",
        "description": "A backend function returns a status, or an error of a closed set.",
        "type": "object",
        "properties": {
            "status": {"enum": list(function.STATUSES)},
            "serving": {
                "type": ["integer", "null"],
                "minimum": 0,
                "maximum": function.SERVING_MAX,
                "description": "How much serves: copies, instances or units.",
            },
            "detail": {"type": ["string", "null"], "description": "The service's own words."},
            "no_capacity": {
                "type": "boolean",
                "description": "It failed for want of capacity, which spends no attempt.",
            },
            "error": error,
        },
        "oneOf": [{"required": ["status"]}, {"required": ["error"]}],
    }
