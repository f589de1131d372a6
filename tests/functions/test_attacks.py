"""Attacks on the functions: forged events, messages and words of services, each sent to the real handler in process.

A test passes if nothing changes that must not, and nothing reaches the log or the metrics.
"""

import json
import time
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from tests.support.functions import CONTEXT, StackInProcess, event, function

from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import RequestId, Subject
from preheat.domain.plan.plan import Backend, ModelId
from preheat.observability.metrics import SERVICE

WELD = ModelId("weld-seams")
EMF = '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "Preheat", "Metrics": [{"Name": "StartsLate"}]}]}}'
FOREIGN_QUEUE = "arn:aws:sqs:eu-central-1:999988887777:replies"


def message(body: Any, sender: str = "AROAEXAMPLELINE7:line-7") -> dict[str, Any]:
    """Return an event with one request message."""
    sent: dict[str, Any] = event("requests-hold")
    sent["Records"][0]["body"] = body if isinstance(body, str) else json.dumps(body)
    sent["Records"][0]["attributes"]["SenderId"] = sender
    return sent


def hold(**changes: Any) -> dict[str, Any]:
    body = {"version": 1, "request_id": "attack-1", "verb": "hold", "model": WELD, "duration": "2h"}
    return {name: value for name, value in (body | changes).items() if value is not None}


REFUSED: dict[str, Any] = {
    "a number that is infinite": '{"version": 1, "request_id": "a", "verb": "hold", "priority": 1e999}',
    "a number that is none": '{"version": 1, "request_id": "a", "verb": "hold", "units": NaN}',
    "a number of 4,000 digits": json.dumps(hold()).replace('"2h"', '"2h", "units": 1' + "0" * 3500),
    "true for a number": hold(units=True),
    "a thousand units": hold(units=1000),
    "ten thousand brackets": "[" * 2000 + "]" * 2000,
    "a body of 200 KB": hold(reason="x" * 200_000),
    "a duration of years": hold(duration="999h9999m"),
    "an instant of the year 9999": hold(duration=None, until="9999-12-31T23:59:59Z"),
    "a control character in the id": hold(request_id="a\u0000b"),
    "an id of the ledger's own": hold(request_id="request#a"),
    "an id that only Preheat gives": hold(request_id="unreadable-1"),
    "a partition of another subject": hold(model="schedule#always"),
    "a path as a model": hold(model="../../weld-seams"),
    "a model in capitals": hold(model="WELD-SEAMS"),
    "a model and a schedule": hold(schedule="always"),
    "a field of the store": hold(version=1, wake_at="2026-01-01T00:00:00Z"),
    "an embedded metric": hold(_aws={"Timestamp": 1}),
    "a reply queue of another account": hold(reply_to=FOREIGN_QUEUE),
    "a reply address that is no queue": hold(reply_to="http://169.254.169.254/latest/meta-data"),
    "a direction mark in the reason": hold(reason="line \u202edown"),
    "a zero width space in the requester": hold(requester="ma\u200bria"),
    "a tag character in the reason": hold(reason="down\U000e0041"),
    "half of a pair": '{"version": 1, "request_id": "a", "verb": "hold", "model": "weld-seams", "reason": "\\ud800"}',
    "a key that comes twice": '{"version": 1, "version": 1}',
    "an event of the bus from a role": json.loads(event("requests-event-of-a-role")["Records"][0]["body"]),
    "a list": [hold()],
    "nothing": "",
    "null": "null",
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_hostile_request_changes_nothing_and_reaches_neither_log_nor_metrics(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    stack.apply(WELD)
    before = stack.store.load(WELD)
    began = time.process_time()
    assert function("requests").handler(message(REFUSED[name]), CONTEXT) == {"batchItemFailures": []}
    assert time.process_time() - began < 5
    assert stack.store.load(WELD) == before
    assert stack.store.read_standings(Subject(WELD), datetime.now(UTC)).requests == ()
    assert stack.messages() == []
    said = capsys.readouterr().out
    for line in filter(lambda text: '"_aws"' in text, said.splitlines()):
        metrics = json.loads(line)["_aws"]["CloudWatchMetrics"]
        assert [(one["Namespace"], one["Dimensions"]) for one in metrics] == [("Preheat", [["service"]])]
        assert json.loads(line)["service"] == SERVICE
    assert not [each for each in said if not (each.isprintable() or each == "\n")]


@pytest.mark.parametrize(
    "requester", ["admin", "AROAEXAMPLECONTROL", "AROAEXAMPLECONTROL:root", "account:111122223333"]
)
def test_who_claims_to_be_an_admin_in_the_body_is_none(stack: StackInProcess, requester: str) -> None:
    stack.apply(WELD)
    requests = function("requests")
    requests.handler(message(hold(request_id="theirs"), "AROASOMEBODYELSE1:x"), CONTEXT)
    release = {"version": 1, "request_id": "mine", "verb": "release", "model": WELD, "of": "theirs"}
    requests.handler(message(release | {"requester": requester}), CONTEXT)
    standing = stack.store.find_standing(Subject(WELD), RequestId("theirs"))
    assert standing is not None
    assert standing.released_at is None


@pytest.mark.parametrize(
    "changed",
    [
        {"detail": []},
        {"detail": {"EndpointName": ["plant-weld-seams"]}},
        {"detail": {"EndpointName": "x" * 100_000}},
        {"detail": {"EndpointName": "plant-weld-seams\n"}},
        {"detail": {"EndpointName": "../plant-weld-seams"}},
        {"detail-type": "AWS API Call via CloudTrail", "detail": {"eventName": "DeleteTable"}},
        {"detail-type": "AWS API Call via CloudTrail", "detail": {"eventSource": {}, "eventName": []}},
        {"region": 7},
        {"region": None},
    ],
)
def test_a_forged_event_wakes_nothing(stack: StackInProcess, changed: dict[str, Any]) -> None:
    stack.apply(WELD, backends={WELD: Backend.SAGEMAKER})
    forged = event("watch-endpoint-in-service") | changed
    with pytest.raises(UnreadableItem):
        function("watch").handler(forged, CONTEXT)
    assert stack.messages() == []


def test_a_forged_event_of_a_service_starts_and_stops_nothing_because_only_the_service_is_believed(
    stack: StackInProcess,
) -> None:
    stack.apply(WELD, backends={WELD: Backend.SAGEMAKER})
    function("watch").handler(event("watch-endpoint-failed"), CONTEXT)
    assert stack.messages() == ['{"model_id": "weld-seams"}']  # a look is all that it costs
    assert stack.store.read_ledger(WELD) == ()


@pytest.mark.parametrize(
    "body", ['{"model_id": "../x"}', '{"model_id": ["weld-seams"]}', '{"model_id": "' + "a" * 70 + '"}', "[]", EMF]
)
def test_a_forged_work_message_is_returned_and_changes_nothing(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str], body: str
) -> None:
    stack.apply(WELD)
    forged = event("reconcile-one-message")
    forged["Records"][0]["body"] = body
    assert len(function("reconcile").handler(forged, CONTEXT)["batchItemFailures"]) == 1
    assert stack.store.read_ledger(WELD) == ()
    assert "CloudWatchMetrics" not in capsys.readouterr().out


def test_a_forged_entry_in_the_stream_is_reported_as_tampering_and_not_published(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = event("publish-appended")
    forged["Records"] = forged["Records"][:1]
    forged["Records"][0]["eventName"] = "MODIFY"
    function("publish").handler(forged, CONTEXT)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [line["LedgerTampered"] for line in lines] == [[1.0]]


HOSTILE = f"Failed\n\x1b[2J\x1b]0;owned\x07\u202e{EMF}\r\n2026-11-29 ERROR forged line \u200b" + "x" * 5000


def test_the_words_of_a_service_forge_no_line_no_metric_and_no_escape(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.apply(WELD, backends={WELD: Backend.SAGEMAKER})
    reconcile = function("reconcile")
    reconcile.handler(event("reconcile-one-message"), CONTEXT)
    capsys.readouterr()
    stack.store.wake(WELD, datetime.now(UTC))

    def answer(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        parsed.update(EndpointStatus="Failed", FailureReason=HOSTILE)

    hosting: Any = reconcile.reconciler.remote.hosting._clients
    client = hosting(stack.target(WELD, Backend.SAGEMAKER))
    client.meta.events.register("after-call.sagemaker.DescribeEndpoint", answer)
    reconcile.handler(event("reconcile-one-message"), CONTEXT)
    said = capsys.readouterr().out
    for line in said.splitlines():
        assert "StartsLate" not in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", [{}])[0].get("Metrics", "")
    record = stack.store.load(WELD)
    assert record is not None
    for text in [record.status, *(entry.reason for entry in stack.store.read_ledger(WELD))]:
        assert text.isprintable()
        assert len(text) < 2000


def test_a_queue_by_a_foreign_address_is_asked_of_aws_and_not_of_the_address() -> None:
    session = botocore.session.get_session()
    session.set_credentials("test", "test")
    client = session.create_client(
        "sqs", region_name="eu-central-1", endpoint_url="https://sqs.eu-central-1.amazonaws.com"
    )
    asked: list[str] = []

    def note(request: Any, **_: Any) -> None:
        asked.append(request.url)
        raise InterruptedError

    client.meta.events.register("before-send.sqs", note)
    with pytest.raises(InterruptedError):
        client.get_queue_attributes(QueueUrl="https://attacker.example/123456789012/q")
    assert asked == ["https://sqs.eu-central-1.amazonaws.com/"]


def test_one_sender_fills_no_table_and_keeps_no_other_from_being_answered(stack: StackInProcess) -> None:
    stack.apply(WELD)
    requests = function("requests")
    for number in range(60):
        requests.handler(message(hold(request_id=f"flood-{number}")), CONTEXT)
    kept = stack.store.read_standings(Subject(WELD), datetime.now(UTC)).requests
    assert len(kept) < 60
    requests.handler(
        message({"version": 1, "request_id": "ask", "verb": "status", "model": WELD}, "AROAOTHER1:x"), CONTEXT
    )
    reply = stack.store.find_reply(RequestId("ask"))
    assert reply is not None
    assert reply.accepted
