"""Rules of the template on events and alarms: the ledger's stream, the bus, the watch's rules and the alarms."""

import re
from collections.abc import Callable
from typing import Any

from preheat_lab.simulation import stream

type OfType = Callable[[str], dict[str, dict[str, Any]]]

BUS = {"Fn::Sub": "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/${AWS::StackName}"}
FUNCTION = "AWS::Serverless::Function"


def test_the_ledgers_stream_holds_what_is_appended_and_publish_begins_with_the_first(of_type: OfType) -> None:
    streams = {name: table.get("StreamSpecification") for name, table in of_type("AWS::DynamoDB::Table").items()}
    assert streams == {"ModelsTable": None, "LedgerTable": {"StreamViewType": "NEW_IMAGE"}, "PlansTable": None}
    (event,) = of_type(FUNCTION)["PublishFunction"]["Events"].values()
    assert event["Type"] == "DynamoDB"
    assert event["Properties"]["Stream"] == {"Fn::GetAtt": "LedgerTable.StreamArn"}
    assert event["Properties"]["StartingPosition"] == "TRIM_HORIZON"


def test_a_batch_of_the_stream_fails_in_part_is_tried_for_six_hours_and_then_kept(of_type: OfType) -> None:
    (event,) = of_type(FUNCTION)["PublishFunction"]["Events"].values()
    mapping = event["Properties"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    # Five quick tries would be over within a minute of an outage of the bus.
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (-1, 6 * 60 * 60)
    assert mapping["MaximumRecordAgeInSeconds"] == stream.RECORD_AGE_MAX.total_seconds()
    assert mapping["DestinationConfig"]["OnFailure"] == {
        "Type": "SQS",
        "Destination": {"Fn::GetAtt": "UnpublishedQueue.Arn"},
    }
    assert of_type("AWS::SQS::Queue")["UnpublishedQueue"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60


def test_publish_reads_no_table_and_puts_onto_the_bus_of_the_stack_alone(of_type: OfType) -> None:
    (policy,) = of_type("AWS::IAM::Role")["PublishRole"]["Policies"]
    allowed = {
        action: statement["Resource"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }
    read = {action for action in allowed if action.startswith("dynamodb:")}
    assert read == {f"dynamodb:{each}" for each in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    assert allowed["events:PutEvents"] == BUS
    assert of_type("AWS::Events::EventBus")["EventBus"]["Name"] == {"Ref": "AWS::StackName"}


def test_a_reply_goes_to_the_listed_queues_alone(template: dict[str, Any], of_type: OfType) -> None:
    (statement,) = of_type("AWS::IAM::ManagedPolicy")["RepliesPolicy"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == {"Fn::Split": [",", {"Ref": "ReplyQueueArns"}]}
    assert template["Resources"]["RepliesPolicy"]["Condition"] == "HasReplyQueues"
    parameter = template["Parameters"]["ReplyQueueArns"]
    assert parameter["Default"] == ""
    queue = "arn:aws:sqs:eu-central-1:111122223333:replies"
    assert all(re.fullmatch(parameter["AllowedPattern"], text) for text in ("", queue, f"{queue},{queue}"))
    for text in ("*", f"{queue}*", f"{queue},", f"{queue}, {queue}", f"{queue}.fifo", "https://a/b"):
        assert not re.fullmatch(parameter["AllowedPattern"], text), text


def test_every_alarm_notifies_the_topic_and_no_silence_raises_one(template: dict[str, Any], of_type: OfType) -> None:
    for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
        assert {"Ref": "AlarmsTopic"} in alarm["AlarmActions"], name
        assert alarm["AlarmDescription"]
    quiet = {name: alarm["TreatMissingData"] for name, alarm in of_type("AWS::CloudWatch::Alarm").items()}
    assert (quiet["UnpublishedAlarm"], quiet["LedgerTamperedAlarm"]) == ("notBreaching", "notBreaching")
    assert template["Outputs"]["AlarmsTopicArn"]["Value"] == {"Ref": "AlarmsTopic"}
    assert template["Resources"]["AlarmsByEmail"]["Condition"] == "MailsAlarms"
    assert template["Parameters"]["AlarmsEmail"]["Default"] == ""


def test_one_message_that_was_not_published_raises_the_alarm(of_type: OfType) -> None:
    alarm = of_type("AWS::CloudWatch::Alarm")["UnpublishedAlarm"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": {"Fn::GetAtt": "UnpublishedQueue.QueueName"}}]
    assert (alarm["Statistic"], alarm["Threshold"], alarm["ComparisonOperator"]) == (
        "Maximum",
        0,
        "GreaterThanThreshold",
    )


def test_the_watch_gets_events_of_others_starts_and_stops_and_of_none_by_preheat(of_type: OfType) -> None:
    from preheat.app.watch import BY_CLOUDTRAIL, CALLS

    function = of_type(FUNCTION)["WatchFunction"]
    rule = function["Events"]["CalledByOthers"]["Properties"]
    pattern, detail = rule["Pattern"], rule["Pattern"]["detail"]
    assert pattern["detail-type"] == [BY_CLOUDTRAIL]
    assert pattern["source"] == [f"aws.{source.removesuffix('.amazonaws.com')}" for source in dict(CALLS.values())]
    assert detail["eventName"] == [name for _, names in CALLS.values() for name in names]
    assert detail["errorCode"] == [{"exists": False}]
    both = {"Fn::Sub": "${ReconcileRole.Arn},${MemberRoleArns}"}
    # A call of a user or of the account itself names no role: `anything-but` alone would miss it.
    assert detail["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == [
        {"exists": False},
        {"anything-but": [{"Fn::GetAtt": "ReconcileRole.Arn"}]},
    ]
    given = function["Environment"]["Variables"]["PREHEAT_OWN_ROLE_ARNS"]
    assert given == {"Fn::If": ["HasMembers", both, {"Fn::GetAtt": "ReconcileRole.Arn"}]}
    assert rule["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 300
