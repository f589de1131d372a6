"""Records the rights that the functions' calls need, and refuses a call that the role of its function does not allow.

The statements are those of the expanded template, with the values of a stack that has every option turned on.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError
from tests.support.functions import QUEUES, StackInProcess
from tests.support.iam import Resolver, Right, Rights
from tests.support.needs import ACCOUNT, LISTED, REGION, list_needs

from preheat_lab.security.template import Json, read_expanded
from preheat_simulator.rights import Needed

ROLES = ("TickRole", "ReconcileRole", "WatchRole", "PublishRole", "RequestsRole", "AuditRole", "BoardRole")
MEMBER = "arn:aws:iam::444455556666:role/preheat-member"
REFERENCES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "preheat-line",
    "AWS::URLSuffix": "amazonaws.com",
    "ProjectPrefix": "plant-",
    "MemberRoleArns": MEMBER,
    "BackendFunctionArns": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:plant-backend",
    "DrainQueueArns": f"{QUEUES}:images",
    "GateFunctionArns": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:line-*",
    "GateMappingArns": f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:{LISTED}",
    "ReplyQueueArns": f"{QUEUES}:replies,arn:aws:sqs:eu-central-1:111122223333:line-7-replies",
    "EndpointKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1",
    "KmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/2",
    **{
        f"{name}Table{suffix}": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name.lower()}{path}"
        for name in ("Models", "Ledger", "Plans")
        for suffix, path in ((".Arn", ""), (".StreamArn", "/stream/1"))
    },
    "WorkQueue.Arn": f"{QUEUES}:work",
    "RejectedRequestsQueue.Arn": f"{QUEUES}:rejected",
    "UnpublishedQueue.Arn": f"{QUEUES}:unpublished",
    **{f"{name}Queue.Arn": f"{QUEUES}:{name}" for name in ("TickDeadLetter", "WatchDeadLetter", "Request")},
    **{
        f"{name}Logs.Arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
        for name in ("Tick", "Reconcile", "Watch", "Publish", "Requests", "Audit")
    },
}
# Actions that a service of AWS uses under the role, not the function's code: no call of botocore shows them.
BY_SERVICES: Mapping[str, str] = {
    "logs:CreateLogStream": "Lambda writes the function's log under its role",
    "logs:PutLogEvents": "as CreateLogStream",
    "xray:PutTraceSegments": "Lambda sends the function's segments under its role",
    "xray:PutTelemetryRecords": "as PutTraceSegments",
    "sqs:ReceiveMessage": "Lambda polls the queue of an event source mapping under the role",
    "sqs:DeleteMessage": "as ReceiveMessage",
    "dynamodb:DescribeStream": "Lambda polls the stream of an event source mapping under the role",
    "dynamodb:GetRecords": "as DescribeStream",
    "dynamodb:GetShardIterator": "as DescribeStream",
    "dynamodb:ListStreams": "as DescribeStream",
    "application-autoscaling:DeregisterScalableTarget": "SageMaker removes scaling for the caller of DeleteEndpoint",
    "kms:CreateGrant": "SageMaker makes its grant under the role that creates the endpoint",
    "kms:DescribeKey": "DynamoDB, SQS and SageMaker use the key under the role that calls them",
    "kms:Decrypt": "as DescribeKey",
    "kms:Encrypt": "as DescribeKey",
    "kms:GenerateDataKey": "as DescribeKey",
    "kms:ReEncryptFrom": "as DescribeKey",
    "kms:ReEncryptTo": "as DescribeKey",
    "sagemaker:UpdateEndpointWeightsAndCapacities": "Application Auto Scaling checks it for the caller",
    "cloudwatch:PutMetricAlarm": "Application Auto Scaling keeps the alarms of target tracking for the caller",
    "cloudwatch:DescribeAlarms": "as PutMetricAlarm",
    "cloudwatch:DeleteAlarms": "as PutMetricAlarm",
}
# The same for single statements.
BY_SERVICES_IN = {
    ("LeaveFailedTicks", "sqs:SendMessage"): "Lambda sends a failed invocation there under the role",
    # Of the function's own calls, the one that this run does not bring about:
    (
        "KeepRequestsAndWakeModels",
        "dynamodb:DeleteItem",
    ): "makes room for an admin; see tests/contracts",
    ("LeaveFailedEvents", "sqs:SendMessage"): "as LeaveFailedTicks",
    ("TakeRequests", "sqs:GetQueueAttributes"): "Lambda polls the queue of an event source mapping under the role",
    ("TakeWorkAndAskForAnotherLook", "sqs:GetQueueAttributes"): "as TakeRequests",
}


@dataclass
class Recorder:
    """Checks each call of a function against its role, and notes refusals."""

    rights: Rights
    stack: StackInProcess
    role: str | None = None  # None: a call of the test itself
    needed: dict[str, set[Needed]] = field(default_factory=dict)  # by role
    refused: list[str] = field(default_factory=list)
    lost: set[str] = field(default_factory=set)  # operations whose next answer is lost

    @contextmanager
    def under(self, role: str) -> Iterator[None]:
        self.role = role
        try:
            yield
        finally:
            self.role = None

    def record(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Check every call from now on."""
        send = BaseClient._make_api_call

        def check_and_send(client: Any, operation: str, params: Mapping[str, Any]) -> Any:
            entered = client._request_signer._credentials.access_key != os.environ["AWS_ACCESS_KEY_ID"]
            if self.role is None or entered:  # a member's role is that of templates/member-role.yaml
                return send(client, operation, params)
            service = client.meta.service_model.service_name
            for needed in list_needs(service, operation, params, self.stack.simulator.simulator.find_tags):
                self.needed.setdefault(self.role, set()).add(needed)
                if not self.rights.check(self.role, needed):
                    self.refused.append(f"{self.role}: {needed}")
                    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": str(needed)}}, operation)
            if operation == "Invoke":
                return {"StatusCode": 200, "Payload": BytesIO(b'{"status": "stopped"}')}
            if service == "lambda":
                return {"UUID": params["UUID"], "State": "Enabled" if operation.startswith("Get") else "Updating"}
            answer = send(client, operation, params)
            if operation in self.lost:
                self.lost.remove(operation)
                raise ReadTimeoutError(endpoint_url="https://example.com")
            return answer

        monkeypatch.setattr(BaseClient, "_make_api_call", check_and_send)


@cache
def expanded() -> Json:
    return read_expanded()


def resolver() -> Resolver:
    """Return the values of a stack with every option turned on."""
    return Resolver(REFERENCES, dict.fromkeys(expanded()["Conditions"], True) | {"NamesRegions": False})


def list_rights() -> list[Right]:
    """Return every right of the functions' roles that their own code uses."""
    rights = Rights(expanded(), resolver())
    found = {right for role in ROLES for right in rights.granted(role)}
    services = {right for right in found if right.action in BY_SERVICES or (right.sid, right.action) in BY_SERVICES_IN}
    return sorted(found - services, key=str)
