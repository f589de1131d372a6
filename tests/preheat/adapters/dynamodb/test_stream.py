"""The ledger's stream: reads images like the store's items, and reports a manual change of the ledger."""

import json
from pathlib import Path
from typing import Any

import pytest

from preheat.adapters.dynamodb.stream import LedgerStream, Tampered, read_key
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import Reply
from preheat.domain.record.record import LedgerEntry

EVENTS = Path(__file__).parents[4] / "events"


def records(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((EVENTS / f"{name}.json").read_text())["Records"]
    return found


@pytest.fixture
def stream() -> LedgerStream:
    return LedgerStream("ledger")


def test_an_entry_and_a_reply_are_read_as_what_they_are(stream: LedgerStream) -> None:
    reply, start, ready = map(stream.read, records("publish-appended"))
    assert isinstance(reply, Reply)
    assert isinstance(start, LedgerEntry)
    assert isinstance(ready, LedgerEntry)
    assert (reply.request_id, start.sequence, ready.requests) == ("night-7", 1, ("night-7",))


def test_what_is_changed_or_deleted_is_reported_whatever_its_image(stream: LedgerStream) -> None:
    changed, removed = records("publish-tampered")
    changed["dynamodb"]["NewImage"] = {"nonsense": {"S": "x"}}
    assert stream.read(changed) == Tampered("weld-seams/1", "MODIFY")
    assert stream.read(removed) == Tampered("weld-seams/2", "REMOVE")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record["dynamodb"].pop("NewImage"),
        lambda record: record.update(eventName="UPSERT"),
        lambda record: record["dynamodb"]["NewImage"].update(schema={"N": "99"}),
        lambda record: record["dynamodb"]["NewImage"].update(body={"S": "{"}),
        lambda record: record["dynamodb"]["NewImage"].update(body={"N": "1"}),
        lambda record: record["dynamodb"]["NewImage"].pop("action"),
    ],
    ids=["no image", "no such change", "a newer schema", "no JSON", "another type", "no action"],
)
@pytest.mark.parametrize("place", [1, 2])
def test_what_cannot_be_read_is_named_by_its_key(stream: LedgerStream, spoil: Any, place: int) -> None:
    record = records("publish-appended")[place]
    spoil(record)
    with pytest.raises(UnreadableItem, match=f"weld-seams/{place}"):
        stream.read(record)


def test_a_record_without_keys_is_shown_with_question_marks() -> None:
    assert read_key({}) == "?/?"
