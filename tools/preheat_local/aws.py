"""A local AWS that is up, as a value: where it answers and the name of its stack. Also as JSON in the state folder.

Knows neither how to start it nor how to stop it.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

import boto3
from botocore.session import Session

from preheat_local import environment
from preheat_local.checkout import Checkout
from preheat_local.environment import Keys
from preheat_local.errors import LocalAwsError


@dataclass(frozen=True, slots=True)
class LocalAws:
    """A running local AWS with the stack deployed onto it. Names and URLs are the stack's outputs."""

    endpoint_url: str  # every AWS service
    simulator_url: str  # the hosting service, and its controls under /_simulator/
    region: str
    stack_name: str
    models_table: str
    ledger_table: str
    plans_table: str
    work_queue_url: str
    work_dead_letter_queue_url: str
    tick_dead_letter_queue_url: str
    watch_dead_letter_queue_url: str
    unpublished_queue_url: str
    event_bus: str
    tick_function: str
    reconcile_function: str
    watch_function: str
    publish_function: str
    request_queue_url: str
    request_dead_letter_queue_url: str
    rejected_requests_queue_url: str
    requests_function: str
    access_key: str  # of the root of this local AWS
    secret_key: str = field(repr=False)

    @classmethod
    def from_outputs(
        cls, endpoint_url: str, simulator_url: str, stack_name: str, outputs: dict[str, str], keys: Keys
    ) -> Self:
        """Return the value that the outputs of the stack make.

        Raises:
            LocalAwsError: an output is missing.
        """
        try:
            return cls(
                endpoint_url=endpoint_url,
                simulator_url=simulator_url,
                region=environment.REGION,
                stack_name=stack_name,
                models_table=outputs["ModelsTable"],
                ledger_table=outputs["LedgerTable"],
                plans_table=outputs["PlansTable"],
                work_queue_url=outputs["WorkQueueUrl"],
                work_dead_letter_queue_url=outputs["WorkDeadLetterQueueUrl"],
                tick_dead_letter_queue_url=outputs["TickDeadLetterQueueUrl"],
                watch_dead_letter_queue_url=outputs["WatchDeadLetterQueueUrl"],
                unpublished_queue_url=outputs["UnpublishedQueueUrl"],
                event_bus=outputs["EventBusName"],
                tick_function=outputs["TickFunction"],
                reconcile_function=outputs["ReconcileFunction"],
                watch_function=outputs["WatchFunction"],
                publish_function=outputs["PublishFunction"],
                request_queue_url=outputs["RequestQueueUrl"],
                request_dead_letter_queue_url=outputs["RequestDeadLetterQueueUrl"],
                rejected_requests_queue_url=outputs["RejectedRequestsQueueUrl"],
                requests_function=outputs["RequestsFunction"],
                access_key=keys.access_key,
                secret_key=keys.secret_key,
            )
        except KeyError as error:
            raise LocalAwsError(f"template.yaml has no output {error}, which the local AWS hands on") from None

    @property
    def keys(self) -> Keys:
        """The keys of the root of this local AWS."""
        return Keys(self.access_key, self.secret_key)

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the deployed stack by name."""
        return outputs(self.endpoint_url, self.stack_name, self.keys)

    def client_environment(self) -> dict[str, str]:
        """Return the variables with which any AWS SDK talks to this AWS alone."""
        return environment.make_client_environment(self.endpoint_url, self.keys)

    def environment(self) -> dict[str, str]:
        """Return the variables with which a program uses this AWS alone, named as the functions have them."""
        return self.client_environment() | {
            "PREHEAT_MODELS_TABLE": self.models_table,
            "PREHEAT_LEDGER_TABLE": self.ledger_table,
            "PREHEAT_PLANS_TABLE": self.plans_table,
            "PREHEAT_WORK_QUEUE_URL": self.work_queue_url,
            "PREHEAT_HOSTING_ENDPOINT_URL": self.simulator_url,
        }

    def client(self, service: str) -> Any:
        """Return a boto3 client of `service` that talks to this AWS, whatever the surroundings say."""
        return client(self.endpoint_url, service, self.keys)

    def session(self) -> Session:
        """Return a botocore session with the invented credentials, and nothing of the terminal's profile."""
        session = Session(session_vars={"profile": (None, None, None, None)})
        session.set_credentials(self.access_key, self.secret_key)
        session.set_config_variable("region", self.region)
        return session

    def save(self, path: Path) -> None:
        """Write the value to `path`, for its owner alone: it has the keys."""
        with open(path, "w", opener=_open_for_owner, encoding="utf-8") as file:
            file.write(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            LocalAwsError: there is nothing there, or it is no such value.
        """
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise LocalAwsError(f"no local AWS is recorded in {path} ({error}): run `preheat up`") from None


@cache
def client(endpoint_url: str, service: str, keys: Keys) -> Any:
    """Return a boto3 client of `service` at `endpoint_url` with the keys of its root, the same one each time."""
    # Keys and endpoint given here win over every variable of the surroundings; a profile is not even looked up.
    session = boto3.Session(botocore_session=Session(session_vars={"profile": (None, None, None, None)}))
    return session.client(
        service,
        endpoint_url=endpoint_url,
        region_name=environment.REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
    )


def outputs(endpoint_url: str, stack_name: str, keys: Keys) -> dict[str, str]:
    """Return the outputs of a deployed stack by name."""
    described = client(endpoint_url, "cloudformation", keys).describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _open_for_owner(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    os.fchmod(descriptor, 0o600)  # also where the file was there before
    return descriptor


def find_record(checkout: Checkout) -> Path:
    """Return where the local AWS of a checkout is recorded."""
    return checkout.state / "aws.json"
