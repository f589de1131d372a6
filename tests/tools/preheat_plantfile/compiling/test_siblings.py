"""A new model begins with what other models on its service take to start."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from preheat.domain.plan.hosted_model import HostedModel, Siblings
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import ModelRecord
from preheat_plantfile.compiling.plan import compile_models, find_service
from preheat_plantfile.compiling.siblings import find_siblings
from preheat_plantfile.reading import parse_plant

NOW = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HEAD = """version: 1
schedules:
  early: {zone: Europe/Berlin, windows: [{days: mon-fri, start: "06:00", end: "14:00"}]}
models:
"""


def plant_of(*names: str, more: str = "") -> str:
    """Return a plant file with these models on SageMaker."""
    lines = [
        f"  {name}: {{backend: sagemaker, endpoint: line-{name}, config: c-{name}, schedules: [early]{more}}}\n"
        for name in names
    ]
    return HEAD + "".join(lines)


def compile_text(text: str, **given: object) -> dict[ModelId, HostedModel]:
    models = compile_models(parse_plant(text.encode(), "plant.yaml"), now=NOW, **{"previous": {}} | given)  # type: ignore[arg-type]
    return {model.model_id: model for model in models}


def records_of(models: dict[ModelId, HostedModel], starts: int = 60) -> dict[ModelId, ModelRecord]:
    """Return records of models whose starts take 27 minutes as a rule."""
    chance, found = Random(5), {}  # noqa: S311 - draws no secret
    for model in models.values():
        level = math.log(27) + 0.3 * chance.gauss(0, 1)
        took = tuple(math.exp(level + 0.31 * chance.gauss(0, 1)) * MINUTE for _ in range(starts))
        found[model.model_id] = ModelRecord(model.model_id, target=model.target, samples=took)
    return found


NAMES = tuple(f"m{number}" for number in range(10))


def test_ten_models_show_what_a_service_takes() -> None:
    models = compile_text(plant_of(*NAMES))
    (found,) = find_siblings(models.values(), records_of(models)).values()
    assert found.models == 10
    assert 22 * MINUTE < found.usual < 33 * MINUTE
    assert 0.15 < found.between < 0.5
    assert 0.28 < found.spread < 0.34


def test_nine_models_or_nine_starts_of_each_show_nothing() -> None:
    models = compile_text(plant_of(*NAMES))
    records = records_of(models)
    assert find_siblings(list(models.values())[:9], records) == {}
    assert find_siblings(models.values(), records_of(models, starts=9)) == {}


def test_starts_at_another_target_do_not_count() -> None:
    models = compile_text(plant_of(*NAMES))
    records = records_of(models)
    moved = records[ModelId("m0")]
    records[ModelId("m0")] = replace(moved, target=replace(moved.target, region="us-east-1"))
    assert find_siblings(models.values(), records) == {}


def test_only_a_new_model_begins_with_its_siblings_and_it_keeps_what_it_began_with() -> None:
    before = compile_text(plant_of(*NAMES))
    siblings = find_siblings(before.values(), records_of(before))
    after = compile_text(plant_of(*NAMES, "new"), previous=before, siblings=siblings)
    assert {name: model for name, model in after.items() if name != "new"} == before
    new = after[ModelId("new")]
    assert new.learning is not None
    assert new.learning.siblings is not None
    assert new.lead > 50 * MINUTE
    others = {service: replace(each, models=99) for service, each in siblings.items()}
    assert compile_text(plant_of(*NAMES, "new"), previous=after, siblings=others) == after


def test_a_default_lead_or_another_place_has_no_siblings() -> None:
    before = compile_text(plant_of(*NAMES))
    siblings = find_siblings(before.values(), records_of(before))
    for more in (", default_lead: 20m", ", lead: 40m", ", region: us-east-1"):
        new = compile_text(plant_of("new", more=more), siblings=siblings)[ModelId("new")]
        assert new.learning is None or new.learning.siblings is None


def test_a_service_is_never_as_regular_as_a_few_samples_look() -> None:
    models = compile_text(plant_of(*NAMES))
    records = {
        name: ModelRecord(name, target=model.target, samples=(10 * MINUTE,) * 10) for name, model in models.items()
    }
    service = find_service(models[ModelId("m0")].target)
    assert find_siblings(models.values(), records) == {service: Siblings(10, 10 * MINUTE, 0.05, 0.05)}
