"""Requests as table items, and back: holds and blocks, releases that came too early, counters and replies.

The rules on schema numbers are those of `items`. The rules for an active request are those of a plan's items. This
release refuses a field that it does not know, because a half-known block would start a model. It writes no field that
has its default. The rules for a reply are those of an entry. No input or output.
"""

import hashlib
import math
from datetime import datetime

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.items import Schema, join
from preheat.adapters.dynamodb.tables import COUNTER, RATE, SENDER, STANDING, TOMBSTONE, RequestItem
from preheat.app.ports.errors import UnreadableItem
from preheat.domain.demand.request import KEPT_AFTER_EXPIRY, RequestId, Standing, Subject, Tombstone

STANDING_SCHEMA = Schema(written=1, oldest=1)
TOMBSTONE_SCHEMA = Schema(written=1, oldest=1)
COUNTER_SCHEMA = Schema(written=1, oldest=1)

REPLY_PREFIX = "request#"  # no model id has such a sign in it


def name_standing_item(request_id: RequestId) -> str:
    """Return the range key of a hold or block."""
    return f"{STANDING}{request_id}"


def name_tombstone_item(of: RequestId, requester: str | None) -> str:
    """Return the range key of a release that came before what it releases; None: by any admin."""
    by = "admin" if requester is None else hashlib.sha256(requester.encode()).hexdigest()[:32]
    return f"{TOMBSTONE}{of}#{by}"


def name_tombstones(of: RequestId) -> str:
    """Return what the range keys of all releases of one hold or block begin with."""
    return f"{TOMBSTONE}{of}#"


def name_reply_partition(request_id: RequestId) -> str:
    """Return the partition of the ledger that holds a request's reply, and nothing else."""
    return f"{REPLY_PREFIX}{request_id}"


def name_rate_key(sender: str, subject: Subject | None, hour: datetime) -> tuple[str, str]:
    """Return the key of the count of a sender's requests in an hour: about a subject, or without one of all."""
    return f"{SENDER}{sender}", f"{RATE}{hour:%Y-%m-%dT%H}#{subject.key if subject is not None else ''}"


def to_epoch(at: datetime) -> int:
    """Return an instant as DynamoDB's TTL has it: in whole seconds since 1970, not before it."""
    return math.ceil(at.timestamp())


def from_standing(kind: type[RequestItem], standing: Standing) -> RequestItem:
    """Return the item of a hold or block."""
    fields = serial.encode_fields(standing, sparse=True)
    return kind(
        model_id=standing.subject.key,
        item=name_standing_item(standing.request_id),
        schema=STANDING_SCHEMA.written,
        revision=standing.revision,
        expires_at=to_epoch(standing.until + KEPT_AFTER_EXPIRY),
        session=fields.pop("session", None),
        body=serial.dumps(fields),
    )


def to_standing(item: RequestItem) -> Standing:
    """Return the hold or block that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    outside = ("session",) if item.session else ()
    return join(Standing, item, _make_key(item), STANDING_SCHEMA, outside=outside, strict=True)


def from_tombstone(kind: type[RequestItem], tombstone: Tombstone) -> RequestItem:
    """Return the item of a release that came before what it releases."""
    return kind(
        model_id=tombstone.subject.key,
        item=name_tombstone_item(tombstone.of, None if tombstone.admin else tombstone.requester),
        schema=TOMBSTONE_SCHEMA.written,
        expires_at=to_epoch(tombstone.until),
        body=serial.dumps(serial.encode_fields(tombstone, sparse=True)),
    )


def to_tombstone(item: RequestItem) -> Tombstone:
    """Return the release that an item holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(Tombstone, item, _make_key(item), TOMBSTONE_SCHEMA, outside=(), strict=True)


def make_counter(kind: type[RequestItem], subject: Subject) -> RequestItem:
    """Return the item that counts the changes of a subject's requests, with its key alone."""
    return kind(model_id=subject.key, item=COUNTER)


def read_version(item: RequestItem) -> int:
    """Return how many changes a counter has counted.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    where = f"{item.Meta.table_name} {_make_key(item)}"
    COUNTER_SCHEMA.check(where, item.schema)
    if type(item.version) is not int or item.version < 1:
        raise UnreadableItem(f"{where}: version: {item.version!r} is not a whole number from 1")
    return item.version


def is_told_of(item: RequestItem, found: list[Standing], after: datetime) -> bool:
    """Return whether the last change that a counter counted is among the items found with it, or has ended by `after`.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    where = f"{item.Meta.table_name} {_make_key(item)}"
    try:
        until = serial.parse_instant(item.until)
    except ValueError as error:
        raise UnreadableItem(f"{where}: until: {error}") from error
    if type(item.revision) is not int:
        raise UnreadableItem(f"{where}: revision: {item.revision!r} is not a whole number")
    revision = item.revision
    return until <= after or any(one.request_id == item.changed and one.revision >= revision for one in found)


def _make_key(item: RequestItem) -> str:
    return f"{item.model_id}/{item.item}"
