"""The price of an hour of a SageMaker endpoint: from the plant file, or the list price of its region."""

from decimal import Decimal

import pytest
from tests.support.day import MIDNIGHT

from preheat_plantfile.compiling.plan import compile_models
from preheat_plantfile.compiling.terms import Price, terms_of
from preheat_plantfile.reading import PlantFileError, parse_plant

PLANT = """version: 1
{more}
schedules:
  early:
    zone: Europe/Berlin
    windows:
      - {{days: mon-fri, start: "06:00", end: "14:00"}}
models:
  weld:
    backend: sagemaker
    endpoint: line-weld
    config: line-weld-1
    schedules: [early]
    {fields}
"""
OURS = "tariffs: {sagemaker: {instance_hour: {ml.g4dn.xlarge: 0.9}, currency: EUR}}"

ENDPOINT = "tariffs: {sagemaker: {unit_hour: 2}}"
BOTH = "tariffs: {sagemaker: {unit_hour: 2, instance_hour: {ml.g5.xlarge: 1.5}}}"


def price(fields: str, more: str = "") -> Price | None:
    plant = parse_plant(PLANT.format(fields=fields, more=more).encode(), "plant.yaml")
    return terms_of(plant).find_price("weld", "sagemaker")


@pytest.mark.parametrize(
    ("fields", "more", "expected"),
    [
        ("region: us-east-1\n    instances: {ml.g4dn.xlarge: 2}", "", Price(Decimal("1.4728"))),
        ("instances: {ml.g4dn.xlarge: 1, ml.m5.large: 2}", "defaults: {region: us-east-1}", Price(Decimal("0.9664"))),
        ("instances: {ml.g4dn.xlarge: 2}", OURS, Price(Decimal("1.8"), "EUR")),
        ("region: us-east-1\n    instances: {ml.g4dn.xlarge: 2}", OURS, Price(Decimal("1.8"), "EUR")),
        # Preheat guesses nothing: of another region, of a type without a price, in two currencies, without instances.
        ("region: eu-central-1\n    instances: {ml.g4dn.xlarge: 1}", "", None),
        ("instances: {ml.g4dn.xlarge: 1}", "", None),
        ("region: us-east-1\n    instances: {ml.g4dn.xlarge: 1, ml.p9.xlarge: 1}", "", None),
        ("region: us-east-1\n    instances: {ml.g4dn.xlarge: 1, ml.m5.large: 1}", OURS, None),
        ("region: us-east-1", "", None),
        # The file's price of an endpoint is for those whose instances have none in it, and goes before the list.
        ("region: us-east-1", ENDPOINT, Price(Decimal(2))),
        ("region: us-east-1\n    instances: {ml.m5.large: 1}", ENDPOINT, Price(Decimal(2))),
        ("instances: {ml.g5.xlarge: 2}", BOTH, Price(Decimal(3))),
    ],
)
def test_an_hour_of_an_endpoint_costs_what_its_instances_cost(fields: str, more: str, expected: Price | None) -> None:
    assert price(fields, more) == expected


@pytest.mark.parametrize(
    ("fields", "more", "named"),
    [
        ("instances: {g4dn.xlarge: 1}", "", "a SageMaker instance type such as ml.g4dn.xlarge"),
        ("instances: {ml.g4dn.xlarge: 0}", "", "1"),
        ("", "tariffs: {sagemaker: {currency: EUR}}", "unit_hour, or instance_hour"),
        (
            "late_cost_per_minute: 2\n    instances: {ml.p9.xlarge: 1}\n    region: us-east-1",
            "",
            "no price of sagemaker",
        ),
        ("late_cost_per_minute: 2", OURS, "no price of sagemaker"),
    ],
)
def test_a_price_that_is_wrong_or_missing_is_named(fields: str, more: str, named: str) -> None:
    with pytest.raises(PlantFileError, match=named):
        price(fields, more)


def test_the_late_target_follows_from_the_price_of_the_instances() -> None:
    def target(instances: str) -> float:
        fields = f"late_cost_per_minute: 20\n    region: us-east-1\n    instances: {instances}"
        plant = parse_plant(PLANT.format(fields=fields, more="").encode(), "plant.yaml")
        (model,) = compile_models(plant, now=MIDNIGHT, previous={})
        assert model.learning is not None
        return model.learning.late_target

    assert target("{ml.m5.large: 1}") < target("{ml.g4dn.16xlarge: 4}")
