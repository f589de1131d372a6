"""The implementations under each contract, the values for its tests, and faults to test them with."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ReadTimeoutError
from moto import mock_aws

from preheat.adapters.dynamodb.connection import TableNames, Tables, make_dynamodb_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.adapters.memory.store import MemoryStore
from preheat.app.ports.store import Store
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import Drain, HostedModel, Readiness
from preheat.domain.plan.plan import Mode, ModelId, Target, Units
from preheat.domain.record.attempt import Answer, Attempt, Call
from preheat.domain.record.gate import Draining, Gate, Passage
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.record import Action, Effort, LedgerEntry, ModelRecord, Ownership, Phase

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
MOTO = "https://dynamodb.eu-central-1.amazonaws.com"  # named, so that no AWS_ENDPOINT_URL of the surroundings wins


@pytest.fixture(scope="session")
def session() -> Any:
    """One botocore session, with credentials that open nothing."""
    session = botocore.session.get_session()
    session.set_credentials("test", "test")
    session.set_config_variable("region", "eu-central-1")
    return session


@dataclass
class Dynamo:
    """A store on tables of its own, with what a test may look at or disturb."""

    store: DynamoStore
    tables: Tables
    client: Any
    pauses: list[float]
    session: Any

    def another(self) -> DynamoStore:
        """Return a second store over the same tables, as another process has it: no fault below reaches it."""
        return DynamoStore(make_dynamodb_client(self.session, MOTO), self.tables.names)

    def put(self, table: str, key: dict[str, Any], **changes: Any) -> None:
        """Change attributes of a stored item behind the store's back; None removes one."""
        item = self.client.get_item(TableName=table, Key=key)["Item"]
        for name, value in changes.items():
            item.pop(name, None)
            if value is not None:
                item[name] = value
        self.client.put_item(TableName=table, Item=item)

    def answer(self, operation: str, code: str, *reasons: str, times: int = 1000, status: int = 400) -> None:
        """Let the service answer an operation with an error instead of doing it."""
        left = [times]

        def refuse(**_: Any) -> Any:
            if not left[0]:
                return None
            left[0] -= 1
            body = {"Error": {"Code": code, "Message": "so it is"}, "ResponseMetadata": {}}
            return SimpleNamespace(status_code=status), body | {"CancellationReasons": [{"Code": r} for r in reasons]}

        self.client.meta.events.register_first(f"before-call.dynamodb.{operation}", refuse)

    def lose_answers(self, operation: str, times: int = 1) -> None:
        """Let an operation have its effect, and its answer never arrive."""
        left = [times]

        def lose(**_: Any) -> None:
            if left[0]:
                left[0] -= 1
                raise ReadTimeoutError(endpoint_url=MOTO)

        self.client.meta.events.register_last(f"after-call.dynamodb.{operation}", lose)

    def lose_calls(self, operation: str, times: int = 1000) -> None:
        """Let an operation never arrive."""
        left = [times]

        def lose(**_: Any) -> None:
            if left[0]:
                left[0] -= 1
                raise ReadTimeoutError(endpoint_url=MOTO)

        self.client.meta.events.register_first(f"before-call.dynamodb.{operation}", lose)

    def before(self, operation: str, act: Callable[[], object], naming: bytes = b"") -> None:
        """Let `act` happen once, just before an operation whose body holds `naming`."""
        left = [act]

        def once(params: dict[str, Any], **_: Any) -> None:
            if left and naming in params["body"]:
                left.pop()()

        self.client.meta.events.register_first(f"before-call.dynamodb.{operation}", once)


def dynamo_at(session: Any, endpoint_url: str) -> Dynamo:
    """Return a store at `endpoint_url`, on fresh tables made from the table classes."""
    run = uuid.uuid4().hex[:8]
    names = TableNames(f"models-{run}", f"ledger-{run}", f"plans-{run}")
    client = make_dynamodb_client(session, endpoint_url)
    tables = Tables(names, client)
    for table in (tables.records, tables.ledger, tables.plans):
        table.create_table(billing_mode="PAY_PER_REQUEST")
    pauses: list[float] = []
    return Dynamo(DynamoStore(client, names, Patience(pauses.append, lambda: 1.0)), tables, client, pauses, session)


@pytest.fixture
def dynamo(session: Any) -> Iterator[Dynamo]:
    """DynamoDB in process, of this test alone."""
    with mock_aws():
        yield dynamo_at(session, MOTO)


@pytest.fixture(params=["memory", "moto", "local"])
def store(request: pytest.FixtureRequest, session: Any) -> Store:
    """Each implementation of the store in turn, empty; `local` is the one on the local AWS."""
    if request.param == "memory":
        return MemoryStore()
    if request.param == "moto":
        dynamo: Dynamo = request.getfixturevalue("dynamo")
        return dynamo.store
    local = request.getfixturevalue("local_aws")
    return dynamo_at(local.session(), local.endpoint_url).store


@pytest.fixture
def fresh() -> ModelRecord:
    """A record that was never stored."""
    return ModelRecord(ModelId("weld-seams"), Target("line-1", "3"), wake_at=SIX, writer="pass-1")


@pytest.fixture
def full(fresh: ModelRecord) -> ModelRecord:
    """A record with every field set to something that is not its default, never stored."""
    start = Attempt.intend(
        fresh.model_id,
        Call.START,
        generation=4,
        demand_start=SIX,
        target=fresh.target,
        units=Units(2, 5),
        now=SIX - timedelta(minutes=32, microseconds=1),
    )
    effort = Effort(
        demand_start=SIX,
        until=SIX + timedelta(hours=8),
        ready_at=SIX,
        schedule="early",
        attempts=2,
        repairs=1,
        first_start_at=SIX - timedelta(minutes=32),
        retry_at=SIX + timedelta(seconds=1.5),
        hosted_at=SIX - timedelta(seconds=21),
        serving=True,
        judged=True,
        unstuck=True,
        proved=True,
        told=("hold-1",),
    )
    closing = Attempt.intend(
        fresh.model_id,
        Call.CLOSE,
        generation=6,
        demand_start=SIX,
        target=fresh.target,
        units=Units(),
        now=SIX,
    )
    gate = Gate("0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11", closing, Passage.MOVING, unreadable=1, look_at=SIX, told=True)
    return replace(
        fresh,
        sequence=1,
        plan_version=7,
        mode=Mode.OBSERVE,
        phase=Phase.STARTING,
        since=SIX - timedelta(minutes=3),
        observed=Observed.STARTING,
        attempt=replace(start, answer=Answer.LOST, retry_at=SIX, left=True, tries=3, open_writers=2),
        start_generation=4,
        stop_generation=3,
        ownership=Ownership.ADOPTED,
        effort=effort,
        samples=(timedelta(minutes=11, milliseconds=250), timedelta(minutes=12)),
        evidence=1,
        measured_as="0123456789abcdef",
        wake_at=SIX + timedelta(microseconds=123456),
        silent_for_plan=6,
        unreadable=2,
        expired_by=SIX - timedelta(minutes=4),
        gate=gate,
        gate_generation=6,
        draining=Draining(
            SIX, 2, SIX + timedelta(seconds=30), 0, 1, SIX + timedelta(minutes=2), "Drained after 120 s. "
        ),
    )


@pytest.fixture
def entry(full: ModelRecord) -> LedgerEntry:
    """The entry that goes with `full`, with every field set."""
    return LedgerEntry(
        model_id=full.model_id,
        sequence=1,
        at=SIX + timedelta(microseconds=7),
        from_phase=Phase.IDLE,
        to_phase=Phase.STARTING,
        action=Action.START,
        reason='needed from 06:00: "start", größer',
        target=full.target,
        schedule="early",
        client_token="preheat-start-4-00",  # noqa: S106  opens nothing
        parameter_digest="0" * 16,
        generation=4,
        attempt=2,
        time_to_hosted=timedelta(minutes=11, milliseconds=250),
        inference_latency=timedelta(milliseconds=412.5),
        margin=timedelta(seconds=-1.5),
        late=True,
        requests=("hold-1", "hold-2"),
        expired=("hold-0",),
    )


@pytest.fixture
def model() -> HostedModel:
    """A planned model with every field set."""
    early = ShiftWindow(frozenset({Weekday.MON, Weekday.SUN, Weekday.WED}), time(22, 30), time(6, 0, 1), end_day=1)
    late = ShiftWindow(frozenset({Weekday.TUE}), time(14), time(22))
    return HostedModel(
        model_id=ModelId("weld-seams"),
        target=Target("line-1", "3"),
        units=Units(1, 4),
        schedules=(Schedule("early", "Europe/Berlin", (early, late)), Schedule("none", "UTC", ())),
        lead=timedelta(minutes=30),
        slack=timedelta(seconds=15),
        announced_at=SIX,
        mode=Mode.OBSERVE,
        readiness=Readiness(bytes(range(256)), "image/jpeg"),
        drain=Drain("arn:aws:sqs:eu-central-1:111122223333:images.fifo", timedelta(minutes=12)),
        gate="0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11",
    )
