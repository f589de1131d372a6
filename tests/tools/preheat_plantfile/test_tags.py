"""Tags in a plant file: of the defaults and of a model, and what AWS would refuse of them."""

from datetime import UTC, datetime

import pytest

from preheat.domain.plan.plan import Tags
from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.reading import PlantFileError, parse_plant

PLANT = """version: 1
{defaults}schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {{days: mon-fri, start: "06:00", end: "14:00"}}
models:
  weld:
    backend: sagemaker
    endpoint: line-weld
    config: line-weld-v1
    schedules: [early]
{more}"""


def tags_of(defaults: str = "", more: str = "") -> Tags:
    text = PLANT.format(defaults=defaults, more=more)
    (model,) = compile_models(
        parse_plant(text.encode(), "plant.yaml"), now=datetime(2026, 11, 23, tzinfo=UTC), previous={}
    )
    return model.tags


def test_a_models_tags_come_on_top_of_the_defaults() -> None:
    found = tags_of('defaults:\n  tags: {CostCenter: "1", Owner: plant}\n', '    tags: {CostCenter: "2"}\n')
    assert dict(found) == {"CostCenter": "2", "Owner": "plant"}


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("{CostCenter: 4711}", "keys and texts"),
        ("[CostCenter]", "keys and texts"),
        ('{"aws:owner": x}', "no start of aws:"),
        ('{"preheat:managed-by": x}', "no start of aws: or preheat:"),
        ('{"": x}', "1 to 128"),
        ('{a: "' + "x" * 257 + '"}', "at most 256"),
        ('{a: "semi;colon"}', "at most 256"),
        ("{" + ", ".join(f"k{number}: x" for number in range(41)) + "}", "at most 40"),
    ],
)
def test_what_aws_would_refuse_is_named_with_its_place(tags: str, said: str) -> None:
    with pytest.raises(PlantFileError) as raised:
        tags_of(more=f"    tags: {tags}\n")
    assert "plant.yaml:13:" in str(raised.value)
    assert said in str(raised.value)


def test_a_model_whose_service_creates_nothing_takes_no_tags() -> None:
    text = PLANT.format(defaults="", more='    tags: {a: "1"}\n').replace("backend: sagemaker", "backend: rekognition")
    text = text.replace("endpoint: line-weld\n", "project: line-weld\n").replace("config:", "version:")
    with pytest.raises(PlantFileError, match="tags"):
        parse_plant(text.encode(), "plant.yaml")
