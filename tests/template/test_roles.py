"""The rights of each role: the template against the checked-in list `roles.txt`, and the rights that no role has.

    pytest tests/template/test_roles.py --update-golden

writes the list again; a person then reads the diff.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

type OfType = Callable[[str], dict[str, dict[str, Any]]]

GOLDEN = Path(__file__).with_name("roles.txt")
FUNCTION_ROLES = {
    "AuditFunction": "AuditRole",
    "BoardFunction": "BoardRole",
    "PublishFunction": "PublishRole",
    "ReconcileFunction": "ReconcileRole",
    "RequestsFunction": "RequestsRole",
    "TickFunction": "TickRole",
    "WatchFunction": "WatchRole",
}
FOR_PEOPLE = {"ViewerPolicy", "RequesterPolicy", "OperatorPolicy"}
READS = {
    "AuditRole": {"dynamodb:Query"},
    "BoardRole": {"dynamodb:Query"},
    "RequestsRole": {"dynamodb:GetItem"},
}  # of the ledger
TRACES = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
# The actions for which their services know no resource.
SCALABLE = "arn:${AWS::Partition}:application-autoscaling:*:${AWS::AccountId}:scalable-target/*"
WITHOUT_RESOURCE = [
    ["rekognition:DescribeProjects", "sagemaker:ListEndpoints"],
    ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"],
    [
        "lookoutvision:ListModels",
        "lookoutvision:ListProjects",
        "rekognition:DescribeProjects",
        "sagemaker:ListEndpoints",
        "sagemaker:ListInferenceComponents",
    ],
    TRACES,
]
STREAMS = {"Fn::Sub": "${LedgerTable.Arn}/stream/*"}  # of one table; the action knows no single one
MAPPINGS = {"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:event-source-mapping:*"}
# The stars are the region, which a condition limits, and the end of a name, after a prefix that must exist.
NAMED = re.compile(
    r"arn:\$\{AWS::Partition\}:[a-z]+:\*:\$\{AWS::AccountId\}:"
    r"(model/|project/|endpoint/|endpoint-config/|inference-component/|alarm:TargetTracking-endpoint/)\$\{ProjectPrefix\}\*(/version/\*)?"
)
REGIONS = {"Fn::If": ["NamesRegions", {"Fn::Split": [",", {"Ref": "HostingRegions"}]}, {"Ref": "AWS::Region"}]}


def statements(of_type: OfType) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, role in of_type("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, "what a role may do stands in the template, word for word"
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    attached = {**of_type("AWS::IAM::Policy"), **of_type("AWS::IAM::ManagedPolicy")}
    for name, policy in attached.items():
        if name in FOR_PEOPLE:
            continue  # nobody has them until somebody attaches them; test_people_policies.py
        for role_of in policy["Roles"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield role_of["Ref"], statement


def write_value(value: Any) -> str:
    """A resource or condition as one short word: the name it refers to, or the text of a substitution."""
    if isinstance(value, list):
        return " or ".join(map(write_value, value))
    if isinstance(value, dict):
        ((_, inner),) = value.items()
        return (
            str(inner)
            .removesuffix(".Arn")
            .replace("${ModelsTable.Arn}", "ModelsTable")
            .replace("${LedgerTable.Arn}", "LedgerTable")
        )
    return str(value)


def resources(statement: dict[str, Any]) -> list[Any]:
    named = statement["Resource"]
    return named if isinstance(named, list) else [named]


def conditions(statement: dict[str, Any]) -> str:
    """The conditions of a statement, as words after its resource."""
    found = [
        f"{key} {how} {write_value(value)}"
        for how, values in statement.get("Condition", {}).items()
        for key, value in values.items()
    ]
    return f" if {' and '.join(found)}" if found else ""


def effect(statement: dict[str, Any]) -> str:
    """Allow or Deny; with the condition of the stack under which it is Allow, if it is Deny otherwise."""
    found = statement["Effect"]
    if not isinstance(found, dict):
        return str(found)
    condition, *either = found["Fn::If"]
    assert either == ["Allow", "Deny"]
    return f"Allow (where the stack {condition})"


def as_text(of_type: OfType) -> str:
    lines = [
        f"{role}: {effect(statement)} {action} on {write_value(resource)}{conditions(statement)}"
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
        for resource in resources(statement):
            text = write_value(resource)
            if resource == STREAMS:
                assert statement["Action"] == ["dynamodb:ListStreams"], role
            elif resource == MAPPINGS:  # limited by the functions that the mappings feed
                assert list(statement["Condition"]["ArnLike"]) == ["lambda:FunctionArn"], role
            elif text == SCALABLE:  # limited to endpoints: a target's ARN holds a number that the service drew
                namespace = "application-autoscaling:service-namespace"
                assert statement["Condition"]["StringEquals"][namespace] == "sagemaker", role
            elif "*" in text:
                assert statement["Action"] in WITHOUT_RESOURCE or NAMED.fullmatch(text), role
                if statement["Action"] != TRACES:  # A function itself reports where it runs.
                    assert statement["Condition"]["StringEquals"]["aws:RequestedRegion"] == REGIONS


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
        action: limits
        for _, statement in statements(of_type)
        for action in statement["Action"]
        if action.startswith("sagemaker:")
        if (limits := {key: value for key, value in statement["Condition"]["StringEquals"].items() if value != REGIONS})
    }
    assert found == wanted
    writes = {a for _, statement in statements(of_type) for a in statement["Action"] if a.startswith("sagemaker:")}
    assert writes - set(wanted) == {
        "sagemaker:DescribeEndpoint",
        "sagemaker:DescribeEndpointConfig",
        "sagemaker:DescribeInferenceComponent",
        "sagemaker:InvokeEndpoint",
        "sagemaker:ListEndpoints",
        "sagemaker:ListInferenceComponents",
        "sagemaker:ListTags",
        "sagemaker:UpdateEndpointWeightsAndCapacities",
        "sagemaker:UpdateInferenceComponentRuntimeConfig",
    }


def test_every_function_may_send_its_traces_where_they_are_asked_for(template: dict[str, Any], of_type: OfType) -> None:
    policy = of_type("AWS::IAM::Policy")["TracingPolicy"]
    assert {role["Ref"] for role in policy["Roles"]} == set(FUNCTION_ROLES.values())
    # Lambda refuses a traced function whose role may not send.
    functions = {name for name, one in template["Resources"].items() if one.get("DependsOn") == "TracingPolicy"}
    assert functions == set(FUNCTION_ROLES)


def test_an_inference_is_allowed_only_where_the_stack_says_so(template: dict[str, Any], of_type: OfType) -> None:
    infers = {"lookoutvision:DetectAnomalies", "rekognition:DetectCustomLabels", "sagemaker:InvokeEndpoint"}
    allowed = of_type("AWS::IAM::ManagedPolicy")["InferencePolicy"]["PolicyDocument"]["Statement"]
    assert {action for statement in allowed for action in statement["Action"]} == infers
    assert template["Resources"]["InferencePolicy"]["Condition"] == "AllowsInference"
    assert template["Parameters"]["AllowInference"]["Default"] == "false"
    for role in of_type("AWS::IAM::Role").values():
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert infers.isdisjoint(statement["Action"])


def test_each_function_has_a_role_of_its_own_that_only_lambda_may_take(of_type: OfType) -> None:
    functions = of_type("AWS::Serverless::Function")
    assert {name: write_value(properties["Role"]) for name, properties in functions.items()} == FUNCTION_ROLES
    # With a role, sam adds none, and would drop a separate policy without a word.
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
    assert allowed <= {"dynamodb:PutItem"} | READS.get(role, set())


def test_who_answers_requests_reaches_their_replies_alone_and_no_models_ledger(of_type: OfType) -> None:
    (found,) = [
        statement
        for name, statement in statements(of_type)
        if (name, statement["Effect"]) == ("RequestsRole", "Allow")
        and statement["Resource"] == {"Fn::GetAtt": "LedgerTable.Arn"}
    ]
    assert found["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["request#*"]}}


def test_no_role_may_hand_a_role_on_and_two_may_enter_the_listed_member_accounts(
    of_type: OfType, template: dict[str, Any]
) -> None:
    found = [
        (role, statement)
        for role, statement in statements(of_type)
        if any(re.match("iam:|sts:", action) for action in statement["Action"])
    ]
    assert found == [
        (
            role,
            {
                "Sid": "EnterMemberAccounts",
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Resource": {"Fn::Split": [",", {"Ref": "MemberRoleArns"}]},
                "Condition": {"StringLike": {"sts:ExternalId": "preheat-*"}},
            },
        )
        for role in ("ReconcileRole", "AuditRole")
    ]
    assert template["Parameters"]["MemberRoleArns"]["Default"] == ""
    assert template["Resources"]["MemberRolesPolicy"]["Condition"] == "HasMembers"
    assert template["Conditions"]["HasMembers"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MemberRoleArns"}, ""]}]}
    role = "arn:aws:iam::210987654321:role/line/preheat-member"
    accepted = template["Parameters"]["MemberRoleArns"]["AllowedPattern"]
    assert all(re.fullmatch(accepted, text) for text in ("", role, f"{role},{role}"))
    assert not [text for text in ("*", f"{role}*", f"{role},", f"{role}, {role}", "x") if re.fullmatch(accepted, text)]


@pytest.mark.parametrize(
    ("policy", "listed", "actions"),
    [
        ("DrainsPolicy", ("HasDrains", "DrainQueueArns"), ["sqs:GetQueueAttributes"]),
        (
            "GatesPolicy",
            ("HasGates", "GateMappingArns"),
            ["lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"],
        ),
    ],
)
def test_queues_are_counted_and_gates_moved_only_if_they_are_listed(
    template: dict[str, Any], of_type: OfType, policy: str, listed: tuple[str, str], actions: list[str]
) -> None:
    condition, parameter = listed
    (statement,) = of_type("AWS::IAM::ManagedPolicy")[policy]["PolicyDocument"]["Statement"]
    assert statement["Action"] == actions
    assert statement["Resource"] == {"Fn::Split": [",", {"Ref": parameter}]}
    assert template["Resources"][policy]["Condition"] == condition
    assert template["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}
    assert template["Parameters"][parameter]["Default"] == ""


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (
            "DrainQueueArns",
            "arn:aws:sqs:eu-central-1:111122223333:images,arn:aws:sqs:us-east-1:111122223333:images.fifo",
            "arn:aws:sqs:eu-central-1:111122223333:*",
        ),
        (
            "EndpointKeyArns",
            "arn:aws:kms:eu-central-1:111122223333:key/0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11",
            "arn:aws:kms:eu-central-1:111122223333:key/*",
        ),
        (
            "DrainQueueArns",
            "arn:aws:sqs:eu-central-1:111122223333:images-*",
            "arn:aws:sqs:eu-central-1:111122223333:images-*-done",
        ),
        (
            "GateFunctionArns",
            "arn:aws:lambda:eu-central-1:111122223333:function:inspect-*",
            "arn:aws:lambda:eu-central-1:111122223333:function:*",
        ),
        (
            "GateMappingArns",
            "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:0c6d2f58-3c2b-4f6e-9a51-6f1d2f0a7b11",
            "arn:aws:lambda:eu-central-1:111122223333:event-source-mapping:*",
        ),
    ],
)
def test_a_list_of_arns_takes_no_wildcard_but_at_the_end_of_a_name(
    template: dict[str, Any], parameter: str, good: str, bad: str
) -> None:
    accepted = re.compile(template["Parameters"][parameter]["AllowedPattern"])
    assert accepted.fullmatch("")
    assert accepted.fullmatch(good)
    assert not accepted.fullmatch(bad)
    assert not accepted.fullmatch(f"{good},")
    assert not accepted.fullmatch(f"{good}, {good}")
