"""A stack for the command line that lives in memory: a store, a list of sent requests, and a home in an account."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from preheat.app.ports.store import Store
from preheat.app.publish import Outbox
from preheat_cli.options.stack import StackOptions
from preheat_cli.stack import Home, Stack, Surroundings

HOME = Home(
    "preheat",
    "eu-central-1",
    "arn:aws:iam::123456789012:role/preheat-ReconcileRole-1A2B3C",
    audit_role="arn:aws:iam::123456789012:role/preheat-AuditRole-4D5E6F",
    mode="act",
    release="0.1.0",
)


def no_outbox(_reply_to: Collection[str]) -> Outbox:
    raise AssertionError("no command of this test publishes")


@dataclass
class MemoryStack:
    """The stack that `Surroundings.open_stack` returns in a test; `asked` are the options of each command, in order."""

    store: Store
    home: Home = HOME
    sent: list[str] = field(default_factory=list)
    open_outbox: Callable[[Collection[str]], Outbox] = no_outbox
    asked: list[StackOptions] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    clients: Callable[[str, str | None, str | None], Any] | None = None
    others: Callable[[], Sequence[tuple[str, Store]]] = tuple

    def __call__(self, options: StackOptions) -> Stack:
        self.asked.append(options)
        stack = Stack(self.home, self.store, self.sent.append, self.open_outbox, list_others=self.others)
        return replace(stack, clients=self.clients) if self.clients is not None else stack


def surroundings_of(store: Store) -> Surroundings:
    """Return the surroundings of a command that uses `store` and the system's clock, and prints no stack."""
    stack = MemoryStack(store)
    return Surroundings(stack, announce=stack.announced.append)
