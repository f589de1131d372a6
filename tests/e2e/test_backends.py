"""A shift of an inference component and one of a user's own function, on the deployed product.

The test really invokes the example function for a plant's model server; the server is a process of its own.
"""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.support.model_server import make_server

from preheat.app.ports.store import Store
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat.domain.record.record import Action, Phase
from preheat_local import LocalAws, run_local_aws
from preheat_local.store import open_local_store

ROOT = Path(__file__).parents[2]
FUNCTION = "arn:aws:lambda:eu-central-1:000000000000:function:plant-backend"
COMPONENT, SERVED, REFUSED = ModelId("component"), ModelId("served"), ModelId("refused")
TARGETS = {
    COMPONENT: Target("plant-weld", "", Backend.SAGEMAKER_COMPONENT),
    SERVED: Target(FUNCTION, SERVED, Backend.FUNCTION, parameters='{"name":"weld"}'),
    REFUSED: Target(f"{FUNCTION}-of-others", REFUSED, Backend.FUNCTION),
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}],
}
WITHIN_SECONDS = 420


@dataclass(frozen=True, slots=True)
class Plant:
    """The shift as it runs, and what the model server holds."""

    store: Store
    served: dict[str, Any]

    def phase(self, model_id: ModelId) -> Phase | None:
        record = self.store.load(model_id)
        return None if record is None else record.phase

    def actions(self, model_id: ModelId) -> list[Action]:
        return [entry.action for entry in self.store.read_ledger(model_id)]


def deploy_function(aws: LocalAws, url: str) -> None:
    """Create the example's function, which may call the model server and nothing else."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(ROOT / "examples" / "backends" / "http-service" / "handler.py", "handler.py")
    role = aws.client("iam").create_role(RoleName="plant-backend", AssumeRolePolicyDocument=json.dumps(TRUST))
    aws.client("lambda").create_function(
        FunctionName="plant-backend",
        Runtime="python3.13",
        Handler="handler.handler",
        Role=role["Role"]["Arn"],
        Timeout=12,
        Environment={"Variables": {"MODEL_SERVER_URL": url}},
        Code={"ZipFile": archive.getvalue()},
    )


def model(name: ModelId, begin: datetime, end: datetime) -> HostedModel:
    window = ShiftWindow(frozenset(Weekday), begin.time(), end.time(), end_day=(end.date() - begin.date()).days)
    return HostedModel(
        name,
        TARGETS[name],
        Units(2),
        (Schedule(f"{name}-shift", "UTC", (window,)),),
        lead=timedelta(seconds=100),
        slack=timedelta(),
        announced_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """A stack that may invoke one function, with a shift that begins two and a half minutes from now."""
    served: dict[str, Any] = {"weld": {"state": "down", "workers": 0, "wanted": 0}}
    server = make_server(served, loads_within=5)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    arguments = ["--model", "sagemaker-component:plant-weld", "--start-latency", "5", "--stop-latency", "5"]
    try:
        with run_local_aws(
            tmp_path_factory.mktemp("backends"),
            simulator_arguments=arguments,
            parameters={"BackendFunctionArns": FUNCTION},
        ) as aws:
            deploy_function(aws, url_of(server))
            store = open_local_store(aws)
            begin = (datetime.now(UTC) + timedelta(seconds=150)).replace(microsecond=0)
            models = [model(name, begin, begin + timedelta(seconds=120)) for name in TARGETS]
            store.apply(models, expected_version=store.read_plan_version(), at=datetime.now(UTC))
            yield Plant(store, served)
    finally:
        server.shutdown()
        server.server_close()


def url_of(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def eventually(plant: Plant, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not holds():
        told = {name: [(e.action, e.reason) for e in plant.store.read_ledger(name)] for name in TARGETS}
        assert time.monotonic() < deadline, f"{what}: {told}"
        time.sleep(1)


def test_a_shift_of_a_component_and_of_a_function_is_served_on_time_and_ends_with_a_stop(plant: Plant) -> None:
    for name in (COMPONENT, SERVED):
        eventually(plant, lambda name=name: plant.phase(name) is Phase.HOSTED, f"{name} is hosted")  # type: ignore[misc]
    assert plant.served["weld"] == {"state": "ready", "workers": 2, "wanted": 2}
    for name in (COMPONENT, SERVED):
        eventually(plant, lambda name=name: plant.phase(name) is Phase.IDLE, f"{name} is stopped")  # type: ignore[misc]
        entries = list(plant.store.read_ledger(name))
        assert [entry.late for entry in entries if entry.late is not None] == [False]
        assert [entry.action for entry in entries].count(Action.START) == 1
        assert [entry.action for entry in entries].count(Action.STOP) == 1
    assert plant.served["weld"]["workers"] == 0


def test_a_function_that_the_stack_does_not_name_is_refused_and_harms_no_other(plant: Plant) -> None:
    eventually(plant, lambda: plant.store.read_ledger(REFUSED) != (), "the refused model has a ledger")
    assert Action.START not in plant.actions(REFUSED)
    assert any("Invoke" in entry.reason for entry in plant.store.read_ledger(REFUSED))
