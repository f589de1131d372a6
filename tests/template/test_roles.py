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
FUNCTION_ROLES = {"TickFunction": "TickRole", "ReconcileFunction": "ReconcileRole"}


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


def as_text(of_type: OfType) -> str:
    lines = [
        f"{role}: {statement['Effect']} {action} on {written(statement['Resource'])}"
        for role, statement in statements(of_type)
        for action in statement["Action"]
    ]
    return "\n".join(sorted(lines)) + "\n"


def test_each_role_holds_exactly_the_listed_actions(of_type: OfType, golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN, as_text(of_type))


def test_no_role_names_a_wildcard(of_type: OfType) -> None:
    for role, statement in statements(of_type):
        assert "NotAction" not in statement
        assert "NotResource" not in statement
        assert not [action for action in statement["Action"] if "*" in action], role
        resource = statement["Resource"]
        assert resource != "*", role
        # The one star is the end of the models' name, behind a prefix that has to be given.
        text = written(resource)
        assert "*" not in text or text.endswith(":model/${ProjectPrefix}*"), role


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
