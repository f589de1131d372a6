"""Reads the facts about one model: its record, its plan, its demand, its requests. Decides nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.timetable import ScheduleError, find_closed_until, runs_short
from preheat.domain.demand import request
from preheat.domain.demand.demand import NOTHING_WANTED, Outlook
from preheat.domain.lead.lead import Lead
from preheat.domain.lead.lead_in_force import find_next_lead, fix_lead
from preheat.domain.plan.plan import HostedModel, ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.ahead import active_requests, ahead, read_requests


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
    record = model = margin = None
    problems = []
    try:
        record = store.load(model_id)
    except UnreadableItem as error:
        problems.append(str(error))
    try:
        model = store.read_planned(model_id).model
    except UnreadableItem as error:
        problems.append(str(error))
    unreadable = bool(problems)
    try:
        margin = next(
            (entry.margin for entry in reversed(store.read_ledger(model_id)) if entry.margin is not None), None
        )
    except UnreadableItem as error:
        problems.append(str(error))
    if record is None and model is None and not problems:
        problems.append("neither in the plan nor in the models table")
    seen, requests = NOTHING_WANTED, tuple[request.Standing, ...]()
    try:
        requests = read_requests(store, model, now) if model is not None else ()
    except UnreadableItem as error:
        problems.append(str(error))
    try:
        seen = ahead(fix_lead(model, record, now, requests), now, requests) if model is not None else seen
    except ScheduleError as error:
        problems.append(f"its schedule has an error: {error}")
    known_until = find_closed_until(model.schedules) if model is not None else None
    if runs_short(known_until, now):
        problems.append(f"its holidays end at {known_until}; apply the plant file again")
    active = tuple(active_requests(requests, now))
    return ModelStatus(model_id, record, model, seen, active, margin, "; ".join(problems) or None, unreadable)
