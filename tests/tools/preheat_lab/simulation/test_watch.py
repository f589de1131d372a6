"""The judges of the simulation count effects and attempts, call by call. Two false alarms have a test each here."""

from datetime import timedelta
from random import Random

import pytest

from preheat.domain.demand.demand import find_demands
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, Units
from preheat.domain.record.attempt import Attempt, Call
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import ModelRecord
from preheat_lab.simulation.plant import draw_plant
from preheat_lab.simulation.run import BEGINS_AT
from preheat_lab.simulation.watch import PromiseWatch

MORNING = BEGINS_AT + timedelta(hours=7)


def draw_model(backend: Backend) -> HostedModel:
    return draw_plant(Random(1), 1, announced_at=BEGINS_AT, backend=backend)[0].model  # noqa: S311 - chance in a test, replayed from its seed


def watch_over(model: HostedModel) -> PromiseWatch:
    return PromiseWatch([model], BEGINS_AT, BEGINS_AT + timedelta(days=1))


def intend(model: HostedModel, call: Call, generation: int = 1) -> Attempt:
    return Attempt.intend(
        model.model_id,
        call,
        generation=generation,
        demand_start=MORNING,
        target=model.target,
        units=Units(),
        now=MORNING,
    )


def find_broken(watch: PromiseWatch, invariant: str, words: str) -> list[str]:
    return [each.what for each in watch.violations if each.invariant == invariant and words in each.what]


@pytest.mark.parametrize("backend", [Backend.REKOGNITION, Backend.LOOKOUT_VISION])
def test_a_repeated_call_has_one_effect(backend: Backend) -> None:
    model = draw_model(backend)
    watch, stop = watch_over(model), intend(model, Call.STOP)
    for minutes in (0, 3):
        watch.on_call(model.model_id, stop, MORNING + timedelta(minutes=minutes), changed=True)
    assert find_broken(watch, "S1", "had 2 effects")


@pytest.mark.parametrize(("backend", "counts"), [(Backend.REKOGNITION, False), (Backend.LOOKOUT_VISION, True)])
def test_without_tokens_a_call_repeated_after_a_persons_act_is_one_more_call(backend: Backend, *, counts: bool) -> None:
    model = draw_model(backend)
    watch, stop = watch_over(model), intend(model, Call.STOP)
    watch.on_call(model.model_id, stop, MORNING, changed=True)
    watch.on_person(model.model_id, MORNING + timedelta(hours=1), Call.START)
    watch.on_call(model.model_id, stop, MORNING + timedelta(hours=2), changed=True)
    assert bool(find_broken(watch, "S1", "had 2 effects")) is counts


@pytest.mark.parametrize(("short", "counts"), [(True, False), (False, True)])
def test_a_start_that_met_no_capacity_spends_no_attempt(*, short: bool, counts: bool) -> None:
    model = draw_model(Backend.SAGEMAKER)
    watch, at = watch_over(model), find_demands(model, BEGINS_AT, BEGINS_AT + timedelta(days=1))[0].ready_at
    rest = ModelRecord(model.model_id, model.target)
    for generation in range(1, 7):
        started = ModelRecord(model.model_id, model.target, attempt=intend(model, Call.START, generation))
        watch.begins()
        watch.on_write(rest, started, None, at)
        watch.begins()
        watch.saw, watch.short = Observed.FAILED, short and generation == 1
        watch.on_write(started, rest, None, at)
    assert bool(find_broken(watch, "S10", "start number 6 for one demand")) is counts
