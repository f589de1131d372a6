"""The real template as it is on the local AWS: what ministack and the launcher make of it."""

import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import httpx

from preheat.app.ports.store import PLANS_KEPT
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.demand.request import Reply, RequestId, Subject, Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat_local import LocalAws
from preheat_local.store import open_local_store

DEADLINE_SECONDS, MINUTE = 90, timedelta(minutes=1)
START = "lookoutvision:StartModel"
EVENTS = Path(__file__).parents[3] / "events"

PROBE = """
import json, os, time
from botocore.session import Session

KEY = {"model_id": {"S": "probe"}, "sequence": {"N": "1"}}

def handler(event, context):
    print(json.dumps({
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{
            "Namespace": "Probe", "Dimensions": [["service"], ["service", "schedule"]],
            "Metrics": [{"Name": "HostedMargin", "Unit": "Seconds"}]}]},
        "service": "preheat", "schedule": event["schedule"], "HostedMargin": event["margin"]}))
    client, table = Session().create_client("dynamodb"), os.environ["LEDGER"]
    client.put_item(TableName=table, Item=KEY)
    try:
        client.update_item(TableName=table, Key=KEY)
    except client.exceptions.ClientError as error:
        return {"update": error.response["Error"]["Code"]}
    return {"update": "done"}
"""


def test_the_stack_has_the_roles_of_the_template_and_no_other(local_aws: LocalAws) -> None:
    resources = local_aws.client("cloudformation").describe_stack_resources(StackName=local_aws.stack_name)[
        "StackResources"
    ]
    roles = {found["LogicalResourceId"] for found in resources if found["ResourceType"].startswith("AWS::IAM::")}
    assert roles == {
        "TickRole",
        "ReconcileRole",
        "TickScheduleRole",
        "WatchRole",
        "AuditRole",
        "AuditScheduleRole",
        "BoardRole",
        "PublishRole",
        "RequestsRole",
        "TracingPolicy",  # a denial, as nobody asks for traces here
        "ViewerPolicy",  # for people
        "RequesterPolicy",
        "OperatorPolicy",
    }


def test_the_functions_know_the_simulator_and_their_tables(local_aws: LocalAws) -> None:
    given = local_aws.client("lambda").get_function_configuration(FunctionName=local_aws.reconcile_function)
    variables = given["Environment"]["Variables"]
    handed_on = {name: value for name, value in local_aws.environment().items() if name.startswith("PREHEAT_")}
    assert handed_on.items() <= variables.items()
    for service in ("HOSTING", "REKOGNITION", "SAGEMAKER"):
        assert variables[f"PREHEAT_{service}_ENDPOINT_URL"] == local_aws.simulator_url
    assert variables["PREHEAT_STACK_NAME"] == local_aws.stack_name


def test_a_message_is_taken_from_the_work_queue(local_aws: LocalAws) -> None:
    sqs = local_aws.client("sqs")
    sqs.send_message(QueueUrl=local_aws.work_queue_url, MessageBody="{}")
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def log_lines() -> list[str]:
        found = local_aws.client("logs").filter_log_events(logGroupName="/aws/lambda/preheat-reconcile")
        return [event["message"] for event in found["events"]]

    deadline = time.monotonic() + DEADLINE_SECONDS
    while not log_lines():
        assert time.monotonic() < deadline, "nothing was logged within the deadline"
        time.sleep(0.05)
    attributes = sqs.get_queue_attributes(QueueUrl=local_aws.work_queue_url, AttributeNames=list(counts))["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"


def test_an_event_of_an_endpoint_has_its_model_checked(local_aws: LocalAws) -> None:
    store, now = open_local_store(local_aws), datetime.now(UTC)
    names = {"service": "sagemaker", "project": "plant-watched", "version": "plant-watched-v1"}
    httpx.post(f"{local_aws.simulator_url}/_simulator/models", json=names).raise_for_status()
    target = Target("plant-watched", "plant-watched-v1", Backend.SAGEMAKER)
    hour = timedelta(hours=1)
    model = HostedModel(ModelId("watched"), target, Units(), (), hour, timedelta(), now)
    store.apply([model], expected_version=store.read_plan_version(), at=now)

    def count_looks(before: int) -> int:
        deadline = time.monotonic() + 4 * DEADLINE_SECONDS  # without an event the next tick has to come first
        while time.monotonic() < deadline:
            record = store.load(ModelId("watched"))
            if record is not None and record.version > before and record.wake_at is None:
                return record.version
            time.sleep(0.2)
        raise AssertionError(f"not looked at since version {before}")

    version = count_looks(1)
    # The simulator puts no change of an endpoint onto the bus: the test tries the rule and the function in turn.
    events, lambdas = local_aws.client("events"), local_aws.client("lambda")
    event = json.loads((EVENTS / "watch-endpoint-in-service.json").read_text())
    (rule,) = (found for found in events.list_rules()["Rules"] if "State Change" in found.get("EventPattern", ""))
    watched = lambdas.get_function_configuration(FunctionName=local_aws.watch_function)["FunctionArn"]
    assert [target["Arn"] for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]] == [watched]
    for status, name, matches in (
        ("IN_SERVICE", "plant-watched", True),
        ("FAILED", "plant-watched", True),
        ("CREATING", "plant-watched", False),
        ("IN_SERVICE", "of-somebody-else", False),
    ):
        event["detail"] |= {"EndpointStatus": status, "EndpointName": name}
        answer = events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))
        assert answer["Result"] is matches, (status, name)
    event["detail"] |= {"EndpointStatus": "IN_SERVICE", "EndpointName": "plant-watched"}
    answer = lambdas.invoke(FunctionName=local_aws.watch_function, Payload=json.dumps(event).encode())
    assert json.loads(answer["Payload"].read()) == {"woken": 1}
    assert count_looks(version) > version


def test_a_request_is_answered_whether_it_comes_as_a_message_or_as_an_event(local_aws: LocalAws) -> None:
    store, now = open_local_store(local_aws), datetime.now(UTC)
    hour = timedelta(hours=1)
    model = HostedModel(ModelId("asked"), Target("plant-asked", "3"), Units(), (), hour, timedelta(), now)
    store.apply([model], expected_version=store.read_plan_version(), at=now)
    asked = {"version": 1, "verb": "hold", "model": "asked", "duration": "2h"}
    sqs, events = local_aws.client("sqs"), local_aws.client("events")

    def find_answer(name: str) -> Reply:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (reply := store.find_reply(RequestId(name))) is None:
            assert time.monotonic() < deadline, f"{name} was not answered within the deadline"
            time.sleep(0.1)
        return reply

    by_message, by_event, refused = (
        json.dumps(asked | {"request_id": name}) for name in ("by-message", "by-event", "x")
    )
    sqs.send_message(QueueUrl=local_aws.request_queue_url, MessageBody=by_message)
    entry = {"Source": "mes", "DetailType": "Preheat Request", "Detail": by_event, "EventBusName": local_aws.stack_name}
    events.put_events(Entries=[entry])
    assert (find_answer("by-message").code, find_answer("by-message").requester) == ("accepted", "000000000000")
    assert (find_answer("by-event").code, find_answer("by-event").requester) == ("accepted", "account:000000000000:mes")
    sqs.send_message(QueueUrl=local_aws.request_queue_url, MessageBody=refused.replace("asked", "no-such"))
    assert find_answer("x").code == "unknown_model"
    (aside,) = sqs.receive_message(
        QueueUrl=local_aws.rejected_requests_queue_url, MessageAttributeNames=["All"], WaitTimeSeconds=5
    )["Messages"]
    assert aside["MessageAttributes"]["code"]["StringValue"] == "unknown_model"


def test_a_function_has_its_roles_rights_alone_and_its_emf_lines_become_metrics(local_aws: LocalAws) -> None:
    functions = local_aws.client("lambda")
    reconcile = functions.get_function_configuration(FunctionName=local_aws.reconcile_function)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("probe.py", PROBE)
    functions.create_function(
        FunctionName="probe",
        Runtime="python3.13",
        Role=reconcile["Role"],
        Handler="probe.handler",
        Code={"ZipFile": archive.getvalue()},
        Layers=[layer["Arn"] for layer in reconcile["Layers"]],
        Timeout=30,
        Environment={"Variables": {"LEDGER": local_aws.ledger_table}},
    )
    event = json.dumps({"schedule": "day", "margin": [21, 18]}).encode()
    answer = json.loads(functions.invoke(FunctionName="probe", Payload=event)["Payload"].read())
    assert answer == {"update": "AccessDeniedException"}
    now = datetime.now(UTC)
    for dimensions in ({"service": "preheat"}, {"service": "preheat", "schedule": "day"}):
        (point,) = local_aws.client("cloudwatch").get_metric_statistics(
            Namespace="Probe",
            MetricName="HostedMargin",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        assert (point["Sum"], point["SampleCount"]) == (39, 2)


def test_what_the_ledger_shows_arrives_on_the_bus_and_none_of_it_is_set_aside(local_aws: LocalAws) -> None:
    sqs, events, store = local_aws.client("sqs"), local_aws.client("events"), open_local_store(local_aws)
    heard = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["preheat"]})
    events.put_rule(Name="heard", EventBusName=local_aws.event_bus, EventPattern=pattern)
    events.put_targets(Rule="heard", EventBusName=local_aws.event_bus, Targets=[{"Id": "heard", "Arn": arn}])
    now = datetime.now(UTC)
    told = LedgerEntry(
        ModelId("told"),
        1,
        now,
        Phase.STARTING,
        Phase.HOSTED,
        Action.OBSERVE,
        "Hosted as required",
        Target("plant-told", "3"),
        margin=timedelta(seconds=5),
        late=False,
        requests=("night-7",),
    )
    record = ModelRecord(ModelId("told"), told.target, sequence=1, phase=Phase.HOSTED)
    store.save(record, told)
    found: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + 2 * DEADLINE_SECONDS
    while len(found) < 2:
        assert time.monotonic() < deadline, f"only {sorted(found)} arrived"
        for message in sqs.receive_message(QueueUrl=heard, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            if event["detail"].get("model") == "told":
                found[event["detail"]["event_id"]] = event
        time.sleep(0.1)
    assert {event["detail-type"] for event in found.values()} == {"Model Ready"}
    assert {event["detail"].get("request_id") for event in found.values()} == {None, "night-7"}
    # Another test's probe writes into the ledger what nobody can read: only that may be in the unpublished queue.
    aside = sqs.receive_message(QueueUrl=local_aws.unpublished_queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    keys = {json.loads(message["Body"])["key"] for message in aside.get("Messages", [])}
    assert keys <= {"probe/1"}


def test_an_event_of_a_call_by_others_has_its_model_checked_and_one_of_a_call_by_preheat_has_not(
    local_aws: LocalAws,
) -> None:
    events, store = local_aws.client("events"), open_local_store(local_aws)
    reconcile = local_aws.client("lambda").get_function_configuration(FunctionName=local_aws.reconcile_function)
    event = json.loads((EVENTS / "watch-model-stopped-by-a-person.json").read_text())
    (rule,) = (found for found in events.list_rules()["Rules"] if "aws.lookoutvision" in found.get("EventPattern", ""))

    def caller(identity: dict[str, Any]) -> bool:
        event["detail"]["userIdentity"] = identity
        answer = events.test_event_pattern(EventPattern=rule["EventPattern"], Event=json.dumps(event))
        return bool(answer["Result"])

    ours = {"sessionContext": {"sessionIssuer": {"arn": reconcile["Role"]}}}
    assert not caller(ours)
    assert caller({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/operator"})
    assert caller({"sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/line-operator"}}})
    now, project = datetime.now(UTC), "plant-called"
    names = {"service": "lookoutvision", "project": project, "version": "3"}
    httpx.post(f"{local_aws.simulator_url}/_simulator/models", json=names).raise_for_status()
    model = HostedModel(ModelId("called"), Target(project, "3"), Units(), (), timedelta(hours=1), timedelta(), now)
    store.apply([model], expected_version=store.read_plan_version(), at=now + timedelta(hours=1))
    before = store.load(ModelId("called"))
    assert before is not None
    httpx.post(f"{local_aws.simulator_url}/_simulator/person/start", json=names).raise_for_status()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (record := store.load(ModelId("called"))) is None or record.version < before.version + 2:
        assert time.monotonic() < deadline, "the model was not looked at"
        time.sleep(0.1)


def test_a_role_without_a_right_on_a_hosting_service_is_refused_by_it(local_aws: LocalAws) -> None:
    iam, store, now, project = local_aws.client("iam"), open_local_store(local_aws), datetime.now(UTC), "plant-denied"
    reconcile = local_aws.client("lambda").get_function_configuration(FunctionName=local_aws.reconcile_function)
    role = {"RoleName": reconcile["Role"].rpartition("/")[2]}
    names = iam.list_role_policies(**role)["PolicyNames"]
    policies = {name: iam.get_role_policy(**role, PolicyName=name)["PolicyDocument"] for name in names}
    ((name, whole),) = ((name, each) for name, each in policies.items() if START in json.dumps(each))
    less = json.loads(json.dumps(whole))
    for statement in less["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != START]
    at = {"service": "lookoutvision", "project": project, "version": "3"}
    httpx.post(f"{local_aws.simulator_url}/_simulator/models", json=at).raise_for_status()
    always = ShiftWindow(frozenset(Weekday), time_of_day(), time_of_day(), end_day=1)
    schedules = (Schedule("always", "UTC", (always,)),)
    model = HostedModel(ModelId("denied"), Target(project, "3"), Units(1), schedules, MINUTE, timedelta(), now)
    iam.put_role_policy(**role, PolicyName=name, PolicyDocument=json.dumps(less))
    try:
        store.apply([model], expected_version=store.read_plan_version(), at=now)
        deadline = time.monotonic() + 4 * DEADLINE_SECONDS
        while not any(f"has no right to {START}" in entry.reason for entry in store.read_ledger(ModelId("denied"))):
            assert time.monotonic() < deadline, [entry.reason for entry in store.read_ledger(ModelId("denied"))]
            time.sleep(0.2)
    finally:
        iam.put_role_policy(**role, PolicyName=name, PolicyDocument=json.dumps(whole))
        store.apply([], expected_version=store.read_plan_version(), at=datetime.now(UTC))
    asked = {"service": "lookoutvision", "project": project}
    calls = httpx.get(f"{local_aws.simulator_url}/_simulator/calls", params=asked).raise_for_status().json()
    operations = {each["operation"] for each in calls["calls"]}
    assert "DescribeModel" in operations
    assert "StartModel" not in operations


def test_the_dashboards_widget_shows_the_board(local_aws: LocalAws) -> None:
    lambdas = local_aws.client("lambda")
    outputs = local_aws.client("cloudformation").describe_stacks(StackName=local_aws.stack_name)["Stacks"][0]["Outputs"]
    (board,) = (each["OutputValue"] for each in outputs if each["OutputKey"] == "BoardFunction")
    event = {"widgetContext": {"theme": "dark", "timezone": {"label": "UTC"}}}
    answer = lambdas.invoke(FunctionName=board, Payload=json.dumps(event).encode())
    shown = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, shown
    assert '<div class="pb dark">' in shown
    assert local_aws.stack_name in shown


def test_what_has_a_life_goes_and_what_proves_the_bill_stays(local_aws: LocalAws) -> None:
    """The emulator deletes once a minute what is over, as DynamoDB does within days. Its stream does not show that."""
    store, dynamodb, now = open_local_store(local_aws), local_aws.client("dynamodb"), datetime.now(UTC)
    tables = {name: local_aws.environment()[f"PREHEAT_{name}_TABLE"] for name in ("MODELS", "LEDGER", "PLANS")}
    for name in ("MODELS", "LEDGER"):
        life = dynamodb.describe_time_to_live(TableName=tables[name])["TimeToLiveDescription"]
        assert (life["TimeToLiveStatus"], life["AttributeName"]) == ("ENABLED", "expires_at")
    subject, long_ago = Subject(ModelId("aged")), now - timedelta(days=401)
    names = {each: RequestId(each) for each in ("old-reply", "new-reply")}
    for name, at in (("old-reply", long_ago), ("new-reply", now)):
        reply = Reply(
            names[name], Verb.STATUS, subject, "x", at, accepted=True, code="accepted", reason="-", digest="0"
        )
        store.answer(reply, None, (), None)
    target = Target("plant-aged", "3")
    entry = LedgerEntry(ModelId("aged"), 1, long_ago, Phase.IDLE, Phase.IDLE, Action.OBSERVE, "Stopped", target)
    store.save(ModelRecord(ModelId("aged"), target, sequence=1, phase=Phase.IDLE), entry)
    model = HostedModel(ModelId("aged"), target, Units(1), (), MINUTE, timedelta(), now)
    before = store.read_plan_version()
    for _ in range(PLANS_KEPT + 2):
        store.apply([model], expected_version=store.read_plan_version(), at=now)
    deadline = time.monotonic() + 2 * DEADLINE_SECONDS
    while store.find_reply(names["old-reply"]) is not None:
        assert time.monotonic() < deadline, "the old reply is still there"
        time.sleep(0.5)
    assert store.find_reply(names["new-reply"]) is not None
    assert store.read_ledger(ModelId("aged"))[0] == entry  # passes may have added others
    rows = dynamodb.get_paginator("scan").paginate(TableName=tables["PLANS"])
    plans = {row["plan"]["S"] for page in rows for row in page["Items"] if row["plan"]["S"].startswith("v")}
    # Of this test: others have left plans of an apply that lost to another, which no ledger names.
    own = {plan for plan in plans if int(plan.removeprefix("v").partition("-")[0]) > before}
    assert PLANS_KEPT <= len(own) <= PLANS_KEPT + 1
    assert len(store.read_applied_plans(100)) >= PLANS_KEPT + 2
