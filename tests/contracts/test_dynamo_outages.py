"""Every call of the store while DynamoDB refuses it or fails: the store is unavailable, and says so within seconds."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from preheat.adapters.dynamodb.store import DynamoStore
from preheat.app.ports.errors import StoreUnavailable
from preheat.domain.demand.request import Kind, Reply, RequestId, Standing, Subject, Verb
from preheat.domain.plan.plan import ModelId

type Dynamo = Any  # the fixture's class; folders of tests are not packages

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
MODEL, SCHEDULE = Subject(model_id=ModelId("a")), Subject(schedule="early")
HOLD_1 = RequestId("hold-1")
REPLY = Reply(RequestId("request-1"), Verb.HOLD, MODEL, "role-1", SIX, True, "accepted", "it is so", "0" * 64)
HOLD = Standing(HOLD_1, Kind.HOLD, MODEL, "role-1", SIX, SIX + timedelta(hours=1), known_at=SIX)
EARLY = replace(HOLD, subject=SCHEDULE)
PAUSES_MAX_SECONDS = 3

CALLS: dict[str, tuple[str, Callable[[DynamoStore], object]]] = {
    "load": ("GetItem", lambda store: store.load(ModelId("a"))),
    "read_planned": ("GetItem", lambda store: store.read_planned(ModelId("a"))),
    "read_plan_version": ("GetItem", lambda store: store.read_plan_version()),
    "list_planned_models": ("GetItem", lambda store: store.list_planned_models()),
    "list_former_models": ("GetItem", lambda store: store.list_former_models()),
    "read_planned_before": ("GetItem", lambda store: store.read_planned_before(ModelId("a"))),
    "read_membership": ("GetItem", lambda store: store.read_membership("123456789012")),
    "ensure_external_id": ("GetItem", lambda store: store.ensure_external_id("123456789012")),
    "load_many": ("BatchGetItem", lambda store: store.load_many([ModelId("a")])),
    "find_due": ("Query", lambda store: store.find_due(SIX)),
    "read_applied_plans": ("Query", lambda store: store.read_applied_plans(5)),
    "find_applied_plan": ("GetItem", lambda store: store.find_applied_plan(1)),
    "read_ledger": ("Query", lambda store: store.read_ledger(ModelId("a"))),
    "wake": ("UpdateItem", lambda store: store.wake(ModelId("a"), SIX)),
    "apply": ("GetItem", lambda store: store.apply([], expected_version=0, at=SIX)),
    "read_standings": ("Query", lambda store: store.read_standings(MODEL, SIX)),
    "find_standing": ("GetItem", lambda store: store.find_standing(MODEL, HOLD_1)),
    "read_tombstones": ("Query", lambda store: store.read_tombstones(MODEL, HOLD_1)),
    "find_reply": ("GetItem", lambda store: store.find_reply(HOLD_1)),
    "answer": ("TransactWriteItems", lambda store: store.answer(REPLY, EARLY, [])),
    "answer, its read": ("GetItem", lambda store: store.answer(REPLY, HOLD, [])),
}


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("InternalServerError", 500),
        ("503", 503),
        ("AccessDeniedException", 400),
        ("ResourceNotFoundException", 400),
    ],
)
@pytest.mark.parametrize("name", CALLS)
def test_a_store_that_refuses_or_fails_is_unavailable(dynamo: Dynamo, name: str, code: str, status: int) -> None:
    operation, call = CALLS[name]
    dynamo.answer(operation, code, status=status)
    with pytest.raises(StoreUnavailable, match=code):
        call(dynamo.store)
    assert sum(dynamo.pauses) < PAUSES_MAX_SECONDS
