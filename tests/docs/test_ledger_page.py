"""docs/ledger.md: it names every attribute, and each of its PartiQL statements finds what its question asks for."""

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from preheat.adapters.dynamodb import columns
from preheat.adapters.dynamodb.stream import LedgerStream
from preheat.adapters.dynamodb.tables import AppliedItem, LedgerItem, ReplyItem
from preheat.domain.demand.request import Reply, RequestId, Subject, Verb
from preheat.domain.plan.applied import AppliedBy, AppliedPlan
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.record import Action, LedgerEntry, Phase

PAGE = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text(encoding="utf-8")
STATEMENTS = [text for text in re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL) if '"LEDGER"' in text]
SEVEN = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
START = LedgerEntry(
    ModelId("solder-joints"),
    1,
    SEVEN,
    Phase.IDLE,
    Phase.STARTING,
    Action.START,
    "Starting",
    Target("solder", "3", Backend.REKOGNITION),
    schedule="early",
    client_token="preheat-start-1-94b1",  # noqa: S106  opens nothing
    attempt=1,
    at_risk=True,
)
HOSTED = replace(
    START,
    sequence=2,
    at=SEVEN + timedelta(minutes=31),
    client_token=None,
    at_risk=None,
    late=True,
    margin=timedelta(seconds=-60),
    time_to_hosted=timedelta(minutes=31),
)
OTHER = replace(START, model_id=ModelId("paint"), client_token="another", at_risk=None)  # noqa: S106  opens nothing
REPLY = Reply(
    RequestId("hold-1"),
    Verb.HOLD,
    Subject(model_id=ModelId("solder-joints")),
    "AROAEXAMPLEROLEID",
    SEVEN,
    accepted=True,
    code="accepted",
    reason="Accepted",
    digest="0",
)


APPLIED = AppliedPlan(12, SEVEN, 14, AppliedBy("arn:aws:sts::111122223333:assumed-role/Ops/ada", "ada", "0" * 64))


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (("ACCESS_KEY_ID", "test"), ("SECRET_ACCESS_KEY", "test"), ("DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        client = boto3.client("dynamodb")
        keys = [("model_id", "HASH", "S"), ("sequence", "RANGE", "N")]
        client.create_table(
            TableName="LEDGER",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind, _ in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": of} for name, _, of in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        stream = LedgerStream("LEDGER")
        for stored in (START, HOSTED, OTHER, REPLY, APPLIED):
            client.put_item(TableName="LEDGER", Item=stream.make_image(stored))
        yield client


def test_each_statement_finds_what_its_question_asks_for(dynamodb: Any) -> None:
    # moto returns no column with a quoted name, although DynamoDB wants the quotes, and knows no literal `true`.
    bare = [re.sub(r'"([a-z]+)"', r"\1", text.strip()) for text in STATEMENTS]
    found = [
        dynamodb.execute_statement(
            Statement=text.replace("= true", "= ?"), **({"Parameters": [{"BOOL": True}]} if "= true" in text else {})
        )["Items"]
        for text in bare
    ]
    since, late, took, token, risk, asked, applied = found
    assert [item["sequence"]["N"] for item in since] == ["1", "2"]
    assert [(item["model_id"]["S"], float(item["margin"]["N"])) for item in late] == [("solder-joints", -60.0)]
    assert [float(item["time_to_hosted"]["N"]) for item in took] == [1860.0]
    assert [(item["sequence"]["N"], item["attempt"]["N"]) for item in token] == [("1", "1")]
    assert [item["model_id"]["S"] for item in risk] == ["solder-joints"]
    assert [(item["verb"]["S"], item["code"]["S"]) for item in asked] == [("hold", "accepted")]
    assert [(item["sequence"]["N"], item["by"]["M"]["session"]["S"]) for item in applied] == [("12", "ada")]


@pytest.mark.parametrize(("kind", "item"), [(LedgerEntry, LedgerItem), (Reply, ReplyItem), (AppliedPlan, AppliedItem)])
def test_the_page_names_each_attribute(kind: type, item: Any) -> None:
    names = {field.name for field in fields(kind)}
    assert names <= item.get_attributes().keys(), "a field without an attribute would be lost"
    assert {name for name in names if f"`{name}`" not in PAGE} == set()


def test_what_dynamodb_reserves_is_quoted() -> None:
    reserved = ("at", "action", "by", "sequence", "session", "units", "begin", "of", "until")
    for text in STATEMENTS:
        assert re.findall(rf'(?<!")\b({"|".join(reserved)})\b(?!")', text) == []


def test_the_page_names_the_schema_that_is_written() -> None:
    assert columns.ENTRY_SCHEMA.oldest == 1, "the page speaks of schema 1"
