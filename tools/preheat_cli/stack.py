"""An opened stack, and what else a command uses of the outside: a clock and a pause. Tests replace all of it."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from preheat.adapters.clock import SystemClock
from preheat.app.ports.clock import Clock
from preheat.app.ports.store import Store
from preheat.domain.plan.plan import read_account
from preheat_cli.options.stack import StackOptions
from preheat_cli.printing import print_lines

if TYPE_CHECKING:
    from preheat.app.publish import Outbox


@dataclass(frozen=True, slots=True)
class Home:
    """Where a stack is, and its roles. It enters other accounts only through `member_roles`."""

    stack_name: str
    region: str
    reconcile_role: str
    member_roles: tuple[str, ...] = ()
    audit_role: str = ""  # lists running models in a member account; empty if the stack is older than the audit
    mode: str = ""  # empty: unknown
    release: str = ""  # empty: older than the output `Release`
    endpoint_url: str = ""  # of the local AWS; empty: an AWS account

    @property
    def account(self) -> str:
        """The stack's own account."""
        return read_account(self.reconcile_role)

    @property
    def place(self) -> str:
        """The stack for a question: `stack preheat, account 123456789012, eu-central-1`, or the local AWS."""
        place = f"stack {self.stack_name}, account {self.account}, {self.region}"
        return f"local AWS at {self.endpoint_url}" if self.endpoint_url else place

    def __str__(self) -> str:
        """Return one line: `stack preheat, account 123456789012, eu-central-1, mode act, release 0.1.0`."""
        parts = [self.place]
        parts += [f"mode {self.mode}"] if self.mode else []
        parts += [f"release {self.release}"] if self.release else []
        return ", ".join(parts)


def _no_client(service: str, _region: str | None, _endpoint_url: str | None) -> Any:
    raise LookupError(f"this stack has no client of {service}")


def _no_others() -> Sequence[tuple[str, Store]]:
    return ()


@dataclass(frozen=True, slots=True)
class Stack:
    """An opened stack: its place, its store, its request queue, its events, and the account around it."""

    home: Home
    store: Store
    send_request: Callable[[str], None]
    open_outbox: "Callable[[Collection[str]], Outbox]"  # `reply_to`: the queues that may receive a reply
    described: Mapping[str, Any] = field(default_factory=dict)  # as CloudFormation describes it
    clients: Callable[[str, str | None, str | None], Any] = _no_client  # service, region, endpoint URL -> client
    list_others: Callable[[], Sequence[tuple[str, Store]]] = _no_others  # Preheat's other stacks here, by their names

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the stack's deployment; empty: unknown."""
        rows = self.described.get("Parameters", [])
        return {each["ParameterKey"]: each.get("ParameterValue", "") for each in rows}


def open_stack(options: StackOptions) -> Stack:
    """Open the named stack (normal AWS credentials and region) or the running local AWS.

    Raises:
        CliError: there is no such stack, or no local AWS is running.
    """
    from preheat_cli.opening import open_real_stack  # noqa: PLC0415 - keeps help fast

    return open_real_stack(options)


def _announce(line: str) -> None:
    print_lines([line], err=True)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The outside world of a command; tests replace it."""

    open_stack: Callable[[StackOptions], Stack] = open_stack
    clock: Clock = field(default_factory=SystemClock)
    pause: Callable[[float], None] = time.sleep  # seconds
    announce: Callable[[str], None] = _announce  # prints which stack a command uses, on stderr

    @classmethod
    def of(cls, context: typer.Context) -> "Surroundings":
        """Return the ones of the test, or the real ones."""
        return context.find_object(cls) or cls()

    def open(self, options: StackOptions) -> Stack:
        """Open a stack and print which one it is; raises CliError as `open_stack` does."""
        stack = self.open_stack(options)
        self.announce(str(stack.home))
        return stack
