"""The option `--switch` of the simulated hosting services."""

from typing import Annotated

import typer

Switch = Annotated[
    list[str] | None,
    typer.Option(
        "--switch", metavar="NAME=VALUE", help="Behavior that the documentation of the service leaves open; repeatable."
    ),
]
