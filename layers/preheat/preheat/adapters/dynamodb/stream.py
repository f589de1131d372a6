"""The ledger's stream: what one of its records says. Reads the same items as the store, from the images of the stream.

A ledger only grows. Anything but an INSERT is a manual change: this module reports it as that, and never as an entry.
No input or output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pynamodb.models import MetaModel, Model

from preheat.adapters.dynamodb.columns import (
    from_applied_plan,
    from_entry,
    from_reply,
    to_applied_plan,
    to_entry,
    to_reply,
)
from preheat.adapters.dynamodb.items import check_item
from preheat.adapters.dynamodb.request_items import REPLY_PREFIX
from preheat.adapters.dynamodb.tables import APPLIES, AppliedItem, LedgerItem, ReplyItem
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import Reply
from preheat.domain.plan.applied import AppliedPlan
from preheat.domain.record.record import LedgerEntry


@dataclass(frozen=True, slots=True)
class Tampered:
    """Somebody changed or deleted an item of the ledger: `change` is MODIFY or REMOVE, `key` is partition/sequence."""

    key: str
    change: str


@dataclass(frozen=True, slots=True)
class Expired:
    """A reply whose time was over: DynamoDB deleted it."""

    key: str


class LedgerStream:
    """Reads the records of one table's stream."""

    def __init__(self, table_name: str) -> None:
        self._entries, self._replies = _name_table(LedgerItem, table_name), _name_table(ReplyItem, table_name)
        self._applies = _name_table(AppliedItem, table_name)

    def read(self, record: Mapping[str, Any]) -> LedgerEntry | Reply | AppliedPlan | Tampered | Expired:
        """Return what a record says.

        Raises:
            UnreadableItem: it is no record of this table, or its image is of a form that this release does not know.
        """
        change, key = record.get("eventName"), read_key(record)
        if change == "REMOVE" and key.startswith(REPLY_PREFIX) and _is_of_dynamodb(record):
            return Expired(key)
        if change in ("MODIFY", "REMOVE"):
            return Tampered(key, change)
        image = record.get("dynamodb", {}).get("NewImage")
        if change != "INSERT" or not isinstance(image, dict):
            raise UnreadableItem(f"stream {key}: {change!r} with no NewImage; the stream shows NEW_IMAGE")
        if key.startswith(REPLY_PREFIX):
            return to_reply(check_item(self._replies, key, image))
        if key.startswith(APPLIES):
            return to_applied_plan(check_item(self._applies, key, image))
        return to_entry(check_item(self._entries, key, image))

    def make_image(self, entry: LedgerEntry | Reply | AppliedPlan) -> dict[str, Any]:
        """Return the image that the stream shows of a new entry, reply or apply."""
        if isinstance(entry, Reply):
            item: Model = from_reply(self._replies, entry)
        elif isinstance(entry, AppliedPlan):
            item = from_applied_plan(self._applies, entry)
        else:
            item = from_entry(self._entries, entry)
        found: dict[str, Any] = item.serialize()
        return found


def read_key(record: Mapping[str, Any]) -> str:
    """Return the key of a stream record as partition/sequence, for people: what is missing is a question mark."""
    keys = record.get("dynamodb", {}).get("Keys", {})
    return f"{keys.get('model_id', {}).get('S', '?')}/{keys.get('sequence', {}).get('N', '?')}"


def _is_of_dynamodb(record: Mapping[str, Any]) -> bool:
    """Return whether DynamoDB itself deleted the item, at the end of its time. No role can claim that."""
    by = record.get("userIdentity")
    return isinstance(by, dict) and (by.get("type"), by.get("principalId")) == ("Service", "dynamodb.amazonaws.com")


def _name_table[M: Model](base: type[M], table_name: str) -> type[M]:
    """Return a table model under its table's name; it only reads, so it needs no connection."""
    meta = type("Meta", (), {"table_name": table_name})
    return cast("type[M]", MetaModel(base.__name__, (base,), {"Meta": meta}))
