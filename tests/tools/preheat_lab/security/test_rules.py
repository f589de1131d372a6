"""Each rule of `make security` passes on the deployed template, and finds every way to break its point."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from preheat_lab.security import rules_operation
from preheat_lab.security.exceptions import Exceptions
from preheat_lab.security.gate import list_rules
from preheat_lab.security.template import Json, read_expanded

RULES = list_rules(Exceptions.load())


@pytest.fixture(scope="module")
def expanded() -> Json:
    return read_expanded()


@pytest.mark.parametrize("name", sorted(RULES))
def test_the_template_breaks_no_rule(expanded: Json, name: str) -> None:
    assert list(RULES[name](expanded)) == []


def of(template: Json, name: str) -> Any:
    return template["Resources"][name]["Properties"]


def grant(role: str, **changed: Any) -> Callable[[Json], None]:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::x"} | changed

    def damage(template: Json) -> None:
        of(template, role)["Policies"][0]["PolicyDocument"]["Statement"].append(statement)

    return damage


def put(name: str, field: str, value: Any) -> Callable[[Json], None]:
    def damage(template: Json) -> None:
        properties = of(template, name)
        *path, last = field.split("/")
        for step in path:
            properties = properties[int(step) if step.isdecimal() else step]
        properties[last] = value

    return damage


def drop(name: str, field: str) -> Callable[[Json], None]:
    return lambda template: of(template, name).pop(field)


def drop_denials(role: str) -> Callable[[Json], None]:
    def damage(template: Json) -> None:
        document = of(template, role)["Policies"][0]["PolicyDocument"]
        document["Statement"] = [one for one in document["Statement"] if one["Effect"] != "Deny"]

    return damage


def drop_statement(policy: str, sid: str) -> Callable[[Json], None]:
    def damage(template: Json) -> None:
        document = of(template, policy)["PolicyDocument"]
        before = len(document["Statement"])
        document["Statement"] = [one for one in document["Statement"] if one.get("Sid") != sid]
        assert len(document["Statement"]) < before

    return damage


def parameter(name: str, field: str, value: Any) -> Callable[[Json], None]:
    return lambda template: template["Parameters"][name].update({field: value})


def resource(name: str, field: str, value: Any) -> Callable[[Json], None]:
    return lambda template: template["Resources"][name].update({field: value})


LEDGER = {"Fn::GetAtt": ["LedgerTable", "Arn"]}
EVERY_MODEL = {"Fn::Sub": "arn:${AWS::Partition}:lookoutvision:*:${AWS::AccountId}:model/*"}
DAMAGES: list[tuple[str, Callable[[Json], Any]]] = [
    ("wildcards", grant("TickRole", Action=["sqs:*"])),
    ("wildcards", grant("TickRole", Action="*")),
    ("wildcards", grant("TickRole", Action=["dynamodb:Get*"])),
    ("wildcards", grant("TickRole", Resource="*")),
    ("wildcards", grant("TickRole", NotAction=["iam:PassRole"])),
    ("wildcards", put("TickRole", "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])),
    ("roles", put("TickFunction", "Role", {"Fn::GetAtt": ["AuditRole", "Arn"]})),
    ("roles", put("TickFunction", "Role", "arn:aws:iam::123456789012:role/other")),
    ("roles", put("TickRole", "AssumeRolePolicyDocument/Statement/0/Principal", {"AWS": "*"})),
    ("ledger", grant("RequestsRole", Action=["dynamodb:UpdateItem"], Resource=LEDGER)),
    ("ledger", grant("AuditRole", Action=["dynamodb:DeleteItem"], Resource=[LEDGER])),
    ("ledger", drop_denials("ReconcileRole")),
    ("models", grant("ReconcileRole", Action=["lookoutvision:StartModel"], Resource=EVERY_MODEL)),
    ("models", grant("ReconcileRole", Action=["sagemaker:DeleteEndpoint"], Resource="*")),
    ("models", parameter("ProjectPrefix", "Default", "line-")),
    ("models", parameter("ProjectPrefix", "AllowedPattern", ".*")),
    ("deputies", put("TickScheduleRole", "AssumeRolePolicyDocument/Statement/0/Condition", {})),
    ("deputies", grant("ReconcileRole", Action=["iam:PassRole"])),
    ("deputies", drop("WatchFunctionCalledByOthersPermission", "SourceArn")),
    ("doors", drop_statement("WorkQueuePolicy", "EncryptedTransportOnly")),
    ("doors", drop_statement("WorkQueuePolicy", "OnlyNamedSenders")),
    ("doors", drop_statement("RequestQueuePolicy", "OnlyRolesAndTheRules")),
    ("doors", put("WorkQueuePolicy", "PolicyDocument/Statement/0/Effect", "Allow")),
    ("doors", lambda template: template["Resources"].pop("RejectedRequestsQueuePolicy")),
    ("doors", lambda template: template["Resources"].pop("PagingTopicPolicy")),
    ("encryption", drop("WorkQueue", "SqsManagedSseEnabled")),
    ("encryption", drop("LedgerTable", "SSESpecification")),
    ("encryption", drop("PagingTopic", "KmsMasterKeyId")),
    ("encryption", drop("TickLogs", "KmsKeyId")),
    ("tables", put("LedgerTable", "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled", False)),
    ("tables", resource("PlansTable", "DeletionPolicy", "Delete")),
    ("tables", resource("PlansTable", "UpdateReplacePolicy", "Delete")),
    ("tables", parameter("DeletionProtection", "Default", "false")),
    ("tables", drop("ModelsTable", "DeletionProtectionEnabled")),
    ("logs", drop("TickLogs", "RetentionInDays")),
    ("logs", put("TickLogs", "RetentionInDays", 3653)),
    ("logs", parameter("LogRetentionDays", "AllowedValues", [1, 90])),
    ("logs", drop("TickFunction", "LoggingConfig")),
    ("concurrency", drop("ReconcileFunctionWork", "ScalingConfig")),
    ("concurrency", drop("RequestsFunctionRequest", "ScalingConfig")),
    ("concurrency", parameter("ReservedConcurrency", "Default", 10)),
    ("concurrency", drop("ReconcileFunction", "ReservedConcurrentExecutions")),
    ("failures", drop("WorkQueue", "RedrivePolicy")),
    ("failures", lambda template: of(template, "Dashboard").update(DashboardBody="{}")),  # then nobody waits for it
    ("failures", drop("PublishFunctionAppended", "DestinationConfig")),
    ("failures", drop("WatchFunctionEventInvokeConfig", "DestinationConfig")),
    ("failures", lambda template: template["Resources"].pop("AuditFunctionEventInvokeConfig")),
    ("failures", lambda template: of(template, "TickSchedule")["Target"].pop("DeadLetterConfig")),
    ("failures", lambda template: of(template, "WatchFunctionCalledByOthers")["Targets"][0].pop("DeadLetterConfig")),
    ("failures", lambda template: template["Resources"].pop("WorkDeadLetterAlarm")),
    ("failures", put("TickDeadLetterAlarm", "Threshold", 10)),
    ("retries", put("WorkQueue", "VisibilityTimeout", 60)),
    ("retries", put("RequestQueue", "RedrivePolicy/maxReceiveCount", 3)),
    ("retries", drop("ReconcileFunctionWork", "FunctionResponseTypes")),
    ("retries", drop("PublishFunctionAppended", "FunctionResponseTypes")),
    ("runtimes", put("TickFunction", "Runtime", "python3.9")),
    ("runtimes", drop("TickFunction", "Architectures")),
    ("runtimes", drop("TickFunction", "TracingConfig")),
    ("settings", put("TickFunction", "Environment/Variables/DB_PASSWORD", "x")),
    ("settings", parameter("LogLevel", "Default", "{{resolve:secretsmanager:x}}")),
    ("settings", lambda template: template["Parameters"].update({"ApiToken": {"Type": "String"}})),
    ("costs", put("RequestsFunction", "Environment/Variables", {})),
    ("costs", parameter("RequestMaxUnitHours", "MaxValue", None)),
    ("costs", parameter("RequestMaxDays", "Default", None)),
    ("costs", lambda template: template["Resources"].pop("AskedUnitHoursAlarm")),
    ("costs", drop("HostedUnitHoursAlarm", "AlarmActions")),
    ("costs", put("HostedUnitHoursAlarm", "MetricName", "ModelsAtRisk")),
    ("costs", parameter("AlarmAskedUnitHours", "Default", None)),
    ("costs", lambda template: template["Resources"].pop("HostingBudget")),
]


@pytest.mark.parametrize(("name", "damage"), DAMAGES, ids=[f"{name}-{at}" for at, (name, _) in enumerate(DAMAGES)])
def test_a_rule_finds_what_breaks_its_point(expanded: Json, name: str, damage: Callable[[Json], Any]) -> None:
    damaged = deepcopy(expanded)
    damage(damaged)
    assert list(RULES[name](damaged)) != []


def test_every_rule_is_broken_by_some_damage() -> None:
    assert {name for name, _ in DAMAGES} == set(RULES)


def test_a_runtime_whose_patches_end_within_a_year_is_found_before_they_do(expanded: Json) -> None:
    assert not list(rules_operation.find_old_runtimes(expanded, today=date(2028, 6, 30)))
    assert len(list(rules_operation.find_old_runtimes(expanded, today=date(2028, 7, 1)))) == 7
