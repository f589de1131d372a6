"""The simulated services refuse a call that the role of its caller does not allow, as AWS does.

Each right on a hosting service has a call here. The service answers it with the right, and refuses it without.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session
from tests.support.iam import Right, Rights
from tests.support.needs import ACCOUNT, REGION
from tests.support.recorder import expanded, list_rights, resolver

from preheat.adapters.hosting.service_model import make_lookout_session
from preheat.domain.plan.plan import Backend
from preheat_local.emulator.hosting_rights import PATH, RightsDesk, make_judge
from preheat_simulator.core.limits import AccountLimits
from preheat_simulator.http.authorizing import CALLER, RIGHTS_PATH, RightsAt, read_call
from preheat_simulator.http.options import Options
from preheat_simulator.http.serve import RunningSimulator, run_in_thread
from preheat_simulator.rights import SERVICES, Needed
from preheat_simulator.sagemaker import VARIANT

ENDPOINT, COMPONENT, WELD = "plant-end", "plant-part", "plant-weld"
TAGS = [{"Key": "preheat:managed-by", "Value": "preheat-line"}]
MODEL = {"ProjectName": WELD, "ModelVersion": "3"}
PROJECT = f"arn:aws:rekognition:{REGION}:{ACCOUNT}:project/{WELD}/1"
VERSION = f"arn:aws:rekognition:{REGION}:{ACCOUNT}:project/{WELD}/version/{WELD}-v3/1"
SCALED = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{ENDPOINT}/variant/{VARIANT}",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
INVOKED = {"EndpointName": ENDPOINT, "InferenceComponentName": COMPONENT, "Body": b"x"}
# By right: a call that needs it. The tests ignore the service's own answer.
CALLS: dict[str, Mapping[str, Any]] = {
    "lookoutvision:ListProjects": {},
    "lookoutvision:ListModels": {"ProjectName": WELD},
    "lookoutvision:DescribeModel": MODEL,
    "lookoutvision:StartModel": MODEL | {"MinInferenceUnits": 1},
    "lookoutvision:StopModel": MODEL,
    "lookoutvision:DetectAnomalies": MODEL | {"Body": b"x", "ContentType": "image/jpeg"},
    "rekognition:DescribeProjects": {},
    "rekognition:DescribeProjectVersions": {"ProjectArn": PROJECT},
    "rekognition:StartProjectVersion": {"ProjectVersionArn": VERSION, "MinInferenceUnits": 1},
    "rekognition:StopProjectVersion": {"ProjectVersionArn": VERSION},
    "rekognition:DetectCustomLabels": {"ProjectVersionArn": VERSION, "Image": {"Bytes": b"x"}},
    "sagemaker:ListEndpoints": {},
    "sagemaker:ListInferenceComponents": {},
    "sagemaker:DescribeEndpoint": {"EndpointName": ENDPOINT},
    "sagemaker:DescribeEndpointConfig": {"EndpointConfigName": f"{ENDPOINT}-v1"},
    "sagemaker:CreateEndpoint": {"EndpointName": "plant-new", "EndpointConfigName": f"{ENDPOINT}-v1", "Tags": TAGS},
    "sagemaker:AddTags": {"EndpointName": "plant-new", "EndpointConfigName": f"{ENDPOINT}-v1", "Tags": TAGS},
    "sagemaker:DeleteEndpoint": {"EndpointName": ENDPOINT},
    "sagemaker:ListTags": {"ResourceArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{ENDPOINT}"},
    "sagemaker:InvokeEndpoint": INVOKED,
    "sagemaker:DescribeInferenceComponent": {"InferenceComponentName": COMPONENT},
    "sagemaker:UpdateInferenceComponentRuntimeConfig": {
        "InferenceComponentName": COMPONENT,
        "DesiredRuntimeConfig": {"CopyCount": 1},
    },
    "application-autoscaling:DescribeScalableTargets": {"ServiceNamespace": "sagemaker"},
    "application-autoscaling:DescribeScalingPolicies": {"ServiceNamespace": "sagemaker"},
    "application-autoscaling:RegisterScalableTarget": SCALED | {"MinCapacity": 1, "MaxCapacity": 2},
    "application-autoscaling:PutScalingPolicy": SCALED | {"PolicyName": "p"},
}
BY = {"sagemaker:AddTags": "CreateEndpoint"}  # a right that another call needs too
HOSTING = [right for right in list_rights() if right.action.partition(":")[0] in SERVICES]


@dataclass
class Roles:
    """An authority with the roles of the template; the key of a caller is the name of its role."""

    rights: Rights = field(default_factory=lambda: Rights(expanded(), resolver()))

    def __call__(self, key: str, region: str, needed: Sequence[Needed]) -> str | None:
        assert region == REGION
        for each in needed:
            here = Needed(each.action, each.resource.replace(CALLER, ACCOUNT), each.context)
            if key.endswith("Role") and not self.rights.check(key, here):
                return f"{key}: {here}"
        return None


@pytest.fixture(scope="module")
def roles() -> Roles:
    return Roles()


@pytest.fixture(scope="module")
def served(roles: Roles) -> Iterator[RunningSimulator]:
    models = (
        (Backend.LOOKOUT_VISION, WELD, "3"),
        (Backend.REKOGNITION, WELD, f"{WELD}-v3"),
        (Backend.SAGEMAKER, ENDPOINT, f"{ENDPOINT}-v1"),
        (Backend.SAGEMAKER_COMPONENT, COMPONENT, ""),
    )
    options = Options(models=models, limits=AccountLimits(calls_per_second=None))
    with run_in_thread(options, authority=roles) as found:
        yield found


def call(url: str, role: str, right: str) -> str:
    """Make the call that needs a right; return the error code of its answer, or `OK`."""
    service, _, operation = right.partition(":")
    service = "sagemaker-runtime" if operation == "InvokeEndpoint" else service
    client = make_lookout_session(Session()).create_client(
        service,
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id=role,
        aws_secret_access_key="x",  # noqa: S106 - the simulator checks no signature
        config=Config(retries={"total_max_attempts": 1}),
    )
    try:
        client._make_api_call(BY.get(right, operation), dict(CALLS[right]))  # botocore adds a token to what it gets
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "OK"


def restart(served: RunningSimulator) -> None:
    """Let there be an endpoint of the stack, and none that a call before has made."""
    served.simulator.reset()
    served.simulator.sagemaker.create_endpoint(ENDPOINT, f"{ENDPOINT}-v1", TAGS)


def test_each_right_on_a_hosting_service_has_a_call_here() -> None:
    assert {right.action for right in HOSTING} == set(CALLS)


@pytest.mark.parametrize("right", HOSTING, ids=str)
def test_without_a_right_the_service_refuses_the_call_and_nothing_changes(
    served: RunningSimulator, roles: Roles, monkeypatch: pytest.MonkeyPatch, right: Right
) -> None:
    restart(served)
    damaged = deepcopy(expanded())
    for resource in damaged["Resources"].values():
        of = resource.get("Properties", {})
        for policy in [*of.get("Policies", []), of]:
            for statement in policy.get("PolicyDocument", {}).get("Statement", []):
                if statement.get("Sid") == right.sid:
                    statement["Action"] = [each for each in statement["Action"] if each != right.action]
    before = served.simulator.sagemaker.models()
    with monkeypatch.context() as patch:
        patch.setattr(roles, "rights", Rights(damaged, resolver()))
        assert call(served.url, right.role, right.action) == "AccessDeniedException"
    assert served.simulator.sagemaker.models() == before
    assert call(served.url, right.role, right.action) != "AccessDeniedException"


@pytest.mark.parametrize("role", ["TickRole", "WatchRole", "PublishRole", "RequestsRole", "BoardRole"])
@pytest.mark.parametrize("right", CALLS)
def test_a_role_without_hosting_rights_gets_nothing(served: RunningSimulator, role: str, right: str) -> None:
    assert call(served.url, role, right) == "AccessDeniedException"


def test_a_program_whose_key_no_role_has_passes(served: RunningSimulator) -> None:
    restart(served)
    assert call(served.url, "test", "sagemaker:DescribeEndpoint") == "OK"


def test_an_endpoint_of_somebody_else_is_not_deleted(served: RunningSimulator) -> None:
    served.simulator.reset()
    served.simulator.sagemaker.create_endpoint(ENDPOINT, f"{ENDPOINT}-v1", [{"Key": "of", "Value": "others"}])
    assert call(served.url, "ReconcileRole", "sagemaker:DescribeEndpoint") == "OK"
    assert call(served.url, "ReconcileRole", "sagemaker:DeleteEndpoint") == "AccessDeniedException"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("POST", "/", {"x-amz-target": "SageMaker.ListEndpoints"}),  # nobody has signed it
        ("GET", "/_simulator/state", {"authorization": "AWS4-HMAC-SHA256 Credential=A/20261123/eu-central-1/x/y"}),
        ("GET", "/", {"authorization": "Bearer x"}),
    ],
)
def test_what_is_no_signed_call_of_a_service_asks_for_no_right(
    method: str, path: str, headers: Mapping[str, str]
) -> None:
    assert read_call(method, path, headers, b"") is None


def test_the_roles_of_another_machine_count_for_nothing() -> None:
    for url in ("http://10.0.0.1:4578", "https://127.0.0.1:4578", "http://127.0.0.1:4578@example.com"):
        with pytest.raises(ValueError, match=r"127\.0\.0\.1:PORT"):
            RightsAt(url, "x")


# --- the answer of the local AWS --------------------------------------------------------------------------------------

ROOT = "of-the-root"
ASKED = {"key": "ASIA", "region": REGION, "needed": [{"action": "a:B", "resource": f"arn:{CALLER}:x", "context": {}}]}


def ask(path: str, headers: list[tuple[bytes, bytes]], asked: object = ASKED) -> tuple[int, Any]:
    """Return status and answer of the desk; the body comes in two parts."""
    sent: list[Any] = []
    body = json.dumps(asked).encode()
    parts = [{"body": body[:9], "more_body": True}, {"body": body[9:]}]

    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"status": 0})
        await send({"body": b"{}"})

    async def receive() -> Any:
        return parts.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "headers": headers}
    judge = lambda key, region, needed: f"{key} {region} {len(needed)}"  # noqa: E731 - one line
    with ThreadPoolExecutor(1) as beside:  # the browser of other tests may run a loop in this thread
        beside.submit(lambda: asyncio.run(RightsDesk(application, judge, ROOT)(scope, receive, send))).result()
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_only_who_has_the_roots_secret_learns_what_a_role_may_do() -> None:
    assert ask(PATH, [(b"x-preheat-secret", ROOT.encode())]) == (200, {"refused": f"ASIA {REGION} 1"})
    for headers in ([], [(b"x-preheat-secret", b"")], [(b"x-preheat-secret", b"other")]):
        assert ask(PATH, headers)[0] == 403
    assert ask("/", []) == (0, {})
    assert PATH == RIGHTS_PATH


@pytest.mark.parametrize(
    ("policies", "decision", "refused"),
    [
        (None, "ImplicitDeny", None),  # the root, and a key that nobody knows
        ([], "Allow", None),
        ([], "ImplicitDeny", f"User: me has no right to a:B on arn:{ACCOUNT}:x"),
        ([], "Deny", f"User: me has no right to a:B on arn:{ACCOUNT}:x"),
    ],
)
def test_a_role_of_the_local_aws_is_judged_in_its_own_account(
    policies: list[object] | None, decision: str, refused: str | None
) -> None:
    principal = SimpleNamespace(arn="me", type="AssumedRole", account=ACCOUNT, policies=policies, keys={}, limits=[])
    module: Any = SimpleNamespace(
        resolve_principal=lambda _key, _account: principal,
        evaluate=lambda _context, _policies: SimpleNamespace(decision=decision),
        EvalContext=SimpleNamespace,
    )
    judge = make_judge(lambda found, name, _names=None: getattr(found, name), module)
    assert judge("ASIA", REGION, ASKED["needed"]) == refused  # type: ignore[arg-type]  # of the sample above
