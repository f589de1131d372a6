"""The template of a member account: who gets in, and that it allows only what the plan's models need."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from preheat.adapters.dynamodb.members import draw_external_id
from preheat.adapters.hosting.members import AUDIT_SESSION_NAME, SESSION_LASTS, SESSION_NAME
from preheat.adapters.hosting.session_policy import RolePlace, write_listing_policy, write_policy
from preheat.app.ports.plans import Listed
from preheat.domain.plan.plan import ROLE, Backend, Target

type Template = dict[str, Any]

PREFIXES = {
    "LookoutVisionPrefix": "line-",
    "RekognitionPrefix": "line-",
    "EndpointPrefix": "line-",
    "EndpointConfigPrefix": "line-",
}
KEY = "arn:aws:kms:eu-central-1:210987654321:key/0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11"
HERE = RolePlace("aws", "eu-central-1", "210987654321")
TARGETS = {
    Backend.LOOKOUT_VISION: Target("line-1", "3"),
    Backend.REKOGNITION: Target("line-1", "line-1.v2", Backend.REKOGNITION),
    Backend.SAGEMAKER: Target("line-1", "line-1-v2", Backend.SAGEMAKER),
    Backend.SAGEMAKER_COMPONENT: Target("line-1", "", Backend.SAGEMAKER_COMPONENT),
}


WITHOUT_RESOURCE = [
    ["rekognition:DescribeProjects"],
    ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"],
]


def statements(template: Template) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            if resource["Condition"] == "HasAudit":
                continue  # the audit's; below
            assert "Condition" in resource  # a role has each service only with its prefix
            yield from resource["Properties"]["PolicyDocument"]["Statement"]


def resources(statement: dict[str, Any]) -> list[str]:
    """The statement's resources in one account, with every prefix given."""
    found = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    if found == [{"Fn::Split": [",", {"Ref": "EndpointKeyArns"}]}]:
        return [KEY]
    known = PREFIXES | {"AWS::Partition": "aws", "AWS::AccountId": HERE.account}
    texts = [each["Fn::Sub"] if isinstance(each, dict) else each for each in found]
    return [re.sub(r"\$\{([^}]+)\}", lambda name: known[name[1]], text) for text in texts]


def matches(pattern: str, arn: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), arn) is not None


def test_cfn_lint_finds_nothing(root: Path) -> None:
    lint = root / ".venv-sam" / "bin" / "cfn-lint"
    done = subprocess.run(
        [lint, "--format", "parseable", "--", root / "templates" / "member-role.yaml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_only_the_stacks_role_is_let_in_and_only_under_the_external_id(member_template: Template) -> None:
    role = member_template["Resources"]["MemberRole"]["Properties"]
    trust, audit = role["AssumeRolePolicyDocument"]["Statement"]
    condition, listing, otherwise = audit["Fn::If"]
    assert (condition, otherwise) == ("HasAudit", {"Ref": "AWS::NoValue"})
    assert listing["Principal"] == {"AWS": {"Ref": "AuditRoleArn"}}
    assert listing["Condition"] == {
        "StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}, "sts:RoleSessionName": AUDIT_SESSION_NAME}
    }
    assert member_template["Parameters"]["AuditRoleArn"]["Default"] == ""
    assert trust["Principal"] == {"AWS": {"Ref": "ReconcileRoleArn"}}
    assert trust["Action"] == "sts:AssumeRole"
    assert trust["Condition"] == {
        "StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}, "sts:RoleSessionName": SESSION_NAME}
    }
    assert role["MaxSessionDuration"] >= SESSION_LASTS.total_seconds()


def test_an_external_id_of_ones_own_is_refused_and_one_that_was_drawn_is_not(member_template: Template) -> None:
    parameters = member_template["Parameters"]
    assert "Default" not in parameters["ExternalId"]
    assert re.fullmatch(parameters["ExternalId"]["AllowedPattern"], draw_external_id())
    for chosen in ("", "preheat", "tenant-7", f"{draw_external_id()}0", draw_external_id().upper()):
        assert not re.fullmatch(parameters["ExternalId"]["AllowedPattern"], chosen)
    assert parameters["ReconcileRoleArn"]["AllowedPattern"] == ROLE.pattern


def test_what_is_not_asked_for_is_not_allowed(member_template: Template) -> None:
    parameters = member_template["Parameters"]
    assert all(parameters[name]["Default"] == "" for name in PREFIXES)
    assert parameters["AllowInference"]["Default"] == "false"
    for name in PREFIXES:
        assert not re.fullmatch(parameters[name]["AllowedPattern"], "line-*")


def test_no_action_is_a_wildcard_and_every_one_is_bound_to_the_regions(member_template: Template) -> None:
    for statement in statements(member_template):
        assert not [action for action in statement["Action"] if "*" in action]
        assert statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == {"Ref": "Regions"}
        if "*" in resources(statement):
            assert statement["Action"] in WITHOUT_RESOURCE


def test_an_endpoint_is_deleted_only_if_the_stack_made_it(member_template: Template) -> None:
    (deletes,) = [each for each in statements(member_template) if "sagemaker:DeleteEndpoint" in each["Action"]]
    assert deletes["Action"] == ["sagemaker:DeleteEndpoint"]
    assert deletes["Condition"]["StringEquals"]["aws:ResourceTag/preheat:managed-by"] == {"Ref": "StackName"}


def ask(backend: Backend) -> set[tuple[str, str]]:
    """Return the actions that a session asks for, each with its resource."""
    return {
        (action, arn)
        for statement in json.loads(write_policy([Listed(TARGETS[backend], inference=True)], HERE))["Statement"]
        for action in statement["Action"]
        for arn in statement["Resource"]
    }


@pytest.mark.parametrize("backend", TARGETS)
def test_what_a_session_asks_for_the_role_allows_and_nothing_more(member_template: Template, backend: Backend) -> None:
    asked = ask(backend)
    allowed = [
        (action, pattern)
        for statement in statements(member_template)
        for action in statement["Action"]
        for pattern in resources(statement)
    ]
    for action, arn in asked:
        if action.startswith("kms:"):  # only the role knows the keys, so a session names all of them
            assert [pattern for each, pattern in allowed if each == action and matches(arn, pattern)] == [KEY]
            continue
        if arn.endswith(
            ":endpoint/*"
        ):  # the plan does not know the name of a component's endpoint; the role's prefix applies
            assert any(action == each and ":endpoint/line-" in pattern for each, pattern in allowed), (action, arn)
            continue
        assert any(action == each and matches(pattern, arn) for each, pattern in allowed), (action, arn)


def test_the_role_allows_nothing_that_no_session_asks_for(member_template: Template) -> None:
    allowed = {action for statement in statements(member_template) for action in statement["Action"]}
    assert allowed == {action for backend in TARGETS for action, _ in ask(backend)}


def test_no_session_invokes_a_function_because_the_stacks_own_role_does() -> None:
    function = Target("arn:aws:lambda:eu-central-1:111122223333:function:a", "line", Backend.FUNCTION)
    assert json.loads(write_policy([Listed(function)], HERE))["Statement"] == []
    assert set(Backend) - set(TARGETS) == {Backend.FUNCTION}


def test_the_audit_may_list_and_changes_nothing(member_template: Template) -> None:
    resource = member_template["Resources"]["ListingPolicy"]
    (statement,) = resource["Properties"]["PolicyDocument"]["Statement"]
    assert resource["Condition"] == "HasAudit"
    assert statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == {"Ref": "Regions"}
    asked = json.loads(write_listing_policy(HERE))["Statement"]
    assert asked[0]["Action"] == statement["Action"]
    named = [*statement["Action"], *(each["Action"] for each in asked[1:])]
    assert all(re.fullmatch(r"[a-z]+:(List|Describe)[A-Za-z]+", action) for action in named)


def test_a_key_is_used_only_through_sagemaker_and_only_for_its_own_resources(member_template: Template) -> None:
    policy = member_template["Resources"]["EndpointKeysPolicy"]
    grant, describe = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (policy["Condition"], member_template["Parameters"]["EndpointKeyArns"]["Default"]) == ("HasEndpointKeys", "")
    assert (grant["Action"], describe["Action"]) == (["kms:CreateGrant"], ["kms:DescribeKey"])
    assert grant["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    for statement in (grant, describe):
        assert statement["Condition"]["StringLike"] == {"kms:ViaService": {"Fn::Sub": "sagemaker.*.${AWS::URLSuffix}"}}
