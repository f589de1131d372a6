"""Opens a real stack: a named one in an AWS account, or the local AWS. Owns the error if there is none."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from botocore.session import Session

from preheat.app.ports.store import Store
from preheat_cli import last_stack
from preheat_cli.errors import CliError
from preheat_cli.options.stack import LOCAL, StackOptions
from preheat_cli.stack import Home, Stack

if TYPE_CHECKING:
    from preheat.app.publish import Outbox
    from preheat_local import LocalAws

NO_STACK: Final = "preheat: no stack found; name one with --stack, or run `preheat up`"
OUTSIDE: Final = f'{NO_STACK} and `eval "$(preheat env)"` in the checkout'
ENDED: Final = "preheat: {} of the local AWS ended; `preheat up` starts a new one, without its plan and history"
TABLES: Final = ("ModelsTable", "LedgerTable", "PlansTable")
OUTPUTS: Final = (*TABLES, "ReconcileRoleArn", "RequestQueueUrl", "EventBusName")


def open_real_stack(options: StackOptions) -> Stack:
    """Open a stack as `stack.open_stack` promises, and remember it as the last one."""
    if options.name in (None, LOCAL):
        stack = _local_stack(options)
        last_stack.remember(LOCAL)
    else:
        stack = _open_named_stack(options)
        last_stack.remember(stack.home.stack_name)
    return stack


def _open_named_stack(options: StackOptions) -> Stack:
    from preheat.adapters.eventbridge.eventbridge import make_events_client  # noqa: PLC0415 - slow
    from preheat.bootstrap.settings import StoreSettings  # noqa: PLC0415 - loads PynamoDB
    from preheat.bootstrap.store import open_store  # noqa: PLC0415 - as above

    session = Session(profile=options.profile)
    if options.region is not None:
        session.set_config_variable("region", options.region)
    described, outputs = _describe(session, str(options.name))
    store = open_store(StoreSettings(*(outputs[name] for name in TABLES)), session)
    home = _home(described, outputs, str(session.get_config_variable("region")))
    stack = _stack(home, store, outputs, session.create_client, lambda: make_events_client(session))

    def list_others() -> Sequence[tuple[str, Store]]:
        client = session.create_client("cloudformation")
        others = find_other_stacks(client, home.stack_name)
        return [(name, open_store(StoreSettings(*(found[key] for key in TABLES)), session)) for name, found in others]

    return replace(stack, described=described, clients=_clients_of(session), list_others=list_others)


def _local_stack(options: StackOptions) -> Stack:
    from preheat_local.store import open_local_store  # noqa: PLC0415 - loads PynamoDB

    aws = _running_local_aws(options)
    described = aws.client("cloudformation").describe_stacks(StackName=aws.stack_name)["Stacks"][0]
    outputs = _outputs(described)
    home = _home(described, outputs, aws.region, aws.endpoint_url)
    stack = _stack(home, open_local_store(aws), outputs, aws.client, lambda: aws.client("events"))
    return replace(stack, described=described, clients=_clients_of(aws.session(), aws.region, aws.endpoint_url))


def _running_local_aws(options: StackOptions) -> "LocalAws":
    """Return the local AWS; raises CliError if none is running, or if the last command used another stack."""
    from preheat_local import LocalAwsError, find_ended, find_running  # noqa: PLC0415 - loads boto3

    if options.profile is not None or options.region is not None:
        raise CliError("preheat: --profile and --region need --stack NAME")
    last = last_stack.recall()
    other = last if options.name is None and last != LOCAL else None
    missing = NO_STACK
    try:
        found = find_running()
        ended = find_ended() if found is None else []
    except LocalAwsError:
        found, ended, missing = None, [], OUTSIDE
    if found is None:
        missing = ENDED.format(" and ".join(ended)) if ended else missing
        raise CliError(missing, *([f"the last command used --stack {other}"] if other is not None else []))
    if other is not None:
        raise CliError(
            f"preheat: the last command used --stack {other}, and a local AWS is running",
            f"name the stack: --stack {other}, or --stack {LOCAL} for the local AWS",
        )
    return found


def _clients_of(
    session: Session, at_home: str | None = None, locally: str | None = None
) -> Callable[[str, str | None, str | None], Any]:
    """Return the function from a service, a region and an endpoint URL to a client; see `Stack.clients`."""
    from preheat.adapters.hosting.calling import CONFIG  # noqa: PLC0415 - only `preheat doctor` needs it
    from preheat.adapters.hosting.service_model import make_lookout_session  # noqa: PLC0415 - as above

    taught, one_at_a_time = make_lookout_session(session), Lock()

    def client(service: str, region: str | None, endpoint_url: str | None) -> Any:
        with one_at_a_time:  # a session makes clients for one thread at a time
            return taught.create_client(
                service, region_name=region or at_home, endpoint_url=endpoint_url or locally, config=CONFIG
            )

    return client


def _describe(session: Any, name: str) -> tuple[Mapping[str, Any], dict[str, str]]:
    """Return the description of a stack and its outputs; raises CliError if it is not a stack of Preheat."""
    try:
        stacks = session.create_client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ValidationError":
            raise
        where = f"in {session.get_config_variable('region')} of this account"
        raise CliError(f"preheat: there is no stack {name!r} {where}; check --stack, --region and --profile") from error
    described: Mapping[str, Any] = stacks[0]
    outputs = _outputs(described)
    missing = [needed for needed in OUTPUTS if needed not in outputs]
    if missing:
        raise CliError(f"preheat: the stack {name!r} is not a Preheat stack: it has no output {', '.join(missing)}")
    return described, outputs


def find_other_stacks(client: Any, own: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each stack of Preheat in the region of the client but `own`: its name and its outputs."""
    for page in client.get_paginator("describe_stacks").paginate():
        for described in page["Stacks"]:
            outputs = _outputs(described)
            if described["StackName"] != own and all(needed in outputs for needed in OUTPUTS):
                yield str(described["StackName"]), outputs


def _outputs(described: Mapping[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _home(described: Mapping[str, Any], outputs: Mapping[str, str], region: str, endpoint_url: str = "") -> Home:
    parameters = {each["ParameterKey"]: each.get("ParameterValue", "") for each in described.get("Parameters", [])}
    return Home(
        str(described["StackName"]),
        region,
        outputs["ReconcileRoleArn"],
        tuple(filter(None, outputs.get("MemberRoles", "").split(","))),
        outputs.get("AuditRoleArn", ""),
        parameters.get("Mode", ""),
        outputs.get("Release", ""),
        endpoint_url,
    )


def _stack(
    home: Home,
    store: Store,
    outputs: Mapping[str, str],
    client_of: Callable[[str], Any],
    open_events: Callable[[], Any],
) -> Stack:
    def send_request(body: str) -> None:
        client_of("sqs").send_message(QueueUrl=outputs["RequestQueueUrl"], MessageBody=body)

    def open_outbox(reply_to: Collection[str]) -> "Outbox":
        from preheat.adapters.eventbridge.eventbridge import EventBridge  # noqa: PLC0415 - only a repair needs it
        from preheat.adapters.sqs.replies import SqsReplies  # noqa: PLC0415 - as above
        from preheat.app.publish import Outbox  # noqa: PLC0415 - as above

        events, replies = EventBridge(open_events(), outputs["EventBusName"]), SqsReplies(client_of("sqs"))
        return Outbox(events, replies, reply_to)

    return Stack(home, store, send_request, open_outbox)
