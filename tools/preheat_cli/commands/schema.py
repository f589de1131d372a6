"""`preheat schema`: print the JSON Schema of a plant file or of a request message, for editors and other services."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from preheat_cli.errors import report_errors


class DescribedDocument(StrEnum):
    """What a schema describes."""

    PLANT = "plant"
    REQUEST = "request"


def schema(document: Annotated[DescribedDocument, typer.Argument(help="A plant file or a request message.")]) -> None:
    """Print the JSON Schema of a plant file or of a request message."""
    with report_errors():
        if document is DescribedDocument.PLANT:
            from preheat_plantfile.schema.models import json_schema  # noqa: PLC0415 - loads the file's typed model
        else:
            from preheat_cli.request_schema import json_schema  # noqa: PLC0415 - keeps help fast
        typer.echo(json.dumps(json_schema(), indent=2))
