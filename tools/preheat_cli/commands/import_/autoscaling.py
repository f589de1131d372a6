"""`preheat import autoscaling`: print scheduled actions of AWS autoscaling as a plant file."""

import typer

from preheat_cli.options.imports import ImportPath, Zone, check_zone, print_plant, read_text, report_imports, today_of


def autoscaling(context: typer.Context, file: ImportPath, zone: Zone = None) -> None:
    """Print scheduled actions of AWS autoscaling as a plant file, with one model for each group or endpoint."""
    with report_imports(file):
        from preheat_plantfile.importing.autoscaling import read_actions  # noqa: PLC0415 - keeps help fast

        plant, report = read_actions(read_text(file), check_zone(zone))
        print_plant(file, plant, report, f"{file.name} (AWS autoscaling)", today_of(context))
