"""Faults that only the requests on DynamoDB can have: lost answers, halves of changes, foreign items, failed wakes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pynamodb.exceptions import TransactWriteError

from preheat.app.ports.errors import StaleRecord, StoreUnavailable, UnreadableItem
from preheat.domain.demand.request import (
    KEPT_AFTER_EXPIRY,
    REPLIES_KEPT,
    Kind,
    Reply,
    RequestId,
    Standing,
    Standings,
    Subject,
    Tombstone,
    Verb,
)
from preheat.domain.plan.plan import ModelId
from preheat.domain.record.record import LedgerEntry, ModelRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from preheat.adapters.dynamodb.store import DynamoStore

type Dynamo = Any  # the fixture's class; folders of tests are not packages
type Change = Standing | Tombstone | None

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
LONG_AGO = SIX - timedelta(days=8)
HOUR = timedelta(hours=1)
WELD = ModelId("weld-seams")
MODEL, SCHEDULE = Subject(model_id=WELD), Subject(schedule="early")
HOLD_1 = RequestId("hold-1")
REPLY = Reply(RequestId("request-1"), Verb.HOLD, MODEL, "role-1", SIX, True, "accepted", "it is so", "0" * 64)
HOLD = Standing(HOLD_1, Kind.HOLD, MODEL, "role-1", SIX, SIX + HOUR, known_at=SIX - HOUR)
EARLY = replace(HOLD, subject=SCHEDULE)
RELEASE = Tombstone(HOLD_1, MODEL, "role-1", admin=False, at=SIX, until=SIX + HOUR)
CHANGES = pytest.mark.parametrize(
    "change", [None, HOLD, EARLY, RELEASE], ids=["none", "a model's", "a schedule's", "a release"]
)
CANCELLED = "TransactionCanceledException"


def key(partition: str, item: str) -> dict[str, Any]:
    return {"model_id": {"S": partition}, "item": {"S": item}}


REPLY_KEY = {"model_id": {"S": "request#request-1"}, "sequence": {"N": "1"}}


def is_stored(dynamo: Dynamo, change: Change) -> bool:
    """Return whether a change is there, or if there is none to make, whether its reply is."""
    rival: DynamoStore = dynamo.another()
    if isinstance(change, Standing):
        return rival.find_standing(change.subject, change.request_id) == change
    if change is not None:
        return rival.read_tombstones(change.subject, change.of) == (change,)
    return rival.find_reply(REPLY.request_id) is not None


@CHANGES
def test_an_answer_that_was_written_but_not_confirmed_is_given(dynamo: Dynamo, change: Change) -> None:
    dynamo.lose_answers("TransactWriteItems")
    dynamo.store.answer(REPLY, change, [])
    assert dynamo.store.find_reply(REPLY.request_id) == REPLY
    assert is_stored(dynamo, change)
    if change is EARLY:
        assert dynamo.store.read_standings(SCHEDULE, LONG_AGO).version == 1


def test_a_second_answer_that_was_written_but_not_confirmed_is_given(dynamo: Dynamo) -> None:
    dynamo.store.answer(replace(REPLY, accepted=False, retry_at=SIX + HOUR), None, [])
    dynamo.lose_answers("TransactWriteItems")
    second = replace(REPLY, number=2)
    dynamo.store.answer(second, HOLD, [])
    assert dynamo.store.find_reply(REPLY.request_id) == second


@CHANGES
def test_an_answer_that_never_arrived_is_not_given_and_nothing_is_changed(dynamo: Dynamo, change: Change) -> None:
    dynamo.lose_calls("TransactWriteItems")
    with pytest.raises(StoreUnavailable, match="request request-1"):
        dynamo.store.answer(REPLY, change, [])
    assert dynamo.store.find_reply(REPLY.request_id) is None
    assert not is_stored(dynamo, change)


def test_a_lost_answer_is_not_ones_own_if_another_is_stored(dynamo: Dynamo) -> None:
    rival, other = dynamo.another(), replace(REPLY, accepted=False)
    dynamo.before("TransactWriteItems", lambda: rival.answer(other, None, []))
    dynamo.lose_calls("TransactWriteItems")
    with pytest.raises(StaleRecord, match="request-1 was answered already"):
        dynamo.store.answer(REPLY, HOLD, [])
    assert dynamo.store.find_reply(REPLY.request_id) == other
    assert not is_stored(dynamo, HOLD)


def test_if_the_read_that_settles_a_lost_answer_fails_too_the_store_is_unavailable(dynamo: Dynamo) -> None:
    dynamo.lose_answers("TransactWriteItems")
    dynamo.lose_calls("GetItem")
    with pytest.raises(StoreUnavailable):
        dynamo.store.answer(REPLY, None, [])


@pytest.mark.parametrize("reasons", [("None", "TransactionConflict"), ("ThrottlingError", "None")])
def test_an_answer_refused_for_a_moment_is_given_again_under_one_token(
    dynamo: Dynamo, reasons: tuple[str, ...]
) -> None:
    tokens = []
    dynamo.client.meta.events.register_first(
        "provide-client-params.dynamodb.TransactWriteItems",
        lambda params, **_: tokens.append(params["ClientRequestToken"]),
    )
    dynamo.answer("TransactWriteItems", CANCELLED, *reasons, times=2)
    dynamo.store.answer(REPLY, HOLD, [])
    dynamo.store.answer(replace(REPLY, request_id=RequestId("request-2")), replace(HOLD, revision=2), [])
    assert len(dynamo.pauses) == 2
    assert tokens[0] == tokens[1] == tokens[2] != tokens[3]
    assert len(tokens[0]) == 36


def test_an_answer_that_is_wrong_is_a_bug_and_stays_as_it_is(dynamo: Dynamo) -> None:
    dynamo.answer("TransactWriteItems", CANCELLED, "ValidationError", "None")
    with pytest.raises(TransactWriteError):
        dynamo.store.answer(REPLY, HOLD, [])


def test_a_record_that_a_pass_makes_meanwhile_has_the_request_read_again(dynamo: Dynamo, fresh: ModelRecord) -> None:
    rival = dynamo.another()
    dynamo.before("TransactWriteItems", lambda: rival.save(fresh, None))
    with pytest.raises(StaleRecord, match="hold-1 has changed since it was read"):
        dynamo.store.answer(REPLY, HOLD, [])
    dynamo.store.answer(REPLY, HOLD, [])
    record = dynamo.store.load(WELD)
    assert record is not None
    assert record.version == 2


def test_a_guarded_write_whose_answer_was_lost_counts_as_won(
    dynamo: Dynamo, full: ModelRecord, entry: LedgerEntry
) -> None:
    for told in (entry, None):
        dynamo.lose_answers("TransactWriteItems")
        full = dynamo.store.save(full, told, {SCHEDULE: 0})
        assert dynamo.store.load(full.model_id) == full


def test_models_that_could_not_be_woken_are_reported_and_the_request_is_answered(
    dynamo: Dynamo, fresh: ModelRecord
) -> None:
    names = [ModelId(f"m{number}") for number in range(12)]
    for name in names:
        dynamo.store.save(replace(fresh, model_id=name, wake_at=None), None)
    dynamo.answer("UpdateItem", "InternalServerError", times=2, status=500)
    with pytest.raises(StoreUnavailable, match="request-1 is answered, but 2 of 12 models are not woken yet"):
        dynamo.store.answer(REPLY, EARLY, names)
    assert dynamo.store.find_reply(REPLY.request_id) == REPLY
    records = dynamo.store.load_many(names).values()
    assert [record.wake_at for record in records].count(SIX) == 10


def test_a_note_that_cannot_be_written_has_the_message_come_again(dynamo: Dynamo) -> None:
    dynamo.store.answer(REPLY, EARLY, [])
    dynamo.answer("UpdateItem", "InternalServerError", status=500)
    with pytest.raises(StoreUnavailable):
        dynamo.store.note_woken(EARLY)


def test_an_earlier_release_reads_a_hold_with_a_session(dynamo: Dynamo) -> None:
    dynamo.store.answer(REPLY, replace(HOLD, session="ada@example.com"), [])
    item = dynamo.client.get_item(TableName=dynamo.tables.names.models, Key=key(WELD, "request#hold-1"))["Item"]
    assert item["session"] == {"S": "ada@example.com"}
    assert "session" not in json.loads(item["body"]["S"])  # an earlier release refuses a field that it does not know


# --- a change that shows in part ----------------------------------------------------------------------------------


def hide_once(dynamo: Dynamo, range_key: str, times: int) -> None:
    """Leave an item out of as many answers of a query, as while its transaction is under way."""
    left = [times]

    def hide(parsed: dict[str, Any], **_: Any) -> None:
        if left[0]:
            left[0] -= 1
            parsed["Items"] = [item for item in parsed["Items"] if item["item"]["S"] != range_key]
            parsed["Count"] = len(parsed["Items"])

    dynamo.client.meta.events.register("after-call.dynamodb.Query", hide)


@pytest.mark.parametrize("hold", [HOLD, EARLY], ids=["a model's", "a schedule's"])
def test_a_hold_that_is_counted_and_not_seen_yet_is_waited_for(dynamo: Dynamo, hold: Standing) -> None:
    dynamo.store.answer(REPLY, hold, [])
    hide_once(dynamo, "request#hold-1", 2)
    assert dynamo.store.read_standings(hold.subject, LONG_AGO).requests == (hold,)
    assert len(dynamo.pauses) == 2


@pytest.mark.parametrize("hold", [HOLD, EARLY], ids=["a model's", "a schedule's"])
def test_a_hold_that_queries_never_show_is_read_by_its_key(dynamo: Dynamo, hold: Standing) -> None:
    dynamo.store.answer(REPLY, hold, [])
    hide_once(dynamo, "request#hold-1", 100)
    found = dynamo.store.read_standings(hold.subject, LONG_AGO)
    assert (found.requests, found.missing) == ((hold,), None)
    assert sum(dynamo.pauses) < 3


@pytest.mark.parametrize("hold", [HOLD, EARLY], ids=["a model's", "a schedule's"])
def test_after_a_bounded_wait_a_hold_deleted_by_hand_is_believed_gone_and_named(dynamo: Dynamo, hold: Standing) -> None:
    other = replace(hold, request_id=RequestId("hold-0"))
    dynamo.store.answer(replace(REPLY, request_id=RequestId("r0")), other, [])
    dynamo.store.answer(REPLY, hold, [])
    table = dynamo.tables.names.models
    dynamo.client.delete_item(TableName=table, Key=key(hold.subject.key, "request#hold-1"))
    found = dynamo.store.read_standings(hold.subject, LONG_AGO)
    assert (found.requests, found.missing) == ((other,), HOLD_1)
    assert sum(dynamo.pauses) < 3
    # New requests go on, and the next one settles it.
    dynamo.store.answer(replace(REPLY, request_id=RequestId("r2")), replace(hold, request_id=RequestId("hold-2")), [])
    found = dynamo.store.read_standings(hold.subject, LONG_AGO)
    assert (len(found.requests), found.missing) == (2, None)


def test_a_hold_set_back_by_hand_is_believed_as_it_is_and_named(dynamo: Dynamo) -> None:
    dynamo.store.answer(REPLY, EARLY, [])
    where, table = key("schedule#early", "request"), dynamo.tables.names.models
    dynamo.put(table, where, revision={"N": "2"})
    found = dynamo.store.read_standings(SCHEDULE, LONG_AGO)
    assert (found.requests, found.version, found.missing) == ((EARLY,), 1, HOLD_1)


def test_a_hold_that_was_deleted_long_after_its_end_is_not_waited_for(dynamo: Dynamo) -> None:
    dynamo.store.answer(REPLY, EARLY, [])
    dynamo.client.delete_item(TableName=dynamo.tables.names.models, Key=key("schedule#early", "request#hold-1"))
    assert dynamo.store.read_standings(SCHEDULE, EARLY.until) == Standings(1)
    assert dynamo.pauses == []


def test_more_requests_than_one_answer_holds_are_all_read(dynamo: Dynamo) -> None:
    for number in range(5):
        one = replace(EARLY, request_id=RequestId(f"hold-{number}"), reason="r" * 200)
        dynamo.store.answer(replace(REPLY, request_id=RequestId(f"r{number}")), one, [])
    dynamo.client.meta.events.register_first(
        "provide-client-params.dynamodb.Query", lambda params, **_: params.update(Limit=2)
    )
    assert len(dynamo.store.read_standings(SCHEDULE, LONG_AGO).requests) == 5


# --- what is stored -------------------------------------------------------------------------------------------------


def test_what_is_over_is_deleted_by_the_table_and_a_reply_after_its_life(dynamo: Dynamo) -> None:
    dynamo.store.answer(REPLY, HOLD, [])
    dynamo.store.answer(
        replace(REPLY, request_id=RequestId("r2")), replace(RELEASE, of=RequestId("hold-2"), until=SIX), []
    )
    names = dynamo.tables.names
    found = dynamo.client.scan(TableName=names.models)["Items"]
    expires = {item["item"]["S"]: item.get("expires_at", {}).get("N") for item in found}
    kept, forgotten = HOLD.until + KEPT_AFTER_EXPIRY, SIX
    (release,) = [name for name in expires if name.startswith("tombstone#hold-2#")]
    assert expires == {
        "request": None,
        "request#hold-1": str(int(kept.timestamp())),
        release: str(int(forgotten.timestamp())),
    }
    reply = dynamo.client.get_item(TableName=names.ledger, Key=REPLY_KEY)["Item"]
    assert reply["expires_at"] == {"N": str(int((REPLY.at + REPLIES_KEPT).timestamp()))}


def test_a_released_hold_is_kept_as_long_as_any_other(dynamo: Dynamo) -> None:
    released = replace(HOLD, released_at=SIX)
    dynamo.store.answer(REPLY, released, [])
    item = dynamo.client.get_item(TableName=dynamo.tables.names.models, Key=key(WELD, "request#hold-1"))["Item"]
    assert item["expires_at"] == {"N": str(int((released.until + KEPT_AFTER_EXPIRY).timestamp()))}


def test_the_count_of_an_hour_is_kept_until_its_end(dynamo: Dynamo) -> None:
    dynamo.store.count_request("role-1", None, SIX)
    (item,) = dynamo.client.scan(TableName=dynamo.tables.names.models)["Items"]
    assert int(item["expires_at"]["N"]) >= (SIX + HOUR).timestamp()


def test_what_has_its_default_is_not_written_so_that_an_older_release_reads_it(dynamo: Dynamo) -> None:
    dynamo.store.answer(REPLY, HOLD, [])
    item = dynamo.client.get_item(TableName=dynamo.tables.names.models, Key=key(WELD, "request#hold-1"))["Item"]
    assert set(json.loads(item["body"]["S"])) == {
        "request_id",
        "kind",
        "subject",
        "requester",
        "begin",
        "until",
        "known_at",
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": {"N": "2"}}, "schema: 2"),
        ({"schema": None}, "schema: None"),
        ({"body": None}, "body: missing"),
        ({"body": {"S": "{"}}, "not JSON"),
        ({"body": {"S": '{"kind":"nap"}'}}, "request_id: missing"),
        ({"body": {"N": "1"}}, "body"),
        ({"more": {"S": "x"}, "body": {"S": '{"softly":true}'}}, "softly: not a field that this release knows"),
    ],
)
def test_a_hold_of_a_form_that_is_not_known_is_named_and_not_passed_over(
    dynamo: Dynamo, changes: dict[str, Any], named: str
) -> None:
    table = dynamo.tables.names.models
    dynamo.store.answer(REPLY, HOLD, [])
    dynamo.put(table, key(WELD, "request#hold-1"), **changes)
    store: DynamoStore = dynamo.store
    reads: list[Callable[[], object]] = [
        lambda: store.read_standings(MODEL, LONG_AGO),
        lambda: store.find_standing(MODEL, HOLD_1),
    ]
    for read in reads:
        with pytest.raises(UnreadableItem, match=named) as told:
            read()
        assert f"{table} weld-seams/request#hold-1: " in str(told.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"schema": {"N": "2"}}, "schema: 2"),
        ({"version": {"N": "1.5"}}, "version: 1.5"),
        ({"version": None}, "version: None"),
        ({"until": None}, "until: None"),
        ({"revision": None}, "revision: None"),
    ],
)
def test_a_counter_of_a_form_that_is_not_known_is_named(dynamo: Dynamo, changes: dict[str, Any], named: str) -> None:
    table = dynamo.tables.names.models
    dynamo.store.answer(REPLY, EARLY, [])
    dynamo.put(table, key("schedule#early", "request"), **changes)
    with pytest.raises(UnreadableItem, match=named) as told:
        dynamo.store.read_standings(SCHEDULE, LONG_AGO)
    assert f"{table} schedule#early/request: " in str(told.value)


def test_a_release_of_a_form_that_is_not_known_is_named(dynamo: Dynamo) -> None:
    table = dynamo.tables.names.models
    dynamo.store.answer(REPLY, replace(RELEASE, admin=True), [])
    dynamo.put(table, key(WELD, "tombstone#hold-1#admin"), schema={"N": "2"})
    with pytest.raises(UnreadableItem, match=f"{table} weld-seams/tombstone#hold-1#admin: schema: 2"):
        dynamo.store.read_tombstones(MODEL, HOLD_1)


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"schema": {"N": "3"}}, "schema: 3"), ({"at": {"N": "7"}}, "at"), ({"schema": {"N": "1"}}, "body: missing")],
)
def test_a_reply_of_a_form_that_is_not_known_is_named(dynamo: Dynamo, changes: dict[str, Any], named: str) -> None:
    table = dynamo.tables.names.ledger
    dynamo.store.answer(REPLY, None, [])
    dynamo.put(table, REPLY_KEY, **changes)
    with pytest.raises(UnreadableItem, match=named) as told:
        dynamo.store.find_reply(REPLY.request_id)
    assert f"{table} request#request-1/1: " in str(told.value)
