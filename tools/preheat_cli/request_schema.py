"""The JSON Schema of a request message, built from the fields that its parser reads.

A schema cannot express everything. Only the parser checks for a duplicate field, for `until` after `from`, and for
dates that do not exist.
"""

from typing import Any, Final

from preheat.app.requests.fields import FIELDS, FORMS
from preheat.domain.demand.request import Verb

SCHEMA_URL: Final = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a request message of any verb."""
    return {
        "$schema": SCHEMA_URL,
        "title": "Preheat request",
        "type": "object",
        "oneOf": [{"$ref": f"#/$defs/{verb}"} for verb in Verb],
        "$defs": {str(verb): _of_verb(verb) for verb in Verb}
        | {f"field-{name}": {"description": field.description, **field.schema} for name, field in FIELDS.items()},
    }


def _of_verb(verb: Verb) -> dict[str, Any]:
    form = FORMS[verb]
    properties: dict[str, Any] = {name: {"$ref": f"#/$defs/field-{name}"} for name in FIELDS if name in form.names}
    properties["verb"] = {"const": str(verb)}
    return {
        "title": str(verb),
        "properties": properties,
        "required": list(form.required),
        "allOf": [{"oneOf": [{"required": [name]} for name in names]} for names in form.one_of],
        "additionalProperties": False,
    }
