"""Describes a model in a reply: its verdict, and when it can be ready, from its record and its demand.

Facts for the requester; decides nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from preheat.domain.demand.demand import HORIZON, Demand, Outlook, find_demands, look_ahead
from preheat.domain.demand.request import Kind, Standing
from preheat.domain.demand.units import find_ask, find_restart
from preheat.domain.lead.lead_in_force import fix_lead, is_served
from preheat.domain.plan.hosted_model import HostedModel, Resize
from preheat.domain.plan.plan import Mode, ModelId, pick_strictest
from preheat.domain.record.attempt import Call
from preheat.domain.record.record import RESIZED_AFTER_MOST, ModelRecord, Phase
from preheat.domain.record.wording import format_instant
from preheat.domain.verdict.causes import NEVER_READY, VerdictState
from preheat.domain.verdict.facts import VerdictFacts
from preheat.domain.verdict.judging import judge
from preheat.domain.verdict.plant_time import PlantTime
from preheat.domain.verdict.saying import write_headline
from preheat.domain.verdict.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Prospect:
    """One model as it will go on. `ready_at`: when it is, or can be, ready; None: never, as far as is known.

    `wanted`: the request concerns the demand of the present moment. `units`: with which it runs or starts next, if
    known. `resizes`: it restarts to get what the request asks for.
    """

    phase: Phase
    ready_at: datetime | None
    margin: timedelta | None
    words: str
    wanted: bool
    stopping: bool  # a stop has won, and will have its effect
    units: int | None
    resizes: bool = False


def forecast(
    model: HostedModel,
    record: ModelRecord | None,
    standing: Sequence[Standing],
    now: datetime,
    change: Standing | None = None,
    *,
    stack_mode: Mode = Mode.ACT,
) -> Prospect:
    """Return how a model will go on with the holds and blocks in `standing`, `change` among them.

    `stack_mode`: the strictest of it, the model's and that of the last pass counts.
    """
    record = record or ModelRecord(model.model_id, model.target)
    model = fix_lead(model, record, now, tuple(standing))
    seen = look_ahead(model, now, tuple(standing), served=is_served(record))
    attempt, effort = record.attempt, record.effort
    mode = pick_strictest(record.mode, model.mode, stack_mode)
    stopping = attempt is not None and attempt.call is Call.STOP
    demand, ready_at = _find_asked(model, standing, now, change, seen)
    wanted = demand is not None and now in demand
    margin = None
    facts = VerdictFacts(model.model_id, now, model, record, seen, tuple(standing), mode=mode)
    verdict = judge(facts)
    if wanted and record.phase is Phase.HOSTED and not stopping:
        ready_at = now
        if effort is not None and effort.hosted_at is not None:
            ready_at, margin = effort.hosted_at, effort.ready_at - effort.hosted_at
    return Prospect(
        record.phase,
        ready_at if mode is Mode.ACT and verdict.cause not in NEVER_READY else None,
        margin,
        _describe(facts, verdict)
        + ("" if demand is not None or change is None else "; blocked for its whole duration"),
        wanted,
        stopping,
        _find_units(model, record, demand, now),
        demand is not None and _is_resized(model, record, demand, now, change),
    )


def find_ready(
    model: HostedModel, record: ModelRecord | None, standing: Sequence[Standing], now: datetime, hold: Standing
) -> datetime | None:
    """Return when a model is, or can be, ready for `hold`, in whatever mode; None: blocks leave nothing of it."""
    record = record or ModelRecord(model.model_id, model.target)
    model = fix_lead(model, record, now, tuple(standing))
    seen = look_ahead(model, now, tuple(standing), served=is_served(record))
    demand, ready_at = _find_asked(model, standing, now, hold, seen)
    stopping = record.attempt is not None and record.attempt.call is Call.STOP
    if demand is not None and now in demand and record.phase is Phase.HOSTED and not stopping:
        return max(now, hold.begin)
    return ready_at


def _find_units(model: HostedModel, record: ModelRecord, demand: Demand | None, now: datetime) -> int | None:
    """Return the units with which it runs, or with which the next start for a demand will ask to run."""
    attempt = record.attempt
    if attempt is not None and attempt.call is Call.START:
        return attempt.units.minimum
    if demand is None:
        return None
    failed = now in demand and record.effort is not None and record.effort.units_failed
    return model.units.minimum if failed else find_ask(model, demand, max(now, demand.start_at)).minimum


def _is_resized(
    model: HostedModel, record: ModelRecord, demand: Demand, now: datetime, change: Standing | None
) -> bool:
    """Return whether a hold will have the model restarted for its units, if it is hosted when the hold begins."""
    attempt, effort = record.attempt, record.effort
    piece = next((each for each in demand.holds if change is not None and each.request_id == change.request_id), None)
    if piece is None or model.resize is not Resize.RESTART or attempt is None or attempt.call is not Call.START:
        return False
    if effort is not None and (effort.units_failed or effort.attempts > RESIZED_AFTER_MOST):
        return False
    return find_restart(model, demand, max(now, piece.start_at)).minimum > attempt.units.minimum


def _find_asked(
    model: HostedModel, standing: Sequence[Standing], now: datetime, change: Standing | None, seen: Outlook
) -> tuple[Demand | None, datetime | None]:
    """Return the demand asked about, a hold's own or else the next one, and when the model can be ready for it."""
    if change is None or change.kind is not Kind.HOLD or change.released_at is not None:
        demand = seen.current or seen.upcoming
        return demand, demand.ready_at if demand is not None else None
    for demand in find_demands(model, change.begin - HORIZON, change.until, standing):
        for piece in demand.holds:
            if piece.request_id == change.request_id and piece.end > now:
                # The begin of the demand may be long past, and the model still not ready.
                return demand, demand.ready_at if demand.ready_at > now else piece.ready_at
    return None, None


def describe_several(models: Sequence[HostedModel], records: Mapping[ModelId, ModelRecord]) -> str:
    """Return the phases of the models of a schedule: `3 models: 2 hosted, 1 idle`."""
    phases = Counter(records[model.model_id].phase if model.model_id in records else Phase.IDLE for model in models)
    each = ", ".join(f"{count} {phase}" for phase, count in sorted(phases.items()))
    return f"{len(models)} model{'s' if len(models) != 1 else ''}: {each}"


def _describe(facts: VerdictFacts, verdict: Verdict) -> str:
    """Return the verdict in the plant's time, and what the model is needed for."""
    model, seen, mode = facts.model, facts.outlook, facts.strictest
    zone = model.zone if model is not None else None
    needed = "no demand ahead"
    if seen.current is not None:
        needed = f"needed until {format_instant(seen.current.end, zone)} ({seen.current.schedule})"
    elif seen.upcoming is not None:
        needed = f"next needed from {format_instant(seen.upcoming.begin, zone)} ({seen.upcoming.schedule})"
    withheld = "" if mode is Mode.ACT else f"; mode {mode}: Preheat starts and stops nothing"
    if facts.block is not None and seen.current is None and verdict.state is not VerdictState.BLOCKED:
        needed = f"a block keeps it off until {format_instant(facts.block.end, zone)}; {needed}"
    return f"{write_headline(verdict, PlantTime(facts.now, zone))}: {verdict.why}; {needed}{withheld}"
