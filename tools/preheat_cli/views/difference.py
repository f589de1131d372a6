"""Compares two plans in words: what changes, and what starts next. Pure.

Depends on no store and no terminal.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from preheat.domain.calendar.schedule import Schedule
from preheat.domain.calendar.timetable import LOOKAHEAD
from preheat.domain.lead.lead_in_force import fix_lead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.ahead import ahead
from preheat_cli.views import show


class ChangeKind(StrEnum):
    """A change of a model; the sign before its name."""

    ADDED = "+"
    CHANGED = "~"
    REMOVED = "-"


@dataclass(frozen=True, slots=True)
class Change:
    """The change of one model: for a changed one, a line for each field."""

    kind: ChangeKind
    model_id: ModelId
    lines: tuple[str, ...]


def changes(
    before: Mapping[ModelId, HostedModel],
    after: Sequence[HostedModel],
    *,
    today: date,
    unreadable: Collection[ModelId] = (),
    records: Mapping[ModelId, ModelRecord] | None = None,
) -> list[Change]:
    """Return what changes from one plan to the next, by model id; `unreadable` ones of before go as a whole.

    `records` say whether a removed model runs.
    """
    found = []
    planned = {model.model_id: model for model in after}
    for model_id in sorted({*before, *planned, *unreadable}):
        model, old = planned.get(model_id), before.get(model_id)
        if model is None:
            found.append(Change(ChangeKind.REMOVED, model_id, (_describe_removal((records or {}).get(model_id)),)))
        elif model_id in unreadable:
            lines = ("replaces a stored form that this release cannot read", *_describe(model))
            found.append(Change(ChangeKind.CHANGED, model_id, lines))
        elif old is None:
            found.append(Change(ChangeKind.ADDED, model_id, tuple(_describe(model))))
        elif lines := tuple(_describe_changes(old, model, today)):
            found.append(Change(ChangeKind.CHANGED, model_id, lines))
    return found


def next_start(model: HostedModel, record: ModelRecord | None, now: datetime) -> str:
    """Return a model's next start, in the plant's time and in UTC, and for what."""
    if model.mode is Mode.PAUSED:
        return "paused"
    held = " (mode observe: no start)" if model.mode is Mode.OBSERVE else ""
    seen = ahead(fix_lead(model, record, now), now)
    demand = seen.current or seen.upcoming
    if demand is None:
        return f"none in the next {LOOKAHEAD.days} days{held}"
    zone = next(schedule.zone for schedule in model.schedules if schedule.name == demand.schedule)
    if seen.current is not None:
        return f"now: needed until {both(demand.end, zone)} ({demand.schedule}){held}"
    return f"{both(demand.start_at, zone)} for {show.local_instant(demand.begin, zone)} ({demand.schedule}){held}"


def both(at: datetime, zone: str) -> str:
    """Return an instant in a zone and in UTC."""
    return f"{show.local_instant(at, zone)} = {show.instant(at)}"


def _describe_removal(record: ModelRecord | None) -> str:
    if record is None:
        return "removed: if Preheat runs it, Preheat stops it"
    if not record.is_engaged():
        return "removed: Preheat does not run it now"
    return f"removed: {record.phase} now; if Preheat started it, Preheat stops it"


def _describe(model: HostedModel) -> Iterator[str]:
    silent = {"target"} | {name for name in ("readiness", "drain", "gate", "price") if getattr(model, name) is None}
    silent |= {name for name, value in (("tags", model.tags), ("fallback configs", model.fallbacks)) if not value}
    facts = (f"{name} {value}" for name, value in _facts(model).items() if name not in silent)
    yield f"{_facts(model)['target']}, {', '.join(facts)}"
    for schedule in model.schedules:
        yield show.schedule(schedule)


def _describe_changes(old: HostedModel, new: HostedModel, today: date) -> Iterator[str]:
    for (name, before), after in zip(_facts(old).items(), _facts(new).values(), strict=True):
        if before != after:
            yield f"{name} {before} -> {after}"
    known = {schedule.name: schedule for schedule in old.schedules}
    for schedule in new.schedules:
        was = known.pop(schedule.name, None)
        if was is None:
            yield f"schedule + {show.schedule(schedule)}"
        else:
            yield from _describe_schedule_changes(was, schedule, today)
    for was in known.values():
        yield f"schedule - {show.schedule(was)}"


def _describe_schedule_changes(was: Schedule, new: Schedule, today: date) -> Iterator[str]:
    """Yield what changes in a schedule.

    Each apply resolves its closed days up to a later date. So only the days that both plans know count, from today on.
    """
    bare, bare_was = (replace(each, closed=frozenset(), closed_until=None) for each in (new, was))
    if bare != bare_was:
        before, after = show.schedule(bare_was), show.schedule(bare)
        # A long list shows only its beginning, so two lists may look alike.
        yield (
            f"schedule {before} -> {after}"
            if before != after
            else f"schedule {after}: other days or windows beyond the shown ones"
        )
    known_until = min(each.closed_until or date.max for each in (was, new))
    closed_was, closed = ({day for day in each.closed if today <= day < known_until} for each in (was, new))
    if closed - closed_was:
        yield f"schedule {new.name}: new closed days: {show.dates(closed - closed_was)}"
    if closed_was - closed:
        yield f"schedule {new.name}: no longer closed: {show.dates(closed_was - closed)}"


def _facts(model: HostedModel) -> dict[str, str]:
    return {
        "target": show.target(model.target),
        "units": show.units_of(model),
        "lead": show.lead(model),
        "slack": show.duration(model.slack),
        "mode": model.mode,
        "unscheduled": model.unscheduled,
        "resize": model.resize,
        "readiness": show.readiness(model.readiness),
        "drain": show.drain(model.drain),
        "gate": model.gate or "none",
        "tags": ", ".join(f"{key}={value}" for key, value in sorted(model.tags)) or "none",
        "fallback configs": ", ".join(model.fallbacks) or "none",
        "price": f"{model.price} a unit-hour" if model.price is not None else "of the list",
    }
