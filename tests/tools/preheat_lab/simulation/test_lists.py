"""Plants whose endpoints come in lists that lag, miss some and fail: Preheat checks each hosted model all the same."""

from datetime import timedelta

import pytest

from preheat.adapters.hosting.sagemaker import SageMakerHosting
from preheat.domain.plan.plan import Backend
from preheat.domain.record import looks
from preheat.domain.values import change
from preheat_lab.simulation import SimulationOutcome, simulate
from preheat_lab.simulation.faults import MIXES, FaultMix, Mishap
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation

REFUSED = InjectedFault(FaultKind.THROTTLE, Operation.LIST_ENDPOINTS, probability=0.2)


@pytest.fixture(autouse=True)
def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """People start and stop endpoints all day, and half of all lists are wrong."""
    monkeypatch.setitem(MIXES, "wrong", FaultMix(list_wrong=0.25, people=3.0, service=(REFUSED,)))


def run(seed: int) -> SimulationOutcome:
    return simulate(seed, 12, 2, faults="wrong", backend=Backend.SAGEMAKER)


@pytest.mark.parametrize("seed", [1, 2])
def test_lists_that_are_wrong_break_no_promise(seed: int) -> None:
    outcome = run(seed)
    assert outcome.violations == ()
    assert min(outcome.faults.get(one, 0) for one in (Mishap.LIST_LAGS, Mishap.LIST_MISSES, Mishap.THROTTLE)) >= 1
    assert outcome.faults[Mishap.PERSON_STOPS] >= 5


def test_a_list_that_shows_whatever_was_there_is_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    def recall(hosting: SageMakerHosting, targets: object) -> object:
        return {target: change(seen, recalled=True) for target, (_, seen) in hosting._seen.items()}

    monkeypatch.setattr(SageMakerHosting, "list_unchanged", recall)
    monkeypatch.setattr(looks, "GLANCED_FOR", timedelta(hours=4))
    assert [broken.invariant for seed in (1, 2) for broken in run(seed).violations]
