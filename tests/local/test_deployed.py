"""The real template as it is on the local AWS: what ministack and the launcher make of it."""

import io
import json
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from preheat.cli.stack import local_store
from preheat.domain.plan import Backend, HostedModel, ModelId, Target, Units
from preheat.domain.request import Reply, RequestId
from preheat.local import LocalAws

DEADLINE_SECONDS = 20
EVENTS = Path(__file__).parents[2] / "events"

PROBE = """
import json, os, time
import boto3

def handler(event, context):
    print(json.dumps({
        "_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [{
            "Namespace": "Probe", "Dimensions": [["service"], ["service", "schedule"]],
            "Metrics": [{"Name": "HostedMargin", "Unit": "Seconds"}]}]},
        "service": "preheat", "schedule": event["schedule"], "HostedMargin": event["margin"]}))
    table = boto3.resource("dynamodb").Table(os.environ["LEDGER"])
    table.put_item(Item={"model_id": "probe", "sequence": 1})
    try:
        table.update_item(Key={"model_id": "probe", "sequence": 1})
    except table.meta.client.exceptions.ClientError as error:
        return {"update": error.response["Error"]["Code"]}
    return {"update": "done"}
"""


def test_the_stack_has_the_roles_of_the_template_and_no_other(local_aws: LocalAws) -> None:
    resources = local_aws.client("cloudformation").describe_stack_resources(StackName=local_aws.stack_name)[
        "StackResources"
    ]
    roles = {found["LogicalResourceId"] for found in resources if found["ResourceType"].startswith("AWS::IAM::")}
    assert roles == {"TickRole", "ReconcileRole", "TickScheduleRole", "WatchRole", "RequestsRole"}


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


def test_an_event_of_an_endpoint_has_its_model_looked_at(local_aws: LocalAws) -> None:
    store, now = local_store(local_aws), datetime.now(UTC)
    names = {"service": "sagemaker", "project": "plant-watched", "version": "plant-watched-v1"}
    httpx.post(f"{local_aws.simulator_url}/_simulator/models", json=names).raise_for_status()
    target = Target("plant-watched", "plant-watched-v1", Backend.SAGEMAKER)
    hour = timedelta(hours=1)
    model = HostedModel(ModelId("watched"), target, Units(), (), hour, timedelta(), now)
    store.apply([model], expected_version=store.plan_version(), at=now)

    def looked_at(before: int) -> int:
        deadline = time.monotonic() + 4 * DEADLINE_SECONDS  # without an event the next tick has to come first
        while time.monotonic() < deadline:
            record = store.load(ModelId("watched"))
            if record is not None and record.version > before and record.wake_at is None:
                return record.version
            time.sleep(0.2)
        raise AssertionError(f"not looked at since version {before}")

    version = looked_at(1)
    # Nobody but AWS may put an event of `aws.sagemaker` on the bus: the rule and the function are tried in turn.
    events, lambdas = local_aws.client("events"), local_aws.client("lambda")
    event = json.loads((EVENTS / "watch-endpoint-in-service.json").read_text())
    (rule,) = (found for found in events.list_rules()["Rules"] if "aws.sagemaker" in found.get("EventPattern", ""))
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
    assert looked_at(version) > version


def test_a_request_is_answered_whether_it_comes_as_a_message_or_as_an_event(local_aws: LocalAws) -> None:
    store, now = local_store(local_aws), datetime.now(UTC)
    hour = timedelta(hours=1)
    model = HostedModel(ModelId("asked"), Target("plant-asked", "3"), Units(), (), hour, timedelta(), now)
    store.apply([model], expected_version=store.plan_version(), at=now)
    asked = {"version": 1, "verb": "hold", "model": "asked", "duration": "2h"}
    sqs, events = local_aws.client("sqs"), local_aws.client("events")

    def answered(name: str) -> Reply:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (reply := store.reply(RequestId(name))) is None:
            assert time.monotonic() < deadline, f"{name} was not answered within the deadline"
            time.sleep(0.1)
        return reply

    by_message, by_event, refused = (
        json.dumps(asked | {"request_id": name}) for name in ("by-message", "by-event", "x")
    )
    sqs.send_message(QueueUrl=local_aws.request_queue_url, MessageBody=by_message)
    entry = {"Source": "mes", "DetailType": "Preheat Request", "Detail": by_event, "EventBusName": local_aws.stack_name}
    events.put_events(Entries=[entry])
    assert (answered("by-message").code, answered("by-message").requester) == ("accepted", "000000000000")
    assert (answered("by-event").code, answered("by-event").requester) == ("accepted", "account:000000000000")
    sqs.send_message(QueueUrl=local_aws.request_queue_url, MessageBody=refused.replace("asked", "no-such"))
    assert answered("x").code == "unknown_model"
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
