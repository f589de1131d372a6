"""`preheat history`: print the ledger of a model, or who applied which plan, newest entry last."""

import json
from datetime import datetime
from typing import Annotated

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.request import Subject
from preheat.domain.plan.applied import AppliedPlan
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.paid import Stretch
from preheat.domain.record.record import LedgerEntry
from preheat_cli.errors import CHECK_FAILED, CliError, report_errors, suggest
from preheat_cli.identity import describe
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import OneModelArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.options.time_range import EARLIEST, instant_of
from preheat_cli.options.times import UtcOption
from preheat_cli.planning import find_zone
from preheat_cli.printing import print_folded, print_lines
from preheat_cli.stack import Surroundings
from preheat_cli.views import show


@takes_stack
def history(
    context: typer.Context,
    model: OneModelArgument = None,
    *,
    stack: StackOptions,
    plans: Annotated[
        bool,
        typer.Option(
            "--plans", help="Print who applied which plan, and when, always in UTC: one plan may have several zones."
        ),
    ] = False,
    begin: Annotated[
        str | None, typer.Option("--from", metavar="T", help="Only entries from this date or instant.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Number of entries: the newest ones.")] = 20,
    form: FormatOption = Format.TABLE,
    utc: UtcOption = False,
) -> None:
    """Print what happened to a model and why, or who applied which plan, newest entry last."""
    with report_errors():
        if (model is None) != plans:
            both = model is not None
            raise CliError("preheat: name a model or use --plans" + (", not both" if both else ""))
        store = Surroundings.of(context).open(stack).store
        since = instant_of("--from", begin) if begin is not None else EARLIEST
        if model is None:
            _print_plans(store, since, limit, form)
            return
        entries = [entry for entry in store.read_ledger(ModelId(model)) if entry.at >= since][-limit:]
        if not entries and store.load(ModelId(model)) is None:
            near = suggest(model, store.list_planned_models())
            raise CliError(f"preheat: no plan has ever named the model {model[:63]!r}{near}", status=CHECK_FAILED)
        zone = None if utc or form is Format.JSON else find_zone(store, Subject(ModelId(model)))
        for entry in entries:
            if form is Format.JSON:
                typer.echo(json.dumps(show.entry_fields(entry)))
            else:
                print_folded(lines(entry, zone), len(_begin_line(entry, zone)))
        if not entries and form is Format.TABLE:
            typer.echo(f"{model}: no entries yet")


def _print_plans(store: Store, since: datetime, limit: int, form: Format) -> None:
    found = [each for each in store.read_applied_plans(limit) if each.at >= since]
    for each in found:
        if form is Format.JSON:
            typer.echo(json.dumps(plan_fields(each)))
        else:
            count = show.count(each.models, "model")
            print_lines(
                [f"{show.instant(each.at)}  plan {each.version}  {count}, applied by {describe(each.by) or '?'}"]
            )
    if not found and form is Format.TABLE:
        typer.echo("no plan in this time")


def plan_fields(applied: AppliedPlan) -> dict[str, object]:
    """Return an apply as JSON fields."""
    by = applied.by
    who = {"applied_by": by.identity or None, "session": by.session or None, "digest": by.digest or None}
    return {"plan": applied.version, "at": show.utc(applied.at), "models": applied.models, **who}


def lines(entry: LedgerEntry, zone: str | None = None) -> list[str]:
    """Return the lines of a ledger entry: the change with its reason, then token, margin and payment.

    Its times are those of `zone`; without one, or if this release does not know it, those of UTC.
    """
    change = f"{entry.from_phase} -> {entry.to_phase}"
    facts = [f"token {entry.client_token}"] if entry.client_token else []
    if entry.margin is not None:
        facts.append(f"margin {show.format_margin(entry.margin)}")
    if entry.time_to_hosted is not None:
        facts.append(f"hosted in {show.duration(entry.time_to_hosted)}")
    if entry.late is not None:
        facts.append("late" if entry.late else "on time")
    if entry.requests:
        facts.append(f"for {', '.join(entry.requests)}")
    if entry.expired:
        facts.append(f"ended: {', '.join(entry.expired)}")
    begin = _begin_line(entry, zone)
    found = [f"{begin}{change:<22}  {entry.action:<8}  {entry.reason}"]
    found += [f"{'':{len(begin)}}{', '.join(facts)}"] * bool(facts)
    paid = [format_paid(stretch, zone) for stretch in entry.paid if stretch.begin < stretch.end]
    return found + [f"{'':{len(begin)}}{each}" for each in paid]


def _begin_line(entry: LedgerEntry, zone: str | None) -> str:
    return f"{show.stamp(entry.at, zone)}  "


def format_paid(stretch: Stretch, zone: str | None) -> str:
    """Return one stretch of paid units in words, with the uncertainty of its ends."""
    span = f"{show.stamp(stretch.begin, zone)} to {show.stamp(stretch.end, zone)}"
    units = f"{stretch.units} unit{'s' * (stretch.units > 1)}"
    doubts = []
    if stretch.begun_after is not None and stretch.begun_after < stretch.begin:
        doubts.append(f"began after {show.stamp(stretch.begun_after, zone)}")
    if stretch.ended_after is not None and stretch.ended_after < stretch.end:
        doubts.append(f"ended after {show.stamp(stretch.ended_after, zone)}")
    return f"paid {units} {span} ({', '.join([stretch.cause, *doubts])})"
