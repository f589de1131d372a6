"""`preheat import instance-scheduler`: print a configuration of Instance Scheduler on AWS as a plant file."""

from preheat_cli.errors import CliError, reported_errors
from preheat_cli.options.imports import ImportPath, Zone, check_zone, print_plant, read_text


def instance_scheduler(file: ImportPath, zone: Zone = None) -> None:
    """Print the periods and schedules of Instance Scheduler on AWS as a plant file, with one model per schedule."""
    with reported_errors():
        from preheat_plantfile.importing.instance_scheduler import imported  # noqa: PLC0415 - keeps help fast
        from preheat_plantfile.writing import printable  # noqa: PLC0415 - as above

        found = imported(read_text(file), check_zone(zone))
        if found.plant is None:
            problems = sorted(set(found.problems))
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            lines = [f"{file}: {printable(problem)}" for problem in problems]
            raise CliError(*lines, f"{file}: {count}; nothing was imported")
        print_plant(found.plant, f"{file.name} (Instance Scheduler on AWS)", file, found.lost)
