"""`preheat migrate`: move the models of a plant file to another service. Keeps schedules, names and comments.

Owns the order of the steps: read everything, report every mistake, edit, read the result again, then write.
"""

import shutil
import tempfile
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat.domain.plan.plan import Backend
from preheat_cli.errors import CliError, report_errors
from preheat_cli.stack import Surroundings
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat.domain.plan.hosted_model import HostedModel
    from preheat_plantfile.schema.models import PlantFile


class To(StrEnum):
    """The services that models can move to."""

    REKOGNITION = Backend.REKOGNITION.value
    SAGEMAKER = Backend.SAGEMAKER.value
    SAGEMAKER_COMPONENT = Backend.SAGEMAKER_COMPONENT.value


# Fields that a service has no use for: an endpoint takes no units, and nothing creates a component.
UNUSED: Final = {
    Backend.SAGEMAKER: ("min_units", "max_units"),
    Backend.SAGEMAKER_COMPONENT: ("min_units", "max_units", "resize", "tags"),
}


def migrate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The plant file.", metavar="PLANT")],
    to: Annotated[To, typer.Option("--to", help="The new service of the models.")],
    map_file: Annotated[
        Path, typer.Option("--map", help="YAML or JSON: the new target of each model that moves.", metavar="FILE")
    ],
    *,
    in_place: Annotated[
        bool, typer.Option("--in-place", help="Change the file instead of printing the result.")
    ] = False,
) -> None:
    """Rewrite the models of a plant file for another service, and list the changes. Does not apply the file."""
    with report_errors():
        from preheat_cli.views.migration import report  # noqa: PLC0415 - loads the file's typed model
        from preheat_plantfile.compiling.terms import terms_of  # noqa: PLC0415 - as above

        backend, now = Backend(to.value), Surroundings.of(context).clock.now()
        text, plant, fields = _read(file, map_file, backend)
        result = _rewritten(file, text, fields, backend)
        moved = _parse(result, file)
        before, after = _models(plant, now), _models(moved, now)
        _check_kept(file, before, after, set(fields))
        if in_place:
            _write(file, result)
        else:
            typer.echo(result, nl=False)
        to_stderr = not in_place
        for line in report(before, after, terms_of(moved), backend, now):
            typer.echo(line, err=to_stderr)


def _read(file: Path, map_file: Path, backend: Backend) -> tuple[str, "PlantFile", dict[str, dict[str, str]]]:
    """Return the plant file's text, what it says, and the new targets' fields; reports every mistake in both."""
    from preheat_plantfile.migrating.target_map import TargetMapError, read_map  # noqa: PLC0415 - as above
    from preheat_plantfile.reading import PlantFileError, read_plant  # noqa: PLC0415 - loads the file's typed model

    try:
        plant = read_plant(file)
    except PlantFileError as error:
        raise CliError(*error.lines[:-1], f"{file}: fix the plant file first; no change made") from error
    try:
        fields = read_map(map_file, plant, backend)
    except TargetMapError as error:
        raise CliError(
            *error.lines, f"{map_file}: {show.count(len(error.lines), 'problem')}; no change made"
        ) from error
    # newline="": line breaks stay as they are.
    with file.open(encoding="utf-8", newline="") as opened:
        return opened.read(), plant, fields


def _rewritten(file: Path, text: str, fields: dict[str, dict[str, str]], backend: Backend) -> str:
    from preheat_plantfile.editing import NotEditableError, replace_targets  # noqa: PLC0415 - loads the YAML reader

    mark = "\ufeff" if text.startswith("\ufeff") else ""
    targets = {name: {"backend": backend.value, **new} for name, new in fields.items()}
    # An ARN names its region.
    dropped = {
        name: [
            *(["region"] if "arn" in new else []),
            *UNUSED.get(backend, ()),
        ]
        for name, new in fields.items()
    }
    try:
        return mark + replace_targets(text.removeprefix(mark), targets, dropped)
    except NotEditableError as error:
        place = error.problem.place
        line = f"{file}:{place.line}:{place.column}: {error.problem}"
        raise CliError(line, f"{file}: 1 problem; no change made") from error


def _parse(text: str, file: Path) -> "PlantFile":
    from preheat_plantfile.reading import PlantFileError, parse_plant  # noqa: PLC0415 - loads the file's typed model

    try:
        return parse_plant(text.encode(), str(file))
    except PlantFileError as error:
        lines = [line.removeprefix(f"{file}:") for line in error.lines[:-1]]
        raise CliError(*(f"after the change, {line}" for line in lines), f"{file}: no change made") from error


def _models(plant: "PlantFile", now: datetime) -> dict[str, "HostedModel"]:
    from preheat_plantfile.compiling.plan import compile_models  # noqa: PLC0415 - loads the file's typed model

    return {model.model_id: model for model in compile_models(plant, now=now, previous={})}


def _check_kept(file: Path, before: dict[str, "HostedModel"], after: dict[str, "HostedModel"], moved: set[str]) -> None:
    """Compare the result with the original: schedules, leads, names and every other model must be the same."""
    for name, old in before.items():
        new = after.get(name)
        same = old
        if new is not None and name in moved:  # what the new service has no use for goes with the old target
            same = replace(old, target=new.target, units=new.units, resize=new.resize, tags=new.tags, price=new.price)
        if new != same:
            raise CliError(
                f"{file}: models.{name}: cannot edit this layout; accepted: each field on its own line",
                f"{file}: no change made",
            )


def _write(file: Path, text: str) -> None:
    """Replace the file atomically: a reader sees the old file or the new one."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=file.parent, prefix=f".{file.name}-", delete=False
    ) as written:
        written.write(text)
    try:
        shutil.copymode(file, written.name)
        Path(written.name).replace(file)
    except OSError:
        Path(written.name).unlink(missing_ok=True)
        raise
