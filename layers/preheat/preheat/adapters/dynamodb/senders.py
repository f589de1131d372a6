"""The senders' table of a plan: its item, and who reads it. `items` has the rule for a change of its type."""

from collections.abc import Sequence
from dataclasses import dataclass

from preheat.adapters.dynamodb import serial
from preheat.adapters.dynamodb.connection import Tables
from preheat.adapters.dynamodb.failures import Patience
from preheat.adapters.dynamodb.fleet import DynamoFleet, Pointer
from preheat.adapters.dynamodb.items import Schema, join
from preheat.adapters.dynamodb.tables import SENDERS, PlanItem
from preheat.domain.plan.senders import SenderRule

SENDERS_SCHEMA = Schema(written=1, oldest=1)


@dataclass(frozen=True, slots=True)
class SendersTable:
    """The senders' table of a plan as it is stored."""

    rules: tuple[SenderRule, ...]


def from_senders(kind: type[PlanItem], plan: str, senders: Sequence[SenderRule]) -> PlanItem:
    """Return the item of the senders' table of a plan."""
    body = serial.dumps({"rules": [serial.encode_fields(rule, sparse=True) for rule in senders]})
    return kind(plan=plan, item=SENDERS, schema=SENDERS_SCHEMA.written, body=body)


def to_senders(item: PlanItem) -> tuple[SenderRule, ...]:
    """Return the senders' table that an item of a plan holds.

    Raises:
        UnreadableItem: this release does not know its form.
    """
    return join(SendersTable, item, f"{item.plan}/{item.item}", SENDERS_SCHEMA, outside=(), strict=True).rules


class DynamoSenders(DynamoFleet):
    """Implements `SendersReader`."""

    def __init__(self, tables: Tables, patience: Patience) -> None:
        super().__init__(tables, patience)
        self._seen_senders: tuple[Pointer, tuple[SenderRule, ...]] = (Pointer(0, ""), ())

    def read_senders(self) -> tuple[SenderRule, ...]:
        """See `SendersReader`. A plan never changes: a process reads the table of each once."""
        pointer = self._read_pointer()
        seen, rules = self._seen_senders
        if pointer != seen:
            item = self._get_plan_item(pointer.partition, SENDERS) if pointer.version else None
            rules = to_senders(item) if item is not None else ()
            self._seen_senders = (pointer, rules)
        return rules
