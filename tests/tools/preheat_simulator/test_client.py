"""A real botocore client in process: its parameters, signing, retries and parsing against the simulated service."""

from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Operation, Status
from preheat_simulator.http import transport

if TYPE_CHECKING:
    from tests.tools.preheat_simulator.conftest import SimulatorBench

ONE = {"ProjectName": "weld", "ModelVersion": "1"}


def test_a_shift_from_start_to_stop(client: Any, bench: "SimulatorBench") -> None:
    assert client.start_model(**ONE, MinInferenceUnits=1)["Status"] == "STARTING_HOSTING"
    bench.pass_time(timedelta(minutes=15))
    assert client.describe_model(**ONE)["ModelDescription"]["Status"] == "HOSTED"
    assert client.stop_model(**ONE)["Status"] == "STOPPING_HOSTING"
    bench.pass_time(timedelta(minutes=2))
    description = client.describe_model(**ONE)["ModelDescription"]
    assert description["Status"] == "TRAINED"
    assert description["CreationTimestamp"].utcoffset() is not None


def test_a_lost_answer_is_retried_with_the_same_token_and_starts_once(client: Any, bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.ANSWER_LOST))
    answer = client.start_model(**ONE, MinInferenceUnits=1)
    assert answer["Status"] == "STARTING_HOSTING"
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    first, second = bench.service.call_log
    assert (first.token, first.invocation_id, first.attempt) == (second.token, second.invocation_id, 1)
    assert (second.attempt, second.replayed) == (2, True)
    assert bench.service.call_log.count_changes(Operation.START_MODEL) == 1


def test_answers_that_are_lost_without_end_are_a_closed_connection(client: Any, bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.ANSWER_LOST, times=3))
    with pytest.raises(ConnectionClosedError):
        client.stop_model(**ONE)
    assert len(bench.service.call_log) == 3


def test_an_internal_error_is_tried_three_times(client: Any, bench: "SimulatorBench", refusal: Any) -> None:
    bench.service.inject(InjectedFault(FaultKind.INTERNAL_ERROR, times=3))
    response = refusal(client.start_model, **ONE, MinInferenceUnits=1)
    assert response["Error"]["Code"] == "InternalServerException"
    assert [call.attempt for call in bench.service.call_log] == [1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (FaultKind.ACCESS_DENIED, ("AccessDeniedException", 403)),
        (FaultKind.VALIDATION, ("ValidationException", 400)),
        (FaultKind.DELETED, ("ResourceNotFoundException", 404)),
        (FaultKind.SYSTEM_UPDATING, ("ConflictException", 409)),
    ],
)
def test_an_error_that_will_not_pass_is_tried_once(
    client: Any, bench: "SimulatorBench", refusal: Any, kind: FaultKind, said: tuple[str, int]
) -> None:
    bench.service.inject(InjectedFault(kind))
    response = refusal(client.stop_model, **ONE)
    assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == said
    assert response["Message"] == response["Error"]["Message"]
    assert bench.service.call_log.count_made(Operation.STOP_MODEL) == 1


def test_the_members_of_a_quota_error_reach_the_caller(client: Any, refusal: Any) -> None:
    response = refusal(client.start_model, **ONE, MinInferenceUnits=6)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 402
    assert (response["QuotaCode"], response["ServiceCode"], response["ResourceId"], response["ResourceType"]) == (
        "units-per-model",
        "lookoutvision",
        "weld/1",
        "MODEL",
    )


def test_seconds_to_wait_reach_the_caller_as_a_number(bench: "SimulatorBench", refusal: Any) -> None:
    client = transport.make_client(bench.service, config=Config(retries={"total_max_attempts": 1}))
    bench.service.inject(InjectedFault(FaultKind.THROTTLE, retry_after_seconds=7))
    assert refusal(client.describe_model, **ONE)["RetryAfterSeconds"] == 7


@pytest.mark.parametrize(
    "parameters",
    [
        {"ClientToken": "a" * 65},
        {"ClientToken": "a_b:c"},
        {"ProjectName": "p" * 300},
        {"ProjectName": "p a"},
        {"ModelVersion": "007"},
        {"MinInferenceUnits": 2, "MaxInferenceUnits": 1},
    ],
)
def test_what_the_client_lets_through_the_service_refuses(
    client: Any, bench: "SimulatorBench", refusal: Any, parameters: dict[str, object]
) -> None:
    response = refusal(client.start_model, **(ONE | {"MinInferenceUnits": 1} | parameters))
    assert response["Error"]["Code"] == "ValidationException"
    assert next(iter(reversed(parameters))) in response["Error"]["Message"]
    assert bench.status() is Status.TRAINED


def test_pages_join_to_the_whole_list_in_order_of_version(client: Any, bench: "SimulatorBench") -> None:
    for version in range(2, 24):
        bench.service.add_model("weld", str(version))
    pages = client.get_paginator("list_models").paginate(ProjectName="weld", PaginationConfig={"PageSize": 10})
    sizes, versions = [], []
    for page in pages:
        sizes.append(len(page["Models"]))
        versions += [model["ModelVersion"] for model in page["Models"]]
    assert sizes == [10, 10, 3]
    assert versions == [str(version) for version in range(1, 24)]


def test_a_full_last_page_promises_no_other(client: Any, bench: "SimulatorBench") -> None:
    bench.service.add_model("weld", "2")
    assert "NextToken" not in client.list_models(ProjectName="weld", MaxResults=2)


def test_a_page_goes_on_where_the_last_ended_when_models_come_and_go(client: Any, bench: "SimulatorBench") -> None:
    for version in "234":
        bench.service.add_model("weld", version)
    page = client.list_models(ProjectName="weld", MaxResults=2)
    bench.service.delete("weld", "1")
    bench.service.delete("weld", "2")
    after = client.list_models(ProjectName="weld", MaxResults=2, NextToken=page["NextToken"])
    assert [model["ModelVersion"] for model in after["Models"]] == ["3", "4"]


def test_without_a_size_a_page_holds_a_hundred(client: Any, bench: "SimulatorBench") -> None:
    for project in range(100):
        bench.service.add_project(f"line-{project:03}")
    page = client.list_projects()
    assert len(page["Projects"]) == 100
    assert [project["ProjectName"] for project in client.list_projects(NextToken=page["NextToken"])["Projects"]] == [
        "weld"
    ]


@pytest.mark.parametrize("token", ["abc", b64encode(b"before 3").decode(), b64encode(b"\xff").decode()])
def test_a_page_token_that_nobody_gave_out_is_refused(client: Any, refusal: Any, token: str) -> None:
    assert refusal(client.list_projects, NextToken=token)["Error"]["Code"] == "ValidationException"


def test_a_list_of_an_unknown_project_is_not_found(client: Any, refusal: Any) -> None:
    assert refusal(client.list_models, ProjectName="paint")["ResourceType"] == "PROJECT"


def test_a_project_is_described(client: Any) -> None:
    described = client.describe_project(ProjectName="weld")["ProjectDescription"]
    assert described["ProjectArn"] == "arn:aws:lookoutvision:eu-central-1:123456789012:project/weld"
    assert described["Datasets"] == []


def test_only_a_hosted_model_detects(client: Any, bench: "SimulatorBench", refusal: Any) -> None:
    image = {"Body": b"\x89PNG", "ContentType": "image/png"}
    assert refusal(client.detect_anomalies, **ONE, **image)["Error"]["Code"] == "ConflictException"
    bench.host()
    result = client.detect_anomalies(**ONE, **image)["DetectAnomalyResult"]
    assert result["Source"] == {"Type": "direct"}
    assert 0 <= result["Confidence"] <= 1
    assert client.detect_anomalies(**ONE, **image)["DetectAnomalyResult"] == result


def test_an_image_of_another_kind_is_refused(client: Any, bench: "SimulatorBench", refusal: Any) -> None:
    bench.host()
    response = refusal(client.detect_anomalies, **ONE, Body=b"GIF8", ContentType="image/gif")
    assert response["Error"]["Code"] == "ValidationException"
