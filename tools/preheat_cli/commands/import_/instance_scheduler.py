"""`preheat import instance-scheduler`: print a configuration of Instance Scheduler on AWS as a plant file."""

import typer

from preheat_cli.options.imports import ImportPath, Zone, check_zone, print_plant, read_text, report_imports, today_of


def instance_scheduler(context: typer.Context, file: ImportPath, zone: Zone = None) -> None:
    """Print the periods and schedules of Instance Scheduler on AWS as a plant file, with one model per schedule."""
    with report_imports(file):
        from preheat_plantfile.importing.instance_scheduler import read_schedules  # noqa: PLC0415 - keeps help fast

        plant, report = read_schedules(read_text(file), check_zone(zone))
        print_plant(file, plant, report, f"{file.name} (Instance Scheduler on AWS)", today_of(context))
