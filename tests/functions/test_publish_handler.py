"""The function `publish`, fed with the ledger's stream: what reaches bus, queues and metrics, and what comes again."""

import json
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest
from tests.support.functions import CONTEXT, StackInProcess, event, function

from preheat.app.ports.errors import EventsUnavailable, QueueUnavailable
from preheat.app.publish import SCHEDULES_MAX


@pytest.fixture
def publish(stack: StackInProcess) -> ModuleType:
    module = function("publish")
    module.put = []  # type: ignore[attr-defined]  # what its client puts onto the bus

    def note(params: dict[str, Any], **_: Any) -> None:
        module.put.extend(json.loads(params["body"])["Entries"])

    module.publisher.outbox._events._client.meta.events.register("before-call.events.PutEvents", note)
    return module


def list_events(publish: ModuleType) -> list[tuple[str, str | None]]:
    """Return the events on the bus: kind and request id."""
    assert {entry["EventBusName"] for entry in publish.put} <= {"preheat-line"}
    found = [(entry["DetailType"], json.loads(entry["Detail"]).get("request_id")) for entry in publish.put]
    return sorted(found, key=str)


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]


READY = [("Model Ready", "night-7"), ("Model Ready", None)]


def test_what_is_appended_is_reported_on_the_bus_in_the_reply_queue_and_as_metrics(
    stack: StackInProcess, publish: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish.handler(event("publish-appended"), CONTEXT) == {"batchItemFailures": []}
    assert list_events(publish) == [*READY, ("Request Accepted", "night-7")]
    (reply,) = map(json.loads, stack.messages("replies"))
    assert (reply["detail-type"], reply["code"]) == ("Request Accepted", "accepted")
    (metric,) = metrics(capsys)
    assert (metric["StartsOnTime"], metric["TimeToHosted"], metric["model_id"]) == ([1.0], [1200.0], "weld-seams")


def test_what_cannot_be_read_is_set_aside_and_holds_nothing_up(
    stack: StackInProcess, publish: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    assert publish.handler(event("publish-one-unreadable-of-three"), CONTEXT) == {"batchItemFailures": []}
    assert list_events(publish) == READY
    (aside,) = map(json.loads, stack.messages("unpublished"))
    assert aside["key"] == "weld-seams/1"
    assert "schema: 99 is not 1" in aside["reason"]
    assert "moved to the unpublished queue" in caplog.text


def test_a_bug_costs_one_entry_its_events_and_no_shard(
    stack: StackInProcess, publish: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish.publisher.outbox, "_events", None)
    assert publish.handler(event("publish-appended"), CONTEXT) == {"batchItemFailures": []}
    aside = sorted(json.loads(text)["key"] for text in stack.messages("unpublished"))
    assert aside == ["request#night-7/1", "weld-seams/2"]


def test_an_entry_whose_events_are_refused_still_counts(
    stack: StackInProcess, publish: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(publish.publisher.outbox, "_events", None)
    publish.handler(event("publish-appended"), CONTEXT)
    assert [metric["StartsOnTime"] for metric in metrics(capsys)] == [[1.0]]


def test_a_manual_change_of_the_ledger_is_an_error_and_a_metric_and_no_event(
    stack: StackInProcess, publish: ModuleType, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert publish.handler(event("publish-tampered"), CONTEXT) == {"batchItemFailures": []}
    found = [record for record in caplog.records if record.message == "ledger changed by hand"]
    assert [(record.levelname, record.__dict__["change"]) for record in found] == [
        ("ERROR", "MODIFY"),
        ("ERROR", "REMOVE"),
    ]
    assert [metric["LedgerTampered"] for metric in metrics(capsys)] == [[1.0], [1.0]]
    assert list_events(publish) == []


def make_removal(key: str, by: object) -> dict[str, Any]:
    """Return a record of the stream for an item of the ledger that somebody has deleted."""
    keys = {"model_id": {"S": key}, "sequence": {"N": "1"}}
    record = {"eventName": "REMOVE", "dynamodb": {"Keys": keys, "SequenceNumber": "1", "StreamViewType": "NEW_IMAGE"}}
    return record | ({"userIdentity": by} if by is not None else {})


BY_TTL = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def test_a_reply_whose_time_is_over_is_no_manual_change(
    stack: StackInProcess, publish: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish.handler({"Records": [make_removal("request#night-7", BY_TTL)]}, CONTEXT) == {"batchItemFailures": []}
    assert list_events(publish) == []
    assert metrics(capsys) == []
    assert stack.messages("unpublished") == []


@pytest.mark.parametrize(
    ("key", "by"),
    [
        ("request#night-7", None),
        ("request#night-7", {"type": "Service", "principalId": "somebody.amazonaws.com"}),
        ("request#night-7", {"type": "User", "principalId": "dynamodb.amazonaws.com"}),
        ("weld-seams", BY_TTL),
        ("plan#", BY_TTL),
    ],
)
def test_any_other_deletion_is_one(
    publish: ModuleType, capsys: pytest.CaptureFixture[str], key: str, by: object
) -> None:
    assert publish.handler({"Records": [make_removal(key, by)]}, CONTEXT) == {"batchItemFailures": []}
    assert [metric["LedgerTampered"] for metric in metrics(capsys)] == [[1.0]]


@pytest.mark.parametrize("error", [EventsUnavailable, QueueUnavailable])
def test_what_cannot_leave_comes_again_with_all_after_it_and_counts_once(
    stack: StackInProcess,
    publish: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: type[Exception],
) -> None:
    samples = event("publish-appended")
    real, calls = publish.publisher.outbox.publish, []

    def once(entry: Any) -> Any:
        calls.append(entry)
        if len(calls) == 3:
            raise error("down")
        return real(entry)

    monkeypatch.setattr(type(publish.publisher.outbox), "publish", lambda _self, entry: once(entry))
    last = samples["Records"][2]["dynamodb"]["SequenceNumber"]
    assert publish.handler(samples, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": last}]}
    assert len(metrics(capsys)) == 1
    assert publish.handler({"Records": samples["Records"][2:]}, CONTEXT) == {"batchItemFailures": []}
    assert list_events(publish) == [*READY, ("Request Accepted", "night-7")]
    assert metrics(capsys) == []


@pytest.mark.parametrize("error", [EventsUnavailable, QueueUnavailable])
def test_metrics_do_not_wait_for_a_bus_that_is_out_of_reach(
    stack: StackInProcess,
    publish: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: type[Exception],
) -> None:
    def down(_self: Any, _entry: Any) -> None:
        raise error("down")

    monkeypatch.setattr(type(publish.publisher.outbox), "publish", down)
    samples = event("publish-appended")
    samples["Records"] = samples["Records"][::-1]  # whatever blocks the shard, what lies behind it counts
    for attempt in range(5):
        assert len(publish.handler(samples, CONTEXT)["batchItemFailures"]) == 1
        assert [metric["StartsOnTime"] for metric in metrics(capsys)] == ([[1.0]] if attempt == 0 else [])


def test_what_has_no_metrics_costs_no_other_record_its_own(
    stack: StackInProcess, publish: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_entry: Any, **_: Any) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(publish.telemetry, "emit_entry", broken)
    assert publish.handler(event("publish-appended"), CONTEXT) == {"batchItemFailures": []}
    assert list_events(publish) == [*READY, ("Request Accepted", "night-7")]
    assert stack.messages("unpublished") == []
    assert "no metrics" in caplog.text


def test_nothing_after_what_cannot_leave_is_tried(
    stack: StackInProcess, publish: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_self: Any, _entry: Any) -> None:
        raise EventsUnavailable("down")

    monkeypatch.setattr(type(publish.publisher.outbox), "publish", down)
    first = event("publish-appended")["Records"][0]["dynamodb"]["SequenceNumber"]
    assert publish.handler(event("publish-appended"), CONTEXT) == {"batchItemFailures": [{"itemIdentifier": first}]}
    assert list_events(publish) == []


def test_what_can_neither_be_published_nor_set_aside_comes_again(
    stack: StackInProcess, publish: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> None:
        raise QueueUnavailable("down")

    monkeypatch.setattr(type(publish.publisher.replies), "send", down)
    samples = event("publish-one-unreadable-of-three")
    unreadable = samples["Records"][1]["dynamodb"]["SequenceNumber"]
    assert publish.handler(samples, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": unreadable}]}


def test_a_batch_that_comes_twice_is_published_twice_under_the_same_ids(
    stack: StackInProcess, publish: ModuleType
) -> None:
    for _ in range(2):
        publish.handler(event("publish-appended"), CONTEXT)
    ids = [json.loads(entry["Detail"])["event_id"] for entry in publish.put]
    assert (len(ids), len(set(ids))) == (6, 3)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize("schedules", [SCHEDULES_MAX, 1_000])
def test_no_number_of_schedules_makes_more_series_of_metrics_than_the_limit(
    publish: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], schedules: int
) -> None:
    ready = publish.publisher.stream.read(event("publish-appended")["Records"][2])
    entries = [replace(ready, schedule=f"shift-{number}", sequence=number + 3) for number in range(schedules)]
    numbered = iter([*entries, *(replace(one, sequence=one.sequence + schedules) for one in entries)])
    monkeypatch.setattr(type(publish.publisher.stream), "read", lambda _self, _record: next(numbered))
    monkeypatch.setattr(publish, "publish", lambda _record: None)
    for _ in range(2):
        publish.handler({"Records": [{}] * schedules}, CONTEXT)
    emitted = metrics(capsys)
    assert len(emitted) == 2 * schedules  # each entry counts, with the schedule or without
    sets = [each["_aws"]["CloudWatchMetrics"][0]["Dimensions"] for each in emitted]
    assert all(["service"] in each for each in sets)
    named = {each["schedule"] for each, of in zip(emitted, sets, strict=True) if ["service", "schedule"] in of}
    assert len(named) == SCHEDULES_MAX
    again = sets[schedules:]
    assert all((["service", "schedule"] in each) is (schedules <= SCHEDULES_MAX) for each in again)
