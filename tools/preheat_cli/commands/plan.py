"""`preheat plan`: preview what a plant file, or the stored plan of a stack, does in a range of time.

Owns where the models come from, and that only rows go to stdout in JSON. `views.forecast` computes, `views.plan` words.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat.domain.bill.money import find_tariffs
from preheat.domain.calendar.timetable import ScheduleError
from preheat.domain.calendar.windows import Window
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.demand.request import Standing
from preheat.domain.lead.lead_in_force import fix_next_lead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import MODEL_ID, ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.ahead import active_requests
from preheat_cli.ceilings import AllowOverOption, Ceiling, find_overruns, measure_cost, refuse_overruns
from preheat_cli.comparing import CHANGED, compare, describe_counts
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors
from preheat_cli.fleet import read_all_requests
from preheat_cli.identity import describe_applied
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.given import is_given
from preheat_cli.options.models import complete_model
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.time_range import From, To, time_range
from preheat_cli.planning import compile_models, read_plant_file, read_stored_plan, select_models
from preheat_cli.printing import print_folded, print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show
from preheat_cli.views.requests import find_zones
from preheat_plantfile.compiling.terms import DEFAULT, Price, Terms, terms_of

if TYPE_CHECKING:
    from preheat_cli.views.forecast import PlannedRun
    from preheat_plantfile.schema.models import PlantFile

ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """The models to preview, and what a stack knows of them. `problems` has a line for each unreadable part."""

    name: str
    models: Sequence[HostedModel]
    terms: Terms
    records: dict[ModelId, ModelRecord] | None = None  # None: they come from a file
    problems: Sequence[str] = ()
    requests: Mapping[ModelId, tuple[Standing, ...]] = field(default_factory=dict)  # the active requests, of a stack
    applied: str = ""  # who applied it and when, of a stack; empty: the ledger does not say it


@takes_stack
def plan(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="The plant file (default: the stored plan of the stack), and only these models.",
            metavar="[FILE] [MODEL]...",
            autocompletion=complete_model,
        ),
    ] = None,
    *,
    stack: StackOptions,
    begin: From = None,
    end: To = None,
    form: FormatOption = Format.TABLE,
    detailed_exitcode: Annotated[
        bool,
        typer.Option("--detailed-exitcode", help="Exit status 3 if FILE differs from the current plan of the stack."),
    ] = False,
    allow_over: AllowOverOption = None,
) -> None:
    """Preview starts, stops, costs, bridged gaps and quota conflicts."""
    with report_errors():
        file, model = _split(names or [])
        if detailed_exitcode and file is None:
            raise CliError("preheat: --detailed-exitcode needs a plant file to compare")
        if file is not None and is_given(context, "stack") and not detailed_exitcode:
            raise CliError(f"preheat: name either the plant file {file} or --stack {stack.name}")
        surroundings = Surroundings.of(context)
        now = surroundings.clock.now()
        asked = time_range(begin, end, now)
        plant = read_plant_file(file) if file is not None else None
        source = _from_file(file, plant, asked) if file and plant else _from_stack(surroundings, stack)
        shown = replace(source, models=select_models(source.models, model))
        _print(shown, asked, now, form)
        if file is not None and plant is not None:
            _check_cost(file, plant, now, form, allow_over or ())
        if detailed_exitcode and file is not None and plant is not None:
            found = compare(file, plant, surroundings.open(stack), now)
            differs = "; senders differ" if found.sender_changes else ""
            typer.echo(
                f"compared with plan {found.stored.version}: {describe_counts(found.changes)}{differs}", err=True
            )
            if found.changes or found.sender_changes:
                raise typer.Exit(CHANGED)


def _check_cost(file: Path, plant: "PlantFile", now: datetime, form: Format, allowed: Sequence[Ceiling]) -> None:
    """Print what the whole plan of a file costs.

    Raises:
        CliError: it costs more than a ceiling of the file allows.
    """
    from preheat_plantfile.compiling.plan import compile_models as compile_plan  # noqa: PLC0415 - keeps help fast

    cost = measure_cost(compile_plan(plant, now=now, previous={}), {}, now, terms_of(plant))
    typer.echo(cost.describe(), err=form is Format.JSON)
    refuse_overruns(file, find_overruns(cost, plant), allowed, unchanged=f"{file}: the plan costs too much")


def _split(names: list[str]) -> tuple[Path | None, list[str]]:
    """Split the arguments into the plant file and the models. Unlike most files, a model has no dot in its name."""
    if names and (not MODEL_ID.fullmatch(names[0]) or Path(names[0]).is_file()):
        return Path(names[0]), names[1:]
    return None, names


def _from_file(file: Path, plant: "PlantFile", asked: Window) -> Source:
    # As if applied long ago: the preview shows what each shift needs, not what is still possible today.
    return Source(str(file), compile_models(plant, asked, now=ALWAYS), terms_of(plant))


def _from_stack(surroundings: Surroundings, stack: StackOptions) -> Source:
    store = surroundings.open(stack).store
    stored = read_stored_plan(store)
    if not stored.version:
        raise CliError("preheat: the stack has no plan yet; run `preheat apply FILE`", status=CHECK_FAILED)
    problems = [
        f"{model_id}: the stored form is unreadable; apply the plant file again" for model_id in stored.unreadable
    ]
    models = [stored.models[model_id] for model_id in sorted(stored.models)]
    requests: dict[ModelId, tuple[Standing, ...]] = {}
    read = read_all_requests(store, models, surroundings.clock.now())
    for model in models:
        parts = [read[subject] for subject in list_subjects(model)]
        requests[model.model_id] = tuple(one for part in parts if not isinstance(part, str) for one in part)
        wrong = [part for part in parts if isinstance(part, str)]
        problems += [f"{model.model_id}: {part}; the preview ignores these holds and blocks" for part in wrong]
    records = store.load_many(list(stored.models))
    applied = describe_applied(store, stored.version)
    priced = {model.model_id: find_tariffs(model)[model.target.backend] for model in models if model.price is not None}
    prices = {str(name): Price(tariff.unit_hour, tariff.currency) for name, tariff in priced.items()}
    terms = replace(DEFAULT, prices_by_model=prices)
    return Source(f"plan {stored.version}", models, terms, records, problems, requests, applied)


def _print(source: Source, asked: Window, now: datetime, form: Format) -> None:
    from preheat_cli.views import plan as preview_text  # noqa: PLC0415 - keeps help fast

    found, problems = _runs(source, asked)
    notes = preview_text.notes(source.models, found, asked, source.terms, now=now if source.records is None else None)
    notes += [f"warning: {each}" for each in _closings(source.models, asked)]
    if form is Format.JSON:
        for run in found:
            row = {"start_at": run.start_at, "ready_at": run.ready_at, "end_at": run.end_at}
            typer.echo(json.dumps({"model": run.model.model_id} | {name: show.utc(at) for name, at in row.items()}))
    else:
        typer.echo(f"{source.name}: {show.instant(asked.start)} to {show.instant(asked.end)}")
        if source.applied:
            print_lines([source.applied])
        if source.records is None:
            lines = preview_text.leads(source.models, source.terms)
        else:
            lines = preview_text.describe_stored(source.models, source.records, source.terms)
            lines[-1:] = _active(source, now)
        print_folded([*lines, *preview_text.transitions(found, asked), ""], 22)
    print_lines("\n".join([*notes, *problems]).split("\n"), err=form is Format.JSON)
    if problems:
        raise typer.Exit(CHECK_FAILED)


def _closings(models: Sequence[HostedModel], asked: Window) -> list[str]:
    """Return where a closed day removes more than 24 hours."""
    from preheat_plantfile.checks.warnings import warn_of_closed_days  # noqa: PLC0415 - keeps help fast
    from preheat_plantfile.compiling.holidays import Range  # noqa: PLC0415 - as above

    schedules = dict.fromkeys(each for model in models for each in model.schedules)
    return list(warn_of_closed_days(schedules, Range(asked.start.date(), asked.end.date())))


def _active(source: Source, now: datetime) -> list[str]:
    """Return a line for each active hold and block (once for a schedule), and an empty line."""
    active = {one: None for requests in source.requests.values() for one in active_requests(requests, now)}
    zones = find_zones(source.models)
    lines = (f"{_subject(one)}: {show.format_standing(one, of=False, zone=zones.get(one.subject))}" for one in active)
    return [*lines, ""]


def _subject(one: Standing) -> str:
    return one.subject.model_id or f"every model with schedule {one.subject.schedule}"


def _runs(source: Source, asked: Window) -> tuple[list["PlannedRun"], list[str]]:
    """Return the runs of all models, and a line for each model that has a problem."""
    from preheat_cli.views.forecast import in_order, runs  # noqa: PLC0415 - keeps help fast

    found: list[PlannedRun] = []
    problems = list(source.problems)
    for model in source.models:
        try:
            record, requests = (source.records or {}).get(model.model_id), source.requests.get(model.model_id, ())
            found += runs(fix_next_lead(model, record), asked, requests)
        except ScheduleError as error:
            problems.append(f"{model.model_id}: {error}")
    return in_order(found), problems
