"""The command `requests`: which holds and blocks stand, of one model or of all. Reads, and asks for nothing."""

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.request import Standing, Subject
from preheat.domain.plan.plan import ModelId
from preheat_cli.errors import NO, CliError, close_to, told
from preheat_cli.stack import StackName, Surroundings
from preheat_cli.views import show


class Format(StrEnum):
    """How the holds and blocks are shown."""

    TABLE = "table"
    JSON = "json"


def requests(
    context: typer.Context,
    model: Annotated[str | None, typer.Argument(help="The model; all if absent.", metavar="MODEL")] = None,
    stack: StackName = None,
    *,
    form: Annotated[
        Format, typer.Option("--format", help="table; json: one object for each, on a line.")
    ] = Format.TABLE,
) -> None:
    """Show the holds and blocks that have not ended, of the models and of their schedules."""
    with told():
        surroundings = Surroundings.of(context)
        store, now = surroundings.open_store(stack), surroundings.clock.now()
        found = [
            one
            for subject in _subjects(store, model)
            for one in store.standings(subject, now).requests
            if one.until > now and one.released_at is None
        ]
        if form is Format.JSON:
            for one in found:
                typer.echo(json.dumps(fields(one)))
        else:
            typer.echo("\n".join(table(found)) if found else "nothing stands")


def _subjects(store: Store, model: str | None) -> list[Subject]:
    """Return a model and its schedules, or all of the plan's."""
    named = [ModelId(model)] if model is not None else store.planned_models()
    models = [planned for model_id in named if (planned := store.planned(model_id).model) is not None]
    if model is not None and not models:
        raise CliError(
            f"preheat: the plan names no model {model!r}{close_to(model, store.planned_models())}", status=NO
        )
    schedules = sorted({schedule.name for each in models for schedule in each.schedules})
    return [Subject(each.model_id) for each in models] + [Subject(schedule=name) for name in schedules]


def fields(one: Standing) -> dict[str, object]:
    """Return a hold or block as JSON fields."""
    shown: dict[str, object] = show.plain(asdict(one))
    return {**shown, "subject": one.subject.key}


def table(found: list[Standing]) -> list[str]:
    """Return a line for each under a heading."""
    rows = [("KIND", "OF", "FROM", "UNTIL", "PRIORITY", "UNITS", "REQUESTER", "REQUEST ID", "REASON")]
    for one in found:
        of = one.subject.model_id or f"schedule {one.subject.schedule}"
        kind = f"{one.kind}, hard" if one.hard else str(one.kind)
        begin, until = show.minute(one.begin), show.minute(one.until)
        units = "-" if one.units is None else str(one.units)
        rows.append((kind, of, begin, until, str(one.priority), units, one.requester, one.request_id, one.reason))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
