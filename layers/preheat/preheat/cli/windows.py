"""The command `windows`: when each model is needed, and nothing else. Lead, gaps and quotas are `plan`'s affair.

Owns the rows and their two forms. A model is done before the next is begun, so that three years of a large plant fit.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from preheat.cli import show
from preheat.cli.errors import CliError, close_to, told
from preheat.cli.stack import Surroundings
from preheat.cli.time_range import From, To, time_range
from preheat.cli.validate import PlantPath, plant_of
from preheat.domain.plan import HostedModel
from preheat.domain.schedule import Schedule
from preheat.domain.timetable import intervals
from preheat.domain.windows import Window

if TYPE_CHECKING:
    from preheat.cli.plant_schema import PlantFile


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="A table, or one JSON object on a line.")]
Models = Annotated[
    list[str] | None, typer.Option("--model", metavar="M", help="Only this model; repeatable. Absent: all.")
]


def windows(
    context: typer.Context,
    file: PlantPath,
    *,
    begin: From = None,
    end: To = None,
    model: Models = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Print when each model is needed: its windows united and cut to the range, before lead, gaps and quotas."""
    with told():
        now = Surroundings.of(context).clock.now()
        asked = time_range(begin, end, now)
        models = chosen(models_of(plant_of(file), asked, now=now), model)
        if form is Format.TABLE:
            typer.echo(f"{file}: needed in {show.instant(asked.start)} to {show.instant(asked.end)}")
        for each, needed in needs(models, asked):
            lines = _objects(each, needed) if form is Format.JSON else _table(each, needed)
            if lines:
                typer.echo("\n".join(lines))


def models_of(plant: "PlantFile", asked: Window, *, now: datetime) -> Sequence[HostedModel]:
    """Return the models of a plant file, first planned at `now`, with the closed days that a range needs."""
    from preheat.cli.closed_days import BEHIND, Range  # noqa: PLC0415 - loads the file's typed model
    from preheat.cli.plan import compiled  # noqa: PLC0415 - as above

    span = Range((asked.start - BEHIND).date(), (asked.end + BEHIND).date())
    return compiled(plant, now=now, previous={}, span=span)


def chosen(models: Sequence[HostedModel], names: Sequence[str] | None) -> Sequence[HostedModel]:
    """Return the models that `names` name, in the order of the plan; all of them for no names.

    Raises:
        CliError: a name is none of theirs.
    """
    if not names:
        return models
    known = [model.model_id for model in models]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CliError(*(f"preheat: --model {name[:63]!r} is not planned{close_to(name, known)}" for name in unknown))
    return [model for model in models if model.model_id in names]


def needs(models: Sequence[HostedModel], asked: Window) -> Iterator[tuple[HostedModel, list[Window]]]:
    """Yield each model with the intervals in which it is needed, united and cut to `asked`, in order of time."""

    @cache  # Most schedules are shared by many models.
    def of(schedules: tuple[Schedule, ...]) -> list[Window]:
        return intervals(schedules, asked.start, asked.end)

    for model in models:
        yield model, of(model.schedules)


def utc(at: datetime) -> str:
    """Return an instant as rows have it: `2026-11-23T06:00:00Z`, with microseconds only if there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _objects(model: HostedModel, needed: Sequence[Window]) -> list[str]:
    name = json.dumps(model.model_id)
    # Two million of them are no rarity: a window is in UTC already, and its `+00:00` is cut off.
    return [
        f'{{"model": {name}, "start": "{w.start.isoformat()[:-6]}Z", "end": "{w.end.isoformat()[:-6]}Z"}}'
        for w in needed
    ]


def _table(model: HostedModel, needed: Sequence[Window]) -> list[str]:
    if not needed:
        return [f"{model.model_id}: not needed"]
    zone = model.schedules[0].zone
    total = show.hours(sum((w.end - w.start for w in needed), timedelta()))
    lines = [f"{model.model_id}: {total} ({zone})"]
    spans = [
        (show.local_instant(w.start, zone), show.local_instant(w.end, zone), show.hours(w.end - w.start))
        for w in needed
    ]
    widths = [max(len(span[column]) for span in spans) for column in range(3)]
    return lines + [f"  {a:<{widths[0]}} to {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in spans]
