"""What a reply says of a model: where it stands, when it can be ready, and why, from its record and its demand.

Facts for whoever has asked; decides nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.domain.attempt import Call
from preheat.domain.demand import Demand, Outlook, outlook
from preheat.domain.plan import HostedModel, Mode, ModelId
from preheat.domain.record import ModelRecord, Phase
from preheat.domain.request import Kind, Standing
from preheat.domain.situation import clock


@dataclass(frozen=True, slots=True)
class Prospect:
    """One model as it will go on. `ready_at`: when it is, or can be, ready; None: never, as far as is known."""

    phase: Phase
    ready_at: datetime | None
    margin: timedelta | None
    words: str
    wanted: bool  # it should be starting or hosted now
    stopping: bool  # a stop was won, and will have its effect
    units: int | None  # with which it runs or starts; None: not known, or it does neither


def prospect(model: HostedModel, record: ModelRecord | None, standing: Sequence[Standing], now: datetime) -> Prospect:
    """Return how a model will go on if `standing` are the requests that stand of it."""
    record = record or ModelRecord(model.model_id, model.target)
    seen = outlook_with(model, standing, now)
    attempt, effort = record.attempt, record.effort
    mode = max(record.mode, model.mode, key=lambda mode: mode.strictness)
    demand = seen.current or seen.upcoming
    stopping = attempt is not None and attempt.call is Call.STOP
    ready_at, margin = demand.ready_at if demand is not None and mode is Mode.ACT else None, None
    if seen.current is not None and record.phase is Phase.HOSTED and not stopping:
        ready_at = now
        if effort is not None and effort.hosted_at is not None:
            ready_at, margin = effort.hosted_at, effort.ready_at - effort.hosted_at
    units = attempt.units.minimum if attempt is not None and attempt.call is Call.START else None
    return Prospect(
        record.phase, ready_at, margin, _words(record, seen, mode), seen.current is not None, stopping, units
    )


def outlook_with(model: HostedModel, standing: Sequence[Standing], now: datetime) -> Outlook:
    """Return what a model needs at `now` if `standing` are the requests that stand of it."""
    seen = outlook(model, now)
    ahead = model.lead + model.slack
    for one in sorted(standing, key=lambda one: one.begin):
        if one.kind is not Kind.HOLD or one.end <= now:
            continue
        ready_at = max(one.begin, one.known_at + ahead)
        demand = Demand(one.begin, one.end, ready_at, ready_at - ahead, "request")
        if now in demand and seen.current is None:
            seen = Outlook(demand, seen.next_edge, seen.upcoming)
        elif seen.upcoming is None or demand.start_at < seen.upcoming.start_at:
            seen = Outlook(seen.current, seen.next_edge, demand)
    return seen


def words_of_several(models: Sequence[HostedModel], records: Mapping[ModelId, ModelRecord]) -> str:
    """Return where the models of a schedule stand: `3 models: 2 hosted, 1 idle`."""
    phases = Counter(records[model.model_id].phase if model.model_id in records else Phase.IDLE for model in models)
    each = ", ".join(f"{count} {phase}" for phase, count in sorted(phases.items()))
    return f"{len(models)} model{'s' if len(models) != 1 else ''}: {each}"


def _words(record: ModelRecord, seen: Outlook, mode: Mode) -> str:
    since = f" since {clock(record.since)}" if record.since is not None else ""
    needed = "no demand ahead"
    if seen.current is not None:
        needed = f"needed until {clock(seen.current.end)} ({seen.current.schedule})"
    elif seen.upcoming is not None:
        needed = f"next needed from {clock(seen.upcoming.begin)} ({seen.upcoming.schedule})"
    withheld = "" if mode is Mode.ACT else f"; mode {mode}: nothing is started or stopped"
    return f"{record.phase}{since}; {needed}{withheld}"
