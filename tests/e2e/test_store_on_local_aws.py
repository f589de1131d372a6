"""The store under writers that really run side by side, on the tables of the deployed template."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from preheat.adapters.dynamodb.connection import TableNames, make_dynamodb_client
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.app.ports.errors import StaleRecord
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.record import Action, LedgerEntry, ModelRecord, Phase
from preheat_local import LocalAws

SIX = datetime(2099, 11, 23, 6, tzinfo=UTC)  # far ahead: the stack's own tick finds nothing due
LEAD, SLACK = timedelta(minutes=30), timedelta(seconds=15)
WRITERS, WRITES = 6, 10


@pytest.fixture
def stores(local_aws: LocalAws) -> list[DynamoStore]:
    """One store for each writer, each with a client of its own, as processes have them."""
    return [_store(local_aws) for _ in range(WRITERS)]


def _store(local_aws: LocalAws) -> DynamoStore:
    names = TableNames(local_aws.models_table, local_aws.ledger_table, local_aws.plans_table)
    return DynamoStore(make_dynamodb_client(local_aws.session(), local_aws.endpoint_url), names)


def test_writers_side_by_side_lose_no_write_and_leave_no_gap(stores: list[DynamoStore]) -> None:
    model_id = ModelId("contended")
    stores[0].save(ModelRecord(model_id, Target("line-1", "1"), wake_at=SIX, writer="first"), None)

    def write_all(number: int) -> int:
        return sum(_bump(stores[number], model_id, f"writer-{number}-{turn}") for turn in range(WRITES))

    with ThreadPoolExecutor(WRITERS) as pool:
        lost = sum(pool.map(write_all, range(WRITERS)))
    record, ledger = stores[0].load(model_id), stores[0].read_ledger(model_id)
    assert record is not None
    assert (record.version, record.sequence) == (1 + WRITERS * WRITES, WRITERS * WRITES)
    assert [entry.sequence for entry in ledger] == list(range(1, WRITERS * WRITES + 1))
    assert {entry.reason for entry in ledger} == {
        f"writer-{number}-{turn}" for number in range(WRITERS) for turn in range(WRITES)
    }
    assert lost > 0, "no write was ever contended, so this run has shown nothing"


def _bump(store: Store, model_id: ModelId, writer: str) -> int:
    """Write one entry, however often it takes; return how many writes were lost on the way."""
    lost = 0
    while True:
        record = store.load(model_id)
        assert record is not None
        after = replace(record, sequence=record.sequence + 1, writer=writer)
        entry = LedgerEntry(
            model_id, after.sequence, SIX, Phase.IDLE, Phase.IDLE, Action.OBSERVE, writer, record.target
        )
        try:
            store.save(after, entry)
        except StaleRecord:
            lost += 1
        else:
            return lost


def test_a_wake_side_by_side_with_saves_is_never_undone_unseen(stores: list[DynamoStore]) -> None:
    model_id = ModelId("woken")
    stores[0].save(ModelRecord(model_id, Target("line-1", "1"), writer="first"), None)
    with ThreadPoolExecutor(2) as pool:
        saves = pool.submit(lambda: [_bump(stores[1], model_id, f"saver-{turn}") for turn in range(20)])
        wakes = pool.submit(_wake_often, stores[2], model_id)
        saves.result()
        wakes.result()
    record = stores[0].load(model_id)
    assert record is not None
    assert record.version == 1 + 20 + 20
    assert record.wake_at == SIX
    assert len(stores[0].read_ledger(model_id)) == 20


def _wake_often(store: Store, model_id: ModelId) -> None:
    for _ in range(20):
        store.wake(model_id, SIX)


def test_of_applies_side_by_side_exactly_one_wins(stores: list[DynamoStore]) -> None:
    version = stores[0].read_plan_version()
    models = [
        HostedModel(ModelId(f"by-{number}"), Target("line-1", "1"), Units(), (), LEAD, SLACK, SIX)
        for number in range(WRITERS)
    ]

    def apply(number: int) -> int | None:
        try:
            return stores[number].apply([models[number]], expected_version=version, at=SIX)
        except StaleRecord:
            return None

    with ThreadPoolExecutor(WRITERS) as pool:
        won = list(pool.map(apply, range(WRITERS)))
    assert sorted(won, key=str) == [version + 1] + [None] * (WRITERS - 1)
    assert stores[0].list_planned_models() == [f"by-{won.index(version + 1)}"]


def test_the_templates_index_shows_what_is_due_and_nothing_else(stores: list[DynamoStore]) -> None:
    due, resting = ModelId("index-due"), ModelId("index-resting")
    for model_id, wake_at in ((due, SIX), (resting, None)):
        stores[0].save(ModelRecord(model_id, Target("line-1", "1"), wake_at=wake_at, writer="first"), None)
    shown = {line.model_id: line.wake_at for line in stores[1].find_due(SIX)}
    assert shown[due] == SIX
    assert resting not in shown
