"""Which stack a command speaks to: the one that is named, or else the local AWS that is up.

Owns how a stack is found and what is said when there is none. Commands get a store and a clock, and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from preheat.cli.errors import CliError
from preheat.clock import SystemClock
from preheat.ports import Clock, Store

NO_STACK = "preheat: no stack found: run `preheat up`, or name the stack with --stack"

StackName = Annotated[
    str | None,
    typer.Option("--stack", envvar="PREHEAT_STACK", help="CloudFormation stack; else the local AWS that is up."),
]


def open_store(stack: str | None) -> Store:
    """Return the store of a named stack (normal AWS credentials and region), or of the local AWS that is up.

    Raises:
        CliError: there is no such stack, or nothing is up.
    """
    return _local_store() if stack is None else _named_store(stack)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command has of the outside; tests put others in its place."""

    open_store: Callable[[str | None], Store] = open_store
    clock: Clock = field(default_factory=SystemClock)

    @classmethod
    def of(cls, context: typer.Context) -> "Surroundings":
        """Return those that the command line was given, else the real ones."""
        return context.find_object(cls) or cls()


def _local_store() -> Store:
    from preheat.local import LocalAwsError, current  # noqa: PLC0415 - loads boto3

    try:
        found = current()
    except LocalAwsError as error:
        raise CliError(NO_STACK) from error
    if found is None:
        raise CliError(NO_STACK)
    return _store(found.client("dynamodb"), found.models_table, found.ledger_table, found.plans_table)


def _named_store(stack: str) -> Store:
    import boto3  # noqa: PLC0415 - slow, and only needed here
    from botocore.exceptions import ClientError  # noqa: PLC0415 - as above

    from preheat.store.connection import dynamodb_client  # noqa: PLC0415 - as above

    session = boto3.Session()
    try:
        described = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        if code != "ValidationError":
            raise
        where = f"in {session.region_name} of this account"
        raise CliError(
            f"preheat: there is no stack {stack!r} {where}: check --stack, the region and profile"
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    names = ["ModelsTable", "LedgerTable", "PlansTable"]
    missing = [name for name in names if name not in outputs]
    if missing:
        raise CliError(f"preheat: the stack {stack!r} is none of Preheat: it has no output {', '.join(missing)}")
    inner = session._session  # noqa: SLF001 - boto3 hands its botocore session out no other way
    return _store(dynamodb_client(inner), *(outputs[name] for name in names))


def _store(client: Any, models: str, ledger: str, plans: str) -> Store:
    from preheat.store.dynamodb import DynamoStore  # noqa: PLC0415 - loads PynamoDB
    from preheat.store.tables import TableNames  # noqa: PLC0415 - as above

    return DynamoStore(client, TableNames(models=models, ledger=ledger, plans=plans))
