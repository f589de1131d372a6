"""`preheat validate`: check a plant file and print a summary."""

from collections.abc import Sized

import typer

from preheat_cli.errors import reported_errors
from preheat_cli.planning import PlantPath, read_plant_file


def validate(file: PlantPath) -> None:
    """Check a plant file; every problem is named with its place and what is accepted."""
    with reported_errors():
        from preheat_plantfile.checks.warnings import warnings_of  # noqa: PLC0415 - loads the file's typed model

        plant = read_plant_file(file)
        for warning in warnings_of(plant):
            typer.echo(f"{file}: warning: {warning}", err=True)
        typer.echo(f"{file}: fine: {_count(plant.models, 'model')}, {_count(plant.schedules, 'schedule')}")


def _count(things: Sized, name: str) -> str:
    return f"{len(things):,} {name}{'s' * (len(things) != 1)}"
