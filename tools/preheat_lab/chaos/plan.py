"""The plant of a chaos run in compressed time: waves of shifts of about a minute, one plan for each wave.

Each plan holds one wave. Preheat bridges a gap shorter than its lead and ten minutes, but every shift must start and
stop here. The exception is the model that drains: it may still run when the next wave begins, and then serves that one.
Values and seeded chance only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.demand import find_demands
from preheat.domain.plan.hosted_model import Drain, HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat_lab.chaos.facts import WaveShift

LEAD, SLACK = timedelta(seconds=35), timedelta(seconds=15)
START_LATENCY, STOP_LATENCY = "uniform:8-20", "uniform:3-8"
# A wave: what is new is known, starts fall due within the next 40 s, and the last shift ends within this.
WAVE = timedelta(seconds=160)
FIRST_START, STARTS_WITHIN = timedelta(seconds=10), timedelta(seconds=30)
SHORTEST, LONGEST = 45, 65  # seconds of a shift
STRANGER = ModelId("borrowed-by-hand")
# Models with neighbours: a gate, a queue, a role of another account, and an endpoint that scales. HELD has no shift: it
# runs for holds only.
GATED, DRAINED, MEMBER, ENDPOINT = (ModelId(f"line-{what}") for what in ("gated", "drained", "member", "endpoint"))
WITH_NEIGHBOURS = (GATED, DRAINED, MEMBER, ENDPOINT)
HELD = ModelId("line-held")
MEMBER_ACCOUNT = "210987654321"
MEMBER_ROLE = f"arn:aws:iam::{MEMBER_ACCOUNT}:role/preheat-member"
DRAIN_LIMIT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Behind:
    """The gate of GATED, and the URL of the queue of DRAINED; empty: none."""

    gate: str = ""
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """One plan: the time of its apply, and the window of each model."""

    at: datetime
    windows: dict[ModelId, tuple[datetime, datetime]]
    behind: Behind = Behind()

    @property
    def models(self) -> list[HostedModel]:
        """The plan's models: those with a window, one for holds, and one that nobody needs."""
        planned = [_model(model_id, self.at, window, self.behind) for model_id, window in self.windows.items()]
        return [*planned, *(_model(model_id, self.at, None, self.behind) for model_id in (HELD, STRANGER))]

    @property
    def shifts(self) -> list[WaveShift]:
        """The shifts as Preheat itself understands the plan."""
        found = []
        for model in self.models:
            for demand in find_demands(model, self.at, self.at + 2 * WAVE):
                needed_from = demand.ready_at - model.lead
                found.append(
                    WaveShift(
                        model_id=model.model_id,
                        project=model.target.project,
                        begin=demand.begin,
                        end=demand.end,
                        ready_at=demand.ready_at,
                        start_at=demand.start_at,
                        needed_from=needed_from,
                    )
                )
        return found


def model_ids(count: int) -> list[ModelId]:
    """Return the names of the models that have shifts: `count` plain ones, and those with neighbours."""
    return [*(ModelId(f"line-{number}") for number in range(1, count + 1)), *WITH_NEIGHBOURS]


def target_of(model_id: ModelId) -> Target:
    """Return what a model runs on."""
    if model_id == ENDPOINT:
        return Target(f"plant-{model_id}", f"plant-{model_id}-1", Backend.SAGEMAKER)
    return Target(f"plant-{model_id}", "1", role=MEMBER_ROLE if model_id == MEMBER else None)


def draw_waves(
    random: Random, begin: datetime, *, models: Sequence[ModelId], count: int, behind: Behind = Behind()
) -> list[Wave]:
    """Return `count` waves of shifts of these models from `begin` on, one after the other."""
    found = []
    for number in range(count):
        at = begin + number * WAVE
        windows = {}
        for model_id in models:
            start_at = at + FIRST_START + STARTS_WITHIN * random.random()
            opens = (start_at + LEAD + SLACK).replace(microsecond=0) + timedelta(seconds=1)
            windows[model_id] = (opens, opens + timedelta(seconds=random.randint(SHORTEST, LONGEST)))
        found.append(Wave(at, windows, behind))
    return found


def announce(wave: Wave, at: datetime) -> Wave:
    """Return the wave as applied at `at`: what is new is known from then on."""
    return replace(wave, at=at)


def _model(model_id: ModelId, at: datetime, window: tuple[datetime, datetime] | None, behind: Behind) -> HostedModel:
    schedules: tuple[Schedule, ...] = ()
    if window is not None:
        begin, end = (instant.astimezone(UTC) for instant in window)
        days = frozenset({Weekday(begin.weekday())})
        shift = ShiftWindow(days, begin.time(), end.time(), end_day=(end.date() - begin.date()).days)
        schedules = (Schedule("wave", "UTC", (shift,)),)
    return HostedModel(
        model_id,
        target_of(model_id),
        Units(),
        schedules,
        LEAD,
        SLACK,
        announced_at=at,
        gate=(behind.gate or None) if model_id == GATED else None,
        drain=Drain(behind.queue, DRAIN_LIMIT) if behind.queue and model_id == DRAINED else None,
        max_units_by_request=2 if model_id == HELD else None,
    )
