"""Finds the stack of a command: the named one, or else the running local AWS.

Owns the error if there is none. Commands get a store, a clock and what sends requests.
"""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from preheat.adapters.clock import SystemClock
from preheat.app.ports.clock import Clock
from preheat.app.ports.store import Store
from preheat_cli.errors import CliError

if TYPE_CHECKING:
    from preheat.app.publish import Outbox
    from preheat_local import LocalAws

NO_STACK = "preheat: no stack found; name one with --stack, or run `preheat up`"

StackName = Annotated[
    str | None,
    typer.Option("--stack", envvar="PREHEAT_STACK", help="CloudFormation stack. Default: the running local AWS."),
]


def open_store(stack: str | None) -> Store:
    """Return the store of a named stack (normal AWS credentials and region), or of the running local AWS.

    Raises:
        CliError: there is no such stack, or no local AWS is running.
    """
    return _current_store() if stack is None else _named_store(stack)


@dataclass(frozen=True, slots=True)
class Home:
    """Where a stack is, and its roles. It enters other accounts only through `member_roles`."""

    stack_name: str
    region: str
    reconcile_role: str
    member_roles: tuple[str, ...] = ()
    audit_role: str = ""  # lists running models in a member account; empty if the stack is older than the audit

    @property
    def account(self) -> str:
        """The stack's own account."""
        return self.reconcile_role.split(":")[4]


def find_home(stack: str | None) -> Home:
    """Return where a named stack is, or the one on the running local AWS; raises CliError as `open_store` does."""
    if stack is not None:
        session, outputs = _named_stack(stack, "ReconcileRoleArn")
        return _home(stack, str(session.get_config_variable("region")), outputs)
    from preheat_local.aws import outputs as outputs_of  # noqa: PLC0415 - loads boto3

    aws = _current_aws()
    return _home(aws.stack_name, aws.region, outputs_of(aws.endpoint_url, aws.stack_name))


def _home(stack: str, region: str, outputs: Mapping[str, str]) -> Home:
    roles = tuple(filter(None, outputs.get("MemberRoles", "").split(",")))
    return Home(stack, region, outputs["ReconcileRoleArn"], roles, outputs.get("AuditRoleArn", ""))


def open_requests(stack: str | None) -> Callable[[str], None]:
    """Return what sends a request message to a stack's queue; raises CliError as `open_store` does."""
    if stack is None:
        aws = _current_aws()
        client, url = aws.client("sqs"), aws.request_queue_url
    else:
        session, outputs = _named_stack(stack, "RequestQueueUrl")
        client, url = session.create_client("sqs"), outputs["RequestQueueUrl"]

    def send(body: str) -> None:
        client.send_message(QueueUrl=url, MessageBody=body)

    return send


def open_outbox(stack: str | None, reply_to: Collection[str]) -> "Outbox":
    """Return what publishes on a stack's bus and replies to the queues named; raises CliError as `open_store` does."""
    from preheat.adapters.eventbridge.eventbridge import EventBridge, events_client  # noqa: PLC0415 - slow
    from preheat.adapters.sqs.replies import SqsReplies  # noqa: PLC0415 - as above
    from preheat.app.publish import Outbox  # noqa: PLC0415 - only a repair needs it

    if stack is not None:
        session, outputs = _named_stack(stack, "EventBusName")
        return Outbox(
            EventBridge(events_client(session), outputs["EventBusName"]),
            SqsReplies(session.create_client("sqs")),
            reply_to,
        )
    from preheat_local.aws import outputs as outputs_of  # noqa: PLC0415 - loads boto3

    aws = _current_aws()
    bus = outputs_of(aws.endpoint_url, aws.stack_name)["EventBusName"]
    return Outbox(EventBridge(aws.client("events"), bus), SqsReplies(aws.client("sqs")), reply_to)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a command uses of the outside; tests replace it."""

    open_store: Callable[[str | None], Store] = open_store
    find_home: Callable[[str | None], Home] = find_home
    clock: Clock = field(default_factory=SystemClock)
    open_requests: Callable[[str | None], Callable[[str], None]] = open_requests
    pause: Callable[[float], None] = time.sleep  # seconds
    open_outbox: "Callable[[str | None, Collection[str]], Outbox]" = open_outbox

    @classmethod
    def of(cls, context: typer.Context) -> "Surroundings":
        """Return the ones of the test, or the real ones."""
        return context.find_object(cls) or cls()


def _current_store() -> Store:
    from preheat_local.store import open_local_store  # noqa: PLC0415 - loads PynamoDB

    return open_local_store(_current_aws())


def _current_aws() -> "LocalAws":
    from preheat_local import LocalAwsError, find_running  # noqa: PLC0415 - loads boto3

    try:
        found = find_running()
    except LocalAwsError as error:
        raise CliError(NO_STACK) from error
    if found is None:
        raise CliError(NO_STACK)
    return found


def _named_store(stack: str) -> Store:
    names = ["ModelsTable", "LedgerTable", "PlansTable"]
    session, outputs = _named_stack(stack, *names)
    from preheat.bootstrap import store as bootstrap  # noqa: PLC0415 - loads PynamoDB
    from preheat.bootstrap.settings import StoreSettings  # noqa: PLC0415 - as above

    return bootstrap.open_store(StoreSettings(*(outputs[name] for name in names)), session)


def _named_stack(stack: str, *needed: str) -> tuple[Any, dict[str, str]]:
    """Return a session and the outputs of a stack, `needed` ones among them."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 - slow
    from botocore.session import Session  # noqa: PLC0415 - slow

    session = Session()
    try:
        described = session.create_client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        where = f"in {session.get_config_variable('region')} of this account"
        raise CliError(
            f"preheat: there is no stack {stack!r} {where}: check --stack, the region and the profile"
        ) from error
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    missing = [name for name in needed if name not in outputs]
    if missing:
        raise CliError(f"preheat: the stack {stack!r} is not a Preheat stack: it has no output {', '.join(missing)}")
    return session, outputs
