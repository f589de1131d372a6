"""`preheat import keda`: print the cron triggers of KEDA's ScaledObjects as a plant file."""

import typer

from preheat_cli.options.imports import ImportPath, Zone, check_zone, print_plant, read_text, report_imports, today_of


def keda(context: typer.Context, file: ImportPath, zone: Zone = None) -> None:
    """Print the cron triggers of KEDA's ScaledObjects as a plant file, with one model for each object."""
    with report_imports(file):
        from preheat_plantfile.importing.keda import read_triggers  # noqa: PLC0415 - keeps help fast

        plant, report = read_triggers(read_text(file), check_zone(zone))
        print_plant(file, plant, report, f"{file.name} (KEDA)", today_of(context))
