"""The backend functions among the examples keep the contract, each on the emulator or server that there is for it."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from tests.support.model_server import make_server, settle

from preheat.domain.plan.plan import Idempotence
from preheat_cli.backend.invoking import Handler, LocalHandler, load_handler
from preheat_cli.backend.promises import Checked, PromiseOutcome, check_promises
from preheat_lab.checkout import ROOT

EXAMPLES = ROOT / "examples" / "backends"


def load(name: str) -> Handler:
    return load_handler(str(EXAMPLES / name / "handler.py"))


def check(
    handler: Handler,
    parameters: Mapping[str, Any],
    *,
    absent: Mapping[str, Any] | None = None,
    units: int = 1,
    idempotent_by: Idempotence = Idempotence.LEVEL,
    tick: Any = lambda: None,
    is_healthy: Any = None,
) -> None:
    """Hold a handler to every promise; `tick` lets a step of time pass in what it manages.

    `is_healthy` asks the model past the handler; None: nothing answers here.
    """
    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += seconds
        tick()

    found = list(
        check_promises(
            Checked(
                LocalHandler(handler),
                "weld-seams",
                parameters,
                units,
                idempotent_by,
                timedelta(minutes=45),
                timedelta(seconds=10),
                sleep,
                lambda: waited[0],
                absent,
                is_healthy,
            )
        )
    )
    skipped = ["it reports what does not exist"] * (absent is None)
    skipped += ["what it reports as hosted answers", "what it reports as stopped does not answer"] * (
        is_healthy is None
    )
    assert [one.promise for one in found if one.outcome is PromiseOutcome.SKIP] == skipped
    assert [(one.promise, one.seen) for one in found if one.outcome is PromiseOutcome.FAIL] == []


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.mark.usefixtures("region")
def test_an_ecs_service_is_a_backend() -> None:
    from moto.ecs.models import ecs_backends

    with mock_aws():
        ecs = boto3.client("ecs")
        ecs.create_cluster(clusterName="vision")
        ecs.register_task_definition(
            family="weld", containerDefinitions=[{"name": "weld", "image": "weld", "memory": 512}]
        )
        ecs.create_service(cluster="vision", serviceName="weld", taskDefinition="weld", desiredCount=0)
        (service,) = ecs_backends["123456789012"]["eu-central-1"].services.values()

        def place_a_task() -> None:
            service.running_count += (service.desired_count > service.running_count) - (
                service.desired_count < service.running_count
            )

        service.running_count = 0
        names = {"cluster": "vision", "service": "weld"}
        check(load("ecs-service"), names, absent=names | {"service": "none"}, units=2, tick=place_a_task)


@pytest.mark.usefixtures("region")
def test_an_ec2_instance_with_a_health_check_is_a_backend() -> None:
    with mock_aws(), serve_models() as (url, models):
        ec2 = boto3.client("ec2")
        image = ec2.describe_images()["Images"][0]["ImageId"]
        instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        ec2.stop_instances(InstanceIds=[instance])
        models["health"] = 503

        def warm_up() -> None:
            models["health"] = 200

        handler, names = load("ec2-gpu"), {"instance": instance, "health": f"{url}/health"}
        check(handler, names, absent=names | {"instance": "i-0123456789abcdef0"}, tick=warm_up)
        models["health"] = 503
        handler({"operation": "start", "parameters": names}, None)
        seen = handler({"operation": "describe", "parameters": names}, None)
        assert seen == {"status": "starting", "detail": "running, health check: 503"}


class Bedrock:
    """Provisioned throughput behind a real client: its own parameter checks, and the answers of its service model."""

    def __init__(self, client: Any) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        for name in (
            "CreateProvisionedModelThroughput",
            "GetProvisionedModelThroughput",
            "DeleteProvisionedModelThroughput",
        ):
            client.meta.events.register(f"before-call.bedrock.{name}", self._answer)

    def tick(self) -> None:
        for name, each in list(self.made.items()):
            if each["status"] == "Creating":
                each["status"] = "InService"
            if each["status"] == "Deleting":
                del self.made[name]

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        body = json.loads(params["body"] or b"{}")
        name = body.get("provisionedModelName") or params["url_path"].rpartition("/")[2]
        if model.name.startswith("Create"):
            return self._create(name, body)
        if name not in self.made:
            return self._refuse(404, "ResourceNotFoundException")
        if model.name.startswith("Delete"):
            del self.made[name]
            return AWSResponse("", 200, {}, None), {}
        row = self.made[name]
        return AWSResponse("", 200, {}, None), {"status": row["status"], "modelUnits": row["units"]}

    def _create(self, name: str, body: dict[str, Any]) -> Any:
        if self.tokens.get(body["clientRequestToken"]) == name:
            return AWSResponse("", 201, {}, None), {"provisionedModelArn": f"arn:{name}"}
        if name in self.made:
            return self._refuse(400, "ConflictException")
        self.tokens[body["clientRequestToken"]] = name
        self.made[name] = {"status": "Creating", "units": body["modelUnits"]}
        return AWSResponse("", 201, {}, None), {"provisionedModelArn": f"arn:{name}"}

    @staticmethod
    def _refuse(status: int, code: str) -> Any:
        return AWSResponse("", status, {}, None), {"Error": {"Code": code, "Message": "so it is"}}


@pytest.mark.usefixtures("region")
def test_provisioned_throughput_is_a_backend_that_revives_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("bedrock")
    bedrock = Bedrock(client)
    monkeypatch.setattr(boto3, "client", lambda _: client)
    names = {"name": "plant-inspection", "model_id": "arn:aws:bedrock:eu-central-1:111122223333:custom-model/a"}
    check(load("bedrock-provisioned-throughput"), names, idempotent_by=Idempotence.TOKEN, tick=bedrock.tick)
    assert bedrock.made == {}


@contextmanager
def serve_models() -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve models on a loopback port; return its URL and what it holds."""
    models: dict[str, Any] = {}
    server = make_server(models)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", models
    finally:
        server.shutdown()
        server.server_close()


def test_a_model_server_of_the_plant_is_a_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_models() as (url, models):
        weld: dict[str, Any] = {"state": "down", "workers": 0, "wanted": 0}
        models["weld"] = weld
        monkeypatch.setenv("MODEL_SERVER_URL", url)

        serves = lambda: weld["workers"] > 0  # noqa: E731 - one line
        absent = {"name": "none"}
        check(
            load("http-service"), {"name": "weld"}, absent=absent, units=2, tick=lambda: settle(weld), is_healthy=serves
        )
        refused = load("http-service")({"operation": "describe", "parameters": {"name": "../admin"}}, None)
        assert refused["error"]["type"] == "invalid"
    lost = load("http-service")({"operation": "describe", "parameters": {"name": "weld"}}, None)
    assert lost["error"]["type"] == "lost"


@pytest.mark.parametrize("folder", sorted(each.name for each in EXAMPLES.iterdir() if each.is_dir()))
def test_each_example_says_how_it_is_used(folder: str) -> None:
    readme = (EXAMPLES / folder / "README.md").read_text()
    assert "backend: function" in readme
    assert "preheat backend check" in readme
    assert {each.name for each in (EXAMPLES / folder).iterdir()} >= {"handler.py", "template.yaml", "README.md"}
