"""The wire format, request by request and answer by answer, with no client in between."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from preheat.adapters.hosting.service_model import load_service_model
from preheat_simulator.core.errors import ServiceError, SimulatedAnswerLost
from preheat_simulator.core.faults import FaultKind, InjectedFault
from preheat_simulator.core.status import Status
from preheat_simulator.core.views import ModelView
from preheat_simulator.core.words import ERRORS, LOOKOUT
from preheat_simulator.http.wire import NotInTheModelError, Response, Wire
from preheat_simulator.lookout import LookoutService

if TYPE_CHECKING:
    from tests.tools.preheat_simulator.conftest import SimulatorBench

PROJECTS = "/2020-11-20/projects"
MODEL = f"{PROJECTS}/weld/models/1"
ONE_UNIT = b'{"MinInferenceUnits": 1}'


@pytest.fixture
def wire(bench: "SimulatorBench") -> Wire:
    return Wire(lambda: bench.service)


def content(response: Response) -> Any:
    return json.loads(response.body)


def start(wire: Wire, body: bytes = ONE_UNIT, path: str = MODEL, headers: dict[str, str] | None = None) -> Response:
    return wire.handle("POST", f"{path}/start", "", headers or {}, body)


def test_a_start_and_a_stop_answer_202_and_their_status(wire: Wire) -> None:
    response = start(wire)
    assert (response.status, content(response)) == (202, {"Status": "STARTING_HOSTING"})
    response = wire.handle("POST", f"{MODEL}/stop", "", {}, b"")
    assert (response.status, content(response)) == (202, {"Status": "STOPPING_HOSTING"})


def test_a_description_has_its_instant_in_unix_seconds(wire: Wire, bench: "SimulatorBench") -> None:
    response = wire.handle("GET", MODEL, "", {}, b"")
    assert response.status == 200
    assert content(response)["ModelDescription"] == {
        "ModelVersion": "1",
        "ModelArn": "arn:aws:lookoutvision:eu-central-1:123456789012:model/weld/1",
        "CreationTimestamp": bench.at.timestamp(),
        "Status": "TRAINED",
        "StatusMessage": "Training completed successfully.",
    }


def test_units_are_described_but_not_listed(wire: Wire) -> None:
    start(wire, b'{"MinInferenceUnits": 1, "MaxInferenceUnits": 3}')
    described = content(wire.handle("GET", MODEL, "", {}, b""))["ModelDescription"]
    listed = content(wire.handle("GET", f"{PROJECTS}/weld/models", "", {}, b""))["Models"][0]
    assert (described["MinInferenceUnits"], described["MaxInferenceUnits"]) == (1, 3)
    assert set(described) - set(listed) == {"MinInferenceUnits", "MaxInferenceUnits"}


def test_every_answer_has_a_request_id_of_its_own(wire: Wire) -> None:
    ids = {wire.handle("GET", PROJECTS, "", {}, b"").headers["x-amzn-RequestId"] for _ in range(3)}
    assert len(ids) == 3


def test_an_error_names_its_type_in_the_header_and_its_members_in_the_body(wire: Wire) -> None:
    start(wire)
    response = start(wire)
    assert response.status == 409
    assert response.headers["x-amzn-ErrorType"] == "ConflictException"
    assert content(response) == {
        "Message": "Model weld/1 is STARTING_HOSTING: StartModel is not possible",
        "ResourceId": "weld/1",
        "ResourceType": "MODEL",
    }


def test_seconds_to_wait_are_a_header(wire: Wire, bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.THROTTLE, retry_after_seconds=7))
    response = start(wire)
    assert response.status == 429
    assert response.headers["Retry-After"] == "7"
    assert "RetryAfterSeconds" not in content(response)


@pytest.mark.parametrize("code", ERRORS)
def test_the_log_and_the_service_model_agree_on_the_status_of(code: str) -> None:
    assert load_service_model().shape_for(code).metadata["error"]["httpStatusCode"] == ERRORS[code]


WRONG = {
    "a token of 65 characters": (MODEL, ONE_UNIT, "a" * 65, "ClientToken: "),
    "a token with an underscore": (MODEL, ONE_UNIT, "a_b", "ClientToken: 'a_b' does not match"),
    "a token that ends in a line feed": (MODEL, ONE_UNIT, "a\n", "ClientToken: "),
    "an empty token": (MODEL, ONE_UNIT, "", "ClientToken: '' is below the minimum of 1 characters"),
    "a project of 300 characters": (f"{PROJECTS}/{'p' * 300}/models/1", ONE_UNIT, "t", "ProjectName: "),
    "a project with a blank": (f"{PROJECTS}/p%20a/models/1", ONE_UNIT, "t", "ProjectName: 'p a' does not match"),
    "a project with a slash": (f"{PROJECTS}/p%2Fa/models/1", ONE_UNIT, "t", "ProjectName: 'p/a' does not match"),
    "version 007": (f"{PROJECTS}/weld/models/007", ONE_UNIT, "t", "ModelVersion: '007' does not match"),
    "no units": (MODEL, b"{}", "t", "MinInferenceUnits: it is required"),
    "no body": (MODEL, b"", "t", "MinInferenceUnits: it is required"),
    "units that are null": (MODEL, b'{"MinInferenceUnits": null}', "t", "MinInferenceUnits: it is required"),
    "zero units": (MODEL, b'{"MinInferenceUnits": 0}', "t", "MinInferenceUnits: 0 is below the minimum of 1"),
    "units as a text": (MODEL, b'{"MinInferenceUnits": "1"}', "t", "MinInferenceUnits: '1' is not of type integer"),
    "units that are true": (
        MODEL,
        b'{"MinInferenceUnits": true}',
        "t",
        "MinInferenceUnits: True is not of type integer",
    ),
    "half a unit": (MODEL, b'{"MinInferenceUnits": 1.5}', "t", "MinInferenceUnits: 1.5 is not of type integer"),
    "a list for a body": (MODEL, b"[]", "t", "body: it is not a JSON object"),
    "no JSON": (MODEL, b"{", "t", "body: it is not JSON"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_start_is_refused_by_the_name_of_the_member_for(wire: Wire, bench: "SimulatorBench", name: str) -> None:
    path, body, token, said = WRONG[name]
    response = start(wire, body, path, {"X-Amzn-Client-Token": token})
    assert response.status == 400
    assert response.headers["x-amzn-ErrorType"] == "ValidationException"
    assert said in content(response)["Message"]
    assert bench.status() is Status.TRAINED
    assert [call.answer for call in bench.service.call_log] == ["ValidationException"]


@pytest.mark.parametrize("query", ["maxResults=500", "maxResults=0", "maxResults=ten", "maxResults=", "nextToken=a_b"])
def test_a_page_that_cannot_be_is_refused(wire: Wire, query: str) -> None:
    assert wire.handle("GET", PROJECTS, query, {}, b"").status == 400


def test_every_wrong_member_is_named_at_once(wire: Wire) -> None:
    response = start(wire, b"{}", f"{PROJECTS}/weld/models/007")
    assert content(response)["Message"].startswith("2 validation error(s): ")


def test_a_member_that_is_unknown_is_passed_over(wire: Wire) -> None:
    assert start(wire, b'{"MinInferenceUnits": 1, "Colour": "red"}').status == 202


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", f"{PROJECTS}/"),
        ("PUT", f"{MODEL}/start"),
        ("GET", f"{MODEL}/start"),
        ("POST", f"{PROJECTS}//models/1/start"),
        ("DELETE", MODEL),
        ("GET", f"{MODEL}/start/now"),
    ],
)
def test_what_is_no_operation_is_a_404_that_says_so(wire: Wire, method: str, path: str) -> None:
    response = wire.handle(method, path, "", {}, b"")
    assert response.status == 404
    assert content(response) == {"error": f"{method} {path} is no operation that this simulator carries"}


def test_a_lost_answer_is_no_response(wire: Wire, bench: "SimulatorBench") -> None:
    bench.service.inject(InjectedFault(FaultKind.ANSWER_LOST))
    with pytest.raises(SimulatedAnswerLost):
        start(wire)
    assert bench.status() is Status.STARTING_HOSTING


def test_the_attempt_and_the_call_it_belongs_to_are_logged(wire: Wire, bench: "SimulatorBench") -> None:
    marks = {"amz-sdk-request": "ttl=20261123T060000Z; attempt=2; max=3", "amz-sdk-invocation-id": "one-call"}
    start(wire, headers=marks)
    assert [(call.invocation_id, call.attempt) for call in bench.service.call_log] == [("one-call", 2)]


class Lying(LookoutService):
    """A service that answers what the real one could not."""

    def describe_model(self, project: str, version: str, **_: Any) -> ModelView:
        return ModelView(project, version + "x", "arn", Status.HOSTED, "", self.now(), 0, None)

    def stop_model(self, *_: Any, **__: Any) -> Status:
        return Status.TRAINED

    def list_projects(self, *_: Any, **__: Any) -> Any:
        raise ServiceError("ServiceQuotaExceededException", "too many", QuotaCode="q", ServiceCode="s")

    def describe_project(self, *_: Any, **__: Any) -> Any:
        raise ServiceError("ConflictException", "no resource named")


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", MODEL, r"DescribeModel: ModelDescription.ModelVersion: '1x' does not match"),
        ("GET", MODEL, r"ModelDescription.MinInferenceUnits: 0 is below"),
        ("POST", f"{MODEL}/stop", r"StopModel: Status: 'TRAINED' is not one of STARTING_HOSTING"),
        ("GET", PROJECTS, "ListProjects does not answer ServiceQuotaExceededException"),
        ("GET", f"{PROJECTS}/weld", "DescribeProject: ResourceId: it is required"),
    ],
)
def test_a_simulator_that_answers_what_the_service_could_not_fails_loudly(
    bench: "SimulatorBench", method: str, path: str, said: str
) -> None:
    lying = Lying(lambda: bench.at)
    with pytest.raises(NotInTheModelError, match=said):
        Wire(lambda: lying).handle(method, path, "", {}, b"")


def test_every_operation_of_the_service_model_is_simulated() -> None:
    assert set(load_service_model().operation_names) == set(LOOKOUT.operations)
