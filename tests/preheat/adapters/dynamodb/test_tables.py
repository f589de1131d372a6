"""The table classes are the tables that the template makes."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pynamodb.models import Model
from ruamel.yaml import YAML

from preheat.adapters.dynamodb.connection import TableNames, Tables
from preheat.adapters.dynamodb.items import SHARDS, pick_shard
from preheat.adapters.dynamodb.tables import LedgerItem, PlanItem, RecordItem, ReplyItem, RequestItem
from preheat.domain.plan.plan import ModelId

TEMPLATE = Path(__file__).parents[4] / "template.yaml"


@pytest.fixture(scope="session")
def resources() -> dict[str, Any]:
    """The template's resources; its own tags become plain values."""
    resources: dict[str, Any] = YAML().load(TEMPLATE)["Resources"]
    return resources


@pytest.mark.parametrize(
    ("kind", "resource"), [(RecordItem, "ModelsTable"), (LedgerItem, "LedgerTable"), (PlanItem, "PlansTable")]
)
def test_keys_and_indexes_are_those_of_the_template(
    kind: type[Model], resource: str, resources: dict[str, Any]
) -> None:
    properties, schema = resources[resource]["Properties"], kind._get_schema()
    assert _pairs(schema["key_schema"], "KeyType") == _pairs(properties["KeySchema"], "KeyType")
    assert _pairs(schema["attribute_definitions"], "AttributeType") == _pairs(
        properties["AttributeDefinitions"], "AttributeType"
    )
    declared = {
        index["IndexName"]: (_pairs(index["KeySchema"], "KeyType"), index["Projection"]["ProjectionType"])
        for index in properties.get("GlobalSecondaryIndexes", [])
    }
    assert declared == {
        index["index_name"]: (_pairs(index["key_schema"], "KeyType"), index["projection"]["ProjectionType"])
        for index in schema["global_secondary_indexes"]
    }


@pytest.mark.parametrize(("kind", "of"), [(RequestItem, RecordItem), (ReplyItem, LedgerItem)])
def test_what_shares_a_table_shares_its_keys(kind: type[Model], of: type[Model]) -> None:
    keys = _pairs(of._get_schema()["key_schema"], "KeyType")
    schema = kind._get_schema()
    assert _pairs(schema["key_schema"], "KeyType") == keys
    types = _pairs(schema["attribute_definitions"], "AttributeType")
    assert types.items() <= _pairs(of._get_schema()["attribute_definitions"], "AttributeType").items()


def test_what_is_over_is_deleted_by_the_attribute_that_says_when(resources: dict[str, Any]) -> None:
    for name, item in (("ModelsTable", RequestItem), ("LedgerTable", ReplyItem)):
        assert resources[name]["Properties"]["TimeToLiveSpecification"] == {
            "AttributeName": item.expires_at.attr_name,
            "Enabled": True,
        }
    assert "expires_at" not in LedgerItem.get_attributes(), "an entry of a ledger stays for ever"
    assert [name for name, table in resources.items() if "TimeToLive" in str(table)] == ["ModelsTable", "LedgerTable"]


def _pairs(rows: Any, kind: str) -> dict[str, str]:
    return {row["AttributeName"]: row[kind] for row in rows}


def test_two_bindings_live_side_by_side_and_each_has_one_client() -> None:
    first, second = _Client("eu-central-1"), _Client("us-east-1")
    one = Tables(TableNames("m1", "l1", "p1"), first)
    two = Tables(TableNames("m2", "l2", "p2"), second)
    assert (one.records.Meta.table_name, two.records.Meta.table_name) == ("m1", "m2")
    for tables, client in ((one, first), (two, second)):
        for table in (tables.records, tables.ledger, tables.plans, tables.requests, tables.replies):
            assert table._get_connection().connection.client is client


class _Client:
    """The part of a client that a binding reads."""

    def __init__(self, region: str) -> None:
        events = SimpleNamespace(register=lambda *_: None)
        self.meta = SimpleNamespace(region_name=region, events=events)


def test_a_model_stays_in_its_shard_for_ever_and_shards_share_the_load() -> None:
    assert [pick_shard(ModelId(name)) for name in ("weld-seams", "paint", "a", "0")] == ["3", "3", "3", "1"]
    counts = dict.fromkeys(SHARDS, 0)
    for number in range(1000):
        counts[pick_shard(ModelId(f"line-{number}"))] += 1
    assert min(counts.values()) > 150
