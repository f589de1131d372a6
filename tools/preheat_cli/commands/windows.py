"""The command `windows`: when each model is needed, and nothing else. Lead, gaps and quotas are `plan`'s affair.

Owns the rows and their two forms. A model is done before the next is begun, so that three years of a large plant fit.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated

import typer

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.calendar.timetable import Span, spans
from preheat.domain.calendar.windows import Window
from preheat.domain.calendar.zones import DAY_US, EPOCH_DAY, from_microseconds
from preheat.domain.plan.plan import HostedModel
from preheat_cli.commands.validate import PlantPath, plant_of
from preheat_cli.errors import CliError, close_to, told
from preheat_cli.options.time_range import From, To, time_range
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_plantfile.schema.models import PlantFile


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
    from preheat_plantfile.compiling.holidays import BEHIND, Range  # noqa: PLC0415 - loads the file's typed model
    from preheat_plantfile.compiling.plan import compiled  # noqa: PLC0415 - as above
    from preheat_plantfile.compiling.turns import SEEN  # noqa: PLC0415 - as above

    span = Range((asked.start - BEHIND).date(), (asked.end + BEHIND).date())
    return compiled(plant, now=now, previous={}, span=span, seen=Window(asked.start, asked.start + SEEN))


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


def needs(models: Sequence[HostedModel], asked: Window) -> Iterator[tuple[HostedModel, list[Span]]]:
    """Yield each model with the spans in which it is needed, united and cut to `asked`, in order of time."""

    @cache  # Most schedules are shared by many models.
    def of(schedules: tuple[Schedule, ...]) -> list[Span]:
        return spans(schedules, asked.start, asked.end)

    for model in models:
        yield model, of(model.schedules)


def utc(at: datetime) -> str:
    """Return an instant as rows have it: `2026-11-23T06:00:00Z`, with microseconds only if there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _objects(model: HostedModel, needed: Sequence[Span]) -> list[str]:
    name = json.dumps(model.model_id)
    return [f'{{"model": {name}, "start": "{_text(start)}", "end": "{_text(end)}"}}' for start, end in needed]


def _text(at: int) -> str:
    """Return microseconds since 1970 as `utc` has them. Two million are no rarity: few dates and times make them up."""
    return f"{_date(at // DAY_US)}T{_clock(at % DAY_US)}Z"


@lru_cache(maxsize=100_000)
def _date(day: int) -> str:
    return date.fromordinal(EPOCH_DAY + day).isoformat()


@lru_cache(maxsize=100_000)
def _clock(passed: int) -> str:
    return from_microseconds(passed).time().isoformat()


def _table(model: HostedModel, found: Sequence[Span]) -> list[str]:
    if not found:
        return [f"{model.model_id}: not needed"]
    needed = [Window(from_microseconds(start), from_microseconds(end)) for start, end in found]
    zone = model.schedules[0].zone
    total = show.hours(sum((w.end - w.start for w in needed), timedelta()))
    lines = [f"{model.model_id}: {total} ({zone})"]
    rows = [
        (show.local_instant(w.start, zone), show.local_instant(w.end, zone), show.hours(w.end - w.start))
        for w in needed
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return lines + [f"  {a:<{widths[0]}} to {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
