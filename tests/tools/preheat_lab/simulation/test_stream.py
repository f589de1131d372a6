"""The ledger's stream in the simulated world publishes every entry, in order and in one form; its judge can say no."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from preheat.adapters.memory.bus import MemoryEvents
from preheat.domain.record.event import Event
from preheat.domain.record.record import LedgerEntry
from preheat_lab.simulation.faults import FaultMix, Mishap
from preheat_lab.simulation.plant import draw_plant
from preheat_lab.simulation.stream import RECORD_AGE_MAX, SimulatedBus, Stream
from preheat_lab.simulation.world import SimulatedWorld
from preheat_simulator.core.switches import Switches

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


def run(
    mix: FaultMix,
    published: list[LedgerEntry] | None = None,
    *,
    bus_out: float | None = None,
    bus_back_after: timedelta | None = None,
) -> SimulatedWorld:
    random = Random(1)  # noqa: S311 - chance in a simulation
    lines = draw_plant(random, 4, announced_at=SIX)
    heard = published if published is not None else []
    world = SimulatedWorld(lines, SIX, 4, random=random, mix=mix, switches=Switches(), on_entry=heard.append)
    world._bus.out = mix.queue_out if bus_out is None else bus_out
    if bus_back_after is not None:
        world.at(SIX + bus_back_after, lambda: setattr(world._bus, "out", 0.0))
    world.run()
    return world


def broken(world: SimulatedWorld) -> set[str]:
    return {violation.what.split(": ")[-1] for violation in world.watch.violations if violation.invariant == "L6"}


def test_each_entry_is_published_once_for_anyone_who_counts_whatever_goes_wrong_on_the_way() -> None:
    published: list[LedgerEntry] = []
    world = run(FaultMix(killed=0.2, doubled=0.3, queue_out=0.2), published)
    assert world.watch.violations == []
    for mishap in (Mishap.PUBLISHER_KILLED, Mishap.BATCH_DOUBLED, Mishap.BUS_OUT):
        assert world.mishaps[mishap] > 0, mishap
    stored = [entry for model_id in world.everyone for entry in world.store.read_ledger(model_id)]
    assert sorted(published, key=lambda entry: (entry.model_id, entry.sequence)) == stored
    assert not world.stream.discarded
    ids = [event.event_id for event in world._bus.taken]
    assert len(ids) > len(set(ids)) > 10  # some came twice, under the same id


def test_a_bus_that_is_out_permanently_has_each_entry_set_aside_and_none_lost() -> None:
    world = run(FaultMix(), bus_out=1.0)
    assert broken(world) == set()
    assert world.stream.discarded


def test_a_bus_that_is_out_for_hours_loses_no_entry() -> None:
    world = run(FaultMix(), bus_out=1.0, bus_back_after=RECORD_AGE_MAX - timedelta(minutes=10))
    assert broken(world) == set()
    assert world.mishaps[Mishap.BUS_OUT] > 300  # once a minute
    assert not world.stream.discarded


def test_an_entry_that_is_never_reported_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    real = SimulatedWorld._wire

    def forgetful(self: SimulatedWorld) -> Any:
        functions = real(self)
        publish = functions.publish
        monkeypatch.setattr(functions, "publish", lambda records: publish(records[1:]) + 1)
        return functions

    monkeypatch.setattr(SimulatedWorld, "_wire", forgetful)
    assert any(what.endswith("was neither published nor set aside") for what in broken(run(FaultMix())))


def test_an_event_that_never_reaches_the_bus_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimulatedBus, "put", lambda *_: None)
    assert any(what.endswith("is not on the bus, or in other words") for what in broken(run(FaultMix())))


def test_an_event_that_comes_again_under_another_id_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    put = SimulatedBus.put

    def fresh(self: SimulatedBus, events: Sequence[Event]) -> None:
        put(self, events)
        MemoryEvents.put(self, [replace(event, event_id=f"{len(self.taken)}") for event in events])

    monkeypatch.setattr(SimulatedBus, "put", fresh)
    assert any(what.endswith("reports nothing that is stored") for what in broken(run(FaultMix())))


def test_an_entry_that_is_reported_before_an_earlier_one_is_seen() -> None:
    world = run(FaultMix())
    model_id = world.everyone[0]
    first, second, *_ = ledger = world.store.read_ledger(model_id)
    stream = Stream(world, world._bus, Random(1))  # noqa: S311 - chance in a simulation
    assert [stream.mark_published(entry) for entry in (second, first, first)] == [True, True, False]
    assert "entry 2 was published before an earlier one" in stream.find_violations(model_id, ledger)
