"""The expanded template as values: resources by type, statements of policies. Knows no rule."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from preheat_lab.checkout import ROOT

type Json = dict[str, Any]

_INTERPRETER = ROOT / ".venv-sam" / "bin" / "python"
_EXPAND = Path(__file__).with_name("expand.py")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy. `of` is the resource that has it, `roles` the roles to which it applies."""

    of: str
    roles: tuple[str, ...]
    effect: str
    actions: tuple[str, ...]
    resources: tuple[Any, ...]
    body: Mapping[str, Any]


def read_expanded(path: Path = ROOT / "template.yaml") -> Json:
    """Return the template as CloudFormation gets it.

    Raises:
        OSError: the environment of sam is missing.
        ValueError: the template cannot be expanded.
    """
    done = subprocess.run(
        [_INTERPRETER, "-I", _EXPAND, path],
        capture_output=True,
        text=True,
        check=False,
        env={"AWS_DEFAULT_REGION": "eu-central-1", "PATH": os.defpath},
    )
    if done.returncode:
        raise ValueError(f"{path.name} cannot be expanded: {done.stderr.strip().splitlines()[-1]}")
    template: Json = json.loads(done.stdout)
    return template


def find_resources(template: Json, *kinds: str) -> dict[str, Json]:
    """Return the properties of every resource of these types, by logical name."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] in kinds
    }


def find_identity_statements(template: Json) -> Iterator[Statement]:
    """Yield each statement of a role's policies and of each managed or inline policy."""
    for name, role in find_resources(template, "AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            yield from _statements(name, (name,), policy["PolicyDocument"])
    for name, policy in find_resources(template, "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy").items():
        roles = tuple(role["Ref"] for role in policy.get("Roles", []))
        yield from _statements(name, roles, policy["PolicyDocument"])


def find_resource_statements(template: Json) -> Iterator[Statement]:
    """Yield each statement of the policies of queues, topics and buses; `of` is the queue, topic or bus."""
    for properties in find_resources(template, "AWS::SQS::QueuePolicy").values():
        for queue in properties["Queues"]:
            yield from _statements(queue["Ref"], (), properties["PolicyDocument"])
    for properties in find_resources(template, "AWS::SNS::TopicPolicy").values():
        for topic in properties["Topics"]:
            yield from _statements(topic["Ref"], (), properties["PolicyDocument"])
    for name, bus in find_resources(template, "AWS::Events::EventBus").items():
        yield from _statements(name, (), bus.get("Policy", {"Statement": []}))


def name_of(value: Any) -> str:
    """Return the logical name in a Ref or GetAtt, or an empty text."""
    if isinstance(value, Mapping):
        if "Ref" in value:
            return str(value["Ref"])
        if "Fn::GetAtt" in value:
            found = value["Fn::GetAtt"]
            return str(found[0] if isinstance(found, list) else found.split(".")[0])
    return ""


def as_list(value: Any) -> list[Any]:
    """Return a value that may be one or many as many."""
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """Return a value as text in which a rule can look for names."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _statements(of: str, roles: tuple[str, ...], document: Json) -> Iterator[Statement]:
    for written in as_list(document["Statement"]):
        # A statement under a condition of the stack counts as if the condition held.
        one = written["Fn::If"][1] if "Fn::If" in written else written
        effect = one["Effect"]
        yield Statement(
            of,
            roles,
            effect if isinstance(effect, str) else "Allow",
            tuple(as_list(one.get("Action", []))),
            tuple(as_list(one.get("Resource", []))),
            one,
        )
