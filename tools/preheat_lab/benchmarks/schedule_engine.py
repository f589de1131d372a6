"""How fast the schedule engine and the plant file's reader are on this machine: figures, not judged.

Each figure is the best of three runs, in processor time of one core, so that other work on the machine counts little.
"""

import zoneinfo
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from time import process_time

from preheat.domain.calendar.days import Cycle, DayRule, NthWeekday
from preheat.domain.calendar.recurrence_rule import RecurrenceRule
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.timetable import find_intervals, find_next_edge, is_wanted
from preheat.domain.demand.demand import look_ahead
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WORKDAYS = frozenset(Weekday) - {Weekday.SAT, Weekday.SUN}
EVERY_DAY = frozenset(Weekday)
NIGHTS = Cycle(date(2026, 1, 5), 28, frozenset({0, 1, 4, 5, 6, 9, 10, 14, 15, 18, 19, 20, 23, 24}))
LAST_FRIDAY = DayRule(nth=frozenset({NthWeekday(Weekday.FRI, -1), NthWeekday(Weekday.MON, 2)}))
PATTERNS = {
    "one window": (ShiftWindow(WORKDAYS, time(6), time(14)),),
    "three shifts": (
        ShiftWindow(WORKDAYS, time(6), time(14)),
        ShiftWindow(WORKDAYS, time(14), time(22)),
        ShiftWindow(WORKDAYS, time(22), time(6), 1),
    ),
    "n-th weekday": (ShiftWindow(frozenset(), time(6), time(14), 0, LAST_FRIDAY),),
    "rotation": (ShiftWindow(EVERY_DAY, time(18), time(6), 1, DayRule(cycle=NIGHTS)),),
    "rule": (
        ShiftWindow(
            *(EVERY_DAY, time(6), time(14), 0),
            DayRule(rule=RecurrenceRule("FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=2,-1", date(2020, 1, 1))),
        ),
    ),
}
ASKED = 50_000
YEARS = 3
NUMBERS = count()


def measure() -> None:
    """Measure and print."""
    zoneinfo.reset_tzpath(to=())  # as in the functions: the packaged rules
    print(f"{'schedule':<14}{'wanted at t':>16}{'next edge':>16}{'outlook':>14}   answers a second")
    instants = [FIRST + timedelta(minutes=11) * number for number in range(ASKED)]
    for name, shifts in PATTERNS.items():
        schedules = (Schedule("s", "Europe/Berlin", shifts),)
        model = _model(schedules)
        figures = (
            ASKED / _best(lambda schedules=schedules: [is_wanted(schedules, at) for at in instants]),  # type: ignore[misc]
            ASKED / _best(lambda schedules=schedules: [find_next_edge(schedules, at) for at in instants]),  # type: ignore[misc]
            500 / _best(lambda model=model: [look_ahead(model, at) for at in instants[::100]]),  # type: ignore[misc]
        )
        print(f"{name:<14}{figures[0]:>16,.0f}{figures[1]:>16,.0f}{figures[2]:>14,.0f}")
    text = _plant_file(1_000)
    seconds = _best(lambda: parse_plant(text.encode(), "plant.yaml"))
    print(f"parse and validate a plant file of 1,000 models ({len(text):,} bytes): {seconds:.2f} s")
    plant = parse_plant(text.encode(), "plant.yaml")
    seconds = _best(lambda: compile_models(plant, now=FIRST, previous={}))
    print(f"compile it, holidays and all: {seconds:.2f} s")
    seconds = _best(_windows, times=1)
    print(f"600 models over {YEARS} years of windows, no two with the same schedule: {seconds:.2f} s")


def _windows() -> None:
    for number in range(600):
        shifts = tuple(PATTERNS.values())[number % len(PATTERNS)]
        schedule = Schedule(f"s{next(NUMBERS)}", "Europe/Berlin", shifts)
        find_intervals((schedule,), FIRST, FIRST + YEARS * 365 * DAY)


def _best(run: Callable[[], object], times: int = 3) -> float:
    found = []
    for _ in range(times):
        begun = process_time()
        run()
        found.append(process_time() - begun)
    return min(found)


def _model(schedules: tuple[Schedule, ...]) -> HostedModel:
    return HostedModel(
        *(ModelId("m"), Target("p", "1"), Units(1), schedules, timedelta(minutes=30), timedelta(minutes=2), FIRST)
    )


def _plant_file(models: int) -> str:
    schedules = "".join(
        f"  line-{number}:\n    zone: Europe/Berlin\n    closed: [bavaria]\n    windows:\n"
        '      - {days: mon-fri, start: "06:00", end: "14:00"}\n'
        '      - {days: mon-fri, start: "14:00", end: "22:00"}\n'
        '      - {days: [mon#2, fri#last], start: "22:00", end: "06:00"}\n'
        for number in range(100)
    )
    named = "".join(
        f"  model-{number}:\n    backend: lookoutvision\n    project: project-{number}\n    version: 3\n"
        f"    schedules: [line-{number % 100}]\n"
        "    lead: 45m\n"
        for number in range(models)
    )
    calendars = "  bavaria: {holidays: [{country: DE, subdivision: BY}], bridge_days: true}\n"
    return f"version: 1\ncalendars:\n{calendars}schedules:\n{schedules}models:\n{named}"
