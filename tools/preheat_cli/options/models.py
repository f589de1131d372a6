"""Arguments that name models, and how the shell completes them."""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from preheat_cli.options.stack import StackOptions
from preheat_cli.stack import Surroundings


def complete_model(context: typer.Context, incomplete: str) -> list[str]:
    """Return the names of models that begin with the typed text: of the plant file, or else of the stack's plan."""
    # The shell shows no error. A wrong file or a missing stack only means that there is nothing to complete.
    with contextlib.suppress(Exception):
        return sorted(name for name in _complete_models(context) if name.startswith(incomplete))
    return []


def _complete_models(context: typer.Context) -> Iterable[str]:
    names = context.params.get("names") or []  # of `preheat plan`: the first one may be a file
    file = context.params.get("file") or next((name for name in names if Path(name).is_file()), None)
    if file is not None:
        from preheat_cli.planning import read_plant_file  # noqa: PLC0415 - loads the file's typed model

        return read_plant_file(Path(file)).models
    options = StackOptions(*(context.params.get(name) for name in ("stack", "profile", "region")))
    return Surroundings.of(context).open_stack(options).store.list_planned_models()


ModelArgument = Annotated[str, typer.Argument(help="The model.", metavar="MODEL", autocompletion=complete_model)]
OneModelArgument = Annotated[
    str | None, typer.Argument(help="The model.", metavar="[MODEL]", autocompletion=complete_model)
]
ModelsArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Only these models. Default: all models.", metavar="[MODEL]...", autocompletion=complete_model),
]
