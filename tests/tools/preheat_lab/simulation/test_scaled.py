"""Plants whose endpoints scale and whose service has no capacity at times: promises hold, and the judge can say no."""

from typing import Any

import pytest

from preheat.domain.decision import scaling
from preheat.domain.plan.plan import Backend
from preheat.domain.record.record import Action, LedgerEntry
from preheat.domain.values import change
from preheat_lab.simulation import SimulationOutcome, simulate
from preheat_lab.simulation.faults import MIXES, FaultMix
from preheat_lab.simulation.scaled import find_last_promise
from preheat_simulator.core.faults import FaultKind, InjectedFault

SHORT = FaultMix(service=(InjectedFault(FaultKind.CAPACITY, probability=0.3),))


def run(seed: int, faults: str, *, models: int = 2, days: int = 2) -> tuple[SimulationOutcome, list[LedgerEntry]]:
    entries: list[LedgerEntry] = []
    outcome = simulate(seed, models, days, faults=faults, backend=Backend.SAGEMAKER, on_entry=entries.append)
    return outcome, entries


def test_what_scales_is_brought_back_after_every_stop_of_a_plant_without_faults() -> None:
    outcome, entries = run(1, "none")
    assert outcome.violations == ()
    promised = [entry for entry in entries if find_last_promise([entry]) and entry.action is Action.STOP]
    restored = [entry for entry in entries if entry.action is Action.SCALE]
    assert len(promised) >= 1
    assert len(restored) >= len(promised) - 1  # the last stop has no next start


@pytest.mark.parametrize("faults", ["short", "all"])
def test_shortages_and_every_other_fault_break_no_promise(faults: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIXES, "short", SHORT)
    outcome, entries = run(2, faults)
    assert outcome.violations == ()
    if faults == "short":
        assert [entry for entry in entries if entry.action is Action.CAPACITY]


def test_scaling_that_is_promised_and_forgotten_is_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    def forget(situation: Any, move: Any) -> Any:
        kept = situation.record.scaling
        if kept is None or not kept.is_removed:
            return move
        return change(move, record=change(move.record, scaling=None))

    monkeypatch.setattr(scaling, "restore_if_due", forget)
    outcome, _ = run(1, "none")
    assert {broken.invariant for broken in outcome.violations} == {"L7"}
