"""The option `--utc` of commands that print instants."""

from typing import Annotated

import typer

UtcOption = Annotated[bool, typer.Option("--utc", help="Print times in UTC. Default: in the plant's time zone.")]
