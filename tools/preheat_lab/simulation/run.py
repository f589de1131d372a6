"""Run one seed and sum it up. `preheat simulate` prints what this returns."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend
from preheat.domain.record.record import LedgerEntry
from preheat_lab.simulation.faults import MIXES
from preheat_lab.simulation.plant import SimulatedLine, draw_lines, draw_plant
from preheat_lab.simulation.watch import BrokenPromise
from preheat_lab.simulation.world import SimulatedWorld
from preheat_simulator.core.switches import Switches

# A Monday before the autumn clock changes of both hemispheres: a month from here crosses them.
BEGINS_AT = datetime(2026, 10, 5, tzinfo=UTC)


def count_default_requests(faults: str, models: int, days: int) -> int:
    """Return how often others ask unless you name a number: with faults, a quarter as often as models have days."""
    return models * days // 4 if faults != "none" else 0


@dataclass(frozen=True, slots=True)
class SimulationOutcome:
    """The result of a simulated run. Margins are of starts that Preheat saw become HOSTED.

    `cells` counts the coverage matrix by the service's status, the record's phase and the mishap (`faults.Mishap`). It
    counts each mishap that hit a model, and `none` for each pass that began.
    """

    seed: int
    models: int
    days: int
    shifts: int
    on_time: int
    late: int
    margins: tuple[timedelta, ...]
    starts: int
    stops: int
    passes: int
    calls: int
    dead_letters: int
    unit_hours: float
    faults: dict[str, int]
    cells: Counter[tuple[str, str, str]]
    violations: tuple[BrokenPromise, ...]
    requests: int = 0  # answered

    def summary(self) -> str:
        """Return the run on one line."""
        least = min(self.margins, default=timedelta())
        mean = sum(self.margins, timedelta()) / max(len(self.margins), 1)
        margins = f"margin least {_format_signed(least)} mean {_format_signed(mean)}"
        plant = f"{_count(self.models, 'model')}, {_count(self.days, 'day')}: {_count(self.shifts, 'shift')}"
        requests = f" {_count(self.requests, 'request')}," if self.requests else ""
        return (
            f"simulate: seed {self.seed}, {plant},"
            f" {_count(self.on_time, 'start')} on time, {self.late} late; {margins};"
            f" {self.starts} StartModel, {self.stops} StopModel, {self.unit_hours:.1f} unit-hours;"
            f" {_count(self.passes, 'pass', 'passes')}, {_count(self.calls, 'call')};{requests}"
            f" {_count(sum(self.faults.values()), 'fault')}, {_count(len(self.violations), 'violation')}"
        )


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def simulate(
    seed: int,
    models: int,
    days: int,
    *,
    switches: Switches | None = None,
    faults: str = "none",
    on_entry: Callable[[LedgerEntry], None] | None = None,
    backend: Backend = Backend.LOOKOUT_VISION,
    requests: int = 0,
    until_broken: str | None = None,
) -> SimulationOutcome:
    """Simulate a plant of `models` models of one service for `days` days; `on_entry` gets each entry at its write.

    `faults` names a mix of `faults.MIXES`, from which the seed draws its own. `requests` is how often others ask for
    something, with or without more to follow. `until_broken` names a promise: the run ends when it breaks. The same
    arguments give the same outcome.
    """
    random = Random(f"{seed}/world")  # noqa: S311 - chance in a simulation, replayed from its seed
    lines = draw_plant(random, models, announced_at=BEGINS_AT, backend=backend)
    how = _How(seed, days, switches or Switches(), faults, on_entry, until_broken)
    return _run(lines, random, how, requests)


def simulate_plan(
    seed: int,
    models: Sequence[HostedModel],
    days: int,
    *,
    switches: Switches | None = None,
    faults: str = "none",
    on_entry: Callable[[LedgerEntry], None] | None = None,
    requests: int | None = None,
) -> Mapping[Backend, SimulationOutcome]:
    """Simulate the models of a plan, those of each service in a world of their own; all of them act.

    `requests` is for each service; None: as many as `count_default_requests` says. The rest is as in `simulate`.
    """
    outcomes, how = {}, _How(seed, days, switches or Switches(), faults, on_entry)
    for backend in sorted({model.target.backend for model in models}):
        random = Random(f"{seed}/{backend}")  # noqa: S311 - as above
        lines = draw_lines(random, [model for model in models if model.target.backend is backend])
        asked = count_default_requests(faults, len(lines), days) if requests is None else requests
        outcomes[backend] = _run(lines, random, how, asked)
    return outcomes


@dataclass(frozen=True, slots=True)
class _How:
    """How a run goes, whatever its models."""

    seed: int
    days: int
    switches: Switches
    faults: str
    on_entry: Callable[[LedgerEntry], None] | None
    until_broken: str | None = None


def _run(lines: list[SimulatedLine], random: Random, how: _How, requests: int) -> SimulationOutcome:
    entries: list[LedgerEntry] = []

    def tell(entry: LedgerEntry) -> None:
        entries.append(entry)
        if how.on_entry is not None:
            how.on_entry(entry)

    world = SimulatedWorld(
        lines,
        BEGINS_AT,
        how.days,
        random=random,
        mix=MIXES[how.faults].draw(random),
        switches=how.switches,
        on_entry=tell,
        requests=requests,
        until_broken=how.until_broken,
    )
    world.run()
    log = world.service.call_log
    judged = Counter(entry.late for entry in entries if entry.late is not None)
    return SimulationOutcome(
        seed=how.seed,
        models=len(lines),
        days=how.days,
        shifts=world.promises.shifts,
        on_time=judged[False],
        late=judged[True],
        margins=tuple(entry.margin for entry in entries if entry.margin is not None),
        starts=log.count_changes(world.service.words.start),
        stops=log.count_changes(world.service.words.stop),
        passes=world.triggers.passes,
        calls=world.watch.calls,
        dead_letters=len(world.sqs.dead_letters) + world.triggers.undelivered,
        unit_hours=sum(bill.unit_seconds for bill in world.service.bill().values()) / 3600,
        faults={mishap.value: number for mishap, number in sorted(world.mishaps.items())},
        cells=Counter(
            {(str(status), str(phase), str(mishap)): n for (status, phase, mishap), n in world.cells.items()}
        ),
        violations=tuple(world.watch.violations),
        requests=len(world.store.replies),
    )


def _format_signed(span: timedelta) -> str:
    sign = "-" if span < timedelta() else "+"
    seconds = abs(round(span.total_seconds()))
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
