"""`preheat status`: print the state of each model. An unreadable model affects only its own line.

Owns how the facts are printed. `model_status` reads them. Decides nothing.
"""

import json
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

import typer

from preheat.app.ports.errors import StoreUnavailable
from preheat.app.ports.store import Store
from preheat.domain.demand.demand import HORIZON, Demand, Outlook
from preheat.domain.plan.plan import ModelId, strictest_of
from preheat.domain.record.gate import Draining
from preheat_cli.errors import CHECK_FAILED, reported_errors
from preheat_cli.model_status import ModelStatus, read_status
from preheat_cli.options.formats import Format, FormatOption
from preheat_cli.options.models import ModelsArgument
from preheat_cli.options.stack import StackOptions, takes_stack
from preheat_cli.stack import Surroundings
from preheat_cli.views import requests as request_views
from preheat_cli.views import show

CLEAR: Final = "\x1b[H\x1b[2J"  # moves the cursor to the top and clears the terminal


@takes_stack
def status(
    context: typer.Context,
    model: ModelsArgument = None,
    *,
    stack: StackOptions,
    form: FormatOption = Format.TABLE,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Print it again and again, until Ctrl-C.")] = False,
    interval: Annotated[float, typer.Option(min=1, help="With --watch: seconds between two prints.")] = 5,
) -> None:
    """Print the state of each model, or every fact about named models.

    Exit status 1 if a model is unreadable or unknown.
    """
    with reported_errors():
        surroundings = Surroundings.of(context)
        store = surroundings.open(stack).store
        named = [ModelId(name) for name in dict.fromkeys(model or ())]
        if watch:
            _watch(surroundings, interval, lambda: _print(store, named, form, surroundings.clock.now()))
        elif not _print(store, named, form, surroundings.clock.now()):
            raise typer.Exit(CHECK_FAILED)


def _print(store: Store, named: Sequence[ModelId], form: Format, now: datetime) -> bool:
    """Print the state of the named models, or of all; return whether all are readable and known."""
    found = [read_status(store, model_id, now) for model_id in named or _known(store, now)]
    if form is Format.JSON:
        for each in found:
            typer.echo(json.dumps(fields(each)))
    elif named:
        typer.echo("\n".join(line for each in found for line in full(each)))
    else:
        typer.echo("\n".join(table(found)) if found else "no plan yet; run `preheat apply FILE`")
    return not any(each.problem for each in found)


def _watch(surroundings: Surroundings, interval: float, print_once: Callable[[], bool]) -> None:
    """Print until Ctrl-C. If the store does not answer, print the error and ask again at the next print."""
    try:
        while True:
            if sys.stdout.isatty():
                typer.echo(CLEAR, nl=False)
            typer.echo(f"{show.instant(surroundings.clock.now())}, every {interval:g} s until Ctrl-C", err=True)
            try:
                print_once()
            except StoreUnavailable as error:
                typer.echo(f"preheat: {error}", err=True)
            surroundings.pause(interval)
    except KeyboardInterrupt:
        return


def table(found: Sequence[ModelStatus]) -> list[str]:
    """Return a line for each model under a heading."""
    rows: list[tuple[str, ...]] = [("MODEL", "PHASE", "SINCE", "OBSERVED", "MODE", "DEMAND", "MARGIN", "NEXT CHECK")]
    rows += [_row(each) for each in found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return lines + [f"{each.model_id}: {each.problem}" for each in found if each.problem]


def full(each: ModelStatus) -> list[str]:
    """Return every fact about one model, one on each line."""
    lines = [each.model_id]
    facts: list[tuple[str, str]] = []
    if each.problem:
        facts.append(("problem", each.problem))
    record = each.record
    if record is not None:
        facts += [
            ("target", show.target(record.target)),
            ("phase", f"{record.phase} since {show.instant(record.since)}"),
            ("observed", record.observed),
            ("mode", _mode(each)),
            ("next check", show.instant(record.wake_at)),
        ]
    facts += [("demand now", _demand(each.outlook.current)), ("demand next", _demand(each.outlook.upcoming))]
    facts += [("request", show.standing(one)) for one in each.requests]
    if record is not None and record.attempt is not None:
        attempt = record.attempt
        facts += [
            ("attempt", f"{attempt.call} {attempt.generation}, tries {attempt.tries}, {attempt.answer or 'no answer'}"),
            ("token", attempt.client_token),
        ]
    if record is not None and record.gate is not None:
        change = record.gate.attempt
        call = f", {change.call} {change.answer or 'no answer'}" if change is not None else ""
        facts.append(("gate", f"{record.gate.observed}{call} ({record.gate.mapping})"))
    if record is not None and record.draining is not None:
        facts.append(("draining", _draining(record.draining)))
    if each.lead is not None:
        facts.append(("lead", f"{show.duration(each.lead.span)}; {each.lead}"))
    facts.append(("last margin", show.signed(each.margin)))
    return lines + [f"  {name:<12} {value}" for name, value in facts]


def fields(each: ModelStatus) -> dict[str, Any]:
    """Return the same as JSON fields; instants in ISO 8601 (UTC), durations in seconds."""
    record = each.record
    shown: dict[str, Any] = {"model": each.model_id, "problem": each.problem}
    shown["demand_now"] = _demand_fields(each.outlook.current)
    shown["demand_next"] = _demand_fields(each.outlook.upcoming)
    shown["requests"] = [request_views.fields(one) for one in each.requests]
    shown["lead_seconds"] = each.lead.span.total_seconds() if each.lead is not None else None
    shown["lead_reason"] = str(each.lead) if each.lead is not None else None
    shown["last_margin_seconds"] = each.margin.total_seconds() if each.margin is not None else None
    if record is not None:
        attempt = record.attempt
        shown |= show.plain(
            {
                "backend": record.target.backend,
                "project": record.target.project,
                "version": record.target.version,
                "region": record.target.region,
                "role": record.target.role,
                "phase": record.phase,
                "since": record.since,
                "observed": record.observed,
                "mode": _mode(each),
                "plan_version": record.plan_version,
                "wake_at": record.wake_at,
                "ownership": record.ownership,
                "gate": None
                if record.gate is None
                else {"mapping": record.gate.mapping, "observed": record.gate.observed},
                "draining": None
                if record.draining is None
                else {"since": record.draining.since, "left": record.draining.left},
                "attempt": None
                if attempt is None
                else {
                    "call": attempt.call,
                    "generation": attempt.generation,
                    "client_token": attempt.client_token,
                    "first_at": attempt.first_at,
                    "tries": attempt.tries,
                    "answer": attempt.answer,
                },
            }
        )
    return shown


def _known(store: Store, now: datetime) -> list[ModelId]:
    """Return the planned models, and models of earlier plans that still have a next check."""
    due = (line.model_id for line in store.due(now + HORIZON))
    return sorted({*store.planned_models(), *due})


def _row(each: ModelStatus) -> tuple[str, ...]:
    record, seen = each.record, each.outlook
    if record is None:
        return (each.model_id, "unreadable" if each.problem else "unseen", "-", "-", "-", _brief(seen), "-", "-")
    return (
        each.model_id,
        record.phase,
        show.instant(record.since),
        record.observed,
        _mode(each),
        _brief(seen),
        show.signed(each.margin),
        show.instant(record.wake_at),
    )


def _mode(each: ModelStatus) -> str:
    """Return the stricter of two modes: of the last pass, and of the plan for the next pass."""
    modes = [part.mode for part in (each.record, each.model) if part is not None]
    return strictest_of(*modes)


def _brief(seen: Outlook) -> str:
    if seen.current is not None:
        return f"until {show.instant(seen.current.end)}"
    return f"from {show.instant(seen.upcoming.begin)}" if seen.upcoming is not None else "none"


def _draining(draining: Draining) -> str:
    left = "queue length unknown" if draining.left is None else f"{draining.left} left"
    return f"since {show.instant(draining.since)}, {left}"


def _demand(demand: Demand | None) -> str:
    if demand is None:
        return "none"
    begin, end, ready_at = (show.instant(at) for at in (demand.begin, demand.end, demand.ready_at))
    return f"{begin} to {end} ({demand.schedule}), ready by {ready_at}, start at {show.instant(demand.start_at)}"


def _demand_fields(demand: Demand | None) -> dict[str, Any] | None:
    if demand is None:
        return None
    names = ("begin", "end", "ready_at", "start_at", "schedule")
    shown: dict[str, Any] = show.plain({name: getattr(demand, name) for name in names})
    return shown
