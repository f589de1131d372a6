"""The senders to the queues, the bus and the topics of the stack: nobody may send over plain HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

type OfType = Callable[[str], dict[str, dict[str, Any]]]

QUEUE = "AWS::SQS::Queue"
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
SERVICE = {"aws:PrincipalIsAWSService": "false"}
ADMINS = {
    "Fn::Split": [
        ",",
        {"Fn::Sub": ["${Ids}:*", {"Ids": {"Fn::Join": [":*,", {"Fn::Split": [",", {"Ref": "AdminRoles"}]}]}}]},
    ]
}
SENDERS: dict[str, set[str]] = {
    "WorkQueue": {"TickRole", "ReconcileRole", "RequestsRole", "WatchRole"},
    "WorkDeadLetterQueue": set(),
    "TickDeadLetterQueue": {"TickRole", "TickScheduleRole", "AuditRole", "AuditScheduleRole"},
    "WatchDeadLetterQueue": {"WatchRole"},
    "UnpublishedQueue": {"PublishRole"},
    "RequestDeadLetterQueue": set(),
    "RejectedRequestsQueue": {"RequestsRole"},
}


def statements(of_type: OfType, kind: str, of: str) -> dict[str, list[dict[str, Any]]]:
    """The statements of the policies of a kind, by the one queue or topic that each is for."""
    found = {}
    for properties in of_type(kind).values():
        (on,) = properties[of]
        found[on["Ref"]] = properties["PolicyDocument"]["Statement"]
    return found


def test_a_queue_is_encrypted_and_refuses_plain_http(of_type: OfType) -> None:
    found = statements(of_type, "AWS::SQS::QueuePolicy", "Queues")
    assert set(found) == set(of_type(QUEUE))
    for queue, (first, *_) in found.items():
        assert (first["Effect"], first["Principal"], first["Action"]) == ("Deny", "*", "sqs:*")
        assert (first["Condition"], first["Resource"]) == (PLAIN_HTTP, {"Fn::GetAtt": f"{queue}.Arn"})


def test_only_the_named_roles_services_and_admins_send_to_a_queue(of_type: OfType) -> None:
    found = statements(of_type, "AWS::SQS::QueuePolicy", "Queues")
    assert set(SENDERS) == set(found) - {"RequestQueue"}  # its senders are a parameter
    for queue, roles in SENDERS.items():
        (denied,) = [one for one in found[queue] if one["Sid"] == "OnlyNamedSenders"]
        assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", ["sqs:SendMessage"])
        assert denied["Resource"] == {"Fn::GetAtt": f"{queue}.Arn"}
        limits = dict(denied["Condition"])
        assert limits.pop("Bool") == SERVICE
        assert limits.pop("StringNotLike") == {"aws:userid": ADMINS}  # to redrive
        named = limits.pop("ArnNotEquals", {"aws:PrincipalArn": []})["aws:PrincipalArn"]
        assert {arn["Fn::GetAtt"] for arn in named} == {f"{role}.Arn" for role in roles}, queue
        assert not limits


@pytest.mark.parametrize("queue", sorted(SENDERS))
def test_every_role_that_may_send_to_a_queue_is_one_of_its_named_senders(of_type: OfType, queue: str) -> None:
    allowed = {
        name
        for name, role in of_type("AWS::IAM::Role").items()
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in statement["Action"] and statement["Resource"] == {"Fn::GetAtt": f"{queue}.Arn"}
    }
    assert allowed == SENDERS[queue]


def test_a_rule_may_send_only_to_the_queue_that_keeps_its_failures(of_type: OfType) -> None:
    rules = {}
    for queue, found in statements(of_type, "AWS::SQS::QueuePolicy", "Queues").items():
        for one in found:
            if one.get("Principal") == {"Service": "events.amazonaws.com"} and queue != "RequestQueue":
                sources = one["Condition"]["ArnEquals"]["aws:SourceArn"]
                rules[queue] = [arn["Fn::GetAtt"] for arn in sources if "Fn::GetAtt" in arn]
    assert rules == {
        "WatchDeadLetterQueue": ["WatchFunctionEndpointChanged.Arn", "WatchFunctionCalledByOthers.Arn"],
        "UnpublishedQueue": ["LateModels.Arn"],
        "RequestDeadLetterQueue": ["RequestRule.Arn"],
    }


def test_only_publish_and_admins_put_events_whose_source_is_preheat(of_type: OfType) -> None:
    (denied,) = of_type("AWS::Events::EventBus")["EventBus"]["Policy"]["Statement"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", ["events:PutEvents"])
    assert denied["Condition"] == {
        "Bool": SERVICE,
        "StringNotLike": {"aws:userid": ADMINS},
        "ArnNotEquals": {"aws:PrincipalArn": [{"Fn::GetAtt": "PublishRole.Arn"}]},
        "ForAnyValue:StringEquals": {"events:source": ["preheat"]},
    }
    bus = of_type("AWS::Events::EventBus")["EventBus"]["Name"]
    assert bus == {"Ref": "AWS::StackName"}
    assert denied["Resource"]["Fn::Sub"].endswith(":event-bus/${AWS::StackName}")


def test_only_alarms_and_rules_of_the_stack_publish_to_a_topic(of_type: OfType) -> None:
    found = statements(of_type, "AWS::SNS::TopicPolicy", "Topics")
    assert set(found) == set(of_type("AWS::SNS::Topic"))
    for topic, (allowed, over_http, people) in found.items():
        assert {one["Resource"]["Ref"] for one in (allowed, over_http, people)} == {topic}
        assert (over_http["Effect"], over_http["Principal"], over_http["Condition"]) == ("Deny", "*", PLAIN_HTTP)
        assert (people["Effect"], people["Principal"], people["Condition"]) == ("Deny", "*", {"Bool": SERVICE})
        assert over_http["Action"] == people["Action"] == allowed["Action"] == ["sns:Publish"]
        if topic == "LateModelsTopic":
            # EventBridge documents that it does not support a Condition here.
            assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
            assert "Condition" not in allowed
        else:
            assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
            source = allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
            assert source.endswith(":alarm:${AWS::StackName}-*")


def test_no_statement_that_lets_eventbridge_publish_to_a_topic_has_a_condition(of_type: OfType) -> None:
    for found in statements(of_type, "AWS::SNS::TopicPolicy", "Topics").values():
        for one in found:
            assert one["Principal"] != {"Service": "events.amazonaws.com"} or "Condition" not in one
    targets = {
        target["Arn"].get("Ref") for rule in of_type("AWS::Events::Rule").values() for target in rule["Targets"]
    } & set(of_type("AWS::SNS::Topic"))
    assert targets == {"LateModelsTopic"}
