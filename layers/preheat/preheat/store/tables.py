"""The three tables as PynamoDB models, and the binding of their names and of one client to them.

Owns keys, attributes and the due index, as template.yaml has them. Attributes that are searched or compared stand by
themselves; the rest of a value is JSON text in `body`. Does not know how values become items.
"""

from dataclasses import dataclass
from typing import Any, cast

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection
from pynamodb.models import MetaModel, Model

from preheat.store.connection import SharedConnection

RECORD = "record"  # a model's record; its holds will stand under the same partition key
CURRENT, POINTER = "current", "pointer"
ACCOUNTS = "accounts"  # the partition of the plans table that holds the ExternalId of each member account


class DueIndex(GlobalSecondaryIndex["RecordItem"]):  # type: ignore[no-untyped-call]  # PynamoDB left it untyped
    """Which records are due: sparse, for an item without `wake_at` is not in it."""

    class Meta:
        """PynamoDB's own settings of the index."""

        index_name = "due"
        projection = KeysOnlyProjection()

    shard = UnicodeAttribute(hash_key=True)
    wake_at = UnicodeAttribute(range_key=True)


class RecordItem(Model):
    """One model's record. `version`, `wake_at`, `shard` and `writer` mean the same in every schema."""

    model_id = UnicodeAttribute(hash_key=True)
    item = UnicodeAttribute(range_key=True)
    schema = NumberAttribute()
    version = VersionAttribute()
    sequence = NumberAttribute()
    plan_version = NumberAttribute()
    phase = UnicodeAttribute()
    writer = UnicodeAttribute()
    wake_at = UnicodeAttribute(null=True)
    shard = UnicodeAttribute(null=True)
    body = UnicodeAttribute()
    due = DueIndex()


class LedgerItem(Model):
    """One entry of a model's ledger; written once."""

    model_id = UnicodeAttribute(hash_key=True)
    sequence = NumberAttribute(range_key=True)
    schema = NumberAttribute()
    at = UnicodeAttribute()
    action = UnicodeAttribute()
    from_phase = UnicodeAttribute()
    to_phase = UnicodeAttribute()
    body = UnicodeAttribute()


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


@dataclass(frozen=True, slots=True)
class TableNames:
    """The tables' names, as the stack gave them."""

    models: str
    ledger: str
    plans: str


class Tables:
    """The table models under given names and over one client. Two of them live side by side in one process."""

    def __init__(self, names: TableNames, client: Any) -> None:
        self.names = names
        self.connection = SharedConnection(client)
        self.records = _bound(RecordItem, names.models, self.connection)
        self.ledger = _bound(LedgerItem, names.ledger, self.connection)
        self.plans = _bound(PlanItem, names.plans, self.connection)


def _bound[M: Model](base: type[M], table_name: str, connection: SharedConnection) -> type[M]:
    """Return `base` under a table name. PynamoDB keeps name and connection on the class, so each binding is one."""
    meta = type("Meta", (), {"table_name": table_name})
    bound = cast("type[M]", MetaModel(base.__name__, (base,), {"Meta": meta}))
    table = bound._get_connection()  # noqa: SLF001  PynamoDB has no public way to hand a model its connection
    connection.add_meta_table(table.get_meta_table())
    table.connection = connection
    return bound
