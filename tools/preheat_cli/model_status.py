"""Reads the facts about models: their records, plans, demands and requests. Decides nothing.

One model takes a few calls, and a whole fleet a call for each hundred models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.timetable import ScheduleError, find_closed_until, runs_short
from preheat.domain.demand import request
from preheat.domain.demand.demand import HORIZON, NOTHING_WANTED, Outlook
from preheat.domain.demand.pieces import list_subjects
from preheat.domain.lead.lead import Lead
from preheat.domain.lead.lead_in_force import find_next_lead, fix_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.ahead import active_requests, ahead
from preheat_cli.fleet import Requests, read_all_requests, read_each

ALONE_MOST: Final = 20  # models that a command reads one by one


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """The facts about one model; `problem` says what is unreadable."""

    model_id: ModelId
    record: ModelRecord | None = None
    model: HostedModel | None = None
    outlook: Outlook = NOTHING_WANTED
    requests: tuple[request.Standing, ...] = ()  # its holds and blocks, and its schedules'
    margin: timedelta | None = None  # of the last start that became hosted
    problem: str | None = None
    unreadable: bool = False  # its record or its plan is unreadable

    @property
    def lead(self) -> Lead | None:
        """The lead of its next start, and why; None if no plan names it."""
        return find_next_lead(self.model, self.record) if self.model is not None else None


def read_status(store: Store, model_id: ModelId, now: datetime) -> ModelStatus:
    """Read the facts about one model; each unreadable part becomes its `problem`."""
    model, problems = None, []
    try:
        model = store.read_planned(model_id).model
    except UnreadableItem as error:
        problems.append(str(error))
    record, problem = _load(store, model_id)
    requests = read_all_requests(store, [model] if model is not None else [], now)
    found = _gather(model_id, record, model, read=requests, unreadable=[*problem, *problems], now=now)
    if found.margin is not None:
        return found
    try:  # The record of an earlier release does not have it.
        margins = [entry.margin for entry in store.read_ledger(model_id) if entry.margin is not None]
    except UnreadableItem as error:
        return replace(found, problem="; ".join(filter(None, [found.problem, str(error)])))
    return replace(found, margin=margins[-1] if margins else None)


def read_fleet(store: Store, now: datetime) -> list[ModelStatus]:
    """Read the facts about every model of the plan, and of those of earlier plans that still have a next check."""
    plan = store.read_whole_plan()
    due = (line.model_id for line in store.find_due(now + HORIZON))
    names = sorted({*plan.names, *due})
    records: Mapping[ModelId, ModelRecord] = store.load_many(names)
    missing = [name for name in names if name not in records]
    problems = dict(zip(missing, read_each(lambda name: _load(store, name)[1], missing), strict=True))
    requests = read_all_requests(store, plan.models.values(), now)
    found = []
    for name in names:
        unread = [plan.unreadable[name]] if name in plan.unreadable else []
        stored = [*problems.get(name, ()), *unread]
        parts = records.get(name), plan.models.get(name)
        found.append(_gather(name, *parts, read=requests, unreadable=stored, now=now))
    return found


def read_statuses(store: Store, names: Sequence[ModelId], now: datetime) -> list[ModelStatus]:
    """Read the facts about some models, each alone or all together, whichever takes fewer calls."""
    fleet = {one.model_id: one for one in read_fleet(store, now)} if len(names) > ALONE_MOST else {}
    return read_each(lambda name: fleet.get(name) or read_status(store, name, now), names)


def _load(store: Store, model_id: ModelId) -> tuple[ModelRecord | None, list[str]]:
    """Return a record, and why it cannot be read."""
    try:
        return store.load(model_id), []
    except UnreadableItem as error:
        return None, [str(error)]


def _gather(
    model_id: ModelId,
    record: ModelRecord | None,
    model: HostedModel | None,
    *,
    read: Requests,
    unreadable: Sequence[str],
    now: datetime,
) -> ModelStatus:
    """Return the facts about one model, from its parts. `unreadable`: what of its record and plan cannot be read."""
    problems = list(unreadable)
    if record is None and model is None and not problems:
        problems.append("neither in the plan nor in the models table")
    parts = [read[subject] for subject in list_subjects(model)] if model is not None else []
    requests = tuple(one for part in parts if not isinstance(part, str) for one in part)
    problems += [part for part in parts if isinstance(part, str)]
    seen = NOTHING_WANTED
    try:
        if model is not None:
            fixed = fix_lead(model, record, now, requests)
            seen = ahead(fixed, now, requests, served=is_served(record))
    except ScheduleError as error:
        problems.append(f"its schedule has an error: {error}")
    known_until = find_closed_until(model.schedules) if model is not None else None
    if runs_short(known_until, now):
        problems.append(f"its holidays end at {known_until}; apply the plant file again")
    active = tuple(active_requests(requests, now))
    margin = record.last_margin if record is not None else None
    return ModelStatus(model_id, record, model, seen, active, margin, "; ".join(problems) or None, bool(unreadable))
