"""Rules of the template that neither lint nor a deployment to the local AWS would hold."""

import re
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from preheat.app.requests.envelope import DETAIL_TYPE
from preheat.domain.record import budget

type OfType = Callable[[str], dict[str, dict[str, Any]]]

FUNCTION = "AWS::Serverless::Function"
QUEUE = "AWS::SQS::Queue"
TABLE = "AWS::DynamoDB::Table"
FOURTEEN_DAYS_SECONDS = 14 * 24 * 60 * 60


def test_each_function_has_a_handler_file_and_both_layers(
    template: dict[str, Any], of_type: OfType, root: Path
) -> None:
    shared = template["Globals"]["Function"]
    assert shared["Handler"] == "handler.handler"
    assert shared["Layers"] == [{"Ref": "PreheatLayer"}, {"Ref": "DependenciesLayer"}]
    assert {properties["CodeUri"] for properties in of_type(FUNCTION).values()} == {
        f"functions/{folder.name}" for folder in (root / "functions").iterdir() if folder.is_dir()
    }
    for properties in of_type(FUNCTION).values():
        assert re.search(r"^def handler\(", (root / properties["CodeUri"] / "handler.py").read_text(), re.MULTILINE)


FED = {"WorkQueue": "ReconcileFunction", "RequestQueue": "RequestsFunction"}  # queues, and who takes from them


@pytest.mark.parametrize("queue", FED)
def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_take(of_type: OfType, queue: str) -> None:
    timeout_seconds = of_type(FUNCTION)[FED[queue]]["Timeout"]
    assert of_type(QUEUE)[queue]["VisibilityTimeout"] >= 6 * timeout_seconds


@pytest.mark.parametrize("queue", FED)
def test_a_message_meets_the_dead_letter_queue_only_after_five_tries(of_type: OfType, queue: str) -> None:
    redrive = of_type(QUEUE)[queue]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": f"{queue.removesuffix('Queue')}DeadLetterQueue.Arn"}
    assert redrive["maxReceiveCount"] >= 5


def test_every_way_to_lose_work_ends_in_a_queue_that_keeps_it_14_days(of_type: OfType) -> None:
    queues = of_type(QUEUE)
    schedule = of_type("AWS::Scheduler::Schedule")["TickSchedule"]["Target"]
    asynchronous = of_type(FUNCTION)["TickFunction"]["EventInvokeConfig"]
    assert schedule["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "TickDeadLetterQueue.Arn"}}
    assert asynchronous["DestinationConfig"]["OnFailure"] == {
        "Type": "SQS",
        "Destination": {"Fn::GetAtt": "TickDeadLetterQueue.Arn"},
    }
    watched = of_type(FUNCTION)["WatchFunction"]["EventInvokeConfig"]
    assert watched["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": "WatchDeadLetterQueue.Arn"}
    audited = of_type(FUNCTION)["AuditFunction"]["EventInvokeConfig"]
    assert audited["DestinationConfig"] == asynchronous["DestinationConfig"]
    for event in of_type(FUNCTION)["WatchFunction"]["Events"].values():
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "WatchDeadLetterQueue.Arn"}}
    for name, rule in of_type("AWS::Events::Rule").items():
        (target,) = rule["Targets"]
        kept_in = "UnpublishedQueue" if name == "LateModels" else "RequestDeadLetterQueue"
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": f"{kept_in}.Arn"}}
    kept = [name for name in queues if name.endswith("DeadLetterQueue")]
    assert len(kept) >= 4
    for name in (*kept, "RejectedRequestsQueue", "UnpublishedQueue"):
        assert queues[name]["MessageRetentionPeriod"] == FOURTEEN_DAYS_SECONDS


def test_a_tick_that_is_a_minute_old_is_dropped(of_type: OfType) -> None:
    schedule = of_type("AWS::Scheduler::Schedule")["TickSchedule"]
    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert schedule["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] == 60
    assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] <= 2
    asynchronous = of_type(FUNCTION)["TickFunction"]["EventInvokeConfig"]
    assert asynchronous["MaximumEventAgeInSeconds"] == 60
    assert asynchronous["MaximumRetryAttempts"] == 0


def test_an_event_of_an_endpoint_that_the_roles_do_not_reach_or_that_a_call_by_preheat_begins_is_not_watched(
    of_type: OfType,
) -> None:
    properties = of_type(FUNCTION)["WatchFunction"]
    rule = properties["Events"]["EndpointChanged"]["Properties"]
    assert (rule["Pattern"]["source"], rule["Pattern"]["detail-type"]) == (
        ["aws.sagemaker"],
        ["SageMaker Endpoint State Change"],
    )
    assert rule["Pattern"]["detail"] == {
        "EndpointName": [{"prefix": {"Ref": "ProjectPrefix"}}],
        "EndpointStatus": [{"anything-but": ["CREATING", "Creating", "DELETING", "Deleting"]}],
    }
    assert rule["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300
    assert properties["EventInvokeConfig"]["MaximumEventAgeInSeconds"] <= 300


def test_each_request_fails_alone(of_type: OfType) -> None:
    mapping = of_type(FUNCTION)["RequestsFunction"]["Events"]["Request"]["Properties"]
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_request_outlasts_a_weekend_in_its_queue_and_a_day_without_it(of_type: OfType) -> None:
    assert of_type(QUEUE)["RequestQueue"]["MessageRetentionPeriod"] == timedelta(days=4).total_seconds()
    for rule in ("RequestRule", "DefaultBusRequestRule"):
        (target,) = of_type("AWS::Events::Rule")[rule]["Targets"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def test_requests_come_from_assumed_roles_and_the_rules_of_the_stack_alone(
    template: dict[str, Any], of_type: OfType
) -> None:
    policy = of_type("AWS::SQS::QueuePolicy")["RequestQueuePolicy"]["PolicyDocument"]["Statement"]
    _, others, rules, named = policy
    assert others["Sid"] == "OnlyRolesAndTheRules"
    assert (others["Effect"], others["Principal"], others["Action"]) == ("Deny", "*", ["sqs:SendMessage"])
    assert others["Condition"] == {
        "StringNotEquals": {"aws:PrincipalType": "AssumedRole"},
        "Bool": {"aws:PrincipalIsAWSService": "false"},
    }
    assert (rules["Effect"], rules["Principal"]) == ("Allow", {"Service": "events.amazonaws.com"})
    sources = rules["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert sources[0] == {"Fn::GetAtt": "RequestRule.Arn"}
    assert sources[1]["Fn::If"][:2] == ["HearsDefaultBus", {"Fn::GetAtt": "DefaultBusRequestRule.Arn"}]
    condition, sender, otherwise = named["Fn::If"]
    assert (condition, otherwise) == ("HasSenders", {"Ref": "AWS::NoValue"})
    assert sender["Principal"] == {"AWS": {"Fn::Split": [",", {"Ref": "RequestSenders"}]}}
    assert sender["Condition"] == {"StringEquals": {"aws:PrincipalType": "AssumedRole"}}
    assert template["Parameters"]["RequestSenders"]["Default"] == ""
    accepted = re.compile(template["Parameters"]["RequestSenders"]["AllowedPattern"])
    role, account = "arn:aws:iam::111122223333:role/line/mes", "arn:aws:iam::111122223333:root"
    assert all(accepted.fullmatch(text) for text in ("", role, account, f"{role},{account}"))
    assert not [text for text in ("*", f"{role}*", f"{role},", "arn:aws:iam::1:user/x") if accepted.fullmatch(text)]


def test_events_ask_for_something_on_the_stacks_bus_and_on_the_accounts_only_if_enabled(
    template: dict[str, Any], of_type: OfType
) -> None:
    rules = {name: rule for name, rule in of_type("AWS::Events::Rule").items() if name != "LateModels"}
    assert {name: rule.get("EventBusName") for name, rule in rules.items()} == {
        "RequestRule": {"Ref": "EventBus"},
        "DefaultBusRequestRule": None,
    }
    for rule in rules.values():
        assert rule["EventPattern"] == {"detail-type": [DETAIL_TYPE]}
    assert template["Resources"]["DefaultBusRequestRule"]["Condition"] == "HearsDefaultBus"
    assert template["Parameters"]["RequestsFromDefaultBus"]["Default"] == "false"


def test_each_message_is_one_pass_and_fails_alone(of_type: OfType) -> None:
    mapping = of_type(FUNCTION)["ReconcileFunction"]["Events"]["Work"]["Properties"]
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}}


def test_a_table_is_kept_encrypted_and_restorable_whatever_happens_to_the_stack(
    template: dict[str, Any], of_type: OfType
) -> None:
    for name, properties in of_type(TABLE).items():
        resource = template["Resources"][name]
        # A first deployment that fails takes its empty tables with it; from then on they stay.
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert properties["SSESpecification"]["SSEEnabled"] is True
        assert properties["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
        assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert template["Parameters"]["DeletionProtection"]["Default"] == "true"


def test_only_model_items_and_replies_expire(of_type: OfType) -> None:
    expiring = {name: table.get("TimeToLiveSpecification") for name, table in of_type(TABLE).items()}
    assert expiring == {
        "ModelsTable": {"AttributeName": "expires_at", "Enabled": True},
        "LedgerTable": {"AttributeName": "expires_at", "Enabled": True},
        "PlansTable": None,
    }


def test_every_function_logs_to_a_declared_group_kept_30_to_400_days(template: dict[str, Any], of_type: OfType) -> None:
    groups = of_type("AWS::Logs::LogGroup")
    used = {properties["LoggingConfig"]["LogGroup"]["Ref"] for properties in of_type(FUNCTION).values()}
    assert used == set(groups)
    assert all(properties["RetentionInDays"] == {"Ref": "LogRetentionDays"} for properties in groups.values())
    days = template["Parameters"]["LogRetentionDays"]
    assert 30 <= min(days["AllowedValues"]) <= days["Default"] <= max(days["AllowedValues"]) <= 400


def test_no_parameter_means_every_project_by_default(template: dict[str, Any]) -> None:
    prefix = template["Parameters"]["ProjectPrefix"]
    assert "Default" not in prefix
    accepted = re.compile(prefix["AllowedPattern"])
    assert accepted.fullmatch("line-1")
    for refused in ("", "*", "line-*", "?", "-line"):
        assert not accepted.fullmatch(refused)


def test_the_template_says_nothing_of_the_local_aws(root: Path) -> None:
    text = (root / "template.yaml").read_text().lower()
    for word in ("ministack", "localhost", "127.0.0.1", "localstack", "endpoint_url: http"):
        assert word not in text


def test_the_simulation_treats_messages_and_ticks_as_the_template_configures_them(of_type: OfType) -> None:
    from preheat_lab.simulation import functions, queue

    work = of_type(QUEUE)["WorkQueue"]
    assert queue.VISIBILITY.total_seconds() == work["VisibilityTimeout"]
    assert queue.RETENTION.total_seconds() == work["MessageRetentionPeriod"]
    assert work["RedrivePolicy"]["maxReceiveCount"] == queue.RECEIVES_MAX
    mapping = of_type(FUNCTION)["ReconcileFunction"]["Events"]["Work"]["Properties"]
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])
    schedule = of_type("AWS::Scheduler::Schedule")["TickSchedule"]
    assert (schedule["ScheduleExpression"], schedule["FlexibleTimeWindow"]) == ("rate(1 minute)", {"Mode": "OFF"})
    assert schedule["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": functions.TICK_AGE_MAX.total_seconds(),
        "MaximumRetryAttempts": functions.TICK_RETRIES_MAX,
    }
    invoked = of_type(FUNCTION)["TickFunction"]["EventInvokeConfig"]
    assert invoked["MaximumRetryAttempts"] == functions.TICK_FUNCTION_RETRIES_MAX == 0


def test_traces_are_off_unless_asked_for(template: dict[str, Any]) -> None:
    assert template["Parameters"]["Tracing"]["Default"] == "false"
    assert template["Conditions"]["Traces"] == {"Fn::Equals": [{"Ref": "Tracing"}, "true"]}
    assert template["Globals"]["Function"]["Tracing"] == {"Fn::If": ["Traces", "Active", "PassThrough"]}


def test_lambda_never_takes_the_messages_of_a_pass_to_itself_for_an_endless_loop(of_type: OfType) -> None:
    sends = {
        name
        for name, role in of_type("AWS::IAM::Role").items()
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if {"sqs:SendMessage", "sqs:ReceiveMessage"} <= set(statement["Action"])
    }
    assert sends == {"ReconcileRole"}  # the one function that sends to the queue that invokes it
    allowed = {name for name, function in of_type(FUNCTION).items() if function.get("RecursiveLoop") == "Allow"}
    assert allowed == {"ReconcileFunction"}


def test_the_bound_that_the_template_states_for_the_loop_is_the_budget_of_calls(root: Path) -> None:
    text = (root / "template.yaml").read_text()
    an_hour = budget.BURST + timedelta(hours=1) // budget.CALL_COSTS
    assert f"at most {an_hour} in any hour for one model" in text
    assert f"at most {an_hour} in any hour" in (root / "docs" / "alarms.md").read_text()


def test_a_second_region_can_have_a_stack_of_the_same_name(of_type: OfType) -> None:
    dashboards = [dashboard["DashboardName"] for dashboard in of_type("AWS::CloudWatch::Dashboard").values()]
    assert dashboards == [{"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}]  # an account has one namespace of dashboards
    # IAM's names are global too: CloudFormation draws them.
    for kind in ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy"):
        assert not [one for one in of_type(kind).values() if {"RoleName", "ManagedPolicyName"} & set(one)]


def test_the_outputs_name_the_release(template: dict[str, Any], root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert template["Outputs"]["Release"]["Value"] == project["version"]
