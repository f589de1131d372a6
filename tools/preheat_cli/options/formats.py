"""The option `--format` of commands that print rows."""

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """The output format of rows."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Print a table, or one JSON object per line.")]
