"""The option `--switch` of the simulated hosting services."""

from typing import Annotated

import typer

Switch = Annotated[
    list[str] | None,
    typer.Option("--switch", metavar="NAME=VALUE", help="Behaviour where the service is undocumented; repeatable."),
]
