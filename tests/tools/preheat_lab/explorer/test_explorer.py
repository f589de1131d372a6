"""The explorer: every situation within the bounds keeps the promises, and it can say no."""

from dataclasses import replace

import pytest
from tests.conftest import Searched

from preheat.app.reconcile import observing, reconcile
from preheat.domain.decision import decision, draining, scaling, sizing, starting
from preheat.domain.demand import demand
from preheat.domain.record.lifecycle import Step
from preheat_lab.explorer import Explored, Scenario, asking, explore
from preheat_lab.explorer.catalog import (
    BLOCK,
    BUDGET,
    CAPACITY,
    HOLD,
    LARGER_BETWEEN,
    LIFTED,
    SCALED,
    SCALED_REFUSED,
    SCHEDULE_HOLD,
    SERVING,
    TIGHT,
)
from preheat_lab.explorer.passes import KINDS
from preheat_lab.explorer.scenario import REFUSED
from preheat_lab.explorer.service import ExploredService
from preheat_lab.explorer.state import ExploredState
from preheat_lab.explorer.world import ExploredWorld


def test_every_situation_within_the_bounds_keeps_the_promises_and_finds_its_way(
    searches: dict[Scenario, Searched],
) -> None:
    assert [str(scenario) for scenario, found in searches.items() if not found.complete] == []
    assert [found.broken for found in searches.values() if found.broken] == []
    assert sum(found.states for found in searches.values()) > 300_000


@pytest.mark.parametrize("scenario", [TIGHT, HOLD], ids=str)
def test_dropping_workers_that_make_no_difference_hides_nothing(scenario: Scenario) -> None:
    """The search without that shortcut comes to the same records and services, and to the same verdict."""
    scenario = replace(scenario, workers=2)
    reduced, whole = explore(scenario), explore(replace(scenario, reduced=False))
    assert [len(found.found) for found in (reduced, whole)] == [0, 0]
    assert outer_states(reduced) == outer_states(whole)


def outer_states(found: Explored) -> set[object]:
    """Return time, record and services of every state; it resolves numbers that differ from search to search."""
    world = found.world

    def resolve_service(service: ExploredService) -> object:
        return service[:3], sorted((world.values[known.token], known[1:]) for known in service.known)

    return {
        (state.now, world.record(state), str([resolve_service(each) for each in state.services]))
        for state in found.states
    }


def promises_broken(scenario: Scenario) -> set[str]:
    return {each.broken.invariant for each in explore(scenario).found}


def test_a_stop_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.STOP, decision.STEPS[Step.WAIT])
    assert "L2" in promises_broken(TIGHT)


def test_a_stop_while_needed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.KEEP, decision.STEPS[Step.STOP])
    assert "S3" in promises_broken(TIGHT)


def test_an_intent_that_is_closed_while_its_worker_may_still_call_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preheat.domain.record.attempt.Attempt.lease_ends_at", lambda attempt: attempt.intent_at)
    found = explore(replace(TIGHT, workers=2))
    # Preheat looks for the result of such a call and stops it, so that it breaks S8 and no longer leaks.
    (closed, *_) = [each for each in found.found if each.broken.invariant == "S8"]
    assert any("start" in line for line in found.way_to(closed))


def test_a_request_may_come_between_any_two_calls_of_a_pass() -> None:
    found = explore(SCHEDULE_HOLD)
    world = found.world
    before = {
        KINDS[world.passes.next_call(worker.losses, worker.answers).kind]
        for state in found.states
        if world.asking.next(state) is not None
        for worker in state.workers
        if worker.losses >= 0
    }
    assert before >= {"read_standings", "describe", "save", "stop"}


def test_a_pass_that_drops_its_guards_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    save = reconcile._save
    monkeypatch.setattr(reconcile, "_save", lambda decision, remote, entries, _: save(decision, remote, entries, {}))
    assert "S3" in promises_broken(SCHEDULE_HOLD)


def test_a_hold_that_leaves_its_models_version_as_it_was_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_woken(world: ExploredWorld, state: ExploredState) -> ExploredState:
        return state._replace(record=world.records.wake(state.record))

    monkeypatch.setattr(ExploredWorld, "_bump_version", only_woken)
    assert "S3" in promises_broken(HOLD)


def test_a_hold_is_refused_while_another_has_the_budget_and_fits_after_its_release() -> None:
    found = explore(BUDGET)
    answers = {tuple(at != REFUSED for at in state.asked) for state in found.states if len(state.asked) == 4}
    assert answers == {(True, False, True, True)}


def test_a_budget_that_nobody_holds_to_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "find_excess", lambda _growth, _budget: None)
    assert promises_broken(BUDGET) == {"S14"}


def test_a_block_that_the_pass_does_not_see_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reconcile, "look_ahead", lambda model, now, _=(), **named: demand.look_ahead(model, now, **named)
    )
    assert "L2" in promises_broken(BLOCK)


def test_a_hold_that_the_pass_does_not_see_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        reconcile, "look_ahead", lambda model, now, _=(), **named: demand.look_ahead(model, now, **named)
    )
    assert {"S3", "L1"} <= promises_broken(HOLD)


def test_a_restart_that_cuts_into_the_begin_of_a_shift_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizing, "find_made_late", lambda *_: None)
    assert "S3" in promises_broken(LARGER_BETWEEN)


def test_a_stop_that_delays_the_next_start_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_find_needed_again", lambda _: None)
    assert "S3" in promises_broken(LIFTED)


BRIEF_SERVING = replace(SERVING, faults=1, hard_from=5, hard_until=7)


def test_an_endpoint_that_serves_nothing_and_counts_as_ready_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "require_serving", lambda observation, _: observation)
    assert "S15" in promises_broken(BRIEF_SERVING)


def test_a_verdict_that_does_not_know_what_cannot_be_read_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preheat.domain.verdict.judging._find_unknown", lambda _: None)
    assert "S15" in promises_broken(replace(SERVING, faults=1, hard_from=5, hard_until=9))


def test_a_shortage_that_spends_an_attempt_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "_wait_for_capacity", lambda situation: starting.burn_attempt(situation, "failed"))
    assert "S10" in promises_broken(replace(CAPACITY, faults=1, hard_until=5))


def test_scaling_that_nobody_reads_before_a_stop_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "is_reading_due", lambda _: False)
    assert "L7" in promises_broken(SCALED)


def test_scaling_that_never_comes_back_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "restore_if_due", lambda _, move: move)
    assert "L1" in promises_broken(SCALED)


def test_a_stop_that_is_forgotten_because_scaling_forbids_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.STOP, decision.STEPS[Step.WAIT])
    assert "L2" in promises_broken(SCALED_REFUSED)
