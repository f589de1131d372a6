"""Computes what a plan does in a range of time: runs with bridged gaps, costs, and quota conflicts.

Pure arithmetic on compiled models. Depends on no files and no terminal. It expects that no start fails, that nobody
interferes, and that AWS bills a model from its StartModel to its StopModel.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from preheat.domain.calendar.windows import Window
from preheat.domain.demand.demand import HORIZON, find_demands
from preheat.domain.demand.request import Standing
from preheat.domain.demand.units import raise_units
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Mode, ModelId
from preheat.domain.plan.turn import find_offset


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of a model by the plan: started at `start_at`, ready at `ready_at`, stopped at `end_at`; all in UTC."""

    model: HostedModel
    start_at: datetime
    ready_at: datetime
    end_at: datetime
    schedule: str  # the schedule whose window opened it; `request`: a hold
    zone: str  # of that schedule, of a hold the model's first
    gaps: tuple[Window, ...] = ()  # in which it is not needed, and kept hosted
    cut: bool = False  # it goes on beyond the time asked for, at either end

    def measure_paid(self, asked: Window) -> timedelta:
        """Return how long you pay for it within a range, for one unit."""
        return max(timedelta(), min(self.end_at, asked.end) - max(self.start_at, asked.start))


@dataclass(frozen=True, slots=True)
class Crowd:
    """More models run at once on a service than the account may run: [start, end), who is in it, and who comes late.

    Late are those that find no place at their start: among those that begin together the lowest priority, which starts
    last.
    """

    service: str  # in words, with its account and region where they are not the stack's
    window: Window
    most: int
    allowed: int
    models: tuple[ModelId, ...]
    late: tuple[ModelId, ...]


@dataclass(frozen=True, slots=True)
class Rush:
    """More starts at once than the service takes calls: `late` models become ready after their time, by up to `by`."""

    service: str
    start_at: datetime
    starts: int
    allowed: int  # a second
    late: tuple[ModelId, ...]
    by: timedelta


def in_order(found: Iterable[PlannedRun]) -> list[PlannedRun]:
    """Return runs by their starts."""
    return sorted(found, key=lambda run: (run.start_at, run.model.model_id, run.end_at))


def runs(model: HostedModel, asked: Window, requests: Sequence[Standing] = ()) -> Iterator[PlannedRun]:
    """Yield the runs of a model that overlap a range, whole; a paused model has none. `requests`: its holds and blocks.

    Raises:
        ScheduleError: a schedule of it cannot be evaluated here.
    """
    if model.mode is Mode.PAUSED:
        return
    # Far enough to either side to show the whole of a run that reaches into the range.
    after, before = asked.start - HORIZON, asked.end + HORIZON
    found = find_demands(model, after, before, requests)
    zones = {schedule.name: schedule.zone for schedule in model.schedules}
    zone = next(iter(zones.values()), "UTC")
    for demand in found:
        if demand.start_at < asked.end and demand.end > asked.start:
            yield PlannedRun(
                replace(model, units=raise_units(model, demand.holds)),
                demand.start_at,
                demand.ready_at,
                demand.end,
                demand.schedule,
                zones.get(demand.schedule, zone),
                gaps=demand.bridged,
                cut=demand.begin <= after or demand.end >= before,
            )


def unit_hours(found: Sequence[PlannedRun], asked: Window) -> dict[ModelId, float]:
    """Return the expected paid unit-hours within a range, by model; in mode observe as if Preheat acted."""
    paid: dict[ModelId, float] = {}
    for run in found:
        hours = run.measure_paid(asked) / timedelta(hours=1)
        paid[run.model.model_id] = paid.get(run.model.model_id, 0.0) + hours * run.model.units.minimum
    return paid


def crowds(found: Sequence[PlannedRun], at_once: Mapping[str, int]) -> list[Crowd]:
    """Return each stretch in which a service runs more models than allowed. It judges no service without a number."""
    crowded = []
    for where, allowed, of_it in _find_limited(found, at_once):
        edges: list[tuple[datetime, int, ModelId]] = []
        for run in of_it:
            edges += [(run.start_at, 1, run.model.model_id), (run.end_at, -1, run.model.model_id)]
        running: Counter[ModelId] = Counter()
        begin, most, within, late = None, 0, dict[ModelId, None](), dict[ModelId, None]()
        for at, change, model_id in sorted(edges):  # At one instant the stops come first.
            running[model_id] += change
            if not running[model_id]:
                del running[model_id]
            if len(running) > allowed:
                # All that run as it begins, then each that starts.
                within.update(dict.fromkeys(running if begin is None else [model_id] if change > 0 else ()))
                begin, most = begin or at, max(most, len(running))
                if change > 0:
                    late[model_id] = None
            elif begin is not None:
                crowded.append(Crowd(where, Window(begin, at), most, allowed, tuple(sorted(within)), tuple(late)))
                begin, most, within, late = None, 0, {}, {}
    return sorted(crowded, key=lambda crowd: crowd.window)


def rushes(found: Sequence[PlannedRun], per_second: Mapping[str, int]) -> list[Rush]:
    """Return the bursts of starts in which the last calls come so late that their slack does not cover it."""
    rushed = []
    for where, allowed, of_it in _find_limited(found, per_second):
        pause = timedelta(seconds=1) / allowed
        for burst in _bursts(of_it, pause):
            late = {}
            free_at = burst[0].start_at - (allowed - 1) * pause  # all calls of a second come at once
            for run in burst:
                behind = free_at - run.start_at - run.model.slack - find_offset(run.model.turn)
                if behind > timedelta():
                    late[run.model.model_id] = behind
                free_at += pause
            if late:
                by = max(late.values())
                rushed.append(Rush(where, burst[0].start_at, len(burst), allowed, tuple(late), by))
    return sorted(rushed, key=lambda rush: rush.start_at)


def _bursts(found: Sequence[PlannedRun], pause: timedelta) -> Iterator[list[PlannedRun]]:
    """Yield the runs, in order of their starts, in bursts: within one, the next start is due before its turn."""
    burst: list[PlannedRun] = []
    for run in found:
        if burst and run.start_at >= burst[0].start_at + len(burst) * pause:
            yield burst
            burst = []
        burst.append(run)
    if burst:
        yield burst


def _find_limited(
    found: Sequence[PlannedRun], limits: Mapping[str, int]
) -> Iterator[tuple[str, int, list[PlannedRun]]]:
    """Yield the runs by the scope of a quota, in words, with its number: a service in one account and region."""
    by_place: dict[tuple[str, str, str], list[PlannedRun]] = {}
    for run in found:
        target = run.model.target
        by_place.setdefault((str(target.backend), target.account or "", target.region or ""), []).append(run)
    for (service, account, region), of_it in sorted(by_place.items()):
        if service in limits:
            place = f"{f' of account {account}' * bool(account)}{f' in {region}' * bool(region)}"
            yield f"{service}{place}", limits[service], of_it
