"""The course of the demo: apply a plan with one shift, watch until the models have stopped, then check the results.

Runs on any `Stage`: the local AWS, or in-memory twins with a virtual clock. Depends on neither.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from preheat.app.ports.clock import Clock
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import RULES, Backend, ModelId, Target
from preheat.domain.record.record import LedgerEntry
from preheat_cli.demo.facts import DemoFacts, DemoShift, Metrics, ServiceFacts
from preheat_cli.demo.verdict import DemoVerdict, verdict
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import parse_plant

MINUTE = timedelta(minutes=1)
AHEAD = 2 * MINUTE  # the shift begins with the first full minute at least this far ahead
LEAD, SLACK = timedelta(seconds=60), timedelta(seconds=15)
LOOK_EVERY = timedelta(seconds=1)
# After the end: a stop within two minutes, its latency, and a margin; then the demo has failed.
GIVEN_UP_AFTER = timedelta(seconds=150)

# Unless you name a service, the models are on the two that AWS still offers.
LIVING = (Backend.REKOGNITION, Backend.SAGEMAKER)
LINES = (
    ("weld-seams", "3", "Europe/Berlin", 15),
    ("paint-finish", "1", "America/Mexico_City", 20),
)
STOP_LATENCY = timedelta(seconds=5)


class Stage(Protocol):
    """Where the demo plays."""

    @property
    def clock(self) -> Clock:
        """The clock that the shift goes by."""

    @property
    def store(self) -> Store:
        """The store that gets the plan."""

    def pause(self, span: timedelta) -> None:
        """Let time pass."""

    def service(self) -> ServiceFacts:
        """Return what the hosting service says now."""

    def metrics(self, since: datetime) -> Metrics:
        """Return what CloudWatch has since an instant."""

    def dead_letters(self) -> int:
        """Return how many messages lie in the dead-letter queues."""


class Audience(Protocol):
    """Prints the demo: gets each ledger entry when it appears, and each moment in between."""

    def entry(self, entry: LedgerEntry) -> None:
        """Show a new ledger entry."""

    def moment(self, now: datetime, shifts: Sequence[DemoShift], service: ServiceFacts) -> None:
        """Show the state of the models."""


def shifts_at(now: datetime, service: Backend | None = None) -> list[DemoShift]:
    """Return the demo's two shifts: the same minute, in two time zones, on `service` or on one living service each."""
    begin = _full_minute(now + AHEAD)
    services = LIVING if service is None else (service, service)
    return [
        DemoShift(ModelId(name), _target(name, number, on), zone, begin, begin + MINUTE, timedelta(seconds=latency))
        for on, (name, number, zone, latency) in zip(services, LINES, strict=True)
    ]


def _target(name: str, number: str, service: Backend) -> Target:
    version = number if service is Backend.LOOKOUT_VISION else f"plant-{name}-v{number}"
    return Target(f"plant-{name}", version, service)


def plant_text(shifts: Sequence[DemoShift]) -> str:
    """Return the plant file of the demo."""
    lines = ["version: 1", f"defaults: {{lead: {LEAD.seconds}s, slack: {SLACK.seconds}s}}", "schedules:"]
    for shift in shifts:
        begin, end = (at.astimezone(ZoneInfo(shift.zone)) for at in (shift.begin, shift.end))
        window = f'{{days: {begin:%a}, start: "{begin:%H:%M}", end: "{end:%H:%M}"}}'.lower()
        lines += [f"  {shift.model_id}-shift:", f"    zone: {shift.zone}", f"    windows: [{window}]"]
    lines.append("models:")
    for shift in shifts:
        project, version = (rule.field for rule in RULES[shift.target.backend])
        names = f"{project}: {shift.target.project}, {version}: {shift.target.version}"
        target = f"backend: {shift.target.backend}, {names}"
        lines.append(f"  {shift.model_id}: {{{target}, schedules: [{shift.model_id}-shift]}}")
    return "\n".join(lines) + "\n"


def play(
    stage: Stage,
    shifts: Sequence[DemoShift],
    audience: Audience,
    saboteur: Callable[[ServiceFacts], None] | None = None,
) -> tuple[DemoVerdict, DemoFacts]:
    """Apply the plan, watch until every model has stopped after the end, and check the results.

    `saboteur` may cause a fault at each moment; the demo has to notice.
    """
    applied_at = stage.clock.now()
    plant = parse_plant(plant_text(shifts).encode(), "the demo's plant file")
    models = compile_models(plant, now=applied_at, previous={})
    stage.store.apply(models, expected_version=stage.store.read_plan_version(), at=applied_at)
    seen = dict.fromkeys((shift.model_id for shift in shifts), 0)
    while True:
        now, service = stage.clock.now(), stage.service()
        for model_id, count in seen.items():
            entries = stage.store.read_ledger(model_id)[count:]
            seen[model_id] += len(entries)
            for entry in entries:
                audience.entry(entry)
        audience.moment(now, shifts, service)
        if _is_over(now, shifts, service):
            break
        if saboteur is not None:
            saboteur(service)
        stage.pause(LOOK_EVERY)
    ledger = {model_id: tuple(stage.store.read_ledger(model_id)) for model_id in seen}
    facts = DemoFacts(ledger, stage.service(), stage.metrics(applied_at), stage.dead_letters())
    return verdict(shifts, facts), facts


def _is_over(now: datetime, shifts: Sequence[DemoShift], service: ServiceFacts) -> bool:
    end = max(shift.end for shift in shifts)
    rests = all(shift.is_at_rest(service.status(shift.target.project)) for shift in shifts)
    return now >= end + GIVEN_UP_AFTER or (now >= end and rests)


def _full_minute(at: datetime) -> datetime:
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + MINUTE
