"""A failed endpoint of somebody else's blocks its model's place: L1 waits until it is gone, and not longer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from tests.support.day import shifts

from preheat.domain.demand.demand import Demand, find_demands
from preheat.domain.plan.plan import Backend
from preheat.domain.record import looks
from preheat_lab.simulation.faults import FaultMix
from preheat_lab.simulation.plant import draw_plant
from preheat_lab.simulation.world import SimulatedWorld
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.core.switches import Switches

MONDAY = datetime(2026, 10, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def play(free_after: timedelta | None) -> tuple[SimulatedWorld, Demand]:
    """Let somebody's endpoint fail before the first shift; remove it `free_after` the shift's begin."""
    random = Random(3)  # noqa: S311 - chance in a simulation
    (line,) = draw_plant(random, 1, announced_at=MONDAY, backend=Backend.SAGEMAKER)
    model = replace(line.model, schedules=(shifts("08:00-16:00"),), lead=30 * MINUTE, gate=None, drain=None)
    line = replace(line, model=model, start_latency=make_fixed(600), stop_latency=make_fixed(60))
    world = SimulatedWorld(
        [line], MONDAY, 3, random=random, mix=FaultMix(), switches=Switches(), on_entry=lambda _: None
    )
    target = line.model.target
    demand = find_demands(model, MONDAY, MONDAY + timedelta(days=3))[0]

    def fail() -> None:
        world.service.inject(InjectedFault(FaultKind.HOSTING_FAILED, Operation.CREATE_ENDPOINT))
        world.service.person_starts(target.project, target.version)

    def remove() -> None:
        world.service.person_stops(target.project, target.version)

    world.at(demand.start_at - 30 * MINUTE, fail)
    if free_after is not None:
        world.at(demand.begin + free_after, remove)
    return world, demand


def broken(world: SimulatedWorld, until: datetime) -> set[str]:
    return {each.invariant for each in world.watch.violations if each.at <= until}


def test_what_preheat_must_not_remove_excuses_it() -> None:
    world, demand = play(free_after=None)
    seen: list[Status] = []
    world.at(demand.ready_at, lambda: seen.append(world.status(world.models[0].target)))
    world.run()
    assert seen == [Status.HOSTING_FAILED]
    assert any(entry.late for entry in world.store.read_ledger(world.everyone[0]))
    assert broken(world, demand.end) == set()


def test_a_place_that_is_free_again_is_used() -> None:
    world, demand = play(free_after=20 * MINUTE)
    seen: list[Status] = []
    world.at(demand.begin + 50 * MINUTE, lambda: seen.append(world.status(world.models[0].target)))
    world.run()
    assert seen == [Status.HOSTED]
    assert world.watch.violations == []


def test_a_place_that_is_free_again_and_not_used_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "UNFIT_EVERY", timedelta(hours=20))
    world, demand = play(free_after=20 * MINUTE)
    world.run()
    assert "L1" in broken(world, demand.end)
