"""The command `status`: where each model stands. One that cannot be read harms only its own line.

Owns which facts are gathered and how they are shown; decides nothing.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer

from preheat.app.ports.store import Store
from preheat.domain.demand.demand import HORIZON, Demand, Outlook
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.gate import Draining
from preheat_cli.errors import CHECK_FAILED, reported_errors
from preheat_cli.model_status import ModelStatus, read_status
from preheat_cli.stack import StackName, Surroundings
from preheat_cli.views import requests as request_views
from preheat_cli.views import show


def status(
    context: typer.Context,
    model: Annotated[list[str] | None, typer.Argument(help="Models to show in full; all on a line each.")] = None,
    stack: StackName = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for each model, on a line.")] = False,
) -> None:
    """Show where each model stands; status 1 if one could not be read or is not known."""
    with reported_errors():
        surroundings = Surroundings.of(context)
        store, now = surroundings.open_store(stack), surroundings.clock.now()
        named = [ModelId(name) for name in dict.fromkeys(model or ())]
        standings = [read_status(store, model_id, now) for model_id in named or _known(store, now)]
        if as_json:
            for each in standings:
                typer.echo(json.dumps(fields(each)))
        elif named:
            typer.echo("\n".join(line for each in standings for line in full(each)))
        else:
            typer.echo("\n".join(table(standings)) if standings else "no plan yet: run `preheat apply FILE`")
        if any(each.problem for each in standings):
            raise typer.Exit(CHECK_FAILED)


def table(standings: Sequence[ModelStatus]) -> list[str]:
    """Return a line for each model under a heading."""
    rows: list[tuple[str, ...]] = [("MODEL", "PHASE", "SINCE", "OBSERVED", "MODE", "DEMAND", "MARGIN", "NEXT LOOK")]
    rows += [_row(each) for each in standings]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return lines + [f"{each.model_id}: {each.problem}" for each in standings if each.problem]


def full(each: ModelStatus) -> list[str]:
    """Return all that is known of one model, a fact on a line."""
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
            ("next look", show.instant(record.wake_at)),
        ]
    facts += [("demand now", _demand(each.outlook.current)), ("demand next", _demand(each.outlook.upcoming))]
    facts += [("asked for", show.standing(one)) for one in each.requests]
    if record is not None and record.attempt is not None:
        attempt = record.attempt
        facts += [
            ("attempt", f"{attempt.call} {attempt.generation}, tries {attempt.tries}, {attempt.answer or 'no answer'}"),
            ("token", attempt.client_token),
        ]
    if record is not None and record.gate is not None:
        change = record.gate.attempt
        told = f", {change.call} {change.answer or 'not answered'}" if change is not None else ""
        facts.append(("gate", f"{record.gate.observed}{told} ({record.gate.mapping})"))
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
    """Return the planned models, and those that the plan no longer names but which are still looked at."""
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
    """Return the stricter of the mode that the last pass went by and the planned one, which the next will."""
    modes = [part.mode for part in (each.record, each.model) if part is not None]
    return max(modes, key=lambda mode: mode.strictness)


def _brief(seen: Outlook) -> str:
    if seen.current is not None:
        return f"until {show.instant(seen.current.end)}"
    return f"from {show.instant(seen.upcoming.begin)}" if seen.upcoming is not None else "none"


def _draining(draining: Draining) -> str:
    left = "not known how many are left" if draining.left is None else f"{draining.left} left"
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
