"""The rights of a session in a member account: start, stop and look at the models that the plan lists there, no more.

Pure: targets in, policy texts out. A session policy only takes rights away from the role, and AssumeRole limits its
characters. This module splits the models of a large account, in order, among several sessions.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from preheat.app.ports.plans import Listed
from preheat.domain.plan.plan import Backend

# AssumeRole takes 2,048 characters, and refuses fewer if what it packs them into grows too large.
POLICY_MAX = 1_600


@dataclass(frozen=True, slots=True)
class RolePlace:
    """The account and region of the models, as their ARNs begin."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource there."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


def read_place(role: str, region: str) -> RolePlace:
    """Return where a role's models are."""
    _, partition, _, _, account, _ = role.split(":", 5)
    return RolePlace(partition, region, account)


def part(listed: Iterable[Listed], place: RolePlace) -> list[tuple[Listed, ...]]:
    """Return the models in the fewest groups, in order, whose policies fit; equal lists give equal groups."""
    groups: list[list[Listed]] = []
    for one in sorted(listed, key=lambda each: str(each.target)):
        if not groups or len(write_policy([*groups[-1], one], place)) > POLICY_MAX:
            groups.append([])
        groups[-1].append(one)
    return [tuple(group) for group in groups]


def write_policy(listed: Sequence[Listed], place: RolePlace) -> str:
    """Return the policy text that allows these models and nothing else, in as few characters as possible."""
    allowed: dict[tuple[str, ...], list[str]] = {}
    for one in listed:
        for actions, resource in find_grants(one, place):
            resources = allowed.setdefault(actions, [])
            if resource not in resources:
                resources.append(resource)
    statements = [
        {"Effect": "Allow", "Action": list(actions), "Resource": resources} for actions, resources in allowed.items()
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def write_listing_policy(place: RolePlace) -> str:
    """Return the policy text that allows to list what runs in a place; the role says which parts of it."""
    looks = {
        "lookoutvision:DescribeModel": place.arn("lookoutvision", "model/*"),
        "rekognition:DescribeProjectVersions": place.arn("rekognition", "project/*"),
        "sagemaker:DescribeEndpoint": place.arn("sagemaker", "endpoint/*"),
        "sagemaker:ListTags": place.arn("sagemaker", "endpoint/*"),
        "sagemaker:DescribeInferenceComponent": place.arn("sagemaker", "inference-component/*"),
    }
    lists = [  # the services know no resource for these
        *_name_actions("lookoutvision", "ListModels", "ListProjects"),
        *_name_actions("rekognition", "DescribeProjects"),
        *_name_actions("sagemaker", "ListEndpoints", "ListInferenceComponents"),
    ]
    statements = [{"Effect": "Allow", "Action": lists, "Resource": "*"}] + [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in looks.items()
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _name_actions(service: str, *operations: str) -> tuple[str, ...]:
    return tuple(f"{service}:{operation}" for operation in operations)


def _grant_scaling(endpoint: str, place: RolePlace) -> list[tuple[tuple[str, ...], str]]:
    """Return what it takes to remove the scaling of an endpoint with it, and to restore it after the next start."""
    changes = ("DeregisterScalableTarget", "PutScalingPolicy", "RegisterScalableTarget")
    reads = ("DescribeScalableTargets", "DescribeScalingPolicies")
    scaled = place.arn("sagemaker", f"endpoint/{endpoint.lower()}")
    alarms = f"alarm:TargetTracking-endpoint/{endpoint}/*"
    return [
        (_name_actions("application-autoscaling", *reads), "*"),  # the service knows no resource for these
        (_name_actions("application-autoscaling", *changes), place.arn("application-autoscaling", "scalable-target/*")),
        (
            _name_actions("cloudwatch", "DeleteAlarms", "DescribeAlarms", "PutMetricAlarm"),
            place.arn("cloudwatch", alarms),
        ),
        (_name_actions("sagemaker", "UpdateEndpointWeightsAndCapacities"), scaled),
    ]


def find_grants(one: Listed, place: RolePlace) -> list[tuple[tuple[str, ...], str]]:
    """Return pairs of actions and the resource for them."""
    name, version = one.target.project, one.target.version
    match one.target.backend:
        case Backend.LOOKOUT_VISION:
            model = place.arn("lookoutvision", f"model/{name}/{version}")
            grants = [(_name_actions("lookoutvision", "DescribeModel", "StartModel", "StopModel"), model)]
            infers = (_name_actions("lookoutvision", "DetectAnomalies"), model)
        case Backend.REKOGNITION:
            # Both ARNs end in a number that the service drew; the project is for reading only.
            model = place.arn("rekognition", f"project/{name}/version/{version}/*")
            grants = [
                (_name_actions("rekognition", "StartProjectVersion", "StopProjectVersion"), model),
                (
                    _name_actions("rekognition", "DescribeProjectVersions"),
                    place.arn("rekognition", f"project/{name}/*"),
                ),
                (_name_actions("rekognition", "DescribeProjects"), "*"),  # the service has no resource for it
            ]
            infers = (_name_actions("rekognition", "DetectCustomLabels"), model)
        case Backend.SAGEMAKER:
            endpoint = place.arn("sagemaker", f"endpoint/{name.lower()}")
            configs = [
                place.arn("sagemaker", f"endpoint-config/{config.lower()}") for config in (version, *one.fallbacks)
            ]
            grants = [
                # AddTags goes with a create, and ListTags shows whose an endpoint is.
                (
                    _name_actions(
                        "sagemaker", "AddTags", "CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", "ListTags"
                    ),
                    endpoint,
                ),
                *(
                    (_name_actions("sagemaker", "CreateEndpoint", "DescribeEndpointConfig"), config)
                    for config in configs
                ),
                # For an encrypted endpoint SageMaker needs a grant on its key. The plan does not know the key; the role
                # names the keys, and allows both actions only through SageMaker.
                (_name_actions("kms", "CreateGrant", "DescribeKey"), place.arn("kms", "key/*")),
                *_grant_scaling(name, place),
            ]
            infers = (_name_actions("sagemaker", "InvokeEndpoint"), endpoint)
        case Backend.SAGEMAKER_COMPONENT:
            component = place.arn("sagemaker", f"inference-component/{name.lower()}")
            changes = _name_actions("sagemaker", "DescribeInferenceComponent", "UpdateInferenceComponentRuntimeConfig")
            registers = _name_actions("application-autoscaling", "RegisterScalableTarget")
            grants = [
                (changes, component),
                (_name_actions("application-autoscaling", "DescribeScalableTargets"), "*"),
                (registers, place.arn("application-autoscaling", "scalable-target/*")),
            ]
            if one.inference:
                grants.append((_name_actions("sagemaker", "InvokeEndpoint"), component))
            # An inference names the component's endpoint as well, which the plan does not know.
            infers = (_name_actions("sagemaker", "InvokeEndpoint"), place.arn("sagemaker", "endpoint/*"))
        case Backend.FUNCTION:  # the stack's own role invokes it: no session of a member account has one
            return []
    return [*grants, infers] if one.inference else grants
