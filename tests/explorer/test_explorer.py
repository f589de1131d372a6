"""The explorer on what it is shown complete for: one worker, any order of events, no faults."""

import pytest

from preheat.domain import decision
from preheat.domain.lifecycle import Step
from preheat.explorer import Explored, Scenario, a_model, explore


def explored() -> Explored:
    scenario = Scenario("one window", (a_model((10, 16)),), hard_from=4, hard_until=18, ends=60)
    return explore(scenario, states_max=100_000)


def test_every_situation_without_faults_keeps_the_promises_and_finds_its_way() -> None:
    found = explored()
    assert found.complete
    assert found.found == []
    assert len(found.states) > 1_000


def test_a_stop_that_is_forgotten_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.STOP, decision.STEPS[Step.WAIT])
    assert "L2" in {each.broken.invariant for each in explored().found}


def test_a_stop_while_needed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(decision.STEPS, Step.KEEP, decision.STEPS[Step.STOP])
    assert "S3" in {each.broken.invariant for each in explored().found}
