"""The managed policies for people and services that use the stack: three outputs, each with the least it needs."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.session import get_session

from preheat_cli import doctor, senders

type OfType = Callable[[str], dict[str, dict[str, Any]]]

WITHOUT_RESOURCE = {  # by the service authorization reference
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:DescribeScalingPolicies",
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetTrailStatus",  # it has one, a trail, which the stack does not know
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricData",
    "iam:ListRoles",  # it has one, a role's path, which the stack does not know
    "rekognition:DescribeProjects",
    "servicequotas:ListServiceQuotas",
}
WRITES = {
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "events:PutEvents",
    "sqs:SendMessage",
}


def find_allowed(of_type: OfType, policy: str) -> dict[str, list[Any]]:
    """The rights of a policy: the resources by action. A statement under a condition of the stack counts as there."""
    found: dict[str, list[Any]] = {}
    for one in of_type("AWS::IAM::ManagedPolicy")[policy]["PolicyDocument"]["Statement"]:
        statement = one["Fn::If"][1] if "Fn::If" in one else one
        if statement["Effect"] == "Allow":
            resources = statement["Resource"]
            for action in statement["Action"]:
                found.setdefault(action, []).extend(resources if isinstance(resources, list) else [resources])
    return found


def test_each_is_an_output_and_attached_to_nobody(template: dict[str, Any], of_type: OfType) -> None:
    for name in ("ViewerPolicy", "RequesterPolicy", "OperatorPolicy"):
        assert template["Outputs"][f"{name}Arn"]["Value"] == {"Ref": name}
        assert not {"Roles", "Users", "Groups"} & set(of_type("AWS::IAM::ManagedPolicy")[name])
        assert "cloudformation:DescribeStacks" in find_allowed(of_type, name)  # how the command finds the stack


def test_a_viewer_writes_nothing(of_type: OfType) -> None:
    assert not WRITES & set(find_allowed(of_type, "ViewerPolicy"))


def test_a_requester_sends_requests_and_writes_nothing_else(of_type: OfType) -> None:
    found = find_allowed(of_type, "RequesterPolicy")
    assert WRITES & set(found) == {"sqs:SendMessage"}
    assert found["sqs:SendMessage"] == [{"Fn::GetAtt": "RequestQueue.Arn"}]


def test_an_operator_cannot_rewrite_the_ledger_or_start_a_model(of_type: OfType) -> None:
    found = find_allowed(of_type, "OperatorPolicy")
    ledger = {"Fn::GetAtt": "LedgerTable.Arn"}
    assert {action for action, resources in found.items() if ledger in resources and action in WRITES} == {
        "dynamodb:PutItem"
    }
    denied = [
        one
        for one in of_type("AWS::IAM::ManagedPolicy")["OperatorPolicy"]["PolicyDocument"]["Statement"]
        if one.get("Effect") == "Deny"
    ]
    assert [one["Resource"] for one in denied] == [ledger]
    reads = ("Describe", "Get", "List", "Simulate")
    outside = {action for action in found if action.split(":")[0] not in ("dynamodb", "events", "sqs")}
    outside -= {"kms:Decrypt", "kms:GenerateDataKey"}  # of the tables' own key, for all who read or write them
    assert [action for action in outside if not action.split(":")[1].startswith(reads)] == []
    assert not {action.split(":")[0] for action in found} & {"lambda", "sts"}


def test_none_names_a_wildcard_but_for_actions_without_a_resource(of_type: OfType) -> None:
    for name in ("ViewerPolicy", "RequesterPolicy", "OperatorPolicy"):
        for action, resources in find_allowed(of_type, name).items():
            assert "*" not in action
            assert "*" not in resources or action in WITHOUT_RESOURCE


RIGHT = re.compile(r"[a-z-]+:[A-Z][A-Za-z]+")
FREE = {"sts:GetCallerIdentity"}  # AWS allows it to everybody
# The adapters make these calls within a question that names another right.
WITHIN = {"application-autoscaling:DescribeScalingPolicies", "rekognition:DescribeProjects"}


def rights_of_the_doctor() -> set[str]:
    """The right of each question, from the code: the first argument of `ask`, or a value of a module."""
    found: set[str] = set()
    for file in Path(doctor.__file__).parent.glob("gather*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            found.update(_find_named(node))
    return found | WITHIN


def _find_named(node: ast.AST) -> Iterator[str]:
    parts: list[ast.expr] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ask":
        parts = node.args[:1]
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        parts = node.value.values if isinstance(node.value, ast.Dict) else [node.value]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and RIGHT.fullmatch(part.value):
            yield part.value


def test_a_viewer_may_make_every_call_of_the_doctor(of_type: OfType) -> None:
    needed = rights_of_the_doctor()
    assert len(needed) >= 15
    assert needed - FREE - set(find_allowed(of_type, "ViewerPolicy")) == set()


def rights_of_the_senders() -> set[str]:
    """The right of each call that `apply` makes of IAM for a senders' table, from the code."""
    operations = {xform_name(name): name for name in get_session().get_service_model("iam").operation_names}
    found = set()
    for node in ast.walk(ast.parse(Path(senders.__file__).read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        of = node.func.value
        if isinstance(of, ast.Call) and isinstance(of.func, ast.Attribute) and of.func.attr == "_iam":
            paged = node.args[0] if node.func.attr == "get_paginator" else None
            name = paged.value if isinstance(paged, ast.Constant) else node.func.attr
            found.add(f"iam:{operations[str(name)]}")
    return found


def test_an_operator_may_look_up_the_senders_of_a_plan_and_nothing_else_of_iam(of_type: OfType) -> None:
    of_iam = {right for right in find_allowed(of_type, "OperatorPolicy") if right.startswith("iam:")}
    assert len(rights_of_the_senders()) == 2
    assert of_iam == rights_of_the_senders()


def test_each_is_as_short_as_iam_takes_it(of_type: OfType) -> None:
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        text = json.dumps(policy["PolicyDocument"], separators=(",", ":"))
        # References become ARNs: of at most 200 characters each here.
        assert len(text) + 150 * text.count('"Fn::') < 6_144, name
