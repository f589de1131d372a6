"""Member accounts: the targets that a plan lists in each, and the ExternalId for assuming each account's role.

Owns how Preheat draws ExternalIds. An ExternalId is not secret, but only Preheat may choose it, and it never changes.
Anybody who could choose one could make Preheat enter an account for somebody else.
"""

import secrets
from collections.abc import Iterable
from dataclasses import replace

from pynamodb.exceptions import PynamoDBException

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.failures import Failure, to_failure
from preheat.adapters.dynamodb.items import check_item
from preheat.adapters.dynamodb.plan_items import ACCOUNT_SCHEMA
from preheat.adapters.dynamodb.plans import DynamoPlans
from preheat.adapters.dynamodb.tables import ACCOUNTS, PlanItem
from preheat.app.ports.errors import StoreUnavailable, UnreadableItem
from preheat.app.ports.plans import Listed, Membership
from preheat.domain.plan.hosted_model import HostedModel


def draw_external_id() -> str:
    """Return a new ExternalId: 40 characters with 128 random bits."""
    return f"preheat-{secrets.token_hex(16)}"


def list_by_account(models: Iterable[HostedModel]) -> dict[str, tuple[Listed, ...]]:
    """Return the targets of the models in each member account."""
    found: dict[str, list[Listed]] = {}
    for model in models:
        if model.target.account is not None:
            one = Listed(model.target, inference=model.readiness is not None, fallbacks=model.fallbacks)
            found.setdefault(model.target.account, []).append(one)
    return {account: tuple(targets) for account, targets in found.items()}


class DynamoMembers(DynamoPlans):
    """Implements `Members`: one item for each account in the plans table, written once."""

    def read_membership(self, account: str) -> Membership:
        """See `Members`."""
        member = self._read_membership(account)
        if member.external_id is None:  # The plan no longer names it; Preheat must stop what still runs there.
            member = replace(member, external_id=self._read_external_id(account))
        return member

    def ensure_external_id(self, account: str) -> str:
        """See `Members`. If two callers draw one at the same time, the first one stored counts."""
        known = self._read_external_id(account)
        if known is not None:
            return known
        item = self._tables.plans(
            plan=ACCOUNTS,
            item=account,
            schema=ACCOUNT_SCHEMA.written,
            body=serial.dumps({"external_id": draw_external_id()}),
        )

        def put() -> None:
            try:
                item.save(condition=PlanItem.plan.does_not_exist())
            except PynamoDBException as error:
                if to_failure(error) is not Failure.CONDITION:  # another caller's is there: read it
                    raise

        self._patience.call(f"the ExternalId of {account}", put)
        stored = self._read_external_id(account)
        if stored is None:
            raise StoreUnavailable(f"the ExternalId of {account} was written, but is not stored")
        return stored

    def _read_external_id(self, account: str) -> str | None:
        """Return the account's ExternalId; None: it has none yet."""
        name, key = self._tables.names.plans, f"{ACCOUNTS}/{account}"
        read = self._tables.connection.get_item
        raw = self._patience.call(f"{name} {key}", lambda: read(name, ACCOUNTS, account, consistent_read=True)).get(
            "Item"
        )
        if not raw:
            return None
        item = check_item(self._tables.plans, key, raw)
        try:
            found = serial.loads(item.body or "").get("external_id")
        except serial.Misshapen as error:
            raise UnreadableItem(f"{name} {key}: {error}") from error
        ACCOUNT_SCHEMA.check(f"{name} {key}", item.schema)
        if not isinstance(found, str) or not found:
            raise UnreadableItem(f"{name} {key}: its form is unknown to this release")
        return found
