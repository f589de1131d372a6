"""The template at its largest: with every parameter at its MaxLength it stays within the limits of AWS.

So a list that is too long fails at its input, and not in the middle of a deployment.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

type OfType = Callable[[str], dict[str, dict[str, Any]]]
type Template = dict[str, Any]

ROLE_INLINE_MAX = 10_240  # characters of all inline policies of a role, without white space
MANAGED_MAX = 6_144  # characters of a managed policy, without white space
ENVIRONMENT_MAX = 4_096  # bytes of a function's variables, names and values
PATTERN_MAX = 2_048  # characters of a rule's pattern
QUEUE_POLICY_MAX = 8_192  # characters
PARAMETER_MAX = 4_096  # bytes
MANAGED_PER_ROLE_MAX = 10
STACK = "preheat-production-line"
FIRST = {
    "HostingRegions": "ap-southeast-1",
    "MemberRoleArns": "arn:aws:iam::111122223333:role/preheat-member",
    "EndpointKeyArns": "arn:aws:kms:eu-central-1:111122223333:key/0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11",
    "BackendFunctionArns": "arn:aws:lambda:eu-central-1:111122223333:function:backend-of-line-1",
    "DrainQueueArns": "arn:aws:sqs:eu-central-1:111122223333:images-of-line-1",
    "GateMappingArns": (
        "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
    ),
    "GateFunctionArns": "arn:aws:lambda:eu-central-1:111122223333:function:inspect-line-1",
    "RequestSenders": "arn:aws:iam::111122223333:role/mes",
    "AdminRoles": "AROAEXAMPLEEXAMPLE123",
    "ReplyQueueArns": "arn:aws:sqs:eu-central-1:111122223333:replies-to-line-1",
}


class Largest:
    """Resolves the template's functions with every list as long as it may be and every condition met."""

    def __init__(self, template: Template) -> None:
        self.resources = template["Resources"]
        self.values = {"AWS::StackName": STACK, "AWS::Region": "ap-southeast-1", "AWS::AccountId": "111122223333"}
        self.values |= {"AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
        for name, parameter in template["Parameters"].items():
            if name in FIRST:
                one = FIRST[name]
                count = (parameter["MaxLength"] + 1) // (len(one) + 1)
                self.values[name] = ",".join([one] * count)
            else:
                self.values[name] = str(parameter.get("Default") or "x" * 60)
        self.values["ProjectPrefix"] = "line-of-the-plant-"

    def resolve(self, value: Any) -> Any:
        """Return a value without functions."""
        if isinstance(value, list):
            return [one for one in map(self.resolve, value) if one is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1 and (found := self._function(*next(iter(value.items())))) is not NotImplemented:
            return found
        return {key: one for key, inner in value.items() if (one := self.resolve(inner)) is not None}

    def _function(self, name: str, inner: Any) -> Any:
        match name:
            case "Ref":
                return None if inner == "AWS::NoValue" else self.values.get(inner, f"{STACK}-{inner}-ABCDEFGHIJKL")
            case "Fn::GetAtt":
                return f"arn:aws:service:ap-southeast-1:111122223333:kind/{STACK}-{inner.split('.')[0]}-ABCDEFGHIJKL"
            case "Fn::If":
                return self.resolve(inner[1])
            case "Fn::Split":
                return self.resolve(inner[1]).split(inner[0])
            case "Fn::Join":
                return inner[0].join(self.resolve(inner[1]))
            case "Fn::Sub":
                text, local = (inner, {}) if isinstance(inner, str) else (inner[0], self.resolve(inner[1]))
                return re.sub(r"\$\{([^}]+)\}", lambda found: self._name(found[1], local), text)
        return NotImplemented

    def _name(self, name: str, local: dict[str, str]) -> str:
        if name in local:
            return local[name]
        return str(self._function("Fn::GetAtt" if "." in name else "Ref", name))


def size(value: Any) -> int:
    """Count the characters of a policy or pattern as AWS does, without white space."""
    return len(json.dumps(value, separators=(",", ":")))


@pytest.fixture(scope="session")
def largest(template: Template) -> Largest:
    return Largest(template)


def test_every_list_has_a_length_that_a_parameter_may_have(template: Template) -> None:
    parameters = template["Parameters"]
    lists = {name for name, one in parameters.items() if "with a comma" in one.get("ConstraintDescription", "")}
    assert lists == set(FIRST)
    assert all(parameters[name]["MaxLength"] <= PARAMETER_MAX for name in lists)


def test_a_role_and_its_policies_are_small_enough(of_type: OfType, largest: Largest) -> None:
    for name, role in of_type("AWS::IAM::Role").items():
        inline = [policy["PolicyDocument"] for policy in role["Policies"]]
        inline += [
            policy["PolicyDocument"]
            for policy in of_type("AWS::IAM::Policy").values()
            if {"Ref": name} in policy["Roles"]
        ]
        assert sum(size(largest.resolve(policy)) for policy in inline) <= ROLE_INLINE_MAX, name
        attached = [one for one in of_type("AWS::IAM::ManagedPolicy").values() if {"Ref": name} in one.get("Roles", ())]
        assert len(attached) <= MANAGED_PER_ROLE_MAX, name
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        assert size(largest.resolve(policy["PolicyDocument"])) <= MANAGED_MAX, name


def test_a_functions_variables_are_few_enough(template: Template, of_type: OfType, largest: Largest) -> None:
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, function in of_type("AWS::Serverless::Function").items():
        variables = largest.resolve(shared | function.get("Environment", {}).get("Variables", {}))
        assert sum(len(key) + len(str(value)) for key, value in variables.items()) <= ENVIRONMENT_MAX, name


def test_a_rules_pattern_and_a_queues_policy_are_short_enough(of_type: OfType, largest: Largest) -> None:
    patterns = {name: rule["EventPattern"] for name, rule in of_type("AWS::Events::Rule").items()}
    for function in of_type("AWS::Serverless::Function").values():
        for name, event in function.get("Events", {}).items():
            if event["Type"] == "EventBridgeRule":
                patterns[name] = event["Properties"]["Pattern"]
    for name, pattern in patterns.items():
        assert size(largest.resolve(pattern)) <= PATTERN_MAX, name
    for name, policy in of_type("AWS::SQS::QueuePolicy").items():
        assert size(largest.resolve(policy["PolicyDocument"])) <= QUEUE_POLICY_MAX, name


def test_the_numbers_that_the_descriptions_give_are_right(template: Template) -> None:
    for name, one in FIRST.items():
        parameter = template["Parameters"][name]
        said = re.search(r"([\d,]+) characters hold (?:about )?(\d+)", parameter["Description"])
        if said is None:
            continue
        assert int(said[1].replace(",", "")) == parameter["MaxLength"], name
        count = (parameter["MaxLength"] + 1) // (len(one) + 1)
        assert count * 0.75 <= int(said[2]) <= count * 1.25, (name, count)


def test_more_gates_than_a_list_holds_need_one_pattern_of_their_functions(of_type: OfType) -> None:
    (statement,) = of_type("AWS::IAM::ManagedPolicy")["GateFunctionsPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"]
    assert statement["Condition"] == {
        "ArnLike": {"lambda:FunctionArn": {"Fn::Split": [",", {"Ref": "GateFunctionArns"}]}}
    }
