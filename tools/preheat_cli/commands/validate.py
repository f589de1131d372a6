"""`preheat validate`: check a plant file and print a summary."""

import typer

from preheat_cli.errors import reported_errors
from preheat_cli.planning import PlantPath, read_plant_file
from preheat_cli.stack import Surroundings
from preheat_cli.views import show


def validate(context: typer.Context, file: PlantPath) -> None:
    """Check a plant file, and report each problem with its line, its column and the accepted values."""
    with reported_errors():
        from preheat_plantfile.checks.warnings import warnings_of  # noqa: PLC0415 - loads the file's typed model

        plant = read_plant_file(file)
        for warning in warnings_of(plant, Surroundings.of(context).clock.now().date()):
            typer.echo(f"{file}: warning: {warning}", err=True)
        typer.echo(
            f"{file}: valid: {show.count(len(plant.models), 'model')}, {show.count(len(plant.schedules), 'schedule')}"
        )
