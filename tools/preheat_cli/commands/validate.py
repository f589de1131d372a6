"""`preheat validate`: check a plant file and print a summary."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from preheat_cli.ceilings import AllowOverOption, find_overruns, measure_cost, refuse_overruns
from preheat_cli.comparing import find_conflicts
from preheat_cli.errors import USAGE_ERROR, CliError, report_errors
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.planning import PlantPath
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_plantfile.reading import PlantFileError


def validate(
    context: typer.Context,
    file: PlantPath,
    *,
    form: FormatOption = Format.TABLE,
    allow_over: AllowOverOption = None,
) -> None:
    """Check a plant file and its cost, and report each problem with its place and the accepted values."""
    with report_errors():
        from preheat_plantfile.checks.warnings import warnings_of  # noqa: PLC0415 - loads the file's typed model
        from preheat_plantfile.compiling.plan import compile_models  # noqa: PLC0415 - as above
        from preheat_plantfile.compiling.terms import terms_of  # noqa: PLC0415 - as above
        from preheat_plantfile.reading import PlantFileError, read_plant  # noqa: PLC0415 - as above

        try:
            plant = read_plant(file)
        except PlantFileError as error:
            if form is Format.TABLE:
                raise CliError(*error.lines) from error
            for row in _problem_rows(str(file), error):
                typer.echo(json.dumps(row))
            raise typer.Exit(USAGE_ERROR) from error
        now = Surroundings.of(context).clock.now()
        warnings = list(warnings_of(plant, now.date()))
        models = compile_models(plant, now=now, previous={})
        cost, conflicts = measure_cost(models, {}, now, terms_of(plant)), find_conflicts(plant, models, {}, now)
        overruns = find_overruns(cost, plant)
        if form is Format.JSON:
            counted = {"models": len(plant.models), "schedules": len(plant.schedules)}
            spent = {currency: float(round(amount, 2)) for currency, amount in sorted(cost.amounts.items())}
            costs = {"unit_hours": round(cost.total, 1), "costs": spent, "above": [each.words for each in overruns]}
            told = {"warnings": warnings, "conflicts": conflicts[1:]}
            typer.echo(json.dumps({"file": str(file), "valid": True, **counted, **costs, **told}))
            refuse_overruns(file, overruns, allow_over or (), unchanged=f"{file}: the plan costs too much")
            return
        for warning in warnings:
            print_lines([f"{file}: warning: {warning}"], err=True)
        print_lines(conflicts, err=True)
        counts = f"{show.count(len(plant.models), 'model')}, {show.count(len(plant.schedules), 'schedule')}"
        typer.echo(f"{file}: valid: {counts}")
        typer.echo(cost.describe())
        refuse_overruns(file, overruns, allow_over or (), unchanged=f"{file}: the plan costs too much")


def _problem_rows(file: str, error: "PlantFileError") -> Iterator[dict[str, Any]]:
    """Yield an object for each problem, as editors and code reviews take them."""
    for problem in error.problems:
        yield {"file": file, "line": problem.place.line, "column": problem.place.column, "problem": str(problem)}
