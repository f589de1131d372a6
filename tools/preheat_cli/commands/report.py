"""`preheat report`: print costs, their causes, punctuality and savings for a range of time.

Owns where ledgers and tariffs come from. `preheat_report` computes, `views.report_text` and `views.report_html` print.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.plan import Backend, ModelId
from preheat.domain.record.record import LedgerEntry
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors, suggest
from preheat_cli.fleet import read_each
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.time_range import instant_of
from preheat_cli.planning import read_plant_file
from preheat_cli.printing import find_width, print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show
from preheat_plantfile.compiling.terms import Terms, terms_of

if TYPE_CHECKING:
    from preheat_report import History, Report, Tariff

BEFORE: Final = timedelta(days=1)  # of the ledger, ahead of what a report is about


class Form(StrEnum):
    """The output format of a report."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    HTML = "html"


@takes_stack
def report(
    context: typer.Context,
    model: ModelsArgument = None,
    *,
    stack: StackOptions,
    begin: Annotated[
        str | None,
        typer.Option("--from", metavar="T", help="From this date or instant. Default: the first of this month."),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="T", help="Before this date or instant. Default: now."),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="The format of the report.")] = Form.TABLE,
    tariffs: Annotated[
        Path | None,
        typer.Option("--tariffs", metavar="FILE", help="A plant file with tariffs. Default: those of the plan."),
    ] = None,
) -> None:
    """Print costs, causes, punctuality and savings, from the ledger. Exit status 1 if a ledger is unreadable."""
    from preheat_report import report_models as reported  # noqa: PLC0415 - keeps help fast

    with report_errors():
        surroundings = Surroundings.of(context)
        now = surroundings.clock.now().replace(microsecond=0).astimezone(UTC)
        asked = _range(begin, end, now)
        terms = terms_of(read_plant_file(tariffs)) if tariffs is not None else None
        store = surroundings.open(stack).store
        histories, problems = _histories(store, _find_named(store, model), asked.start)
        by_backend, by_model = _tariffs(terms) if terms is not None else _planned_tariffs(store)
        found = reported(histories, asked, by_backend, as_of=now, by_model=by_model)
        typer.echo(_find_form(form)(found), nl=False)
        for problem in problems:
            print_lines([problem], err=True)
        if problems:
            raise typer.Exit(CHECK_FAILED)


def _range(begin: str | None, end: str | None, now: datetime) -> Window:
    month = now.replace(day=1, hour=0, minute=0, second=0)
    first = instant_of("--from", begin) if begin is not None else month
    last = instant_of("--to", end) if end is not None else now
    if first >= last:
        named = f"--to {show.instant(last)}" if end is not None else f"now, {show.instant(last)},"
        raise CliError(f"preheat: {named} is not after --from {show.instant(first)}: the range is empty")
    return Window(first, last)


def _find_named(store: Store, names: list[str] | None) -> list[ModelId]:
    """Return the models to report on: the named ones, or all of this plan and of earlier plans."""
    known = sorted({*store.list_planned_models(), *store.list_former_models()})
    if not names:
        return known
    asked = [ModelId(name) for name in dict.fromkeys(names)]
    unknown = [name for name in asked if name not in known and not store.read_ledger(name)]
    if unknown:
        raise CliError(*(f"preheat: the model {name[:63]!r} has no history{suggest(name, known)}" for name in unknown))
    return asked


def _histories(store: Store, names: list[ModelId], start: datetime) -> tuple[list["History"], list[str]]:
    """Return the readable histories as far back as a report from `start` needs, and a line for each unreadable one."""
    from preheat_report import History  # noqa: PLC0415 - as above

    def read(name: ModelId) -> "History | str":
        try:
            # The record first: what it noted is then in the record, or in an entry written in between.
            record = records.get(name) or store.load(name)
            return History(name, read_entries(store, name, start), record)
        except UnreadableItem as error:
            return f"{name}: {error}"

    records = store.load_many(names)
    found = read_each(read, names, "ledgers read")
    return [one for one in found if not isinstance(one, str)], [one for one in found if isinstance(one, str)]


def read_entries(store: Store, name: ModelId, start: datetime) -> Sequence[LedgerEntry]:
    """Return the entries of a model that a report from `start` rests on, oldest first.

    Those are the entries of the range, and all of a demand that begins before it and reaches into it. A report also
    needs the units of the last start: if none of these entries has them, it takes the whole ledger.
    """
    since = start - BEFORE
    entries = store.read_recent_ledger(name, since)
    begun = [one.needed_from for one in entries if one.needed_from and one.needed_until and one.needed_until > since]
    if min(begun, default=since) < since:
        entries = store.read_recent_ledger(name, min(begun) - BEFORE)
    return entries if any(one.units is not None for one in entries) else store.read_ledger(name)


type _Tariffs = tuple[Mapping[Backend, "Tariff"], Mapping[str, Mapping[Backend, "Tariff"]]]


def _planned_tariffs(store: Store) -> _Tariffs:
    """Return the list prices by service, and those that the current plan has for its models."""
    from preheat.domain.bill.money import find_tariffs  # noqa: PLC0415 - as above

    models = store.read_whole_plan().models
    return find_tariffs(None), {name: find_tariffs(model) for name, model in models.items() if model.price is not None}


def _tariffs(terms: Terms) -> _Tariffs:
    """Return the tariffs by service, and those of models by their instances."""
    from preheat_report import Tariff  # noqa: PLC0415 - as above

    by_backend = {Backend(name): Tariff(price.amount, price.currency) for name, price in terms.prices.items()}
    by_model = {name: Tariff(price.amount, price.currency) for name, price in terms.prices_by_model.items()}
    return by_backend, {name: {Backend.SAGEMAKER: tariff} for name, tariff in by_model.items()}


def _find_form(form: Form) -> Callable[["Report"], str]:
    from preheat_cli.views import report_html, report_text  # noqa: PLC0415 - as above

    forms: dict[Form, Callable[[Report], str]] = {
        Form.TABLE: partial(report_text.table, width=find_width()),
        Form.CSV: report_text.csv_rows,
        Form.JSON: report_text.json_lines,
        Form.HTML: report_html.page,
    }
    return forms[form]
