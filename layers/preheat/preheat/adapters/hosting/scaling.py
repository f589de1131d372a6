"""The port `Scaling` over Application Auto Scaling: the scalable targets and policies of a SageMaker endpoint.

Also the least count of copies of an inference component, which a start and a stop set.

Owns their stored form: JSON of the members that the service accepts back. Decides nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from preheat.adapters.client import AwsService
from preheat.adapters.hosting.calling import call_service, translate_by_code
from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, InvalidCall, ModelGone, Throttled
from preheat.domain.plan.plan import Target
from preheat.domain.record.observation import SCALING_TEXT_MAX, ScalingReading

NAMESPACE: Final = {"ServiceNamespace": "sagemaker"}
COPIES: Final = "sagemaker:inference-component:DesiredCopyCount"
IDS_MAX: Final = 50  # resources in one call

ERRORS: Final[Mapping[str, type[HostingError]]] = {
    "AccessDeniedException": AccessRefused,
    "ConcurrentUpdateException": Throttled,
    "FailedResourceAccessException": AccessRefused,
    "InternalServiceException": AnswerLost,
    "LimitExceededException": Throttled,
    "ObjectNotFoundException": ModelGone,
    "ThrottlingException": Throttled,
    "ValidationException": InvalidCall,
}
_translated: Final = translate_by_code(ERRORS)
# The members that RegisterScalableTarget and PutScalingPolicy accept back.
OF_A_TARGET: Final = ("ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity", "SuspendedState")
OF_A_POLICY: Final = (
    *("PolicyName", "ResourceId", "ScalableDimension", "PolicyType", "StepScalingPolicyConfiguration"),
    *("TargetTrackingScalingPolicyConfiguration", "PredictiveScalingPolicyConfiguration"),
)

type Clients = Callable[[Target, AwsService], Any]
"""From a target and a service to a botocore client; see `router.Clients`."""


class EndpointScaling:
    """The port `Scaling`."""

    def __init__(self, clients: Clients) -> None:
        """`clients` returns the client that reaches a target; see `router.Clients`."""
        self._clients = clients

    def read(self, target: Target, variants: Sequence[str]) -> ScalingReading:
        """See `ports.Scaling`. It reads no scheduled actions: the schedule of a model belongs to Preheat."""
        ids = [f"endpoint/{target.project}/variant/{name}" for name in variants[:IDS_MAX]]
        targets = self._read_pages(target, "describe_scalable_targets", "ScalableTargets", ResourceIds=ids)
        if not targets:
            return ScalingReading()
        policies = [
            policy
            for one in sorted({str(each["ResourceId"]) for each in targets})
            for policy in self._read_pages(target, "describe_scaling_policies", "ScalingPolicies", ResourceId=one)
        ]
        kept = {
            "targets": [_keep(one, OF_A_TARGET) for one in targets],
            "policies": [_keep(one, OF_A_POLICY) for one in policies],
        }
        text = json.dumps(kept, separators=(",", ":"), sort_keys=True)
        if len(text) > SCALING_TEXT_MAX:
            raise InvalidCall(
                f"the scaling of {target} takes {len(text)} characters; at most {SCALING_TEXT_MAX} are kept"
            )
        return ScalingReading(text, len(targets), len(policies))

    def restore(self, target: Target, text: str) -> None:
        """See `ports.Scaling`."""
        kept = json.loads(text)
        client = self._clients(target, AwsService.APPLICATION_AUTO_SCALING)
        for one in kept["targets"]:
            call_service("RegisterScalableTarget", client.register_scalable_target, _translated, **NAMESPACE, **one)
        for one in kept["policies"]:
            call_service("PutScalingPolicy", client.put_scaling_policy, _translated, **NAMESPACE, **one)

    def _read_pages(self, target: Target, method: str, rows: str, **named: Any) -> list[dict[str, Any]]:
        call = getattr(self._clients(target, AwsService.APPLICATION_AUTO_SCALING), method)
        found: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            answer = call_service(method, call, _translated, **NAMESPACE, **named, **token)
            found += answer.get(rows, [])
            if not answer.get("NextToken"):
                return found
            token = {"NextToken": str(answer["NextToken"])}


class ComponentScaling:
    """The least count of copies that scaling keeps of an inference component."""

    def __init__(self, clients: Clients) -> None:
        """`clients` returns the client that reaches a target; see `router.Clients`."""
        self._clients = clients

    def set_least(self, target: Target, copies: int) -> None:
        """Set the least count, if the component scales.

        A neighbour's failure keeps no start and no stop from being made; a look shows what scaling makes of it.
        """
        named = {**NAMESPACE, "ScalableDimension": COPIES}
        resource = f"inference-component/{target.project}"
        try:
            client = self._clients(target, AwsService.APPLICATION_AUTO_SCALING)
            describe = client.describe_scalable_targets
            found = call_service("DescribeScalableTargets", describe, _translated, **named, ResourceIds=[resource])
            for one in found.get("ScalableTargets", []):
                bounds = {"MinCapacity": copies, "MaxCapacity": max(int(one["MaxCapacity"]), copies)}
                register = client.register_scalable_target
                call_service("RegisterScalableTarget", register, _translated, **named, ResourceId=resource, **bounds)
        except HostingError:
            return


def _keep(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names if name in row}
