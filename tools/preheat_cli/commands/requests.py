"""`preheat requests`: list the active holds and blocks. Sends no request."""

import json

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.request import Subject
from preheat.domain.plan.plan import ModelId
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors, suggest
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views.requests import fields, table


@takes_stack
def requests(
    context: typer.Context,
    model: ModelsArgument = None,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
) -> None:
    """List the active and future holds and blocks, of models and of their schedules."""
    with report_errors():
        surroundings = Surroundings.of(context)
        store, now = surroundings.open(stack).store, surroundings.clock.now()
        found = [
            one
            for subject in _subjects(store, model)
            for one in store.read_standings(subject, now).requests
            if one.until > now and one.released_at is None
        ]
        if form is Format.JSON:
            for one in found:
                typer.echo(json.dumps(fields(one)))
        else:
            print_lines(table(found) if found else ["no active requests"])


def _subjects(store: Store, names: list[str] | None) -> list[Subject]:
    """Return the named models with their schedules, or those of the whole plan.

    Raises:
        CliError: a name is not in the plan.
    """
    known = store.list_planned_models()
    unknown = [name for name in names or () if name not in known]
    if unknown:
        lines = (f"preheat: the plan has no model {name[:63]!r}{suggest(name, known)}" for name in unknown)
        raise CliError(*lines, status=CHECK_FAILED)
    named = [ModelId(name) for name in dict.fromkeys(names or known)]
    models = [planned for model_id in named if (planned := store.read_planned(model_id).model) is not None]
    schedules = sorted({schedule.name for each in models for schedule in each.schedules})
    return [Subject(each.model_id) for each in models] + [Subject(schedule=name) for name in schedules]
