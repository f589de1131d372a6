"""Simulates the part of Application Auto Scaling that scales endpoints: scalable targets and their policies.

Owns the registrations, and what deleting an endpoint does with it. Scales nothing by itself.
"""

from typing import Any

from preheat_simulator.core.errors import ServiceError, make_invalid

type Members = dict[str, Any]

REFUSED = (
    "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity used to invoke"
    " DeleteEndpoint does not have application-autoscaling:DeregisterScalableTarget permission"
)
"""The answer of DeleteEndpoint, word for word, to a caller without the right."""


class ScalableTargets:
    """The scalable targets of an account, with their policies.

    `may_deregister`: whether the caller that deletes an endpoint may also deregister its scalable targets.
    """

    def __init__(self) -> None:
        self.may_deregister = True
        self._targets: dict[tuple[str, str], Members] = {}
        self._policies: dict[tuple[str, str, str], Members] = {}

    def targets(self, resource_ids: list[str] | None = None) -> list[Members]:
        """Return the targets of these resources, or all."""
        return [one for (resource, _), one in self._targets.items() if not resource_ids or resource in resource_ids]

    def policies(self, resource_id: str | None = None) -> list[Members]:
        """Return the policies of a resource, or all."""
        return [one for (resource, *_), one in self._policies.items() if resource_id in (None, resource)]

    def register(self, given: Members) -> None:
        """Register a target, or change it."""
        key = given["ResourceId"], given["ScalableDimension"]
        kept = self._targets.get(key, {})
        named = ("ServiceNamespace", "ResourceId", "ScalableDimension", "MinCapacity", "MaxCapacity", "SuspendedState")
        target = kept | {name: given[name] for name in named if name in given}
        if "MinCapacity" not in target or "MaxCapacity" not in target:
            raise make_invalid("MinCapacity and MaxCapacity are required to register a scalable target")
        self._targets[key] = target

    def put_policy(self, given: Members) -> None:
        """Attach a policy to a registered target, or replace it."""
        key = given["ResourceId"], given["ScalableDimension"]
        if key not in self._targets:
            raise ServiceError("ObjectNotFoundException", f"No scalable target registered for resource {key[0]}")
        self._policies[*key, given["PolicyName"]] = dict(given)

    def deregister(self, given: Members) -> None:
        """Remove a target with its policies."""
        key = given["ResourceId"], given["ScalableDimension"]
        if self._targets.pop(key, None) is None:
            raise ServiceError("ObjectNotFoundException", f"No scalable target registered for resource {key[0]}")
        self._policies = {each: policy for each, policy in self._policies.items() if each[:2] != key}

    def remove_with(self, endpoint: str) -> None:
        """Remove the registrations of an endpoint at its deletion; raises ServiceError if the caller may not."""
        mine = [one for one in self._targets.values() if one["ResourceId"].startswith(f"endpoint/{endpoint}/")]
        if mine and not self.may_deregister:
            raise make_invalid(REFUSED)
        for one in mine:
            self.deregister(one)
