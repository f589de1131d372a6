"""Every fact about one model, as lines and as JSON fields. Knows no command and no store."""

from typing import Any

from preheat.domain.demand.demand import Demand
from preheat.domain.plan.plan import pick_strictest
from preheat.domain.record.gate import Draining
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.saying import write_headline
from preheat_cli.model_status import ModelStatus
from preheat_cli.verdicts import Judged
from preheat_cli.views import requests as request_views
from preheat_cli.views import show
from preheat_cli.views import verdicts as verdict_views

INDENT = 15  # columns before the values


def full(judged: Judged, time: PlantTime) -> list[str]:
    """Return every fact about one model, one on each line; the verdict first."""
    each, verdict = judged.status, judged.verdict
    lines = [f"{each.model_id}: {write_headline(verdict, time)}" if verdict is not None else each.model_id]
    facts: list[tuple[str, str]] = []
    if verdict is not None:
        facts.append(("cause", verdict.why))
    if each.problem:
        facts.append(("problem", each.problem))
    record = each.record
    if record is not None:
        facts += [
            ("target", show.target(record.target)),
            ("phase", f"{record.phase} since {show.in_plant(record.since, time)}"),
            ("observed", record.observed),
            ("mode", _mode(each)),
            ("next check", show.in_plant(record.wake_at, time)),
        ]
    facts += [
        ("demand now", _demand(each.outlook.current, time)),
        ("demand next", _demand(each.outlook.upcoming, time)),
    ]
    facts += [("request", show.format_standing(one, zone=time.zone)) for one in each.requests]
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
        facts.append(("draining", _draining(record.draining, time)))
    if each.lead is not None:
        facts.append(("lead", f"{show.duration(each.lead.span)}; {each.lead}"))
    facts.append(("last margin", show.format_margin(each.margin)))
    return lines + [f"  {name:<{INDENT - 3}} {value}" for name, value in facts]


def fields(judged: Judged) -> dict[str, Any]:
    """Return the same as JSON fields; instants in ISO 8601 (UTC), durations in seconds."""
    each = judged.status
    record = each.record
    shown: dict[str, Any] = {"model": each.model_id, "problem": each.problem}
    shown["verdict"] = verdict_views.fields(judged.verdict)
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


def _mode(each: ModelStatus) -> str:
    """Return the stricter of two modes: of the last pass, and of the plan for the next pass."""
    modes = [part.mode for part in (each.record, each.model) if part is not None]
    return pick_strictest(*modes)


def _draining(draining: Draining, time: PlantTime) -> str:
    left = "queue length unknown" if draining.left is None else f"{draining.left} left"
    return f"since {show.in_plant(draining.since, time)}, {left}"


def _demand(demand: Demand | None, time: PlantTime) -> str:
    if demand is None:
        return "none"
    begin, end = (show.in_plant(at, time, away=False) for at in (demand.begin, demand.end))
    ready_at, start_at = (show.in_plant(at, time) for at in (demand.ready_at, demand.start_at))
    return f"{begin} to {end} ({demand.schedule}), ready by {ready_at}, start at {start_at}"


def _demand_fields(demand: Demand | None) -> dict[str, Any] | None:
    if demand is None:
        return None
    names = ("begin", "end", "ready_at", "start_at", "schedule")
    shown: dict[str, Any] = show.plain({name: getattr(demand, name) for name in names})
    return shown
