"""A fleet that starts at 06:00 in one account: 300 models, five calls a second of each kind."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random

from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.calendar.windows import Window
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.record import LedgerEntry
from preheat_lab.checkout import ROOT
from preheat_lab.simulation.faults import MIXES
from preheat_lab.simulation.plant import SimulatedLine
from preheat_lab.simulation.watch import BrokenPromise
from preheat_lab.simulation.world import SimulatedWorld
from preheat_plantfile.compiling.terms import DEFAULT
from preheat_plantfile.compiling.turns import SEEN, with_turns
from preheat_simulator.core.calls import LoggedCall
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.status import Operation
from preheat_simulator.core.switches import Switches

COUNT, LEAD = 300, timedelta(minutes=20)
NIGHT = datetime(2026, 11, 23, 5, tzinfo=UTC)
SHIFT = NIGHT.replace(hour=6)


@dataclass
class Morning:
    """The result: who was late, and how many calls of each kind came in each second."""

    entries: list[LedgerEntry] = field(default_factory=list)
    calls: Counter[tuple[Operation, datetime]] = field(default_factory=Counter)
    violations: tuple[BrokenPromise, ...] = ()

    def late(self) -> int:
        return sum(entry.late is True for entry in self.entries)

    def on_time(self) -> int:
        return sum(entry.late is False for entry in self.entries)

    def most(self, operation: Operation) -> int:
        """Return the calls of the busiest second before the shift, without the night's."""
        return max(n for (each, at), n in self.calls.items() if each is operation and SHIFT - at <= LEAD * 1.5)

    def looks(self) -> int:
        """Return the same of looks from the first start on; before it the tick sends them, in bursts if it is late."""
        first = min(at for each, at in self.calls if each is Operation.START_MODEL)
        describes = {at: n for (each, at), n in self.calls.items() if each is Operation.DESCRIBE_MODEL}
        return max(n for at, n in describes.items() if at >= first)


class Fleet(SimulatedWorld):
    """A world that counts every call."""

    def __init__(self, morning: Morning, lines: list[SimulatedLine], seed: int) -> None:
        self.morning = morning
        super().__init__(
            lines,
            NIGHT,
            1,
            random=Random(seed),  # noqa: S311 - chance in a simulation
            mix=MIXES["none"],
            switches=Switches(),
            on_entry=morning.entries.append,
        )
        self.until = SHIFT + timedelta(minutes=5)

    def saw(self, call: LoggedCall) -> None:
        if call.at <= SHIFT:
            self.morning.calls[call.operation, call.at.replace(microsecond=0)] += 1
        super().saw(call)


def fleet() -> list[HostedModel]:
    early = Schedule("early", "UTC", (ShiftWindow(frozenset(Weekday), time(6), time(14)),))
    return [
        HostedModel(
            ModelId(f"line-{number:03}"),
            Target(f"line-{number:03}", "1"),
            Units(1),
            (early,),
            LEAD,
            timedelta(minutes=2),
            announced_at=NIGHT - timedelta(days=7),
        )
        for number in range(COUNT)
    ]


def simulate_morning(models: list[HostedModel], seed: int) -> Morning:
    """Let each start take all of its lead, so that the calls have only the slack."""
    morning = Morning()
    world = Fleet(
        morning, [SimulatedLine(model, make_fixed(LEAD.total_seconds()), make_fixed(60)) for model in models], seed
    )
    world.run()
    morning.violations = tuple(world.watch.violations)
    return morning


def test_a_fleet_with_turns_is_on_time_and_never_asks_more_than_the_service_takes() -> None:
    models = with_turns(fleet(), Counter(), DEFAULT, Window(NIGHT, NIGHT + SEEN))
    morning = simulate_morning(list(models), seed=1)
    assert (morning.on_time(), morning.late(), morning.violations) == (COUNT, 0, ())
    # As docs/lead-time.md says; the service takes 5 calls a second.
    assert (morning.looks(), morning.most(Operation.START_MODEL)) == (5, 4)


def test_the_same_fleet_without_turns_is_late() -> None:
    morning = simulate_morning(fleet(), seed=1)
    found = morning.late(), morning.most(Operation.DESCRIBE_MODEL), morning.most(Operation.START_MODEL)
    assert found == (127, COUNT, 5)
    page = (ROOT / "docs" / "lead-time.md").read_text(encoding="utf-8")
    assert f"| without turns | {' | '.join(map(str, found))} |" in page
