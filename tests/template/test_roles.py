"""Who may do what: the roles of the template against the checked-in list `roles.txt`, and what no role may say.

    pytest tests/template/test_roles.py --update-golden

writes the list anew; it is then read as a diff.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

type OfType = Callable[[str], dict[str, dict[str, Any]]]

GOLDEN = Path(__file__).with_name("roles.txt")
FUNCTION_ROLES = {"TickFunction": "TickRole", "ReconcileFunction": "ReconcileRole", "WatchFunction": "WatchRole"}
# The one action for which its service knows no resource.
WITHOUT_RESOURCE = ["rekognition:DescribeProjects"]
# The one star is the end of a model's name, behind a prefix that has to be given.
NAMED = re.compile(r":(model|project|endpoint|endpoint-config)/\$\{ProjectPrefix\}\*(/version/\*)?$")


def statements(of_type: OfType) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def written(value: Any) -> str:
    """A resource or condition as one short word: the name it refers to, or the text of a substitution."""
    if isinstance(value, dict):
        ((_, inner),) = value.items()
        return str(inner).removesuffix(".Arn").replace("${ModelsTable.Arn}", "ModelsTable")
    return str(value)


def resources(statement: dict[str, Any]) -> list[Any]:
    named = statement["Resource"]
    return named if isinstance(named, list) else [named]


def conditions(statement: dict[str, Any]) -> str:
    """The conditions of a statement, as words after its resource."""
    found = [
        f"{key} {how} {written(value)}"
        for how, values in statement.get("Condition", {}).items()
        for key, value in values.items()
    ]
    return f" if {' and '.join(found)}" if found else ""


def as_text(of_type: OfType) -> str:
    lines = [
        f"{role}: {statement['Effect']} {action} on {written(resource)}{conditions(statement)}"
        for role, statement in statements(of_type)
        for action in statement["Action"]
        for resource in resources(statement)
    ]
    return "\n".join(sorted(lines)) + "\n"


def test_each_role_holds_exactly_the_listed_actions(of_type: OfType, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN, as_text(of_type))


def test_no_role_names_a_wildcard(of_type: OfType) -> None:
    for role, statement in statements(of_type):
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        assert not [action for action in statement["Action"] if "*" in action], role
        if statement["Action"] == WITHOUT_RESOURCE:
            continue
        for resource in resources(statement):
            text = written(resource)
            assert "*" not in text or NAMED.search(text), role


def test_an_endpoint_is_deleted_only_under_the_tag_of_the_stack_which_no_role_can_put_on_another(
    of_type: OfType,
) -> None:
    stack = {"Ref": "AWS::StackName"}
    wanted: dict[str, dict[str, Any]] = {
        "sagemaker:CreateEndpoint": {"aws:RequestTag/preheat:managed-by": stack},
        "sagemaker:DeleteEndpoint": {"aws:ResourceTag/preheat:managed-by": stack},
        "sagemaker:AddTags": {"sagemaker:TaggingAction": "CreateEndpoint"},
    }
    found = {
        action: statement["Condition"]["StringEquals"]
        for _, statement in statements(of_type)
        for action in statement["Action"]
        if action.startswith("sagemaker:") and "Condition" in statement
    }
    assert found == wanted
    writes = {a for _, statement in statements(of_type) for a in statement["Action"] if a.startswith("sagemaker:")}
    assert writes - set(wanted) == {
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:ListTags",
    }


def test_each_function_has_a_role_of_its_own_that_only_lambda_may_take(of_type: OfType) -> None:
    functions = of_type("AWS::Serverless::Function")
    assert {name: written(properties["Role"]) for name, properties in functions.items()} == FUNCTION_ROLES
    # With a role given, sam adds none; a policy beside it would be dropped without a word.
    assert not [name for name, properties in functions.items() if "Policies" in properties]
    for name in FUNCTION_ROLES.values():
        (trust,) = of_type("AWS::IAM::Role")[name]["AssumeRolePolicyDocument"]["Statement"]
        assert trust == {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }


def test_only_schedules_of_our_group_and_account_may_take_the_schedule_role(of_type: OfType) -> None:
    (trust,) = of_type("AWS::IAM::Role")["TickScheduleRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"},
            "aws:SourceArn": {"Fn::GetAtt": "ScheduleGroup.Arn"},
        }
    }
    assert of_type("AWS::Scheduler::Schedule")["TickSchedule"]["GroupName"] == {"Ref": "ScheduleGroup"}


@pytest.mark.parametrize("role", sorted(FUNCTION_ROLES.values()))
def test_no_function_can_rewrite_the_ledger(of_type: OfType, role: str) -> None:
    denied: set[str] = set()
    allowed: set[str] = set()
    for name, statement in statements(of_type):
        if name == role and statement["Resource"] == {"Fn::GetAtt": "LedgerTable.Arn"}:
            (denied if statement["Effect"] == "Deny" else allowed).update(statement["Action"])
    assert denied == {
        "dynamodb:BatchWriteItem",
        "dynamodb:DeleteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLUpdate",
        "dynamodb:UpdateItem",
    }
    assert allowed <= {"dynamodb:PutItem"}


def test_no_role_may_hand_a_role_on(of_type: OfType) -> None:
    assert not [
        role for role, statement in statements(of_type) for a in statement["Action"] if re.match("iam:|sts:", a)
    ]
