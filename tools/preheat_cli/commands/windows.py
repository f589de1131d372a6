"""`preheat windows`: when each model is needed. Does not compute lead, gaps and quotas: `preheat plan` does.

Owns the rows in their two forms. Prints each model before it computes the next, so that memory stays small.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated

import typer

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.calendar.timetable import Span, find_spans
from preheat.domain.calendar.windows import Window
from preheat.domain.calendar.zones import DAY_US, EPOCH_DAY, from_microseconds
from preheat.domain.plan.hosted_model import HostedModel
from preheat_cli.errors import report_errors
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.time_range import From, To, time_range
from preheat_cli.planning import PlantPath, compile_models, read_plant_file, select_models
from preheat_cli.printing import print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show, week_picture


def windows(
    context: typer.Context,
    file: PlantPath,
    model: ModelsArgument = None,
    *,
    begin: From = None,
    end: To = None,
    form: FormatOption = Format.TABLE,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a picture of the range as SVG instead: a row for each group of models."
        ),
    ] = None,
) -> None:
    """Print when the plan needs each model (overlapping shifts merged), without lead time, gaps and quotas."""
    with report_errors():
        now = Surroundings.of(context).clock.now()
        asked = time_range(begin, end, now)
        models = select_models(compile_models(read_plant_file(file), asked, now=now), model)
        if picture is not None:
            title = f"{file.name}: demand from {show.instant(asked.start)} to {show.instant(asked.end)}"
            picture.write_text(week_picture.draw(title, asked, _group(needs(models, asked))), encoding="utf-8")
            typer.echo(f"wrote {picture}")
            return
        if form is Format.TABLE:
            typer.echo(f"{file}: demand from {show.instant(asked.start)} to {show.instant(asked.end)}")
        for each, needed in needs(models, asked):
            lines = _objects(each, needed) if form is Format.JSON else _table(each, needed)
            if lines:
                print_lines(lines)


def needs(models: Sequence[HostedModel], asked: Window) -> Iterator[tuple[HostedModel, list[Span]]]:
    """Yield each model with its spans of demand, merged and cut to `asked`, in order of time."""

    @cache  # Many models share a schedule.
    def of(schedules: tuple[Schedule, ...]) -> list[Span]:
        return find_spans(schedules, asked.start, asked.end)

    for model in models:
        yield model, of(model.schedules)


def _group(found: Iterable[tuple[HostedModel, list[Span]]]) -> list[week_picture.Row]:
    """Return a row for all models that have the same demand, lead and zone, in the order of the first of each."""
    groups: dict[tuple[str, timedelta, tuple[Span, ...]], list[str]] = {}
    for model, needed in found:
        zone = model.schedules[0].zone if model.schedules else "UTC"
        groups.setdefault((zone, model.lead, tuple(needed)), []).append(model.model_id)
    return [
        week_picture.Row(tuple(names), zone, lead, tuple(_window(span) for span in needed))
        for (zone, lead, needed), names in groups.items()
    ]


def _window(span: Span) -> Window:
    start, end = span
    return Window(from_microseconds(start), from_microseconds(end))


def _objects(model: HostedModel, needed: Sequence[Span]) -> list[str]:
    name = json.dumps(model.model_id)
    return [f'{{"model": {name}, "start": "{_text(start)}", "end": "{_text(end)}"}}' for start, end in needed]


def _text(at: int) -> str:
    """Return microseconds since 1970 as `show.utc` prints them; cached by date and time: a plan may print millions."""
    return f"{_date(at // DAY_US)}T{_clock(at % DAY_US)}Z"


@lru_cache(maxsize=100_000)
def _date(day: int) -> str:
    return date.fromordinal(EPOCH_DAY + day).isoformat()


@lru_cache(maxsize=100_000)
def _clock(passed: int) -> str:
    return from_microseconds(passed).time().isoformat()


def _table(model: HostedModel, found: Sequence[Span]) -> list[str]:
    if not found:
        return [f"{model.model_id}: no demand"]
    needed = [_window(span) for span in found]
    zone = model.schedules[0].zone
    total = show.hours(sum((w.end - w.start for w in needed), timedelta()))
    lines = [f"{model.model_id}: {total} ({zone})"]
    rows = [
        (show.local_instant(w.start, zone), show.local_instant(w.end, zone), show.hours(w.end - w.start))
        for w in needed
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return lines + [f"  {a:<{widths[0]}} to {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in rows]
