"""Member accounts: what a plan lists in each, and the ExternalId under which each is entered.

Owns the drawing of ExternalIds. An id is no secret, but it must be Preheat's own and never change: whoever could choose
one could have Preheat enter an account on somebody else's behalf.
"""

import secrets
from collections.abc import Iterable

from pynamodb.exceptions import PynamoDBException

from preheat.adapters.dynamodb import items, serial
from preheat.adapters.dynamodb.failures import Failure, Patience, failure_of
from preheat.adapters.dynamodb.tables import ACCOUNTS, PlanItem, Tables
from preheat.app.ports.errors import StoreUnavailable, UnreadableItem
from preheat.app.ports.store import Listed
from preheat.domain.plan.plan import HostedModel


def drawn() -> str:
    """Return a new ExternalId: 40 characters, 128 bits of them by chance."""
    return f"preheat-{secrets.token_hex(16)}"


def listed(models: Iterable[HostedModel]) -> dict[str, tuple[Listed, ...]]:
    """Return the targets that models have in each member account."""
    found: dict[str, list[Listed]] = {}
    for model in models:
        if model.target.account is not None:
            one = Listed(model.target, inference=model.readiness is not None)
            found.setdefault(model.target.account, []).append(one)
    return {account: tuple(targets) for account, targets in found.items()}


class ExternalIds:
    """The ids in the plans table, one item for each account, written once."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        self._tables = tables
        self._patience = patience

    def of(self, account: str) -> str:
        """See `ports.Store.external_id`. Of two that draw at once, the first one's stands."""
        known = self.known(account)
        if known is not None:
            return known
        item = self._tables.plans(
            plan=ACCOUNTS,
            item=account,
            schema=items.ACCOUNT_SCHEMA.written,
            body=serial.dumps({"external_id": drawn()}),
        )

        def put() -> None:
            try:
                item.save(condition=PlanItem.plan.does_not_exist())
            except PynamoDBException as error:
                if failure_of(error) is not Failure.CONDITION:  # Then somebody else's stands; it is read below.
                    raise

        self._patience.call(f"the ExternalId of {account}", put)
        stored = self.known(account)
        if stored is None:
            raise StoreUnavailable(f"the ExternalId of {account} was written, and is not there")
        return stored

    def known(self, account: str) -> str | None:
        """Return the account's id, or None if none was drawn yet."""
        name, key = self._tables.names.plans, f"{ACCOUNTS}/{account}"
        read = self._tables.connection.get_item
        raw = self._patience.call(f"{name} {key}", lambda: read(name, ACCOUNTS, account, consistent_read=True)).get(
            "Item"
        )
        if not raw:
            return None
        item = items.checked(self._tables.plans, key, raw)
        try:
            found = serial.loads(item.body or "").get("external_id")
        except serial.Misshapen as error:
            raise UnreadableItem(f"{name} {key}: {error}") from error
        items.ACCOUNT_SCHEMA.check(f"{name} {key}", item.schema)
        if not isinstance(found, str) or not found:
            raise UnreadableItem(f"{name} {key}: not of a form that this release knows")
        return found
