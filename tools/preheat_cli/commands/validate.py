"""`preheat validate`: check a plant file and print a summary."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from preheat_cli.errors import USAGE_ERROR, CliError, report_errors
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.planning import PlantPath
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_plantfile.reading import PlantFileError


def validate(context: typer.Context, file: PlantPath, *, form: FormatOption = Format.TABLE) -> None:
    """Check a plant file, and report each problem with its line, its column and the accepted values."""
    with report_errors():
        from preheat_plantfile.checks.warnings import warnings_of  # noqa: PLC0415 - loads the file's typed model
        from preheat_plantfile.reading import PlantFileError, read_plant  # noqa: PLC0415 - as above

        try:
            plant = read_plant(file)
        except PlantFileError as error:
            if form is Format.TABLE:
                raise CliError(*error.lines) from error
            for row in _problem_rows(str(file), error):
                typer.echo(json.dumps(row))
            raise typer.Exit(USAGE_ERROR) from error
        warnings = list(warnings_of(plant, Surroundings.of(context).clock.now().date()))
        if form is Format.JSON:
            counted = {"models": len(plant.models), "schedules": len(plant.schedules)}
            typer.echo(json.dumps({"file": str(file), "valid": True, **counted, "warnings": warnings}))
            return
        for warning in warnings:
            print_lines([f"{file}: warning: {warning}"], err=True)
        counts = f"{show.count(len(plant.models), 'model')}, {show.count(len(plant.schedules), 'schedule')}"
        typer.echo(f"{file}: valid: {counts}")


def _problem_rows(file: str, error: "PlantFileError") -> Iterator[dict[str, Any]]:
    """Yield an object for each problem, as editors and code reviews take them."""
    for problem in error.problems:
        yield {"file": file, "line": problem.place.line, "column": problem.place.column, "problem": str(problem)}
