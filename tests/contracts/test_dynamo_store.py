"""Faults that only the store on DynamoDB can have: lost answers, busy tables, foreign items, interrupted applies."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pynamodb.exceptions import PutError, TransactWriteError, UpdateError

from preheat.adapters.dynamodb.connection import TableNames, make_dynamodb_client
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.store import DynamoStore
from preheat.app.ports.errors import StaleRecord, StoreUnavailable, UnreadableItem
from preheat.app.ports.plans import Planned
from preheat.app.ports.store import PLANS_KEPT
from preheat.app.requests.ruling import AHEAD_MAX
from preheat.domain.demand.request import KEPT_AFTER_EXPIRY, REPLIES_KEPT, Reply, RequestId, Subject, Verb
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId
from preheat.domain.plan.senders import LONGEST_MOST
from preheat.domain.record.record import LedgerEntry, ModelRecord

type Dynamo = Any  # the fixture's class; folders of tests are not packages

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
PAUSES_MAX_SECONDS = 3


@pytest.fixture(params=["PutItem", "TransactWriteItems"])
def write(request: pytest.FixtureRequest, entry: LedgerEntry) -> tuple[str, LedgerEntry | None]:
    """The two ways to write a record: alone, and with its entry."""
    return request.param, entry if request.param == "TransactWriteItems" else None


type Write = tuple[str, LedgerEntry | None]


def body_of(dynamo: Dynamo, table: str, key: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(dynamo.client.get_item(TableName=table, Key=key)["Item"]["body"]["S"])
    return body


RECORD_KEY = {"model_id": {"S": "weld-seams"}, "item": {"S": "record"}}


def test_a_write_whose_answer_was_lost_counts_as_won_by_its_writer(
    dynamo: Dynamo, full: ModelRecord, write: Write
) -> None:
    operation, entry = write
    dynamo.lose_answers(operation)
    won = dynamo.store.save(full, entry)
    assert dynamo.store.load(full.model_id) == won == replace(full, version=1)
    assert dynamo.store.read_ledger(full.model_id) == ((entry,) if entry else ())


def test_a_write_that_never_arrived_is_not_won(dynamo: Dynamo, full: ModelRecord, write: Write) -> None:
    operation, entry = write
    dynamo.lose_calls(operation)
    with pytest.raises(StoreUnavailable, match="weld-seams"):
        dynamo.store.save(full, entry)
    assert dynamo.store.load(full.model_id) is None


def test_a_lost_write_is_not_won_if_another_writer_is_stored(dynamo: Dynamo, full: ModelRecord, write: Write) -> None:
    operation, entry = write
    other = replace(full, writer="pass-2", sequence=0)
    rival = dynamo.another()
    dynamo.before(operation, lambda: rival.save(other, None))
    dynamo.lose_calls(operation)
    with pytest.raises(StaleRecord, match="version 0 was read, 1 is stored"):
        dynamo.store.save(full, entry)
    assert dynamo.store.load(full.model_id) == replace(other, version=1)
    assert dynamo.store.read_ledger(full.model_id) == ()


def test_a_write_that_names_no_writer_is_never_taken_for_ones_own(dynamo: Dynamo, fresh: ModelRecord) -> None:
    nameless = replace(fresh, writer="")
    dynamo.lose_answers("PutItem")
    with pytest.raises(StaleRecord):
        dynamo.store.save(nameless, None)


def test_if_the_read_that_settles_a_lost_write_fails_too_the_store_is_unavailable(
    dynamo: Dynamo, full: ModelRecord, write: Write
) -> None:
    operation, entry = write
    dynamo.lose_answers(operation)
    dynamo.lose_calls("GetItem")
    with pytest.raises(StoreUnavailable, match="weld-seams"):
        dynamo.store.save(full, entry)


def test_a_transaction_sent_twice_is_the_same_transaction(
    dynamo: Dynamo, full: ModelRecord, entry: LedgerEntry
) -> None:
    tokens = []
    dynamo.client.meta.events.register_first(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: tokens.append(params["ClientRequestToken"]),
    )
    dynamo.answer("TransactWriteItems", "ThrottlingException", times=1)
    won = dynamo.store.save(full, entry)
    dynamo.store.save(replace(won, sequence=2), replace(entry, sequence=2))
    first, again, second = tokens
    assert first == again != second
    assert len(first) == 36


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
def test_a_busy_table_is_tried_again_with_growing_pauses(
    dynamo: Dynamo, full: ModelRecord, write: Write, code: str
) -> None:
    operation, entry = write
    dynamo.answer(operation, code, times=3)
    assert dynamo.store.save(full, entry).version == 1
    assert dynamo.pauses == sorted(dynamo.pauses)
    assert len(dynamo.pauses) == 3


def test_a_table_that_stays_busy_is_unavailable_within_three_seconds(
    dynamo: Dynamo, full: ModelRecord, write: Write
) -> None:
    operation, entry = write
    dynamo.answer(operation, "ThrottlingException")
    with pytest.raises(StoreUnavailable, match="ThrottlingException"):
        dynamo.store.save(full, entry)
    assert 0 < sum(dynamo.pauses) < PAUSES_MAX_SECONDS


CANCELLED = "TransactionCanceledException"


@pytest.mark.parametrize("reasons", [("None", "TransactionConflict"), ("ThrottlingError", "None")])
def test_a_transaction_cancelled_for_a_moment_is_tried_again(
    dynamo: Dynamo, full: ModelRecord, entry: LedgerEntry, reasons: tuple[str, ...]
) -> None:
    dynamo.answer("TransactWriteItems", CANCELLED, *reasons, times=2)
    assert dynamo.store.save(full, entry).version == 1
    assert len(dynamo.pauses) == 2


def test_a_conflict_with_a_writer_that_won_is_a_stale_record_at_once(
    dynamo: Dynamo, full: ModelRecord, entry: LedgerEntry
) -> None:
    won = dynamo.store.save(full, entry)
    dynamo.before("TransactWriteItems", lambda: dynamo.another().wake(full.model_id, SIX))
    dynamo.answer("TransactWriteItems", CANCELLED, "TransactionConflict", "None")
    with pytest.raises(StaleRecord):
        dynamo.store.save(replace(won, sequence=2), replace(entry, sequence=2))
    assert dynamo.pauses == []


def test_a_request_that_is_wrong_is_a_bug_and_stays_as_it_is(
    dynamo: Dynamo, full: ModelRecord, entry: LedgerEntry
) -> None:
    dynamo.answer("TransactWriteItems", CANCELLED, "ValidationError", "None")
    with pytest.raises(TransactWriteError):
        dynamo.store.save(full, entry)
    dynamo.answer("PutItem", "ValidationException")
    with pytest.raises(PutError):
        dynamo.store.save(full, None)
    dynamo.answer("UpdateItem", "ValidationException")
    with pytest.raises(UpdateError):
        dynamo.store.wake(full.model_id, SIX)


def test_a_store_that_nobody_listens_for_is_unavailable(session: Any, full: ModelRecord, entry: LedgerEntry) -> None:
    client = make_dynamodb_client(session, "http://127.0.0.1:9")  # the discard port; nothing listens
    store = DynamoStore(client, TableNames("models", "ledger", "plans"), Patience(lambda _: None))
    with pytest.raises(StoreUnavailable, match=r"127\.0\.0\.1"):
        store.save(full, entry)


def test_what_a_busy_table_left_out_of_an_answer_is_asked_for_again(dynamo: Dynamo, fresh: ModelRecord) -> None:
    names = [ModelId(f"m{number}") for number in range(3)]
    for name in names:
        dynamo.store.save(replace(fresh, model_id=name), None)
    table = dynamo.tables.names.models
    answers = []

    def keep_one(parsed: dict[str, Any], **_: Any) -> None:
        found = parsed["Responses"][table]
        answers.append(len(found))
        left = [{"model_id": item["model_id"], "item": item["item"]} for item in found[1:]]
        parsed["Responses"][table] = found[:1]
        parsed["UnprocessedKeys"] = {table: {"Keys": left}} if left else {}

    dynamo.client.meta.events.register("after-call.dynamodb.BatchGetItem", keep_one)
    assert set(dynamo.store.load_many(names)) == set(names)
    assert answers == [3, 2, 1]


def test_a_table_that_never_answers_in_full_is_unavailable(dynamo: Dynamo, fresh: ModelRecord) -> None:
    dynamo.store.save(fresh, None)
    table = dynamo.tables.names.models

    def keep_none(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Responses"] = {}
        parsed["UnprocessedKeys"] = {table: {"Keys": [RECORD_KEY]}}

    dynamo.client.meta.events.register("after-call.dynamodb.BatchGetItem", keep_none)
    with pytest.raises(StoreUnavailable, match="left out"):
        dynamo.store.load_many([fresh.model_id])


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": {"N": "2"}}, "schema: 2"),
        ({"schema": None}, "schema: None"),
        ({"schema": {"S": "1"}}, "schema"),
        ({"phase": {"S": "dreaming"}}, "phase: 'dreaming'"),
        ({"sequence": {"N": "1.5"}}, "sequence: 1.5"),
        ({"sequence": None}, "sequence: None"),
        ({"wake_at": {"S": "soon"}}, "wake_at: 'soon'"),
        ({"wake_at": {"S": "2026-11-23T06:00:00.000000Z"}, "look_at": {"S": "soon"}}, "look_at: 'soon'"),
        ({"body": None}, "body: missing"),
        ({"body": {"S": "{"}}, "not JSON"),
        ({"body": {"S": "[]"}}, "not a JSON object"),
        ({"body": {"S": '{"version": 1}'}}, "version in body: it stands by itself already"),
        ({"version": {"S": "1"}}, "version"),
    ],
)
def test_a_record_of_a_form_that_is_not_known_is_named_and_not_touched(
    dynamo: Dynamo, fresh: ModelRecord, changes: dict[str, Any], named: str
) -> None:
    table = dynamo.tables.names.models
    dynamo.store.save(fresh, None)
    dynamo.put(table, RECORD_KEY, **changes)
    before = dynamo.client.get_item(TableName=table, Key=RECORD_KEY)["Item"]
    with pytest.raises(UnreadableItem, match=named) as told:
        dynamo.store.load(fresh.model_id)
    assert f"{table} weld-seams/record: " in str(told.value)
    assert dynamo.store.load_many([fresh.model_id]) == {}
    assert dynamo.client.get_item(TableName=table, Key=RECORD_KEY)["Item"] == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda body: body.update(mode="dreaming"), "mode: 'dreaming'"),
        (lambda body: body["attempt"].pop("units"), "attempt.units: missing"),
        (lambda body: body["attempt"]["units"].update(minimum=True), "attempt.units.minimum: True"),
        (lambda body: body["attempt"]["units"].update(minimum=0), "attempt.units: min_units 0"),
        (lambda body: body["effort"].update(until="2026-11-23T06:00:00"), "effort.until"),
        (lambda body: body.update(samples=[1, "2"]), r"samples\[1\]"),
        (lambda body: body.update(target={"project": "p", "version": "latest"}), "target: version 'latest'"),
    ],
)
def test_the_field_inside_a_record_that_cannot_be_read_is_named(
    dynamo: Dynamo, full: ModelRecord, change: Callable[[dict[str, Any]], Any], named: str
) -> None:
    table = dynamo.tables.names.models
    dynamo.store.save(full, None)
    body = body_of(dynamo, table, RECORD_KEY)
    change(body)
    dynamo.put(table, RECORD_KEY, body={"S": json.dumps(body)})
    with pytest.raises(UnreadableItem, match=named):
        dynamo.store.load(full.model_id)


def test_a_record_written_before_a_field_existed_takes_its_default(dynamo: Dynamo, full: ModelRecord) -> None:
    table = dynamo.tables.names.models
    won = dynamo.store.save(full, None)
    body = body_of(dynamo, table, RECORD_KEY)
    del body["unreadable"], body["effort"]["unstuck"]
    dynamo.put(table, RECORD_KEY, body={"S": json.dumps(body)})
    assert full.effort is not None
    assert dynamo.store.load(full.model_id) == replace(won, unreadable=0, effort=replace(full.effort, unstuck=False))


def test_an_unreadable_record_is_woken_and_hides_no_other(dynamo: Dynamo, fresh: ModelRecord) -> None:
    table, other = dynamo.tables.names.models, replace(fresh, model_id=ModelId("other"))
    dynamo.store.save(fresh, None)
    dynamo.store.save(other, None)
    dynamo.put(table, RECORD_KEY, schema={"N": "9"})
    earlier = SIX - timedelta(hours=1)
    dynamo.store.wake(fresh.model_id, earlier)
    assert [line.model_id for line in dynamo.store.find_due(SIX)] == ["weld-seams", "other"]
    assert set(dynamo.store.load_many([fresh.model_id, other.model_id])) == {"other"}


def test_a_save_and_a_wake_put_a_model_into_the_same_shard(dynamo: Dynamo, fresh: ModelRecord) -> None:
    names = [ModelId(f"m{number}") for number in range(20)]

    def shards() -> list[str]:
        keys = [{"model_id": {"S": name}, "item": {"S": "record"}} for name in names]
        table = dynamo.tables.names.models
        return [dynamo.client.get_item(TableName=table, Key=key)["Item"]["shard"]["S"] for key in keys]

    for name in names:
        dynamo.store.save(replace(fresh, model_id=name), None)
    saved = shards()
    for name in names:
        dynamo.store.wake(name, SIX)
    assert shards() == saved
    assert set(saved) == {"0", "1", "2", "3"}


def test_a_due_line_that_is_no_instant_hides_no_other(dynamo: Dynamo, fresh: ModelRecord) -> None:
    dynamo.store.save(fresh, None)
    dynamo.store.save(replace(fresh, model_id=ModelId("other")), None)
    dynamo.put(dynamo.tables.names.models, RECORD_KEY, wake_at={"S": "1 o'clock"})
    assert [line.model_id for line in dynamo.store.find_due(SIX)] == ["other"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"schema": {"N": "3"}}, "schema: 3"), ({"at": {"N": "7"}}, "at"), ({"schema": {"N": "1"}}, "body: missing")],
)
def test_a_ledger_entry_of_a_form_that_is_not_known_is_named(
    dynamo: Dynamo, full: ModelRecord, entry: LedgerEntry, changes: dict[str, Any], named: str
) -> None:
    table = dynamo.tables.names.ledger
    dynamo.store.save(full, entry)
    dynamo.put(table, {"model_id": {"S": "weld-seams"}, "sequence": {"N": "1"}}, **changes)
    with pytest.raises(UnreadableItem, match=named) as told:
        dynamo.store.read_ledger(full.model_id)
    assert f"{table} weld-seams" in str(told.value)
    with pytest.raises(UnreadableItem, match=named):
        dynamo.store.read_recent_ledger(full.model_id, SIX)


POINTER_KEY = {"plan": {"S": "current"}, "item": {"S": "pointer"}}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": {"N": "2"}}, "schema: 2"),
        ({"version": {"N": "1.5"}}, "version: 1.5"),
        ({"version": None}, "version: None"),
        ({"version": {"S": "1"}}, "version"),
        ({"points_to": None}, "points_to: missing"),
    ],
)
def test_a_pointer_of_a_form_that_is_not_known_is_named(
    dynamo: Dynamo, model: HostedModel, changes: dict[str, Any], named: str
) -> None:
    table = dynamo.tables.names.plans
    dynamo.store.apply([model], expected_version=0, at=SIX)
    dynamo.put(table, POINTER_KEY, **changes)
    with pytest.raises(UnreadableItem, match=named) as told:
        dynamo.store.read_planned(model.model_id)
    assert f"{table} current/pointer: " in str(told.value)


def test_a_planned_model_of_a_form_that_is_not_known_is_named_and_hides_no_other(
    dynamo: Dynamo, model: HostedModel
) -> None:
    table, other = dynamo.tables.names.plans, replace(model, model_id=ModelId("other"))
    dynamo.store.apply([model, other], expected_version=0, at=SIX)
    partition = dynamo.client.get_item(TableName=table, Key=POINTER_KEY)["Item"]["points_to"]["S"]
    dynamo.put(table, {"plan": {"S": partition}, "item": {"S": "model#weld-seams"}}, schema={"N": "2"})
    with pytest.raises(UnreadableItem, match=f"{table} {partition}/model#weld-seams: schema: 2"):
        dynamo.store.read_planned(model.model_id)
    assert dynamo.store.read_planned(other.model_id) == Planned(1, other)


def test_a_plan_is_read_once_and_the_pointer_each_time(dynamo: Dynamo, model: HostedModel) -> None:
    dynamo.store.apply([model], expected_version=0, at=SIX)
    reads = []
    dynamo.client.meta.events.register_first(
        "provide-client-params.dynamodb.GetItem", lambda params, **_: reads.append(params["Key"]["item"]["S"])
    )
    for _ in range(3):
        assert dynamo.store.read_planned(model.model_id) == Planned(1, model)
    assert reads == ["pointer", "model#weld-seams", "pointer", "pointer"]
    changed = replace(model, slack=timedelta())
    dynamo.another().apply([changed], expected_version=1, at=SIX)
    assert dynamo.store.read_planned(model.model_id) == Planned(2, changed)


def test_an_apply_interrupted_before_its_pointer_is_in_no_plan(dynamo: Dynamo, model: HostedModel) -> None:
    dynamo.store.apply([model], expected_version=0, at=SIX)
    before = dynamo.store.load(model.model_id)
    ghost, next_one = replace(model, model_id=ModelId("ghost")), replace(model, model_id=ModelId("next"))
    dynamo.lose_calls("TransactWriteItems", times=1)
    with pytest.raises(StoreUnavailable, match="plan 2 was not made current"):
        dynamo.store.apply([ghost], expected_version=1, at=SIX + timedelta(1))
    assert dynamo.store.list_planned_models() == ["weld-seams"]
    assert dynamo.store.load(model.model_id) == before
    assert dynamo.store.apply([next_one], expected_version=1, at=SIX) == 2
    assert dynamo.store.list_planned_models() == ["next"]
    assert dynamo.store.read_planned(ghost.model_id) == Planned(2, None)
    assert dynamo.store.load(ghost.model_id) is None


def test_a_former_model_that_a_pass_found_at_rest_is_in_no_later_plan(dynamo: Dynamo, model: HostedModel) -> None:
    dynamo.store.apply([model], expected_version=0, at=SIX)
    dynamo.store.apply([], expected_version=1, at=SIX)
    assert dynamo.store.list_former_models() == [model.model_id]
    record = dynamo.store.load(model.model_id)
    assert record is not None
    dynamo.store.save(replace(record, plan_version=2, wake_at=None), None)
    dynamo.store.apply([], expected_version=2, at=SIX)
    assert dynamo.store.list_former_models() == []


def test_an_apply_whose_pointer_was_written_but_not_confirmed_has_won(dynamo: Dynamo, model: HostedModel) -> None:
    dynamo.lose_answers("TransactWriteItems")
    assert dynamo.store.apply([model], expected_version=0, at=SIX) == 1
    assert dynamo.store.read_planned(model.model_id) == Planned(1, model)


def test_of_two_applies_side_by_side_one_wins(dynamo: Dynamo, model: HostedModel) -> None:
    rival = replace(model, model_id=ModelId("rival"))
    dynamo.before("TransactWriteItems", lambda: dynamo.another().apply([rival], expected_version=0, at=SIX))
    with pytest.raises(StaleRecord, match="plan 0 was read, plan 1 is current"):
        dynamo.store.apply([model], expected_version=0, at=SIX)
    assert dynamo.store.list_planned_models() == ["rival"]


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException"])
def test_an_apply_that_may_not_write_changes_nothing(dynamo: Dynamo, model: HostedModel, code: str) -> None:
    dynamo.answer("BatchWriteItem", code)
    with pytest.raises(StoreUnavailable, match=code):
        dynamo.store.apply([model], expected_version=0, at=SIX)
    dynamo.answer("TransactWriteItems", code)
    with pytest.raises(StoreUnavailable, match=code):
        dynamo.store.apply([], expected_version=0, at=SIX)
    assert dynamo.store.read_plan_version() == 0
    assert dynamo.store.read_applied_plans(9) == []


def test_an_apply_that_meets_another_transaction_tries_again(dynamo: Dynamo, model: HostedModel) -> None:
    dynamo.answer("TransactWriteItems", "TransactionCanceledException", "TransactionConflict", times=2)
    assert dynamo.store.apply([model], expected_version=0, at=SIX) == 1
    assert len(dynamo.pauses) == 2
    assert [each.version for each in dynamo.store.read_applied_plans(9)] == [1]


def test_a_plan_after_a_restore_of_older_plans_never_takes_a_version_of_the_ledger(
    dynamo: Dynamo, model: HostedModel
) -> None:
    """A restore took the plans table back to a moment before the last apply; the ledger knows it."""
    dynamo.store.apply([model], expected_version=0, at=SIX)
    pointer = dynamo.client.get_item(TableName=dynamo.tables.names.plans, Key=POINTER_KEY)["Item"]
    dynamo.store.apply([model], expected_version=1, at=SIX)
    dynamo.client.put_item(TableName=dynamo.tables.names.plans, Item=pointer)
    assert dynamo.store.apply([model], expected_version=1, at=SIX) == 3
    assert [each.version for each in dynamo.store.read_applied_plans(9)] == [1, 2, 3]


def test_an_apply_in_the_ledger_of_a_form_that_is_not_known_is_named_and_stops_no_apply(
    dynamo: Dynamo, model: HostedModel
) -> None:
    dynamo.store.apply([model], expected_version=0, at=SIX)
    key = {"model_id": {"S": "plan#"}, "sequence": {"N": "1"}}
    item = dynamo.client.get_item(TableName=dynamo.tables.names.ledger, Key=key)["Item"]
    dynamo.client.put_item(TableName=dynamo.tables.names.ledger, Item=item | {"schema": {"N": "9"}})
    with pytest.raises(UnreadableItem, match="plan#/1: schema"):
        dynamo.store.read_applied_plans(1)
    with pytest.raises(UnreadableItem, match="plan#/1: schema"):
        dynamo.store.find_applied_plan(1)
    assert dynamo.store.apply([model], expected_version=1, at=SIX) == 2


def test_a_batch_that_is_only_taken_in_part_is_written_whole_in_the_end(dynamo: Dynamo, model: HostedModel) -> None:
    models = [replace(model, model_id=ModelId(f"m{number}")) for number in range(4)]
    table, left = dynamo.tables.names.plans, [5]

    def take_none(params: dict[str, Any], **_: Any) -> Any:
        if not left[0]:
            return None
        left[0] -= 1
        return _OK, {"UnprocessedItems": params["body"] and {table: _puts(params)}, "ResponseMetadata": {}}

    dynamo.client.meta.events.register_first("before-call.dynamodb.BatchWriteItem", take_none)
    dynamo.store.apply(models, expected_version=0, at=SIX)
    assert dynamo.store.list_planned_models() == [one.model_id for one in models]
    assert dynamo.pauses


class _Ok:
    status_code = 200


_OK = _Ok()


def _puts(params: dict[str, Any]) -> list[Any]:
    (puts,) = json.loads(params["body"])["RequestItems"].values()
    return list(puts)


def test_models_that_could_not_be_woken_are_reported_and_the_plan_is_current(
    dynamo: Dynamo, model: HostedModel
) -> None:
    models = [replace(model, model_id=ModelId(f"m{number}")) for number in range(12)]
    dynamo.store.apply(models, expected_version=0, at=SIX)
    dynamo.answer("UpdateItem", "InternalServerError", times=2, status=500)
    later = SIX + timedelta(minutes=1)
    with pytest.raises(StoreUnavailable, match="plan 2 is current, but 2 of 12 models are not woken yet"):
        dynamo.store.apply(models, expected_version=1, at=later)
    assert dynamo.store.read_plan_version() == 2
    records = dynamo.store.load_many([one.model_id for one in models]).values()
    assert sorted(record.wake_at for record in records) == [SIX] * 2 + [later] * 10


def test_a_record_that_a_pass_makes_during_an_apply_is_woken(
    dynamo: Dynamo, model: HostedModel, fresh: ModelRecord
) -> None:
    rival = dynamo.another()
    dynamo.before("PutItem", lambda: rival.save(replace(fresh, wake_at=None), None), naming=b"weld-seams")
    dynamo.store.apply([model], expected_version=0, at=SIX)
    record = dynamo.store.load(model.model_id)
    assert record is not None
    assert (record.wake_at, record.version, record.writer) == (SIX, 2, "wake")


# --- the service's own time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ("Mon, 23 Nov 2026 06:00:00 GMT", SIX),
        ("yesterday", None),
        ("Mon, 23 Nov 2026 06:00:00", None),
        ("Mon, 23 Nov 2026 06:00:00 -0000", None),
        ("", None),
        (None, None),
    ],
)
def test_the_store_says_what_time_its_last_answer_names(
    dynamo: Dynamo, full: ModelRecord, shown: str | None, told: datetime | None
) -> None:
    def name(http_response: Any, **_: Any) -> None:
        del http_response.headers["Date"]
        if shown is not None:
            http_response.headers["Date"] = shown

    dynamo.store.load(full.model_id)
    assert dynamo.store.read_served_at() is not None
    dynamo.client.meta.events.register_first("after-call.dynamodb", name)
    dynamo.store.load(full.model_id)
    assert dynamo.store.read_served_at() == told


def test_an_error_names_the_time_too(dynamo: Dynamo, full: ModelRecord) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    won = dynamo.store.save(full, None)
    with pytest.raises(StaleRecord):
        dynamo.store.save(replace(full, writer="pass-2"), None)
    served_at = dynamo.store.read_served_at()
    assert served_at is not None
    assert before <= served_at <= datetime.now(UTC)
    assert won.version == 1


def list_partitions(dynamo: Dynamo) -> set[str]:
    """The partitions of plans that are stored."""
    found = dynamo.client.scan(TableName=dynamo.tables.names.plans)["Items"]
    return {item["plan"]["S"][:11] for item in found} - {"current", "accounts"}


def test_the_last_ten_plans_stay_and_older_ones_go_with_their_payloads(dynamo: Dynamo, model: HostedModel) -> None:
    for version in range(PLANS_KEPT + 4):
        dynamo.store.apply([model], expected_version=version, at=SIX)
    assert list_partitions(dynamo) == {f"v{version:010d}" for version in range(5, PLANS_KEPT + 5)}
    assert dynamo.store.read_planned(model.model_id).version == PLANS_KEPT + 4
    assert dynamo.store.read_planned_before(model.model_id) == model
    assert len(dynamo.store.read_applied_plans(100)) == PLANS_KEPT + 4  # their entries stay


def test_an_apply_that_cannot_delete_an_old_plan_has_succeeded_and_the_next_one_deletes_it(
    dynamo: Dynamo, model: HostedModel
) -> None:
    for version in range(PLANS_KEPT):
        dynamo.store.apply([model], expected_version=version, at=SIX)
    dynamo.before("UpdateItem", lambda: dynamo.answer("BatchWriteItem", "AccessDeniedException", times=1))
    assert dynamo.store.apply([model], expected_version=PLANS_KEPT, at=SIX) == PLANS_KEPT + 1
    assert "v0000000001" in list_partitions(dynamo)
    dynamo.store.apply([model], expected_version=PLANS_KEPT + 1, at=SIX)
    assert not {"v0000000001", "v0000000002"} & list_partitions(dynamo)


def test_a_restored_pointer_keeps_the_plan_that_it_names(dynamo: Dynamo, model: HostedModel) -> None:
    """Somebody restores the plans table to an old copy. Its current plan stays, however many versions came after."""
    dynamo.store.apply([model], expected_version=0, at=SIX)
    pointer = dynamo.client.get_item(TableName=dynamo.tables.names.plans, Key=POINTER_KEY)["Item"]
    for version in range(1, PLANS_KEPT):
        dynamo.store.apply([model], expected_version=version, at=SIX)
    dynamo.client.put_item(TableName=dynamo.tables.names.plans, Item=pointer)
    assert dynamo.store.apply([model], expected_version=1, at=SIX) == PLANS_KEPT + 1
    assert dynamo.store.read_planned_before(model.model_id) == model


def test_a_reply_has_its_time(dynamo: Dynamo) -> None:
    reply = Reply(
        RequestId("a"), Verb.HOLD, Subject(ModelId("weld-seams")), "role-1", SIX, True, "accepted", "so", "0" * 64
    )
    dynamo.store.answer(reply, None, [])
    key = {"model_id": {"S": "request#a"}, "sequence": {"N": "1"}}
    item = dynamo.client.get_item(TableName=dynamo.tables.names.ledger, Key=key)["Item"]
    assert int(item["expires_at"]["N"]) == (SIX + REPLIES_KEPT).timestamp()
    assert AHEAD_MAX + LONGEST_MOST + KEPT_AFTER_EXPIRY + timedelta(days=14) < REPLIES_KEPT
    assert dynamo.store.find_reply(reply.request_id) == reply
