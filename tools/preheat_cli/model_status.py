"""What is known of one model: its record, its plan, its demand, its requests. Reads, and decides nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.app.ports.errors import UnreadableItem
from preheat.app.ports.store import Store
from preheat.domain.calendar.timetable import ScheduleError, closed_until, runs_short
from preheat.domain.demand import request
from preheat.domain.demand.demand import NOTHING_WANTED, Outlook
from preheat.domain.lead.lead import Lead
from preheat.domain.lead.lead_in_force import in_force, next_lead
from preheat.domain.plan.plan import HostedModel, ModelId
from preheat.domain.record.record import ModelRecord
from preheat_cli.ahead import ahead, asked_of
from preheat_cli.ahead import standing as standing_at


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """What is known of one model; `problem` says what could not be read."""

    model_id: ModelId
    record: ModelRecord | None = None
    model: HostedModel | None = None
    outlook: Outlook = NOTHING_WANTED
    requests: tuple[request.Standing, ...] = ()  # its holds and blocks, and its schedules'
    margin: timedelta | None = None  # of the last start that was seen to become hosted
    problem: str | None = None

    @property
    def lead(self) -> Lead | None:
        """How long ahead its next start is, and why; None: it is not planned."""
        return next_lead(self.model, self.record) if self.model is not None else None


def read_status(store: Store, model_id: ModelId, now: datetime) -> ModelStatus:
    """Gather what is known of one model; whatever of it cannot be read becomes its `problem`."""
    record = model = margin = None
    problems = []
    try:
        record = store.load(model_id)
    except UnreadableItem as error:
        problems.append(str(error))
    try:
        model = store.planned(model_id).model
    except UnreadableItem as error:
        problems.append(str(error))
    try:
        margin = next((entry.margin for entry in reversed(store.ledger(model_id)) if entry.margin is not None), None)
    except UnreadableItem as error:
        problems.append(str(error))
    if record is None and model is None and not problems:
        problems.append("neither planned nor on record")
    seen, requests = NOTHING_WANTED, tuple[request.Standing, ...]()
    try:
        requests = asked_of(store, model, now) if model is not None else ()
    except UnreadableItem as error:
        problems.append(str(error))
    try:
        seen = ahead(in_force(model, record, now, requests), now, requests) if model is not None else seen
    except ScheduleError as error:
        problems.append(f"its schedule cannot be evaluated: {error}")
    known_until = closed_until(model.schedules) if model is not None else None
    if runs_short(known_until, now):
        problems.append(f"its holidays are known until {known_until} only: apply the plant file again")
    stands = tuple(standing_at(requests, now))
    return ModelStatus(model_id, record, model, seen, stands, margin, "; ".join(problems) or None)
