"""The items of a plan: its models, the models that it leaves, and its member accounts.

`items` has the rule for a change of these types. No input or output.
"""

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.items import Schema, join
from preheat.adapters.dynamodb.tables import PlanItem, name_account_item, name_former_item, name_model_item
from preheat.app.ports.plans import Membership
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId

MODEL_SCHEMA = Schema(written=1, oldest=1)
ACCOUNT_SCHEMA = Schema(written=1, oldest=1)


def from_model(kind: type[PlanItem], plan: str, model: HostedModel) -> PlanItem:
    """Return the item of one model of a plan."""
    body = serial.dumps(serial.encode_fields(model, sparse=True))
    return kind(plan=plan, item=name_model_item(model.model_id), schema=MODEL_SCHEMA.written, body=body)


def from_former(kind: type[PlanItem], plan: str, model_id: ModelId) -> PlanItem:
    """Return the item that says of a model that a plan names it no longer."""
    return kind(plan=plan, item=name_former_item(model_id), schema=MODEL_SCHEMA.written)


def to_model(item: PlanItem) -> HostedModel:
    """Return the model that an item of a plan holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(HostedModel, item, f"{item.plan}/{item.item}", MODEL_SCHEMA, outside=(), strict=True)


def from_membership(kind: type[PlanItem], plan: str, account: str, member: Membership) -> PlanItem:
    """Return the item of one member account of a plan."""
    body = serial.dumps(serial.encode_fields(member, sparse=True))
    return kind(plan=plan, item=name_account_item(account), schema=ACCOUNT_SCHEMA.written, body=body)


def to_membership(item: PlanItem) -> Membership:
    """Return what an item of a plan says of a member account.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(Membership, item, f"{item.plan}/{item.item}", ACCOUNT_SCHEMA, outside=(), strict=True)
