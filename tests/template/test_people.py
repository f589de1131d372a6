"""The managed policies for people and services that use the stack: three outputs, each with the least it needs."""

from collections.abc import Callable
from typing import Any

type OfType = Callable[[str], dict[str, dict[str, Any]]]

WRITES = {
    "dynamodb:BatchWriteItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "events:PutEvents",
    "sqs:SendMessage",
}


def allowed(of_type: OfType, policy: str) -> dict[str, list[Any]]:
    """What a policy allows: the resources by action. A statement under a condition of the stack counts as there."""
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
        assert "cloudformation:DescribeStacks" in allowed(of_type, name)  # how the command finds the stack


def test_a_viewer_writes_nothing(of_type: OfType) -> None:
    assert not WRITES & set(allowed(of_type, "ViewerPolicy"))


def test_a_requester_sends_requests_and_writes_nothing_else(of_type: OfType) -> None:
    found = allowed(of_type, "RequesterPolicy")
    assert WRITES & set(found) == {"sqs:SendMessage"}
    assert found["sqs:SendMessage"] == [{"Fn::GetAtt": "RequestQueue.Arn"}]


def test_an_operator_cannot_rewrite_the_ledger_or_start_a_model(of_type: OfType) -> None:
    found = allowed(of_type, "OperatorPolicy")
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
    services = {action.split(":")[0] for action in found}
    assert not services & {"lookoutvision", "rekognition", "sagemaker", "lambda", "iam", "sts"}


def test_none_names_a_wildcard_but_for_actions_without_a_resource(of_type: OfType) -> None:
    for name in ("ViewerPolicy", "RequesterPolicy", "OperatorPolicy"):
        for action, resources in allowed(of_type, name).items():
            assert "*" not in action
            assert "*" not in resources or action in ("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
