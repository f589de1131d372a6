"""All models of a plan and all records at once, as a resync and an audit read them; on DynamoDB at a low price."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.contracts.conftest import Dynamo

from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
LATER = SIX + timedelta(hours=1)


def test_without_a_plan_it_is_empty(store: Store) -> None:
    found = store.read_whole_plan()
    assert (found.version, found.names, dict(found.models), list(found.former)) == (0, [], {}, [])


def test_it_has_each_model_and_those_of_earlier_plans(store: Store, model: HostedModel) -> None:
    other, gone = (replace(model, model_id=ModelId(name)) for name in ("other", "gone"))
    store.apply([model, gone], expected_version=0, at=SIX)
    assert store.read_whole_plan().names == sorted(["gone", model.model_id])
    store.apply([model, other], expected_version=1, at=LATER)
    for _ in range(2):
        found = store.read_whole_plan()
        assert found.version == 2
        assert dict(found.models) == {other.model_id: other, model.model_id: model}
        assert list(found.former) == ["gone"]
        assert dict(found.unreadable) == {}
        assert (found.names, list(found.former)) == (store.list_planned_models(), list(store.list_former_models()))


def test_a_glance_at_records_shows_what_a_read_does(store: Store, model: HostedModel) -> None:
    store.apply([model, replace(model, model_id=ModelId("other"))], expected_version=0, at=SIX)
    asked = [model.model_id, ModelId("other"), ModelId("nobody")]
    assert store.glance_at_many(asked) == store.load_many(asked)
    assert len(store.glance_at_many(asked)) == 2


def test_an_item_that_this_release_does_not_know_hides_no_other(dynamo: Dynamo, model: HostedModel) -> None:
    other = replace(model, model_id=ModelId("other"))
    dynamo.store.apply([model, other], expected_version=0, at=SIX)
    (item,) = [one for one in dynamo.tables.plans.scan() if one.item == "model#other"]
    item.schema = 9
    item.save()
    found = dynamo.store.read_whole_plan()
    assert (list(found.models), list(found.unreadable)) == ([model.model_id], ["other"])
    assert "schema" in found.unreadable[ModelId("other")]
    assert found.names == sorted(["other", model.model_id])


def test_a_process_that_knows_the_plan_reads_only_the_pointer(dynamo: Dynamo, model: HostedModel) -> None:
    models = [replace(model, model_id=ModelId(f"m{number}")) for number in range(30)]
    dynamo.store.apply(models, expected_version=0, at=SIX)
    dynamo.store.read_whole_plan()
    made: Counter[str] = Counter()
    dynamo.client.meta.events.register("before-call.dynamodb", lambda model, **_: made.update([model.name]))
    dynamo.store.read_whole_plan()
    assert made == {"GetItem": 1}
    dynamo.store.list_planned_models()
    dynamo.store.list_former_models()
    assert made == {"GetItem": 3}


def test_a_process_that_knows_only_the_names_reads_the_models_together(dynamo: Dynamo, model: HostedModel) -> None:
    plant = [replace(model, model_id=ModelId(f"m{number:02}")) for number in range(40)]
    dynamo.store.apply(plant, expected_version=0, at=SIX)
    store, made = dynamo.another(), Counter[str]()
    store.list_planned_models()
    store._tables.connection.client.meta.events.register(
        "before-call.dynamodb", lambda model, **_: made.update([model.name])
    )
    assert list(store.read_whole_plan().models.values()) == plant
    assert made == {"GetItem": 1, "Query": 2}
