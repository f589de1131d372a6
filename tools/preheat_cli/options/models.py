"""The option that names models of a plan."""

from typing import Annotated

import typer

Models = Annotated[
    list[str] | None, typer.Option("--model", metavar="M", help="Only this model; repeatable. Default: all models.")
]
