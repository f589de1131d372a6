"""`preheat requests`: list the active holds and blocks. Sends no request."""

import json
import shutil
import sys

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.plans import WholePlan
from preheat.domain.demand.request import Subject
from preheat.domain.plan.plan import ModelId
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors, suggest
from preheat_cli.fleet import read_each
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.times import UtcOption
from preheat_cli.printing import print_folded
from preheat_cli.stack import Surroundings
from preheat_cli.views.requests import fields, find_zones, listing, table


@takes_stack
def requests(
    context: typer.Context,
    model: ModelsArgument = None,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
    utc: UtcOption = False,
) -> None:
    """List the active and future holds and blocks, of models and of their schedules."""
    with report_errors():
        surroundings = Surroundings.of(context)
        store, now = surroundings.open(stack).store, surroundings.clock.now()
        plan = store.read_whole_plan()
        subjects = _subjects(plan, model)
        asked = store.find_asked(subjects)
        read = read_each(lambda one: store.read_standings(one, now).requests, [one for one in subjects if one in asked])
        found = [one for each in read for one in each if one.until > now and one.released_at is None]
        if form is Format.JSON:
            for one in found:
                typer.echo(json.dumps(fields(one)))
        elif not found:
            typer.echo("no active requests")
        else:
            zones = {} if utc else find_zones(plan.models.values())
            rows = table(found, zones)
            fits = not sys.stdout.isatty() or max(map(len, rows)) <= shutil.get_terminal_size().columns
            print_folded(rows if fits else listing(found, zones), 2)


def _subjects(plan: WholePlan, names: list[str] | None) -> list[Subject]:
    """Return the named models with their schedules, or those of the whole plan.

    Raises:
        CliError: a name is not in the plan.
    """
    known = plan.names
    unknown = [name for name in names or () if name not in known]
    if unknown:
        lines = (f"preheat: the plan has no model {name[:63]!r}{suggest(name, known)}" for name in unknown)
        raise CliError(*lines, status=CHECK_FAILED)
    named = [ModelId(name) for name in dict.fromkeys(names or known)]
    if problems := [plan.unreadable[name] for name in named if name in plan.unreadable]:
        raise UnreadableItem("; ".join(problems))
    models = [plan.models[name] for name in named if name in plan.models]
    schedules = sorted({schedule.name for each in models for schedule in each.schedules})
    return [Subject(each.model_id) for each in models] + [Subject(schedule=name) for name in schedules]
