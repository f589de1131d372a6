"""The three tables as PynamoDB models, without a name or a client: `connection` binds both.

Owns keys, attributes and the due index, as template.yaml has them. Attributes for searches and comparisons are
separate; the rest of a value is JSON text in `body`. Does not know how values become items.
"""

from typing import Any

from pynamodb.attributes import (
    BooleanAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    UnicodeAttribute,
    VersionAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import Model

from preheat.domain.plan.plan import ModelId

RECORD = "record"  # a model's record; its holds and blocks are in the same partition
# Of a model or a schedule: `request` counts the changes of its requests, then come its holds and blocks. It sorts
# before them, so that one query reads it first.
COUNTER, STANDING, TOMBSTONE = "request", "request#", "tombstone#"
CURRENT, POINTER = "current", "pointer"
APPLIES = "plan#"  # the partition of the ledger table that lists each apply; no model id has such a sign in it
APPLIED = "applied"  # the item of a plan that says who applied it
SENDERS = "senders"  # the item of a plan that holds its senders' table
SENDER, RATE = "sender#", "rate#"  # partition and range key of how many requests a sender has sent in an hour
ACCOUNTS = "accounts"  # the partition of the plans table that holds the ExternalId of each member account


def name_model_item(model_id: ModelId) -> str:
    """Return the range key of a model in a plan."""
    return f"model#{model_id}"


def name_account_item(account: str) -> str:
    """Return the range key of a member account in a plan."""
    return f"account#{account}"


def name_former_item(model_id: ModelId) -> str:
    """Return the range key, in a plan, of a model that an earlier plan named."""
    return f"left#{model_id}"


class DueIndexKeys(GlobalSecondaryIndex["RecordItem"]):  # type: ignore[no-untyped-call]  # PynamoDB left it untyped
    """Which records are due: sparse, for an item without `wake_at` is not in it."""

    class Meta:
        """PynamoDB's own settings of the index."""

        index_name = "due"
        projection = KeysOnlyProjection()

    shard = UnicodeAttribute(hash_key=True)
    wake_at = UnicodeAttribute(range_key=True)


class RecordItem(Model):
    """One model's record. `version`, `wake_at`, `shard` and `writer` mean the same in every schema.

    `wake_at` is where the due index shows it. `look_at` is when to look next, if that is earlier.
    """

    model_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    schema = NumberAttribute()
    version = VersionAttribute()
    sequence = NumberAttribute()
    plan_version = NumberAttribute()
    phase = UnicodeAttribute()
    writer = UnicodeAttribute()
    wake_at = UnicodeAttribute(null=True)
    look_at = UnicodeAttribute(null=True)
    shard = UnicodeAttribute(null=True)
    body = UnicodeAttribute()
    due = DueIndexKeys()


class LedgerItem(Model):
    """One entry of a model's ledger; written once. Each field of `LedgerEntry` is an attribute; `columns` has the rule.

    `body` is of schema 1 alone.
    """

    model_id = UnicodeAttribute(hash_key=True)
    sequence = NumberAttribute(range_key=True)
    schema = NumberAttribute()
    at = UnicodeAttribute()
    action = UnicodeAttribute()
    from_phase = UnicodeAttribute()
    to_phase = UnicodeAttribute()
    reason = UnicodeAttribute(null=True)
    target: MapAttribute[str, Any] = MapAttribute(null=True)  # type: ignore[no-untyped-call]  # PynamoDB left it untyped
    schedule = UnicodeAttribute(null=True)
    client_token = UnicodeAttribute(null=True)
    parameter_digest = UnicodeAttribute(null=True)
    generation = NumberAttribute(null=True)
    attempt = NumberAttribute(null=True)
    time_to_hosted = NumberAttribute(null=True)
    margin = NumberAttribute(null=True)
    inference_latency = NumberAttribute(null=True)
    at_risk = BooleanAttribute(null=True)
    expected_at = UnicodeAttribute(null=True)
    late = BooleanAttribute(null=True)
    lost = BooleanAttribute(null=True)
    requests: ListAttribute[str] = ListAttribute(null=True)
    expired: ListAttribute[str] = ListAttribute(null=True)
    ready_at = UnicodeAttribute(null=True)
    needed_from = UnicodeAttribute(null=True)
    needed_until = UnicodeAttribute(null=True)
    units = NumberAttribute(null=True)
    paid: ListAttribute[Any] = ListAttribute(null=True)
    fell_back_to = NumberAttribute(null=True)
    cause = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)


class RequestItem(Model):
    """A hold or block, a release that came before one, or the counter of a subject's: in the table of the records.

    `version` counts the changes of a subject's requests. `changed` and `revision` name the last of them, and `until` is
    the end of what it left. `expires_at` is when DynamoDB may delete the item, in seconds since 1970. `session` belongs
    to the requester of a hold or block. It is outside `body`, so that an earlier release ignores it. `woken` is the
    revision of a schedule's hold or block that has woken all its models. `requests` is how many a sender has sent in an
    hour.
    """

    model_id = UnicodeAttribute(hash_key=True)  # `Subject.key`
    item = UnicodeAttribute(range_key=True)
    schema = NumberAttribute()
    version = NumberAttribute(null=True)
    changed = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    until = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    session = UnicodeAttribute(null=True)
    woken = NumberAttribute(null=True)
    requests = NumberAttribute(null=True)
    body = UnicodeAttribute(null=True)


class ReplyItem(Model):
    """The answers to a request: a ledger of its own, in the table of the ledgers, of one entry as a rule.

    Each field of `Reply` is an attribute, as with `LedgerItem`.
    """

    model_id = UnicodeAttribute(hash_key=True)  # `reply_partition` of the request's id
    sequence = NumberAttribute(range_key=True)  # `Reply.number`
    schema = NumberAttribute()
    at = UnicodeAttribute()
    number = NumberAttribute(null=True)
    request_id = UnicodeAttribute(null=True)
    verb = UnicodeAttribute(null=True)
    subject: MapAttribute[str, Any] = MapAttribute(null=True)  # type: ignore[no-untyped-call]  # PynamoDB left it untyped
    requester = UnicodeAttribute(null=True)
    accepted = BooleanAttribute(null=True)
    code = UnicodeAttribute(null=True)
    reason = UnicodeAttribute(null=True)
    digest = UnicodeAttribute(null=True)
    of = UnicodeAttribute(null=True)
    begin = UnicodeAttribute(null=True)
    until = UnicodeAttribute(null=True)
    phase = UnicodeAttribute(null=True)
    ready_at = UnicodeAttribute(null=True)
    margin = NumberAttribute(null=True)
    reply_to = UnicodeAttribute(null=True)
    session = UnicodeAttribute(null=True)
    retry_at = UnicodeAttribute(null=True)
    expires_at = NumberAttribute(null=True)  # when DynamoDB may delete it, in seconds since 1970
    body = UnicodeAttribute(null=True)


class AppliedItem(Model):
    """One apply: an entry of the applies' ledger, in the table of the ledgers. Written once.

    Each field of `AppliedPlan` is an attribute, as with `LedgerItem`.
    """

    model_id = UnicodeAttribute(hash_key=True)  # `APPLIES`
    sequence = NumberAttribute(range_key=True)  # the version of the plan
    schema = NumberAttribute()
    at = UnicodeAttribute()
    version = NumberAttribute(null=True)
    models = NumberAttribute(null=True)
    partition = UnicodeAttribute(null=True)  # of the plans table, which holds this plan
    by: MapAttribute[str, Any] = MapAttribute(null=True)  # type: ignore[no-untyped-call]  # PynamoDB left it untyped


class PlanItem(Model):
    """One model or member account of a plan; the pointer to the current plan; the ExternalId of an account."""

    plan = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    schema = NumberAttribute()
    version = NumberAttribute(null=True)
    points_to = UnicodeAttribute(null=True)
    before = UnicodeAttribute(null=True)
    applied_at = UnicodeAttribute(null=True)
    body = UnicodeAttribute(null=True)
