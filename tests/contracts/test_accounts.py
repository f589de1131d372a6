"""The promises of every store about member accounts: an ExternalId drawn once, and the targets of a plan."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from preheat.app.ports.errors import StoreUnavailable, UnreadableItem
from preheat.app.ports.plans import Listed, Membership
from preheat.app.ports.store import Store
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target

type Dynamo = Any  # the fixture's class; folders of tests are not packages

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
ACCOUNT, OTHER = "210987654321", "310987654321"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/preheat-member"
THERE = Target("line-1", "3", role=ROLE)


def elsewhere(model: HostedModel, name: str, **changes: Any) -> HostedModel:
    return replace(model, model_id=ModelId(name), target=replace(THERE, project=name), **changes)


def test_an_external_id_is_drawn_once_and_is_another_for_each_account(store: Store) -> None:
    first = store.ensure_external_id(ACCOUNT)
    assert re.fullmatch(r"preheat-[0-9a-f]{32}", first)
    assert store.ensure_external_id(ACCOUNT) == first
    assert store.ensure_external_id(OTHER) != first


def test_a_plan_lists_the_targets_of_each_member_account_and_no_others(store: Store, model: HostedModel) -> None:
    proved, plain = elsewhere(model, "proved"), elsewhere(model, "plain", readiness=None)
    version = store.apply([model, proved, plain], expected_version=0, at=SIX)
    found = store.read_membership(ACCOUNT)
    assert found == Membership(
        version,
        store.ensure_external_id(ACCOUNT),
        (Listed(proved.target, inference=True), Listed(plain.target, inference=False)),
    )
    assert store.list_planned_models() == sorted([model.model_id, proved.model_id, plain.model_id])


def test_an_account_that_no_plan_named_has_neither_id_nor_targets(store: Store, model: HostedModel) -> None:
    assert store.read_membership(ACCOUNT) == Membership(0, None)
    store.apply([model], expected_version=0, at=SIX)
    assert store.read_membership(ACCOUNT) == Membership(1, None)


def test_an_account_that_is_planned_no_more_keeps_its_id_so_that_what_runs_there_can_be_stopped(
    store: Store, model: HostedModel
) -> None:
    there = elsewhere(model, "there")
    store.apply([there], expected_version=0, at=SIX)
    store.read_planned(there.model_id)
    store.apply([model], expected_version=1, at=SIX)
    store.read_planned(there.model_id)
    assert store.read_membership(ACCOUNT) == Membership(2, store.ensure_external_id(ACCOUNT))


def test_of_two_that_draw_an_id_at_once_the_first_one_counts(dynamo: Dynamo) -> None:
    other, drawn = dynamo.another(), []
    dynamo.before("PutItem", lambda: drawn.append(other.ensure_external_id(ACCOUNT)))
    assert dynamo.store.ensure_external_id(ACCOUNT) == drawn[0]


def test_a_lost_answer_draws_no_second_id(dynamo: Dynamo) -> None:
    dynamo.lose_answers("PutItem")
    with pytest.raises(StoreUnavailable):
        dynamo.store.ensure_external_id(ACCOUNT)
    stored = dynamo.another().ensure_external_id(ACCOUNT)
    assert dynamo.store.ensure_external_id(ACCOUNT) == stored


@pytest.mark.parametrize("body", ["{}", "[]", '{"external_id": 3}', '{"external_id": ""}', "no JSON"])
def test_an_id_of_another_form_is_never_replaced(dynamo: Dynamo, body: str) -> None:
    dynamo.store.ensure_external_id(ACCOUNT)
    key = {"plan": {"S": "accounts"}, "item": {"S": ACCOUNT}}
    item = dynamo.client.get_item(TableName=dynamo.tables.names.plans, Key=key)["Item"]
    dynamo.client.put_item(TableName=dynamo.tables.names.plans, Item=item | {"body": {"S": body}})
    with pytest.raises(UnreadableItem, match=ACCOUNT):
        dynamo.store.ensure_external_id(ACCOUNT)


def test_a_pass_goes_by_the_plan_that_it_read_and_reads_an_account_of_it_once(
    dynamo: Dynamo, model: HostedModel
) -> None:
    there = elsewhere(model, "there")
    dynamo.store.apply([there], expected_version=0, at=SIX)
    reader = dynamo.another()
    reader.read_planned(there.model_id)
    dynamo.store.apply([model], expected_version=1, at=SIX)
    assert reader.read_membership(ACCOUNT).plan_version == 1
    reader.read_planned(there.model_id)
    assert reader.read_membership(ACCOUNT).plan_version == 2
