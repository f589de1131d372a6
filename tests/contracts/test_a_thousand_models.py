"""A plan of 1,000 models, far more than a transaction holds: applied whole, and cut off at every one of its writes."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.effort import FULL

from preheat.adapters.clock import VirtualClock
from preheat.adapters.memory.queue import MemoryQueue
from preheat.app.ports.plans import Planned
from preheat.app.tick import tick
from preheat.domain.demand.request import Subject
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat_cli.model_status import read_fleet
from preheat_cli.planning import StoredPlan, read_stored_plan

from .conftest import SIX, Dynamo
from .test_basis import ask

LATER = SIX + timedelta(hours=1)


class Killed(BaseException):
    """The process ends here and now: nobody catches it, and nothing tidies up."""


def _kill_at(dynamo: Dynamo, operation: str, number: int, *, after: bool = False) -> None:
    """Let the process end at the `number`-th call of an operation (from 1): before the call, or after its effect."""
    left = [number]

    def kill(**_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    if after:
        dynamo.client.meta.events.register_last(f"after-call.dynamodb.{operation}", kill)
    else:
        dynamo.client.meta.events.register_first(f"before-call.dynamodb.{operation}", kill)


def _plant(model: HostedModel, count: int) -> list[HostedModel]:
    return [replace(model, model_id=ModelId(f"m{number:04}")) for number in range(count)]


def _victim(dynamo: Dynamo) -> Dynamo:
    """Return a store of its own over the same tables, for a process that will not survive."""
    store = dynamo.another()
    return Dynamo(store, dynamo.tables, store._tables.connection.client, [], dynamo.session)


def test_a_plan_of_a_thousand_models_is_applied_whole(dynamo: Dynamo, model: HostedModel) -> None:
    plant = _plant(model, 1_000)
    assert dynamo.store.apply(plant, expected_version=0, at=SIX) == 1
    assert dynamo.another().list_planned_models() == [one.model_id for one in plant]
    assert len(dynamo.store.find_due(SIX)) == 1_000


@pytest.mark.parametrize("after", [False, True], ids=["unsent", "unanswered"])
@pytest.mark.parametrize("count", [75, 1_000] if FULL else [75])
def test_an_apply_that_ends_at_any_write_before_its_pointer_changes_nothing(
    dynamo: Dynamo, model: HostedModel, count: int, *, after: bool
) -> None:
    dynamo.store.apply([model], expected_version=0, at=SIX)
    before, plant, batches = dynamo.store.load(model.model_id), _plant(model, count), count // 25
    kills = [("BatchWriteItem", number) for number in (1, 2, batches // 2 + 1, batches)]
    for operation, number in [*kills, *([] if after else [("TransactWriteItems", 1)])]:
        victim = _victim(dynamo)
        _kill_at(victim, operation, number, after=after)
        with pytest.raises(Killed):
            victim.store.apply(plant, expected_version=1, at=LATER)
        survivor = dynamo.another()
        assert survivor.read_planned(model.model_id) == Planned(1, model)
        assert survivor.list_planned_models() == [model.model_id]
        assert survivor.load(model.model_id) == before
        assert survivor.load_many([one.model_id for one in plant]) == {}


@pytest.mark.parametrize(
    ("operation", "number", "after"),
    [("TransactWriteItems", 1, True)]
    + [("UpdateItem", number, after) for number in (1, 2, 15, 32) for after in (False, True)]
    + [("PutItem", number, after) for number in (1, 15) for after in (False, True)],
)
def test_an_apply_that_ends_after_its_pointer_is_current_and_every_model_is_found(
    dynamo: Dynamo, model: HostedModel, operation: str, number: int, *, after: bool
) -> None:
    plant = _plant(model, 30)
    gone = [replace(model, model_id=ModelId(f"gone-{number}")) for number in range(2)]
    dynamo.store.apply([*plant[:15], *gone], expected_version=0, at=SIX)
    for one in [*plant[:15], *gone]:  # Each has had a look, and rests until its next edge.
        record = dynamo.store.load(one.model_id)
        assert record is not None
        dynamo.store.save(replace(record, plan_version=1, wake_at=SIX + timedelta(days=2)), None)
    victim = _victim(dynamo)
    _kill_at(victim, operation, number, after=after)
    with pytest.raises(Killed):
        victim.store.apply(plant, expected_version=1, at=LATER)
    survivor = dynamo.another()
    assert survivor.list_planned_models() == [one.model_id for one in plant]
    clock = VirtualClock(LATER)
    ticked = tick(clock=clock, store=survivor, queue=MemoryQueue(clock))
    assert set(ticked.sent) == {one.model_id for one in [*plant, *gone]}


def test_a_stored_plan_is_read_by_many_hands_as_it_was_applied(dynamo: Dynamo, model: HostedModel) -> None:
    plant = _plant(model, 100)
    dynamo.store.apply(plant, expected_version=0, at=SIX)
    assert read_stored_plan(dynamo.another()) == StoredPlan(1, {one.model_id: one for one in plant})
    changed = [replace(one, slack=timedelta(minutes=9)) for one in plant]
    dynamo.store.apply(changed, expected_version=1, at=SIX)
    assert read_stored_plan(dynamo.store) == StoredPlan(2, {one.model_id: one for one in changed})


@pytest.mark.parametrize("count", [250, 1_000] if FULL else [250])
def test_the_status_of_a_fleet_takes_a_few_calls_for_each_hundred_models(
    dynamo: Dynamo, model: HostedModel, count: int
) -> None:
    plant = _plant(model, count)
    dynamo.store.apply(plant, expected_version=0, at=SIX)
    ask(dynamo.store, Subject(plant[7].model_id))
    reader, calls = dynamo.another(), Counter[str]()
    client = reader._tables.connection.client
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.update([model.name]))
    found = read_fleet(reader, SIX)
    assert [(one.model_id, one.model, one.problem) for one in found] == [(one.model_id, one, None) for one in plant]
    assert [one.model_id for one in found if one.requests] == [plant[7].model_id]
    hundreds = -(-count // 100)
    # Records and counters; the pages of plan and due index, and the one model with a hold.
    assert calls["BatchGetItem"] <= 2 * hundreds + 1
    assert calls.total() - calls["BatchGetItem"] <= 10 + hundreds
