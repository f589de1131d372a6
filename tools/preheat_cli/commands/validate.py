"""The command `validate`: is a file a plant file? Owns what is said if it is; `plant_file` says what is wrong."""

from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from preheat_cli.errors import CliError, told

if TYPE_CHECKING:
    from preheat_plantfile.schema.models import PlantFile

PlantPath = Annotated[Path, typer.Argument(help="The plant file.", metavar="FILE")]


def validate(file: PlantPath) -> None:
    """Check a plant file; every problem is named with its place and what is accepted."""
    with told():
        from preheat_plantfile.checks.warnings import warnings_of  # noqa: PLC0415 - loads the file's typed model

        plant = plant_of(file)
        for warning in warnings_of(plant):
            typer.echo(f"{file}: warning: {warning}", err=True)
        typer.echo(f"{file}: fine: {_count(plant.models, 'model')}, {_count(plant.schedules, 'schedule')}")


def plant_of(file: Path) -> "PlantFile":
    """Return the plant that a file describes.

    Raises:
        CliError: anything in it is wrong; every problem is a line.
    """
    from preheat_plantfile.reading import PlantFileError, read_plant  # noqa: PLC0415 - loads the file's typed model

    try:
        return read_plant(file)
    except PlantFileError as error:
        raise CliError(*error.lines) from error


def _count(things: Sized, name: str) -> str:
    return f"{len(things):,} {name}{'s' * (len(things) != 1)}"
