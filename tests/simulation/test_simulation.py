"""The simulated world: it keeps its promises, it replays, and its judges can say no."""

import importlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from preheat.domain import attempt, decision, starting
from preheat.domain.attempt import Attempt
from preheat.domain.lifecycle import Step
from preheat.domain.plan import ModelId
from preheat.domain.record import LedgerEntry, ModelRecord
from preheat.simulation import run
from preheat.simulation.ports import WatchedStore
from preheat.simulation.watch import Watch
from preheat.simulator.switches import Switches

# The package exports the function of the same name as its module.
reconcile_module = importlib.import_module("preheat.reconcile")
situation = importlib.import_module("preheat.domain.situation")
stopping = importlib.import_module("preheat.domain.stopping")


def test_a_plant_without_faults_is_never_late_and_nothing_is_broken() -> None:
    outcome = run(seed=1, models=20, days=10)
    assert outcome.violations == ()
    assert (outcome.late, outcome.faults) == (0, {})
    assert outcome.shifts > 100
    assert min(outcome.margins) > timedelta()


@pytest.mark.parametrize("seed", range(2, 6))
def test_no_fault_breaks_a_promise(seed: int) -> None:
    outcome = run(seed=seed, models=8, days=8, faults="all")
    assert outcome.violations == (), f"seed {seed}"
    assert sum(outcome.faults.values()) > 500


@pytest.mark.parametrize("name", Switches.every_single_change())
def test_the_promises_hold_however_the_undocumented_points_are_answered(name: str) -> None:
    outcome = run(seed=1, models=6, days=5, faults="all", switches=Switches.every_single_change()[name])
    assert outcome.violations == (), name


def test_a_seed_replays_to_the_letter() -> None:
    def told(seed: int) -> list[LedgerEntry]:
        entries: list[LedgerEntry] = []
        run(seed=seed, models=5, days=5, faults="all", told=entries.append)
        return entries

    assert told(7) == told(7)
    assert told(7) != told(8)


# Each of these breaks the protocol on purpose; the judges must see it.


def broken_promises(*, models: int = 6, days: int = 8, seeds: int = 3, **arguments: Any) -> set[str]:
    found: set[str] = set()
    for seed in range(1, seeds + 1):
        outcome = run(seed=seed, models=models, days=days, **arguments)
        found |= {violation.invariant for violation in outcome.violations}
    return found


def test_a_token_that_is_never_renewed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_death", lambda *_, **__: None)
    assert "S5" in broken_promises(faults="all")


def test_a_call_before_its_intent_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    act = reconcile_module._act
    saved = reconcile_module._save

    def early(decided: decision.Decision, remote: Any, entries: Any) -> ModelRecord:
        if decided.call is not None:
            act(decided.call, remote)
        result: ModelRecord = saved(decided, remote, entries)
        return result

    monkeypatch.setattr(reconcile_module, "_save", early)
    assert "S2" in broken_promises()


def test_a_stop_that_is_forgotten_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.STOP, decision.STEPS[Step.WAIT])
    assert "L2" in broken_promises(models=2, days=2, seeds=1)


def test_a_start_that_comes_too_late_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    demand = importlib.import_module("preheat.domain.demand")
    late = demand.outlook

    def lazy(model: Any, now: Any) -> Any:
        return late(replace(model, lead=model.lead / 4), now)

    monkeypatch.setattr(reconcile_module, "outlook", lazy)
    assert "L1" in broken_promises()


def test_a_stop_while_needed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.KEEP, decision.STEPS[Step.STOP])
    assert "S3" in broken_promises()


def test_a_lease_that_moves_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated = Attempt.repeated

    def shortened(self: Attempt, now: Any) -> Attempt:
        again = repeated(self, now)
        return replace(again, intent_at=self.intent_at - timedelta(seconds=30))

    monkeypatch.setattr(attempt.Attempt, "repeated", shortened)
    assert "S8" in broken_promises(faults="all")


def test_a_hole_in_the_ledger_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    save = WatchedStore.save

    def forgetful(self: WatchedStore, record: ModelRecord, entry: LedgerEntry | None) -> ModelRecord:
        return save(self, replace(record, sequence=record.sequence + (entry is None)), entry)

    monkeypatch.setattr(WatchedStore, "save", forgetful)
    monkeypatch.setattr("preheat.store.memory.StaleRecord", Exception)
    with pytest.raises(Exception, match="exists already"):
        broken_promises()


def test_stopping_what_is_not_ours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelRecord, "is_engaged", lambda _: True)
    assert "S4" in broken_promises(faults="all")


def test_calling_without_a_pause_and_without_a_budget_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preheat.domain.looks.HOSTED_EVERY", timedelta(seconds=20))
    assert broken_promises(models=2, days=1, seeds=1) == set()  # the budget alone keeps the bound
    monkeypatch.setattr("preheat.domain.budget.is_spent", lambda _spent, _now: False)
    assert "S10" in broken_promises(models=2, days=1, seeds=1)


def test_a_late_start_that_nobody_is_told_of_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "_judged", lambda _, effort: (effort, None, None))
    assert "L3" in broken_promises(faults="all")


def test_a_violation_says_what_where_and_when() -> None:
    watch = Watch([], run_begins(), run_begins())
    watch.missed("L1", ModelId("weld-seams"), run_begins(), "STARTING_HOSTING at ready_at")
    assert str(watch.violations[0]) == "L1 weld-seams 2026-10-05 00:00:00Z: STARTING_HOSTING at ready_at"


def run_begins() -> Any:
    return importlib.import_module("preheat.simulation.run").BEGINS_AT
