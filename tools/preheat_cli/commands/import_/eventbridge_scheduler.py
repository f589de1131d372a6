"""`preheat import eventbridge-scheduler`: print start and stop schedules of EventBridge as a plant file."""

import typer

from preheat_cli.options.imports import ImportPath, Zone, check_zone, print_plant, read_text, report_imports, today_of


def eventbridge_scheduler(context: typer.Context, file: ImportPath, zone: Zone = None) -> None:
    """Print start and stop schedules of EventBridge Scheduler as a plant file, with one model for each target."""
    with report_imports(file):
        from preheat_plantfile.importing.eventbridge_scheduler import read_schedules  # noqa: PLC0415 - keeps help fast

        plant, report = read_schedules(read_text(file), check_zone(zone))
        print_plant(file, plant, report, f"{file.name} (EventBridge Scheduler)", today_of(context))
