"""Up and down with the real ministack and the real template; a stand-in for the simulator where it has to misbehave."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from preheat.local import LocalAws, LocalAwsError, current, down, find_checkout, lifecycle, processes, running, up
from preheat.local.processes import Process

ROOT = Path(__file__).parents[2]
ANSWERS = """
import http.server, sys
class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Healthy).serve_forever()
"""
ENDS = "raise SystemExit('no such model: weld-seams')"
NEVER_ANSWERS = "import time; time.sleep(60)"
DEADLINE_SECONDS = 20

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


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def put(code: str) -> None:
        def command(port: int, arguments: object = ()) -> list[str]:
            del arguments
            return [sys.executable, "-c", code, str(port)]

        monkeypatch.setattr(lifecycle, "simulator_command", command)

    return put


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lifecycle, "simulator_command", lambda port, _: [sys.executable, "-c", ANSWERS, str(port)])
        with running(tmp_path_factory.mktemp("state")) as local_aws:
            yield local_aws


def recorded(state: Path) -> list[Process]:
    return [Process(**fields) for fields in json.loads((state / "processes.json").read_text())]


def both_of(state: Path) -> list[Process]:
    """Both processes, or nothing while they are not both recorded."""
    if not (state / "processes.json").exists():
        return []
    started = recorded(state)
    return started if len(started) == 2 else []


def wait_for[T](look: Callable[[], T]) -> T:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, "not within the deadline"
        time.sleep(0.05)
    return found


def test_up_twice_is_one_local_aws_and_down_leaves_nothing_running(
    stand_in: Callable[[str], None], tmp_path: Path
) -> None:
    stand_in(ANSWERS)
    said: list[str] = []
    checkout = find_checkout(ROOT, state=tmp_path)
    with running(tmp_path, say=said.append) as first:
        started = recorded(tmp_path)
        assert [process.name for process in started] == ["ministack", "simulator"]
        assert up(checkout=checkout, say=said.append) == first == current(checkout)
        assert "up already" in said[-1]
        assert first.endpoint_url in said[-1]
    assert not [process for process in started if processes.is_running(process)]
    assert current(checkout) is None
    assert not checkout.temporary.exists()
    assert not down(checkout=checkout, say=said.append)
    assert said[-2:] == ["stopped simulator and ministack", "the local AWS is not up"]


def test_a_lost_part_is_not_up_and_the_next_up_starts_anew(stand_in: Callable[[str], None], tmp_path: Path) -> None:
    stand_in(ANSWERS)
    checkout = find_checkout(ROOT, state=tmp_path)
    with running(tmp_path) as first:
        ministack, simulator = recorded(tmp_path)
        processes.stop(simulator)
        assert current(checkout) is None
        stand_in(ENDS)
        with pytest.raises(LocalAwsError, match="simulator ended"):
            up(port=0, simulator_port=0, checkout=checkout)
        assert not processes.is_running(ministack)
        assert first.endpoint_url


def test_a_part_that_ends_while_it_starts_is_quoted_and_nothing_is_left(
    stand_in: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(ENDS)
    started: list[Process] = []
    real = processes.start

    def start(*arguments: Any, **named: Any) -> Process:
        started.append(real(*arguments, **named))
        return started[-1]

    monkeypatch.setattr(processes, "start", start)
    with pytest.raises(LocalAwsError, match="simulator ended while it started; it said: no such model: weld-seams"):
        up(port=0, simulator_port=0, checkout=find_checkout(ROOT, state=tmp_path))
    assert len(started) == 2
    assert not [process for process in started if processes.is_running(process)]


def test_ctrl_c_stops_what_was_started(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from preheat.local import find_checkout, lifecycle, up
lifecycle.simulator_command = lambda port, _: [sys.executable, "-c", {NEVER_ANSWERS!r}]
up(port=0, simulator_port=0, checkout=find_checkout(Path({str(ROOT)!r}), state=Path({str(tmp_path)!r})))
"""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL, env=os.environ) as program:
        started = wait_for(lambda: both_of(tmp_path))
        assert all(processes.is_running(process) for process in started)
        program.send_signal(signal.SIGINT)
        assert program.wait(DEADLINE_SECONDS) != 0
    assert not [process for process in started if processes.is_running(process)]
    assert not (tmp_path / "processes.json").exists()


def test_a_taken_port_starts_nothing(tmp_path: Path) -> None:
    checkout = find_checkout(ROOT, state=tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalAwsError, match=f"port {port} .*--simulator-port N or PREHEAT_SIMULATOR_PORT=N"):
            up(port=0, simulator_port=port, checkout=checkout)
        with pytest.raises(LocalAwsError, match="cannot serve both"):
            up(port=port, simulator_port=port, checkout=checkout)
    assert not (tmp_path / "processes.json").exists()


def test_a_port_that_is_no_number_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREHEAT_PORT", "http")
    with pytest.raises(LocalAwsError, match="PREHEAT_PORT is 'http'"):
        up(checkout=find_checkout(ROOT, state=tmp_path))


def test_the_stack_has_the_three_roles_of_the_template_and_no_other(aws: LocalAws) -> None:
    resources = aws.client("cloudformation").describe_stack_resources(StackName=aws.stack_name)["StackResources"]
    roles = {found["LogicalResourceId"] for found in resources if found["ResourceType"].startswith("AWS::IAM::")}
    assert roles == {"TickRole", "ReconcileRole", "TickScheduleRole"}


def test_the_functions_know_the_simulator_and_their_tables(aws: LocalAws) -> None:
    given = aws.client("lambda").get_function_configuration(FunctionName=aws.reconcile_function)
    variables = given["Environment"]["Variables"]
    handed_on = {name: value for name, value in aws.environment().items() if name.startswith("PREHEAT_")}
    assert handed_on.items() <= variables.items()
    assert variables["PREHEAT_HOSTING_ENDPOINT_URL"] == aws.simulator_url


def test_a_message_is_taken_from_the_work_queue(aws: LocalAws) -> None:
    sqs = aws.client("sqs")
    sqs.send_message(QueueUrl=aws.work_queue_url, MessageBody="{}")
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")

    def log_lines() -> list[str]:
        found = aws.client("logs").filter_log_events(logGroupName="/aws/lambda/preheat-reconcile")
        return [event["message"] for event in found["events"]]

    wait_for(log_lines)
    attributes = sqs.get_queue_attributes(QueueUrl=aws.work_queue_url, AttributeNames=list(counts))["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "0"


def test_a_function_has_its_roles_rights_alone_and_its_emf_lines_become_metrics(aws: LocalAws) -> None:
    functions = aws.client("lambda")
    reconcile = functions.get_function_configuration(FunctionName=aws.reconcile_function)
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
        Environment={"Variables": {"LEDGER": aws.ledger_table}},
    )
    event = json.dumps({"schedule": "day", "margin": [21, 18]}).encode()
    answer = json.loads(functions.invoke(FunctionName="probe", Payload=event)["Payload"].read())
    assert answer == {"update": "AccessDeniedException"}
    now = datetime.now(UTC)
    for dimensions in ({"service": "preheat"}, {"service": "preheat", "schedule": "day"}):
        (point,) = aws.client("cloudwatch").get_metric_statistics(
            Namespace="Probe",
            MetricName="HostedMargin",
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum", "SampleCount"],
        )["Datapoints"]
        assert (point["Sum"], point["SampleCount"]) == (39, 2)
