"""`preheat schema`: print a published JSON Schema, for editors, other services and backend functions."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from preheat_cli.errors import report_errors


class DescribedDocument(StrEnum):
    """The subject of a schema."""

    PLANT = "plant"
    REQUEST = "request"
    BACKEND_REQUEST = "backend-request"
    BACKEND_ANSWER = "backend-answer"


def schema(
    document: Annotated[DescribedDocument, typer.Argument(help="The document that the schema describes.")],
) -> None:
    """Print a JSON Schema: of a plant file, a request message, or a backend function's request or answer."""
    with report_errors():
        if document is DescribedDocument.PLANT:
            from preheat_plantfile.schema.models import json_schema  # noqa: PLC0415 - loads the file's typed model
        elif document is DescribedDocument.BACKEND_REQUEST:
            from preheat_cli.backend.schemas import request_schema as json_schema  # noqa: PLC0415 - keeps help fast
        elif document is DescribedDocument.BACKEND_ANSWER:
            from preheat_cli.backend.schemas import answer_schema as json_schema  # noqa: PLC0415 - keeps help fast
        else:
            from preheat_cli.request_schema import json_schema  # noqa: PLC0415 - keeps help fast
        typer.echo(json.dumps(json_schema(), indent=2))
