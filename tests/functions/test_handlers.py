"""Each function, fed with every sample event: real handlers, DynamoDB and SQS in process, the simulator on loopback."""

import io
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session
from tests.support.functions import CONTEXT, EVENTS, NAMES, StackInProcess, event, function

from preheat.adapters.dynamodb.fleet import DynamoFleet
from preheat.adapters.dynamodb.plans import DynamoPlans
from preheat.adapters.dynamodb.records import DynamoRecords
from preheat.adapters.dynamodb.requests import DynamoRequests
from preheat.app.audit.audit import Audit, Audited
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    StoreUnavailable,
    UnreadableItem,
)
from preheat.app.ports.hosting import Site
from preheat.domain.demand.request import RequestId, Subject
from preheat.domain.plan.plan import Backend, ModelId
from preheat.domain.record.record import Phase
from preheat.observability import correlation
from preheat.observability.logs import logger
from preheat_simulator.core.status import Operation

WELD, PAINT = ModelId("weld-seams"), ModelId("paint-shop")
# The answer to each sample: of messages the places of those that must come again; None: no answer.
RETURNED: dict[str, list[int] | dict[str, Any] | None] = {
    "audit-scheduled": {"at_risk": 0},
    "publish-appended": {"batchItemFailures": []},
    "publish-one-unreadable-of-three": {"batchItemFailures": []},
    "publish-tampered": {"batchItemFailures": []},
    "tick-scheduled": {"sent": 2},
    "watch-call-unnamed": None,
    "watch-endpoint-created-by-us": {"woken": 0},
    "watch-endpoint-deleted-by-a-person": {"woken": 1},
    "watch-component-set-to-zero-by-a-person": {"woken": 0},
    "watch-model-refused-to-start": {"woken": 0},
    "watch-model-stopped-by-a-person": {"woken": 1},
    "watch-version-started-by-a-user": {"woken": 1},
    "watch-endpoint-in-service": {"woken": 1},
    "watch-endpoint-failed": {"woken": 1},
    "watch-endpoint-of-nobody": {"woken": 0},
    "watch-endpoint-unnamed": None,
    "reconcile-one-message": [],
    "reconcile-unknown-model": [],
    "reconcile-duplicate-messages": [],
    "reconcile-one-unreadable-of-three": [1],
    "reconcile-not-json": [0],
    "reconcile-unknown-field": [],
    "reconcile-forged-metric": [],
    "requests-hold": [],
    "requests-hold-of-a-schedule": [],
    "requests-block": [],
    "requests-release": [],
    "requests-unblock": [],
    "requests-extend": [],
    "requests-schedule-put": [],
    "requests-start": [],
    "requests-stop": [],
    "requests-stop-now": [],
    "requests-status": [],
    "requests-the-same-twice": [],
    "requests-event": [],
    "requests-event-of-a-role": [],
    "requests-invalid": [],
    "requests-not-json": [],
    "requests-named-twice": [],
}


def test_every_sample_event_has_its_expectation() -> None:
    assert {path.stem for path in EVENTS.glob("*.json")} == set(RETURNED)


@pytest.mark.parametrize("name", RETURNED)
def test_a_function_takes_its_sample_event(stack: StackInProcess, name: str) -> None:
    kind, expected = name.split("-", maxsplit=1)[0], RETURNED[name]
    services = {"watch-version": Backend.REKOGNITION, "watch-endpoint": Backend.SAGEMAKER}
    backend = services.get("-".join(name.split("-")[:2]), Backend.LOOKOUT_VISION)
    stack.apply(WELD, PAINT, backends={WELD: backend})
    if expected is None:
        with pytest.raises(UnreadableItem):
            function(kind).handler(event(name), CONTEXT)
        return
    answer = function(kind).handler(event(name), CONTEXT)
    if isinstance(expected, dict):
        assert answer == expected
        return
    records = event(name)["Records"]
    failed = [{"itemIdentifier": records[place]["messageId"]} for place in expected]
    assert answer == {"batchItemFailures": failed}


def test_a_message_starts_its_model_and_a_duplicate_does_not_start_it_again(stack: StackInProcess) -> None:
    stack.apply(WELD)
    reconcile = function("reconcile")
    reconcile.handler(event("reconcile-duplicate-messages"), CONTEXT)
    assert stack.simulator.simulator.service.call_log.count_changes(Operation.START_MODEL) == 1
    record = stack.store.load(WELD)
    assert record is not None
    assert record.phase is Phase.STARTING


def test_a_message_of_a_round_of_one_model_is_a_pass(stack: StackInProcess) -> None:
    stack.apply(WELD)
    sent = event("reconcile-one-message")
    sent["Records"][0]["body"] = json.dumps({"model_id": WELD, "glances": [WELD]})
    function("reconcile").handler(sent, CONTEXT)
    assert stack.simulator.simulator.service.call_log.count_changes(Operation.START_MODEL) == 1


@pytest.mark.parametrize("backend", [Backend.REKOGNITION, Backend.SAGEMAKER])
def test_a_message_starts_its_model_on_whichever_service_hosts_it(stack: StackInProcess, backend: Backend) -> None:
    stack.apply(WELD, backends={WELD: backend})
    function("reconcile").handler(event("reconcile-one-message"), CONTEXT)
    service = stack.simulator.simulator.services[backend]
    assert service.call_log.count_changes(service.words.start) == 1
    record = stack.store.load(WELD)
    assert record is not None
    assert record.phase is Phase.STARTING
    if backend is Backend.SAGEMAKER:
        arn = "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/plant-weld-seams"
        tags = stack.simulator.simulator.sagemaker.list_tags(arn)
        assert tags == [{"Key": "preheat:managed-by", "Value": "preheat-line"}]


def test_an_event_of_an_endpoint_has_its_model_checked_now(stack: StackInProcess) -> None:
    stack.apply(WELD, PAINT, backends={WELD: Backend.SAGEMAKER})
    reconcile = function("reconcile")
    reconcile.handler(event("reconcile-one-message"), CONTEXT)
    before, _ = stack.store.load(WELD), stack.messages()
    assert before is not None
    assert before.wake_at is not None
    assert before.wake_at > datetime.now(UTC) + timedelta(seconds=10)
    stack.simulator.simulator.sagemaker.set_status("plant-weld-seams", "plant-weld-seams-v3", "InService")
    function("watch").handler(event("watch-endpoint-in-service"), CONTEXT)
    assert stack.messages() == ['{"model_id": "weld-seams"}']
    reconcile.handler(event("reconcile-one-message"), CONTEXT)
    after = stack.store.load(WELD)
    assert after is not None
    assert after.phase is Phase.HOSTED


def test_a_start_is_reported_in_the_ledger_and_on_one_log_line(
    stack: StackInProcess, caplog: pytest.LogCaptureFixture
) -> None:
    stack.apply(WELD)
    function("reconcile").handler(event("reconcile-one-message"), CONTEXT)
    (entry,) = stack.store.read_ledger(WELD)
    (told,) = [record.__dict__ for record in caplog.records if record.levelname == "INFO"]
    assert told["message"] == "transition"
    assert (told["model_id"], told["action"]) == (WELD, entry.action)
    assert told["reason"].startswith(entry.reason)


def note_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The user agents of all calls that leave for loopback, where the simulator is."""
    agents: list[str] = []
    send = URLLib3Session.send

    def note(self: URLLib3Session, request: Any) -> Any:
        agent = request.headers["User-Agent"]
        agents.append(agent.decode() if isinstance(agent, bytes) else agent)
        return send(self, request)

    monkeypatch.setattr(URLLib3Session, "send", note)
    return agents


@pytest.mark.parametrize("passed_on", [True, False])
def test_one_id_leads_from_the_tick_over_its_message_and_the_transition_to_the_call(
    stack: StackInProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, passed_on: bool
) -> None:
    stack.apply(WELD)
    function("tick").handler(event("tick-scheduled"), CONTEXT)
    (message,) = stack.sqs.receive_message(QueueUrl=stack.queue_url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == '{"model_id": "weld-seams"}'
    given = message["MessageAttributes"]["correlation_id"]["StringValue"]
    assert given == CONTEXT.aws_request_id
    asked = event("reconcile-one-message")
    (record,) = asked["Records"]
    # A message of the release before has none, and is known by its own id.
    record["messageAttributes"] = {"correlation_id": {"stringValue": given, "dataType": "String"}} if passed_on else {}
    cause = given if passed_on else record["messageId"]
    agents = note_calls(monkeypatch)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        function("reconcile").handler(asked, CONTEXT)
    finally:
        logger._logger.removeHandler(handler)
    (line,) = map(json.loads, stream.getvalue().splitlines())
    assert (line["message"], line["action"], line["correlation_id"]) == ("transition", "start", cause)
    assert len(agents) == 2  # describe and start
    assert all(agent.endswith(f" preheat/{cause}") for agent in agents)
    (again,) = stack.sqs.receive_message(
        QueueUrl=stack.queue_url, MessageAttributeNames=["All"], VisibilityTimeout=0
    ).get("Messages", [None])
    assert again is None or again["MessageAttributes"]["correlation_id"]["StringValue"] == cause
    assert correlation.read_cause() == ""


@pytest.mark.parametrize(
    ("name", "sample"), [("requests", "requests-hold"), ("watch", "watch-model-stopped-by-a-person")]
)
def test_a_work_message_names_the_request_or_the_event_that_caused_it(
    stack: StackInProcess, name: str, sample: str
) -> None:
    stack.apply(WELD)
    stack.messages()
    given = event(sample)
    function(name).handler(given, CONTEXT)
    (message,) = stack.sqs.receive_message(QueueUrl=stack.queue_url, MessageAttributeNames=["All"])["Messages"]
    cause = given["id"] if name == "watch" else given["Records"][0]["messageId"]
    assert message["MessageAttributes"]["correlation_id"]["StringValue"] == cause


@pytest.mark.parametrize(
    "nonsense", [None, [], "x", {"correlation_id": None}, {"correlation_id": {"stringValue": "a b"}}]
)
def test_whatever_is_next_to_a_message_it_is_read(stack: StackInProcess, nonsense: Any) -> None:
    stack.apply(WELD)
    asked = event("reconcile-one-message")
    asked["Records"][0]["messageAttributes"] = nonsense
    assert function("reconcile").handler(asked, CONTEXT) == {"batchItemFailures": []}
    assert len(stack.store.read_ledger(WELD)) == 1


def test_an_unreadable_message_harms_no_other_of_its_batch(stack: StackInProcess) -> None:
    stack.apply(WELD, PAINT)
    function("reconcile").handler(event("reconcile-one-unreadable-of-three"), CONTEXT)
    assert stack.simulator.simulator.service.call_log.count_changes(Operation.START_MODEL) == 2


def test_the_log_says_why_a_message_is_unreadable(stack: StackInProcess, caplog: pytest.LogCaptureFixture) -> None:
    function("reconcile").handler(event("reconcile-not-json"), CONTEXT)
    assert "pass failed" in caplog.text
    assert "work message: not JSON" in caplog.text


def test_what_a_message_says_besides_its_model_reaches_neither_log_nor_metrics(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stack.apply(WELD)
    function("reconcile").handler(event("reconcile-forged-metric"), CONTEXT)
    assert "CloudWatchMetrics" not in capsys.readouterr().out + caplog.text


def test_an_unreadable_record_is_returned_named_and_left_as_it_is(
    stack: StackInProcess, caplog: pytest.LogCaptureFixture
) -> None:
    stack.apply(WELD, PAINT)
    key = {"model_id": {"S": WELD}, "item": {"S": "record"}}
    stack.dynamodb.update_item(
        TableName=NAMES.models,
        Key=key,
        UpdateExpression="SET #b = :x",
        ExpressionAttributeNames={"#b": "body"},
        ExpressionAttributeValues={":x": {"S": "{"}},
    )
    before = stack.dynamodb.get_item(TableName=NAMES.models, Key=key)["Item"]
    answer = function("reconcile").handler(event("reconcile-one-message"), CONTEXT)
    assert len(answer["batchItemFailures"]) == 1
    assert "models weld-seams/record: not JSON" in caplog.text
    assert stack.dynamodb.get_item(TableName=NAMES.models, Key=key)["Item"] == before
    assert function("tick").handler(event("tick-scheduled"), CONTEXT) == {"sent": 2}


def test_a_tick_sends_each_due_model_once_and_shows_the_delay(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.apply(WELD, PAINT)
    assert function("tick").handler(event("tick-scheduled"), CONTEXT) == {"sent": 2}
    assert sorted(stack.messages()) == ['{"model_id": "paint-shop"}', '{"model_id": "weld-seams"}']
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert metric["PickupDelay"][0] >= 0


def test_a_tick_takes_whatever_event_it_is_given(stack: StackInProcess) -> None:
    everything: list[Any] = [{}, [], None, "tick"]
    for nonsense in everything:
        assert function("tick").handler(nonsense, CONTEXT) == {"sent": 0}


def test_a_tick_without_its_store_ends_quietly_and_shows_no_delay(
    stack: StackInProcess,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tick = function("tick")

    def out_of_reach(*_: Any) -> None:
        raise StoreUnavailable("the due index: no answer")

    monkeypatch.setattr(DynamoFleet, "find_due", out_of_reach)
    assert tick.handler(event("tick-scheduled"), CONTEXT) == {"sent": 0}
    assert "tick failed" in caplog.text
    assert "PickupDelay" not in capsys.readouterr().out


def test_an_audit_without_its_store_ends_quietly_and_shows_no_figure(
    stack: StackInProcess,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    audit = function("audit")

    def out_of_reach(*_: Any) -> None:
        raise StoreUnavailable("the plans: no answer")

    monkeypatch.setattr(DynamoPlans, "read_whole_plan", out_of_reach)
    assert audit.handler(event("audit-scheduled"), CONTEXT) == {"at_risk": None}
    assert "audit failed" in caplog.text
    assert "_aws" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "error", [AccessRefused("no right"), InvalidCall("more than 700 calls"), AnswerLost("no answer")]
)
@pytest.mark.usefixtures("stack")
def test_an_audit_fails_if_no_later_one_can_list_a_site_either(
    monkeypatch: pytest.MonkeyPatch, error: HostingError
) -> None:
    audit, found = function("audit"), Audited(datetime.now(UTC), unlisted=((Site(Backend.REKOGNITION), error),))
    monkeypatch.setattr(Audit, "run", lambda _: found)
    if isinstance(error, AnswerLost):
        assert audit.handler(event("audit-scheduled"), CONTEXT) == {"at_risk": 0}
        return
    with pytest.raises(audit.NotListedError, match="1 sites cannot be listed"):
        audit.handler(event("audit-scheduled"), CONTEXT)


def test_a_pass_without_its_store_completes_its_message_and_warns(
    stack: StackInProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reconcile = function("reconcile")

    def out_of_reach(*_: Any) -> None:
        raise StoreUnavailable("weld-seams: no answer")

    monkeypatch.setattr(DynamoRecords, "load", out_of_reach)
    assert reconcile.handler(event("reconcile-one-message"), CONTEXT) == {"batchItemFailures": []}
    (told,) = [record for record in caplog.records if record.message == "reconciled"]
    assert told.levelname == "WARNING"


def refuse(stack: StackInProcess) -> dict[str, str]:
    """The requests put aside: each body by its code."""
    found = stack.sqs.receive_message(
        QueueUrl=stack.rejected_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    return {each["MessageAttributes"]["code"]["StringValue"]: each["Body"] for each in found}


def test_a_hold_is_stored_answered_and_its_model_sent_to_its_pass(
    stack: StackInProcess, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.apply(WELD)
    function("requests").handler(event("requests-hold"), CONTEXT)
    name = RequestId("line-7.2026-11-24.1")
    reply, standing = stack.store.find_reply(name), stack.store.find_standing(Subject(WELD), name)
    assert reply is not None
    assert standing is not None
    assert (reply.accepted, reply.requester, standing.requester) == (True, "AROAEXAMPLELINE7", "AROAEXAMPLELINE7")
    assert reply.reply_to == "arn:aws:sqs:eu-central-1:111122223333:line-7-replies"
    assert stack.messages() == ['{"model_id": "weld-seams"}']
    (told,) = [record.__dict__ for record in caplog.records if record.message == "requested"]
    assert (told["code"], told["subject"], told["woken"]) == ("accepted", WELD, (WELD,))
    assert "RequestsRejected" not in capsys.readouterr().out


def test_a_refused_request_is_put_aside_counted_and_never_comes_again(
    stack: StackInProcess, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stack.apply(WELD)
    requests = function("requests")
    for name in ("invalid", "not-json", "event-of-a-role"):
        assert requests.handler(event(f"requests-{name}"), CONTEXT) == {"batchItemFailures": []}
    assert refuse(stack)["invalid"] == event("requests-invalid")["Records"][0]["body"]
    metrics = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [metric["RequestsRejected"] for metric in metrics] == [[1.0]] * 3
    told = [record.__dict__["code"] for record in caplog.records if record.message == "requested"]
    assert told == ["invalid", "unreadable", "unreadable"]


def test_the_same_request_twice_is_one_hold(stack: StackInProcess) -> None:
    stack.apply(WELD)
    function("requests").handler(event("requests-the-same-twice"), CONTEXT)
    standings = stack.store.read_standings(Subject(WELD), datetime.now(UTC))
    assert [one.request_id for one in standings.requests] == ["line-7.2026-11-24.9"]
    assert len(stack.messages()) == 1  # the same again wakes nobody


def test_a_request_that_cannot_be_stored_comes_again(
    stack: StackInProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stack.apply(WELD)
    requests = function("requests")

    def out_of_reach(*_: Any) -> None:
        raise StoreUnavailable("the ledger: no answer")

    with monkeypatch.context() as context:
        context.setattr(DynamoRequests, "answer", out_of_reach)
        assert len(requests.handler(event("requests-hold"), CONTEXT)["batchItemFailures"]) == 1
    assert "request failed" in caplog.text
    assert requests.handler(event("requests-hold"), CONTEXT) == {"batchItemFailures": []}


def test_an_event_that_is_not_from_the_queue_is_refused(stack: StackInProcess) -> None:
    with pytest.raises(Exception, match=r"Records|batch"):
        function("reconcile").handler({"nonsense": True}, CONTEXT)


def test_a_function_with_a_missing_setting_says_which_when_it_is_loaded(
    stack: StackInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREHEAT_LEDGER_TABLE")
    monkeypatch.setenv("PREHEAT_MODE", "asleep")
    with pytest.raises(Exception, match="PREHEAT_LEDGER_TABLE is not set") as caught:
        function("reconcile")
    assert "PREHEAT_MODE is 'asleep'" in str(caught.value)
