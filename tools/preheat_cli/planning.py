"""Plant files and stored plans as commands use them: read a file, compile it, read the plan of a stack.

Depends on no command and prints nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.request import Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat_cli.errors import CHECK_FAILED, CliError, suggest
from preheat_cli.stack import Home
from preheat_cli.views import show

if TYPE_CHECKING:
    from preheat_plantfile.schema.models import PlantFile

PlantPath = Annotated[Path, typer.Argument(help="The plant file.", metavar="FILE")]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """The current plan as read; `unreadable` names models that are stored in a form this release cannot read."""

    version: int
    models: dict[ModelId, HostedModel] = field(default_factory=dict)
    unreadable: tuple[ModelId, ...] = ()


def read_plant_file(file: Path) -> "PlantFile":
    """Return the plant that a file describes.

    Raises:
        CliError: the file has mistakes; each is a line.
    """
    from preheat_plantfile.reading import PlantFileError, read_plant  # noqa: PLC0415 - loads the file's typed model

    try:
        return read_plant(file)
    except PlantFileError as error:
        raise CliError(*error.lines) from error


def compile_models(plant: "PlantFile", asked: Window, *, now: datetime) -> Sequence[HostedModel]:
    """Return the models of a plant file, first planned at `now`, with the closed days that a range needs."""
    from preheat_plantfile.compiling.holidays import BEHIND, Range  # noqa: PLC0415 - loads the file's typed model
    from preheat_plantfile.compiling.plan import compile_models  # noqa: PLC0415 - as above
    from preheat_plantfile.compiling.turns import SEEN  # noqa: PLC0415 - as above

    span = Range((asked.start - BEHIND).date(), (asked.end + BEHIND).date())
    return compile_models(plant, now=now, previous={}, span=span, seen=Window(asked.start, asked.start + SEEN))


def select_models(models: Sequence[HostedModel], names: Sequence[str] | None) -> Sequence[HostedModel]:
    """Return the models that `names` name, in the order of the plan; all models if there are no names.

    Raises:
        CliError: a name is not in the plan.
    """
    if not names:
        return models
    known = [model.model_id for model in models]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CliError(
            *(f"preheat: the model {name[:63]!r} is not in the plan{suggest(name, known)}" for name in unknown)
        )
    return [model for model in models if model.model_id in names]


def check_accounts(file: Path, plant: "PlantFile", home: Home) -> None:
    """Refuse an ARN of another account without a role there: Preheat would look for its name in the stack's account.

    Raises:
        CliError: each such model is a line.
    """
    from preheat_plantfile.schema.models import RekognitionModel  # noqa: PLC0415 - loads the file's typed model

    lines = []
    for name, entry in plant.models.items():
        account = entry.arn_account() if isinstance(entry, RekognitionModel) else None
        role = entry.role if isinstance(entry, RekognitionModel) else None
        if account not in (None, home.account) and not (role or plant.defaults.role):
            accepted = f"an ARN of the stack's account {home.account}, or also a role of account {account}"
            lines.append(f"{file}: models.{name}.arn: found account {account}; accepted: {accepted}")
    if lines:
        raise CliError(*lines, f"{file}: {show.count(len(lines), 'problem')}; no change applied")


def read_stored_plan(store: Store) -> StoredPlan:
    """Return the current plan, every model of the same version."""
    plan = store.read_whole_plan()
    return StoredPlan(plan.version, dict(plan.models), tuple(sorted(plan.unreadable)))


def models_of(store: Store, subject: Subject) -> list[HostedModel]:
    """Return the planned models of a subject: the named one, or every model with the schedule."""
    if subject.model_id is not None:
        model = store.read_planned(subject.model_id).model
        return [model] if model is not None else []
    models = store.read_whole_plan().models.values()
    return [model for model in models if subject.schedule in {schedule.name for schedule in model.schedules}]


def describe_unknown(store: Store, subject: Subject) -> str | None:
    """Return that the plan does not name the model or the schedule, with names like it; None: it does."""
    if subject.model_id is not None:
        known = {str(each) for each in store.list_planned_models()}
        name, what = str(subject.model_id), "model"
    else:
        models = store.read_whole_plan().models.values()
        known = {schedule.name for model in models for schedule in model.schedules}
        name, what = str(subject.schedule), "model with the schedule"
    return None if name in known else f"the plan has no {what} {name[:63]!r}{suggest(name, known)}"


def find_zone(store: Store, subject: Subject) -> str | None:
    """Return the plant's time zone for a model or schedule; None: the plan names none, or nobody can read the plan."""
    try:
        models = models_of(store, subject)
    except UnreadableItem:
        return None
    zones = (each.zone for model in models for each in model.schedules if subject.schedule in (None, each.name))
    return next(zones, None)


def make_replaced_error(version: int) -> CliError:
    """Return the error that another `preheat apply` replaced plan `version` in the meantime."""
    return CliError(
        f"preheat: another apply came first: it replaced plan {version}, which this command compared",
        "no change applied; run the command again to see the changes to the new plan",
        status=CHECK_FAILED,
    )
