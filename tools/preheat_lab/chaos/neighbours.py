"""The neighbours of the models in a chaos run: a consumer behind a gate, a queue, a member account, scaling, holds.

Sets it up on the local AWS, reads it back, and deploys. Decides nothing about when.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.session import Session

from preheat.domain.demand.request import RequestId
from preheat.domain.plan.plan import ModelId
from preheat_lab.chaos.plan import ENDPOINT, GATED, HELD, MEMBER_ACCOUNT, MEMBER_ROLE, target_of
from preheat_lab.checkout import ROOT
from preheat_local import LocalAws
from preheat_local.aws import client
from preheat_local.store import open_local_store

QUEUES = "arn:aws:sqs:eu-central-1:000000000000:plant-*"
CONSUMERS = "arn:aws:lambda:eu-central-1:000000000000:function:plant-*"
PARAMETERS: Mapping[str, str] = {
    "GateFunctionArns": f"'{CONSUMERS}'",
    "DrainQueueArns": f"'{QUEUES}'",
    "EndpointScaling": "true",
    "MemberRoleArns": f"'{MEMBER_ROLE}'",
}
CONSUMER = "def handler(event, context):\n    return None\n"
RESOURCE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{target_of(ENDPOINT).project}/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
HOLD_LASTS = "45s"


@dataclass(slots=True)
class Neighbours:
    """The neighbours on one local AWS. `asked`: the ids of all holds so far, in order."""

    aws: LocalAws
    gate: str = ""
    queue: str = ""
    asked: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Create the consumers and the queue, and let the stack into the member account."""
        self.gate = self._make_consumer("gated")
        self.queue = self._make_consumer("drained", consumes=False)
        self._let_in()

    def scale(self) -> bool:
        """Let the endpoint scale, as its owner would set it up; return whether there is one just now."""
        scaling = client(self.aws.simulator_url, "application-autoscaling", self.aws.keys)
        try:
            scaling.register_scalable_target(**RESOURCE, MinCapacity=1, MaxCapacity=4)
        except scaling.exceptions.ValidationException:
            return False
        return True

    def send_image(self) -> None:
        """Send a message to the queue of the model that drains; nobody consumes it until `take_images`."""
        self.aws.client("sqs").send_message(QueueUrl=self.queue, MessageBody="image")

    def take_images(self) -> None:
        """Consume what waits in that queue."""
        self.aws.client("sqs").purge_queue(QueueUrl=self.queue)

    def hold(self) -> None:
        """Ask for the model without shifts, with more units than the plan's."""
        request_id = f"hold-{len(self.asked) + 1}"
        self.asked.append(request_id)
        request = {"version": 1, "request_id": request_id, "verb": "hold", "model": HELD, "units": 2}
        self.aws.client("sqs").send_message(
            QueueUrl=self.aws.request_queue_url, MessageBody=json.dumps({**request, "duration": HOLD_LASTS})
        )

    def deploy(self) -> None:
        """Deploy every function again, with another environment: no process of before goes on with the next call."""
        functions = self.aws.client("lambda")
        for page in functions.get_paginator("list_functions").paginate():
            for found in page["Functions"]:
                if not found["FunctionName"].startswith(f"{self.aws.stack_name}-"):
                    continue
                variables = found.get("Environment", {}).get("Variables", {})
                functions.update_function_configuration(
                    FunctionName=found["FunctionName"],
                    Environment={"Variables": {**variables, "DEPLOYED_AT": datetime.now(UTC).isoformat()}},
                )

    def read_gates(self) -> dict[ModelId, str]:
        """Return the state of each gate."""
        mapping = self.aws.client("lambda").get_event_source_mapping(UUID=self.gate)
        return {GATED: str(mapping["State"])}

    def is_scaled(self) -> bool:
        """Return whether the endpoint scales."""
        scaling = client(self.aws.simulator_url, "application-autoscaling", self.aws.keys)
        return bool(scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"])

    def read_replies(self) -> dict[str, bool | None]:
        """Return for each hold whether its reply accepts it; None: it has no reply."""
        store = open_local_store(self.aws)
        found = {request_id: store.find_reply(RequestId(request_id)) for request_id in self.asked}
        return {request_id: reply.accepted if reply is not None else None for request_id, reply in found.items()}

    def _make_consumer(self, name: str, *, consumes: bool = True) -> str:
        """Create a queue and, in front of it, a function whose mapping is closed; return the mapping, or the queue."""
        url: str = self.aws.client("sqs").create_queue(QueueName=f"plant-{name}")["QueueUrl"]
        if not consumes:
            return url
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as zipped:
            zipped.writestr("consumer.py", CONSUMER)
        functions, function = self.aws.client("lambda"), f"plant-{name}-consumer"
        functions.create_function(
            FunctionName=function,
            Runtime="python3.13",
            Handler="consumer.handler",
            Role=self._make_role(function),
            Code={"ZipFile": archive.getvalue()},
        )
        arn = f"arn:aws:sqs:{self.aws.region}:000000000000:plant-{name}"
        mapping = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, Enabled=False)
        return str(mapping["UUID"])

    def _make_role(self, name: str) -> str:
        principal = {"Service": "lambda.amazonaws.com"}
        statement = [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        role = self.aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)
        return str(role["Role"]["Arn"])

    def _let_in(self) -> None:
        """Deploy the role of the member account, and allow `reconcile` to assume it.

        The local AWS takes a key of twelve digits for the root of that account. It knows no ExternalId in the
        condition of the stack's own policy, so that gets one without the condition.
        """
        role, name = self.aws.outputs()["ReconcileRoleArn"], MEMBER_ROLE.rpartition("/")[2]
        parameters = {
            "ReconcileRoleArn": role,
            "ExternalId": open_local_store(self.aws).ensure_external_id(MEMBER_ACCOUNT),
            "RoleName": name,
            "Regions": self.aws.region,
            "LookoutVisionPrefix": "plant-",
        }
        session = Session(profile=None)
        session.set_credentials(MEMBER_ACCOUNT, self.aws.secret_key)
        stacks: Any = session.create_client(
            "cloudformation", region_name=self.aws.region, endpoint_url=self.aws.endpoint_url
        )
        stacks.create_stack(
            StackName=name,
            TemplateBody=(ROOT / "templates" / "member-role.yaml").read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
        statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": MEMBER_ROLE}
        self.aws.client("iam").put_role_policy(
            RoleName=role.rpartition("/")[2],
            PolicyName="local",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
