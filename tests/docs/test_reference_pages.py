"""The generated pages of the reference are those of the program: `--update-golden` writes them."""

import json
from collections.abc import Callable
from pathlib import Path

from tests.support.commands import load_command_line
from tests.support.reference_pages import describe_commands, describe_schema

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_their_help(golden: Callable[[Path, str], None]) -> None:
    program = load_command_line()
    golden(DOCS / "cli.md", describe_commands(program))


def test_the_page_of_plant_fields_is_the_schema(golden: Callable[[Path, str], None]) -> None:
    schema = json.loads((DOCS / "plant.schema.json").read_text(encoding="utf-8"))
    introduction = (
        "Every field of a plant file, from [its JSON Schema](plant.schema.json). Examples: [Plant file](plant-file.md)."
    )
    golden(DOCS / "plant-fields.md", describe_schema("Plant file: every field", schema, introduction))


def test_the_page_of_request_fields_is_the_schema(golden: Callable[[Path, str], None]) -> None:
    schema = json.loads((DOCS / "request.schema.json").read_text(encoding="utf-8"))
    introduction = (
        "Every field of a request, from [its JSON Schema](request.schema.json). Examples: [Requests](requests.md)."
    )
    golden(DOCS / "request-fields.md", describe_schema("Requests: every field", schema, introduction))
