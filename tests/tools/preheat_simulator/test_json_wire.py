"""Rekognition and SageMaker on the wire: compared with botocore's own models, in requests and answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from preheat.domain.plan.plan import Backend
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.core.status import Operation
from preheat_simulator.core.words import COMPONENT, REKOGNITION, SAGEMAKER
from preheat_simulator.http.json_wire import HANDLERS, PREFIXES, JsonWire, load_model
from preheat_simulator.http.options import Options
from preheat_simulator.http.serve import RunningSimulator, run_in_thread
from preheat_simulator.http.transport import make_client
from preheat_simulator.http.wire import NotInTheModelError
from preheat_simulator.rekognition import CustomLabelsService
from preheat_simulator.sagemaker import EndpointService

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
ARN = "arn:aws:rekognition:eu-central-1:123456789012:project/line/version/v1/1"


class WireAccount:
    """An account of one service with one model, its client and its clock."""

    def __init__(self, kind: type[CustomLabelsService | EndpointService]) -> None:
        self.at = SIX
        self.service = kind(lambda: self.at, limits=AccountLimits(calls_per_second=None))
        self.service.add_model("line", "v1")
        self.client: Any = make_client(self.service)


def ask(service: Answering, operation: str, document: Any, prefix: str = "RekognitionService") -> tuple[int, Any]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    wire = JsonWire(service.words, lambda: service)
    answer = wire.handle("POST", "/", "", {"X-Amz-Target": f"{prefix}.{operation}"}, body)
    return answer.status, json.loads(answer.body)


def test_every_operation_that_is_named_is_carried_and_modelled() -> None:
    for words in (REKOGNITION, SAGEMAKER):
        carried = set(words.operations) - {Operation.INVOKE_ENDPOINT}  # the runtime's
        models = [model for whose, model in PREFIXES.values() if whose is words]
        assert carried <= {name for model in models for name in load_model(model).operation_names}
    carried = {*REKOGNITION.operations, *SAGEMAKER.operations, *COMPONENT.operations}
    assert set(HANDLERS) == carried - {Operation.INVOKE_ENDPOINT}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "ProjectVersionArn: it is required"),
        ({"ProjectVersionArn": "v1" * 20, "MinInferenceUnits": 1}, "ProjectVersionArn: 'v1v1"),
        ({"ProjectVersionArn": ARN, "MinInferenceUnits": 0}, "MinInferenceUnits: 0 is below the minimum of 1"),
        ({"ProjectVersionArn": ARN, "MinInferenceUnits": True}, "MinInferenceUnits: True is not of type integer"),
        (
            {"ProjectVersionArn": ARN, "MinInferenceUnits": 1, "ClientToken": "a"},
            "ClientToken: there is no such member",
        ),
        (b"[1]", "body: it is not a JSON object"),
        (b"{", "body: it is not JSON"),
    ],
)
def test_a_request_that_breaks_the_model_is_refused_by_member(document: Any, said: str) -> None:
    status, answer = ask(WireAccount(CustomLabelsService).service, "StartProjectVersion", document)
    assert (status, answer["__type"]) == (400, "InvalidParameterException")
    assert said in answer["message"]


def test_tags_of_any_script_are_taken_and_what_is_no_tag_is_not() -> None:
    account = WireAccount(EndpointService)
    named = {"EndpointName": "line", "EndpointConfigName": "v1"}
    with pytest.raises(account.client.exceptions.ClientError, match=r"Tags\[0\]\.Value"):
        account.client.create_endpoint(**named, Tags=[{"Key": "stack", "Value": "a!b"}])
    account.client.create_endpoint(**named, Tags=[{"Key": "preheat:managed-by", "Value": "Schweißnähte 3"}])


@pytest.mark.parametrize(
    ("method", "path", "target"),
    [("GET", "/", "RekognitionService.DescribeProjects"), ("POST", "/x", "RekognitionService.DescribeProjects")]
    + [("POST", "/", f"RekognitionService.{name}") for name in ("DetectFaces", "CreateEndpoint", "")],
)
def test_what_is_not_simulated_is_said_so(method: str, path: str, target: str) -> None:
    service = WireAccount(CustomLabelsService).service
    wire = JsonWire(service.words, lambda: service)
    answer = wire.handle(method, path, "", {"X-Amz-Target": target}, b"{}")
    assert answer.status == 400
    assert json.loads(answer.body)["__type"] == "UnknownOperationException"


def test_an_answer_that_the_model_does_not_allow_is_an_error_of_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    service = WireAccount(CustomLabelsService).service
    monkeypatch.setattr(service, "word", lambda _: "SLEEPING")
    arn = service.project_arn(service.projects()[0]) if isinstance(service, CustomLabelsService) else ""
    with pytest.raises(NotInTheModelError, match=r"'SLEEPING' is not one of"):
        ask(service, "DescribeProjectVersions", {"ProjectArn": arn})


def test_a_version_that_never_ran_is_trained_and_one_that_ran_is_stopped() -> None:
    account = WireAccount(CustomLabelsService)
    client = account.client
    (project,) = client.describe_projects()["ProjectDescriptions"]

    def read_seen() -> dict[str, Any]:
        rows = client.describe_project_versions(ProjectArn=project["ProjectArn"])["ProjectVersionDescriptions"]
        return dict(rows[0])

    assert read_seen()["Status"] == "TRAINING_COMPLETED"
    arn = read_seen()["ProjectVersionArn"]
    assert client.start_project_version(ProjectVersionArn=arn, MinInferenceUnits=2)["Status"] == "STARTING"
    account.at += timedelta(minutes=15)
    assert (read_seen()["Status"], read_seen()["MinInferenceUnits"]) == ("RUNNING", 2)
    assert client.stop_project_version(ProjectVersionArn=arn)["Status"] == "STOPPING"
    account.at += timedelta(minutes=2)
    assert read_seen()["Status"] == "STOPPED"
    assert account.service.bill()["line/v1"].unit_seconds == 2 * 900


def test_an_arn_of_another_creation_names_nothing() -> None:
    account = WireAccount(CustomLabelsService)
    with pytest.raises(account.client.exceptions.ResourceNotFoundException):
        account.client.stop_project_version(ProjectVersionArn=ARN)
    with pytest.raises(account.client.exceptions.ResourceNotFoundException):
        account.client.describe_project_versions(ProjectArn=ARN.replace("/version/v1", ""))


def test_projects_and_versions_come_in_pages() -> None:
    account = WireAccount(CustomLabelsService)
    for number in range(2, 6):
        account.service.add_model("line", f"v{number}")
    (project,) = account.client.describe_projects(ProjectNames=["line", "other"])["ProjectDescriptions"]
    pages = account.client.get_paginator("describe_project_versions").paginate(
        ProjectArn=project["ProjectArn"], PaginationConfig={"PageSize": 2}
    )
    assert [len(page["ProjectVersionDescriptions"]) for page in pages] == [2, 2, 1]


def test_an_endpoints_life_in_the_services_words() -> None:
    account = WireAccount(EndpointService)
    client = account.client
    arn = client.create_endpoint(EndpointName="line", EndpointConfigName="v1")["EndpointArn"]
    assert client.describe_endpoint(EndpointName="line")["EndpointStatus"] == "Creating"
    account.at += timedelta(minutes=15)
    seen = client.describe_endpoint(EndpointName="line")
    assert (seen["EndpointStatus"], seen["EndpointArn"], seen["EndpointConfigName"]) == ("InService", arn, "v1")
    assert (seen["CreationTime"], seen["LastModifiedTime"]) == (SIX, account.at)
    client.delete_endpoint(EndpointName="line")
    assert client.describe_endpoint(EndpointName="line")["EndpointStatus"] == "Deleting"
    account.at += timedelta(minutes=2)
    with pytest.raises(client.exceptions.ClientError, match="Could not find endpoint"):
        client.describe_endpoint(EndpointName="line")


def test_the_waiters_of_the_sdk_are_satisfied() -> None:
    account = WireAccount(EndpointService)
    account.client.create_endpoint(EndpointName="line", EndpointConfigName="v1")
    account.at += timedelta(minutes=15)
    account.client.get_waiter("endpoint_in_service").wait(EndpointName="line")
    account.client.delete_endpoint(EndpointName="line")
    account.at += timedelta(minutes=2)
    account.client.get_waiter("endpoint_deleted").wait(EndpointName="line")
    labels = WireAccount(CustomLabelsService)
    labels.service.person_starts("line", "v1")
    labels.at += timedelta(minutes=15)
    (project,) = labels.client.describe_projects()["ProjectDescriptions"]
    waiter = labels.client.get_waiter("project_version_running")
    waiter.wait(ProjectArn=project["ProjectArn"], VersionNames=["v1"])


def test_a_name_holds_one_endpoint_whatever_its_config() -> None:
    account = WireAccount(EndpointService)
    account.service.add_model("other", "v2")
    account.client.create_endpoint(EndpointName="line", EndpointConfigName="v1")
    for config in ("v1", "v2"):
        with pytest.raises(account.client.exceptions.ClientError, match="Cannot create already existing endpoint"):
            account.client.create_endpoint(EndpointName="line", EndpointConfigName=config)
    with pytest.raises(account.client.exceptions.ClientError, match="Could not find endpoint configuration"):
        account.client.create_endpoint(EndpointName="new", EndpointConfigName="v9")
    account.client.create_endpoint(EndpointName="new", EndpointConfigName="v2")


@pytest.fixture
def running_simulator() -> Iterator[RunningSimulator]:
    models = (("weld", "1"), (Backend.REKOGNITION, "line", "v1"), (Backend.SAGEMAKER, "weld", "weld-v1"))
    with run_in_thread(Options(models=models, scale=0)) as simulator:
        yield simulator


def test_one_simulator_serves_all_services_with_controls_for_each(running_simulator: RunningSimulator) -> None:
    with httpx.Client(base_url=f"{running_simulator.url}/_simulator/") as controls:

        def post(name: str, **fields: Any) -> Any:
            return controls.post(name, json=fields).raise_for_status().json()

        for service, project, version in (("rekognition", "line", "v1"), ("sagemaker", "weld", "weld-v1")):
            named = {"service": service, "project": project, "version": version}
            post("latency", start=60, **named)
            assert post("person/start", **named)["status"] in {"STARTING", "Creating"}
            post("time", advance_seconds=60)
            (model,) = controls.get("state", params={"service": service}).json()["models"]
            assert model["status"] in {"RUNNING", "InService"}
            assert controls.get("bill", params={"service": service}).json()["unit_seconds"] == 60
            (call,) = controls.get("calls", params={"service": service}).json()["calls"]
            assert call["by"] == "person"
            (fault,) = post("faults", service=service, kind="hosting_failed")
            assert fault["operation"] in {"StartProjectVersion", "CreateEndpoint"}
        (model,) = controls.get("state").json()["models"]
        assert model["status"] == "TRAINED"
        refused = controls.post("faults", json={"service": "sagemaker", "kind": "throttle", "operation": "StartModel"})
        assert (refused.status_code, "CreateEndpoint" in refused.json()["error"]) == (400, True)
        changed = post("switches", service="sagemaker", stop_while_starting="conflict")
        assert changed["stop_while_starting"] == "conflict"
        assert controls.get("switches").json()["stop_while_starting"] == "allow"
        refused = controls.post("update", json={"service": "rekognition", "project": "line", "version": "v1"})
        assert (refused.status_code, refused.json()["error"]) == (400, "rekognition knows no system update")
        refused = controls.post("status", json={"project": "weld", "version": "1", "status": "RUNNING"})
        assert refused.status_code == 400


def test_the_bytes_of_an_image_come_as_base64_and_what_is_none_is_reported() -> None:
    service = CustomLabelsService(lambda: SIX)
    service.add_model("parts", "v1")
    service.set_status("parts", "v1", "RUNNING")
    arn = service.version_arn("parts", "v1")
    for image, status in (({"Bytes": "AAEC"}, 200), ({"Bytes": "no base64!"}, 400), ({"Bytes": 7}, 400), ({}, 400)):
        assert ask(service, "DetectCustomLabels", {"ProjectVersionArn": arn, "Image": image})[0] == status


def test_a_list_of_endpoints_goes_by_name_status_and_the_time_of_creation() -> None:
    account = WireAccount(EndpointService)
    for number in range(3):
        account.service.add_model(f"press-{number}", f"press-{number}")
        account.client.create_endpoint(EndpointName=f"press-{number}", EndpointConfigName=f"press-{number}")
        account.at += timedelta(hours=1)

    def list_names(**filters: object) -> list[str]:
        return [row["EndpointName"] for row in account.client.list_endpoints(**filters)["Endpoints"]]

    assert list_names() == ["press-2", "press-1", "press-0"]
    since = SIX + timedelta(hours=1)
    assert list_names(CreationTimeAfter=since) == ["press-2", "press-1"]
    assert list_names(CreationTimeBefore=since) == ["press-0"]
    account.client.create_endpoint(EndpointName="line", EndpointConfigName="v1")
    assert list_names(StatusEquals="Creating") == ["line"]
    assert list_names(NameContains="SS-1") == ["press-1"]


@pytest.mark.parametrize("time", ["06:00", True, 1e30])
def test_a_time_that_is_no_number_of_seconds_is_refused(time: object) -> None:
    account = WireAccount(EndpointService)
    status, answer = ask(account.service, "ListEndpoints", {"CreationTimeAfter": time}, "SageMaker")
    assert (status, answer["message"].split(":")[1].strip()) == (400, "CreationTimeAfter")


def test_an_endpoint_that_was_created_again_has_the_later_time_in_a_look_and_in_a_list() -> None:
    account = WireAccount(EndpointService)
    for _ in range(2):
        account.client.create_endpoint(EndpointName="line", EndpointConfigName="v1")
        account.at += timedelta(hours=1)
        shown = account.client.describe_endpoint(EndpointName="line")
        (row,) = account.client.list_endpoints()["Endpoints"]
        assert row == {name: shown[name] for name in row}
        account.client.delete_endpoint(EndpointName="line")
        account.at += timedelta(hours=1)
    assert shown["CreationTime"] == SIX + timedelta(hours=2)
