"""The simulated world: it keeps its promises, it replays, and its judges can say no."""

import importlib
import subprocess
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from tests.support.effort import take_part

from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.plans import Planned
from preheat.app.ports.records import Guarded
from preheat.domain.decision import decision, promise, starting
from preheat.domain.decision.situation import Decision
from preheat.domain.plan.plan import Backend, ModelId, Units
from preheat.domain.record import attempt
from preheat.domain.record.attempt import Attempt
from preheat.domain.record.lifecycle import LIFECYCLE, Desired, Observed, Step
from preheat.domain.record.record import LedgerEntry, ModelRecord, Phase
from preheat_lab.simulation import SimulationOutcome, count_default_requests, simulate
from preheat_lab.simulation.faults import MIXES, FaultMix, Mishap
from preheat_lab.simulation.ports import WatchedStore
from preheat_lab.simulation.run import BEGINS_AT
from preheat_lab.simulation.watch import PromiseWatch
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Status
from preheat_simulator.core.switches import Switches

# The package exports the function of the same name as its module.
reconcile_module = importlib.import_module("preheat.app.reconcile.reconcile")
MODELS, DAYS, SHIFTS = 16, take_part(8), take_part(2_000)
REQUESTS = count_default_requests("all", MODELS, DAYS)


@pytest.fixture(scope="module", autouse=True)
def under_every_fault(request: pytest.FixtureRequest) -> Iterator[list[tuple[str, Future[SimulationOutcome]]]]:
    """Plants under every fault, with each setting of the switches: simulated on the side while the other tests run."""
    if not any("under_every_fault" in item.function.__code__.co_varnames for item in _functions(request)):
        yield []
        return
    pool = ProcessPoolExecutor(2, mp_context=get_context("spawn"))
    yield [
        (name, pool.submit(simulate, seed, MODELS, DAYS, faults="all", switches=setting, requests=REQUESTS))
        for seed, (name, setting) in enumerate(Switches.every_single_change().items(), start=21)
    ]
    pool.shutdown(cancel_futures=True)


def _functions(request: pytest.FixtureRequest) -> list[pytest.Function]:
    """Return the requested tests of this module."""
    return [each for each in request.session.items if isinstance(each, pytest.Function) and each.path == request.path]


def test_a_plant_without_faults_is_never_late_and_nothing_is_broken() -> None:
    outcome = simulate(seed=1, models=20, days=4)
    assert outcome.violations == ()
    assert (outcome.late, outcome.faults, outcome.dead_letters) == (0, {}, 0)
    assert outcome.shifts > 50
    assert min(outcome.margins) > timedelta()


@pytest.mark.parametrize("backend", [backend for backend in Backend if backend is not Backend.LOOKOUT_VISION])
def test_no_fault_breaks_a_promise_on_another_service(backend: Backend) -> None:
    clean = simulate(seed=1, models=4, days=2, backend=backend)
    assert (clean.violations, clean.late) == ((), 0)
    outcome = simulate(seed=3, models=6, days=3, faults="all", backend=backend, requests=18)
    assert outcome.violations == ()
    assert sum(outcome.faults.values()) > 500


@pytest.mark.parametrize("faults", ["none", "all"])
def test_what_others_ask_for_breaks_no_promise_and_is_answered(faults: str) -> None:
    outcome = simulate(seed=2, models=6, days=3, faults=faults, requests=60)
    assert outcome.violations == ()
    assert outcome.requests > 60
    assert outcome == simulate(seed=2, models=6, days=3, faults=faults, requests=60)


def test_a_stored_hold_that_wakes_nobody_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preheat.adapters.memory.store.MemoryStore.wake", lambda *_: None)
    outcome = simulate(seed=2, models=6, days=1, requests=60)
    assert "S6" in {each.invariant for each in outcome.violations}


def test_a_seed_replays_to_the_letter() -> None:
    def replay(seed: int) -> tuple[list[LedgerEntry], SimulationOutcome]:
        entries: list[LedgerEntry] = []
        return entries, simulate(seed=seed, models=4, days=2, faults="all", on_entry=entries.append)

    assert replay(7) == replay(7)
    assert replay(7) != replay(8)


def test_each_pass_and_each_fault_is_counted_where_it_hits() -> None:
    outcome = simulate(seed=11, models=6, days=2, faults="all")
    statuses, phases, mishaps = map(set, zip(*outcome.cells, strict=True))
    assert statuses <= set(Status)
    assert phases <= set(Phase)
    assert mishaps <= set(Mishap)
    passes = sum(number for (_, _, mishap), number in outcome.cells.items() if mishap == Mishap.NONE)
    assert outcome.passes - 5 * outcome.faults.get(Mishap.POISON_MESSAGE, 0) <= passes
    assert passes < 1.1 * outcome.passes  # a round of glances is one, and counts where each of its models is
    killed = sum(number for (_, _, mishap), number in outcome.cells.items() if mishap == Mishap.WORKER_KILLED)
    assert killed <= outcome.faults[Mishap.WORKER_KILLED]


# Each of these breaks the protocol on purpose; the judges must see it.


def is_seen(invariant: str, *, models: int = 4, days: int = 3, seeds: int = 20, **arguments: Any) -> bool:
    """Return whether a seed shows the promise broken."""
    tried = range(1, seeds + 1)
    return any(
        invariant in broken(seed, models=models, days=days, until_broken=invariant, **arguments) for seed in tried
    )


def broken(seed: int, **arguments: Any) -> set[str]:
    return {violation.invariant for violation in simulate(seed=seed, **arguments).violations}


def test_a_token_that_is_never_renewed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_find_death", lambda *_, **__: None)
    assert is_seen("S5", faults="all")


def test_a_verdict_that_does_not_know_what_cannot_be_read_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preheat.domain.verdict.judging._find_unknown", lambda _: None)
    assert is_seen("S15", faults="all")


def test_a_token_with_other_parameters_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated = Attempt.repeat

    def larger(self: Attempt, now: Any) -> Attempt:
        return replace(repeated(self, now), units=Units(self.units.minimum + 1))

    monkeypatch.setattr(attempt.Attempt, "repeat", larger)
    assert is_seen("S5", faults="all")


def test_a_call_before_its_intent_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    act = reconcile_module._act
    saved = reconcile_module._save

    def early(decided: Decision, remote: Any, entries: Any, guards: Any) -> ModelRecord:
        if decided.call is not None:
            act(decided.call, decided.record, remote)
        result: ModelRecord = saved(decided, remote, entries, guards)
        return result

    monkeypatch.setattr(reconcile_module, "_save", early)
    assert is_seen("S2", models=2, days=2)


def test_a_second_call_on_one_write_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    act = reconcile_module._act

    def twice(intended: Attempt, record: ModelRecord, remote: Any) -> Any:
        act(intended, record, remote)
        return act(intended, record, remote)

    monkeypatch.setattr(reconcile_module, "_act", twice)
    assert is_seen("S2", models=2, days=2)


def test_a_stop_that_is_forgotten_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.STOP, decision.STEPS[Step.WAIT])
    assert is_seen("L2", models=2, days=2)


def test_a_start_that_comes_too_late_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    demand = importlib.import_module("preheat.domain.demand.demand")
    late = demand.look_ahead

    def lazy(model: Any, now: Any, requests: Any = (), **named: Any) -> Any:
        return late(replace(model, lead=model.lead / 4), now, requests, **named)

    monkeypatch.setattr(reconcile_module, "look_ahead", lazy)
    assert is_seen("L1", models=4, days=2)


def test_a_stop_while_needed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.KEEP, decision.STEPS[Step.STOP])
    assert is_seen("S3", models=2, days=2)


def test_a_stop_of_a_start_that_does_not_hang_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIFECYCLE[Desired.RUN], Observed.STARTING, Step.STOP)
    assert is_seen("S3", models=2, days=2)


def test_a_lease_that_moves_back_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    repeated = Attempt.repeat

    def shorten(self: Attempt, now: Any) -> Attempt:
        again = repeated(self, now)
        return replace(again, intent_at=self.intent_at - timedelta(seconds=30))

    monkeypatch.setattr(attempt.Attempt, "repeat", shorten)
    assert is_seen("S8", faults="all")


def test_closing_an_intent_that_is_young_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt.Attempt, "lease_ends_at", lambda self: self.intent_at)
    assert is_seen("S8", faults="all")


def test_a_new_start_within_the_lease_of_the_last_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt.Attempt, "lease_ends_at", lambda self: self.intent_at)
    monkeypatch.setattr(starting, "_find_death", lambda *_, **__: "for no reason")
    assert is_seen("S1", faults="all")


def test_a_hole_in_the_ledger_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    save = WatchedStore.save

    def forgetful(self: WatchedStore, record: ModelRecord, entry: LedgerEntry | None, guards: Any) -> ModelRecord:
        return save(self, replace(record, sequence=record.sequence + (entry is None)), entry, guards)

    monkeypatch.setattr(WatchedStore, "save", forgetful)
    assert is_seen("S7")


def test_acting_on_what_could_not_be_read_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIFECYCLE[Desired.REST], Observed.UNKNOWN, Step.STOP)
    assert is_seen("S9", faults="all")


def test_stopping_a_foreign_model_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelRecord, "is_engaged", lambda _: True)
    assert is_seen("S4", faults="all")


def test_calling_without_a_pause_and_without_a_budget_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preheat.domain.record.looks.HOSTED_EVERY", timedelta(seconds=20))
    # The budget leaves room for the few glances of an hour, but these would be 90 in half an hour.
    monkeypatch.setattr("preheat.domain.record.looks.find_look_after_glances", lambda *_, **__: None)
    assert broken(1, models=1, days=1) == set()  # the budget alone keeps the bound
    monkeypatch.setattr("preheat.domain.record.budget.is_spent", lambda _spent, _now: False)
    assert is_seen("S10", models=1, days=1, seeds=1)


def test_starting_again_without_end_is_seen_also_if_the_record_counts_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = FaultMix(service=(InjectedFault(FaultKind.HOSTING_FAILED, probability=0.5, after=timedelta(minutes=3)),))
    monkeypatch.setitem(MIXES, "failing", failing)
    assert not is_seen("S10", models=2, days=2, seeds=2, faults="failing")
    intended = starting.begin_start

    def count_nothing(situation: Any, *, repair: bool) -> Any:
        move = intended(situation, repair=repair)
        effort = move.record.effort
        return replace(move, record=replace(move.record, effort=replace(effort, attempts=0))) if effort else move

    monkeypatch.setattr(starting, "begin_start", count_nothing)
    assert is_seen("S10", models=2, days=2, faults="failing")


def test_a_failed_start_that_is_not_tried_again_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = FaultMix(service=(InjectedFault(FaultKind.HOSTING_FAILED, probability=0.1, after=timedelta(minutes=3)),))
    monkeypatch.setitem(MIXES, "failing", failing)
    assert not is_seen("L1", models=2, days=2, seeds=2, faults="failing")
    monkeypatch.setattr(starting, "ATTEMPTS_MAX", 1)
    assert is_seen("L1", models=2, days=2, faults="failing")


def test_an_unreported_late_start_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promise, "judge_start", lambda _, move: promise.Judgement(move.record.effort))
    assert is_seen("L3", faults="all")


def test_a_broken_record_that_keeps_others_waiting_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIXES, "broken", FaultMix(unreadable=4.0))
    assert not is_seen("L5", models=4, days=1, seeds=2, faults="broken")
    due = WatchedStore.find_due

    def stumbling(self: WatchedStore, until: Any) -> Any:
        return [] if any(map(self.is_unreadable, self.records)) else due(self, until)

    monkeypatch.setattr(WatchedStore, "find_due", stumbling)
    assert is_seen("L5", models=4, days=1, faults="broken")


def test_a_model_that_only_the_resync_can_find_is_missed_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIXES, "forgetful", FaultMix(index_lost=0.05))
    assert not is_seen("L5", models=4, days=2, seeds=4, faults="forgetful")
    monkeypatch.setattr("preheat.app.tick.RESYNC_EVERY_MINUTES", 61)
    monkeypatch.setattr("preheat.app.tick._resync", lambda *_: [])
    assert is_seen("L5", models=4, days=2, faults="forgetful")


def test_an_older_plan_that_is_obeyed_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIXES, "restored", FaultMix(restores=2.0))
    assert broken(1, models=4, days=2, faults="restored") == set()
    planned = WatchedStore.read_planned

    def as_if_new(self: WatchedStore, model_id: ModelId) -> Planned:
        return replace(planned(self, model_id), version=9)

    save = MemoryStore.save

    def save_unguarded(
        self: MemoryStore, record: ModelRecord, entry: LedgerEntry | None, guards: Any = None
    ) -> ModelRecord:
        kept = {guard: seen for guard, seen in (guards or {}).items() if not isinstance(guard, Guarded)}
        return save(self, record, entry, kept)

    monkeypatch.setattr(WatchedStore, "read_planned", as_if_new)
    monkeypatch.setattr(MemoryStore, "save", save_unguarded)  # the plan behind the decision guards a stop
    assert is_seen("S3", models=4, days=2, faults="restored")


def test_a_token_that_is_sent_for_hours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIXES, "full", FaultMix(quotas=2.0))
    assert not is_seen("S5", models=4, days=3, seeds=3, faults="full")
    monkeypatch.setattr(attempt, "TOKEN_AGE_MAX", timedelta(hours=9))
    assert is_seen("S5", models=4, days=3, faults="full")


def test_a_look_at_who_is_not_due_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIXES, "doubled", FaultMix(doubled=0.3, index_extra=0.3))
    assert broken(1, models=2, days=1, faults="doubled") == set()
    monkeypatch.setattr(reconcile_module, "EARLY", timedelta(hours=9))
    assert is_seen("S10", models=2, days=1, faults="doubled")


def test_a_violation_says_what_where_and_when() -> None:
    watch = PromiseWatch([], BEGINS_AT, BEGINS_AT)
    watch.note_missed("L1", ModelId("weld-seams"), BEGINS_AT, "STARTING_HOSTING at ready_at")
    assert str(watch.violations[0]) == "L1 weld-seams 2026-10-05 00:00:00Z: STARTING_HOSTING at ready_at"


# Last, because it waits for what the fixture has begun.


def test_thousands_of_shifts_keep_every_promise_however_the_undocumented_points_are_answered(
    under_every_fault: list[tuple[str, Future[SimulationOutcome]]],
) -> None:
    shifts = requests = 0
    faults = Counter[str]()
    violations = []
    for name, begun in under_every_fault:
        outcome = begun.result()
        shifts, requests = shifts + outcome.shifts, requests + outcome.requests
        faults.update(outcome.faults)
        violations += [f"seed {outcome.seed}, switches {name}: {violation}" for violation in outcome.violations]
    git = partial(subprocess.run, cwd=Path(__file__).parent, capture_output=True, text=True, check=False)
    commit = git(["git", "rev-parse", "--short", "HEAD"]).stdout.strip()
    assert violations == [], f"commit {commit}, {MODELS} models, {DAYS} days, {REQUESTS} requests, every fault"
    assert shifts >= SHIFTS
    assert requests >= REQUESTS * len(under_every_fault)
    # Every mishap but the two that are no fault has come, and each at least once. Only SageMaker has lists.
    others = {Mishap.NONE, Mishap.CLOCK_OFF, Mishap.LIST_LAGS, Mishap.LIST_MISSES}
    assert set(faults) == {mishap.value for mishap in Mishap} - others
