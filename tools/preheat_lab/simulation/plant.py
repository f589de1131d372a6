"""A plant drawn from a seed, or the models of a plan: zones, shifts and how long each model takes to start.

Knows nothing of the world.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.request import Verb
from preheat.domain.plan.hosted_model import Drain, HostedModel, Resize, Unscheduled
from preheat.domain.plan.plan import Backend, Idempotence, Mode, ModelId, Target, Units
from preheat.domain.plan.senders import SenderRule
from preheat_simulator.core.latency import Latency, make_fixed

QUEUES = "https://sqs.eu-central-1.amazonaws.com/111122223333/"
FUNCTIONS = "arn:aws:lambda:eu-central-1:111122223333:function:"
STOPS = (60, 150, 290)  # seconds that a stop takes, one of these for each model
DRAIN_LIMIT = timedelta(minutes=15)
MODELS_OF_A_LARGE_PLANT = 21
ZONES = ("Europe/Berlin", "America/Mexico_City", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York", "UTC")
WORKDAYS = frozenset({Weekday.MON, Weekday.TUE, Weekday.WED, Weekday.THU, Weekday.FRI})
PATTERNS = (
    (ShiftWindow(WORKDAYS, time(6), time(14)),),
    (ShiftWindow(WORKDAYS, time(22), time(6), end_day=1),),
    (ShiftWindow(frozenset(Weekday), time(6), time(14)), ShiftWindow(frozenset(Weekday), time(14, 30), time(22))),
    (ShiftWindow(WORKDAYS, time(5, 45), time(9, 15)), ShiftWindow(WORKDAYS, time(13), time(17, 30))),
    (ShiftWindow(frozenset({Weekday.SAT, Weekday.SUN}), time(2, 15), time(10)),),
    (ShiftWindow(frozenset({Weekday.FRI}), time(18), time(6), end_day=3),),
    tuple(ShiftWindow(WORKDAYS, time(hour), time(hour + 1, 15)) for hour in (0, 3, 6, 9, 12, 15, 18, 21)),
)


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """One model of the plant and how its service behaves: starts and stops take this long."""

    model: HostedModel
    start_latency: Latency
    stop_latency: Latency


def draw_plant(
    random: Random, count: int, announced_at: datetime, backend: Backend = Backend.LOOKOUT_VISION
) -> list[SimulatedLine]:
    """Return `count` models of one service; each start stays within its lead, so that only faults make one late.

    Every third has a gate, every fourth a queue that its stop waits for; every second restarts for a larger hold.
    Two of three let holds have four units, one more than the service gives. Every fourth has a budget that requests
    soon spend. Of every ninth, Preheat stops whatever runs outside its shifts.
    """
    lines = []
    for number in range(1, count + 1):
        lead = timedelta(minutes=random.choice((10, 20, 30, 45)))
        model_id = ModelId(f"line-{number:02}")
        schedule = Schedule(f"shift-{number:02}", random.choice(ZONES), random.choice(PATTERNS))
        units = random.choice((Units(1), Units(2), Units(1, 3)))
        units = units if backend.takes_units else Units()
        target = _name_target(model_id, random.randint(1, 9), backend)
        lines.append(
            SimulatedLine(
                HostedModel(
                    model_id,
                    target,
                    units,
                    (schedule,),
                    lead,
                    timedelta(seconds=120),
                    announced_at,
                    gate=f"{number:08x}-0000-4000-8000-000000000000" if number % 3 == 0 else None,
                    drain=Drain(f"{QUEUES}line-{number:02}", DRAIN_LIMIT) if number % 4 == 0 else None,
                    max_units_by_request=4 if backend.takes_units and number % 3 else None,
                    max_unit_hours_by_request=12 if number % 4 == 1 else None,
                    unscheduled=Unscheduled.STOP if number % 9 == 7 else Unscheduled.LEAVE,
                    resize=Resize.RESTART if number % 2 == 0 and backend.takes_units else Resize.KEEP,
                ),
                _within(lead),
                make_fixed(random.choice(STOPS)),
            )
        )
    return lines


def make_senders(lines: Sequence[SimulatedLine]) -> tuple[SenderRule, ...]:
    """Return the senders' table of a large plant; a small one has none, and its senders may do what anybody may.

    The planner may do everything that is not an admin's, about any model and schedule. The robot may hold models with
    an even number, and no schedule.
    """
    if len(lines) < MODELS_OF_A_LARGE_PLANT:
        return ()
    planner = SenderRule("planner", ("AROAPLANNER",), models=("*",), schedules=("*",), verbs=tuple(Verb))
    even = tuple(f"line-*{digit}" for digit in (0, 2, 4, 6, 8))
    return replace(planner, priority_max=80, longest=timedelta(hours=12)), SenderRule(
        "robot", ("AROAROBOT",), models=even
    )


def draw_lines(random: Random, models: Sequence[HostedModel]) -> list[SimulatedLine]:
    """Return the models of a plan as if each of them acted; each start stays within its model's lead."""
    acting = [replace(model, mode=Mode.ACT) for model in models]
    return [SimulatedLine(model, _within(model.lead), make_fixed(random.choice(STOPS))) for model in acting]


def _within(lead: timedelta) -> Latency:
    """Return how long starts take: from 30 to 95 percent of a lead."""
    slowest = lead.total_seconds()
    return Latency(timedelta(seconds=round(slowest * 0.3)), timedelta(seconds=round(slowest * 0.95)))


def _name_target(model_id: ModelId, version: int, backend: Backend) -> Target:
    """Return the target of a model, in the service's kind of names."""
    if backend is Backend.SAGEMAKER_COMPONENT:
        return Target(model_id, "", backend)
    if backend is Backend.FUNCTION:
        return Target(f"{FUNCTIONS}{model_id}", model_id, backend, idempotent_by=Idempotence.TOKEN)
    return Target(model_id, str(version), backend)
