"""The stack of the functions in process: DynamoDB and SQS of moto, the simulator on loopback, handlers by path."""

import importlib.util
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

from preheat.adapters.dynamodb.connection import TableNames, Tables, make_dynamodb_client
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import Backend, ModelId, Target, Units
from preheat_simulator.http.options import Options
from preheat_simulator.http.serve import RunningSimulator, run_in_thread

ROOT = Path(__file__).parents[2]
EVENTS = ROOT / "events"
NAMES = TableNames("models", "ledger", "plans")
QUEUES = "arn:aws:sqs:eu-central-1:123456789012"
CONTEXT = SimpleNamespace(aws_request_id="request", function_name="f", memory_limit_in_mb=512, invoked_function_arn="a")


@dataclass
class StackInProcess:
    """The stack in process: what a function may reach."""

    store: DynamoStore
    sqs: Any
    queue_url: str
    rejected_url: str
    simulator: RunningSimulator
    dynamodb: Any

    def messages(self, queue: str = "work") -> list[str]:
        found, url = [], self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        while batch := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in batch]
        return found

    @staticmethod
    def target(model_id: ModelId, backend: Backend) -> Target:
        version = "3" if backend is Backend.LOOKOUT_VISION else f"plant-{model_id}-v3"
        return Target(f"plant-{model_id}", version, backend)

    def apply(self, *model_ids: ModelId, backends: Mapping[ModelId, Backend] | None = None) -> None:
        now = datetime.now(UTC)
        always = ShiftWindow(frozenset(Weekday), time(0), time(0), end_day=1)
        models = [
            HostedModel(
                model_id,
                self.target(model_id, (backends or {}).get(model_id, Backend.LOOKOUT_VISION)),
                Units(1),
                (Schedule("always", "UTC", (always,)),),
                timedelta(minutes=5),
                timedelta(minutes=2),
                now,
            )
            for model_id in model_ids
        ]
        self.store.apply(models, expected_version=self.store.read_plan_version(), at=now)


@contextmanager
def open_stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[StackInProcess]:
    """Return a stack with the variables of its functions in the environment."""
    models = (
        ("plant-weld-seams", "3"),
        ("plant-paint-shop", "3"),
        (Backend.REKOGNITION, "plant-weld-seams", "plant-weld-seams-v3"),
        (Backend.SAGEMAKER, "plant-weld-seams", "plant-weld-seams-v3"),
        (Backend.SAGEMAKER, "plant-paint-shop", "plant-paint-shop-v3"),
        (Backend.SAGEMAKER_COMPONENT, "plant-part", ""),
    )
    with run_in_thread(Options(models=models)) as simulator, mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        session = botocore.session.get_session()
        dynamodb, sqs = make_dynamodb_client(session), session.create_client("sqs")
        tables = Tables(NAMES, dynamodb)
        for table in (tables.records, tables.ledger, tables.plans):
            table.create_table(billing_mode="PAY_PER_REQUEST")
        queue_url, rejected_url = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "rejected"))
        for name in ("unpublished", "replies"):
            sqs.create_queue(QueueName=name)
        session.create_client("events").create_event_bus(Name="preheat-line")
        for name, value in {
            "PREHEAT_MODELS_TABLE": NAMES.models,
            "PREHEAT_LEDGER_TABLE": NAMES.ledger,
            "PREHEAT_PLANS_TABLE": NAMES.plans,
            "PREHEAT_WORK_QUEUE_URL": queue_url,
            "PREHEAT_REJECTED_QUEUE_URL": rejected_url,
            "PREHEAT_REQUEST_MAX_DAYS": "7",
            "PREHEAT_ADMIN_ROLES": "AROAEXAMPLECONTROL",
            "PREHEAT_MODE": "act",
            "PREHEAT_HOSTING_ENDPOINT_URL": simulator.url,
            "PREHEAT_REKOGNITION_ENDPOINT_URL": simulator.url,
            "PREHEAT_SAGEMAKER_ENDPOINT_URL": simulator.url,
            "PREHEAT_STACK_NAME": "preheat-line",
            "PREHEAT_OWN_ROLE_ARNS": "arn:aws:iam::111122223333:role/preheat-ReconcileRole",
            "AWS_REGION": "eu-central-1",
            "PREHEAT_PROJECT_PREFIX": "plant-",
            "PREHEAT_EVENT_BUS": "preheat-line",
            "PREHEAT_UNPUBLISHED_QUEUE_ARN": f"{QUEUES}:unpublished",
            "PREHEAT_REPLY_QUEUE_ARNS": f"{QUEUES}:replies,arn:aws:sqs:eu-central-1:111122223333:line-7-replies",
        }.items():
            monkeypatch.setenv(name, value)
        yield StackInProcess(DynamoStore(dynamodb, NAMES), sqs, queue_url, rejected_url, simulator, dynamodb)


def function(name: str) -> ModuleType:
    """Load a function as Lambda does: its handler file, by path."""
    spec = importlib.util.spec_from_file_location(f"function_{name}", ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())
