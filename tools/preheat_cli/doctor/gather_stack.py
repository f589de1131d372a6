"""Gathers the facts about a stack: its caller, clock, outputs, trail, topics, alarms and queues. Judges nothing."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any, Final

from preheat_cli.doctor.asking import Clients, ask
from preheat_cli.doctor.facts import StackFacts, Subscriptions, Trail, Unanswered
from preheat_cli.stack import Home

TOPICS: Final = ("AlarmsTopicArn", "LateModelsTopicArn")
QUEUES: Final = (
    *("WorkDeadLetterQueueUrl", "TickDeadLetterQueueUrl", "WatchDeadLetterQueueUrl", "UnpublishedQueueUrl"),
    *("RequestDeadLetterQueueUrl", "RejectedRequestsQueueUrl"),
)
OUTPUTS: Final = ("Release", "AuditRoleArn", "WorkQueueUrl", *TOPICS, *QUEUES)
_ALARM: Final = re.compile(r"[A-Za-z]+Alarm(-[A-Za-z0-9]+)?")


def gather_stack(home: Home, described: Mapping[str, Any], clients: Clients, now: datetime) -> StackFacts:
    """Return the facts about a stack, as CloudFormation described it. Calls only what reads; never raises."""
    outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
    caller, skew = _caller(clients, now)
    return StackFacts(
        name=home.stack_name,
        region=home.region,
        account=home.account,
        caller=caller,
        skew=skew,
        status=str(described.get("StackStatus", "")),
        missing_outputs=tuple(name for name in OUTPUTS if name not in outputs),
        release=home.release,
        command_release=version("preheat"),
        parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in described.get("Parameters", [])},
        trails=_trails(clients, home.region),
        topics={name: _subscriptions(clients, outputs[name]) for name in TOPICS if name in outputs},
        alarms=_alarms(clients, home.stack_name),
        queues={name: _messages(clients, outputs[name]) for name in QUEUES if name in outputs},
    )


def _caller(clients: Clients, now: datetime) -> tuple[str | Unanswered, timedelta | Unanswered | None]:
    def question() -> Any:
        return clients("sts", None, None).get_caller_identity()

    asked = datetime.now(UTC)
    answer = ask("sts:GetCallerIdentity", question)
    if isinstance(answer, Unanswered):
        return answer, answer
    took = datetime.now(UTC) - asked
    sent = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    return str(answer.get("Arn", "")), _skew(sent, now, took)


def _skew(sent: str | None, now: datetime, took: timedelta) -> timedelta | None:
    """Return how far `now` is ahead of the service, less what the question itself took."""
    try:
        return now - parsedate_to_datetime(sent).astimezone(UTC) + took if sent else None
    except ValueError:
        return None


def _trails(clients: Clients, region: str) -> tuple[Trail, ...] | Unanswered:
    def question() -> tuple[Trail, ...]:
        client = clients("cloudtrail", None, None)
        return tuple(_trail(client, row, region) for row in client.describe_trails().get("trailList", []))

    return ask("cloudtrail:DescribeTrails", question)


def _trail(client: Any, row: Mapping[str, Any], region: str) -> Trail:
    name = str(row.get("TrailARN", row.get("Name", "")))
    covers = bool(row.get("IsMultiRegionTrail")) or row.get("HomeRegion") == region
    logging: bool | Unanswered = ask(
        "cloudtrail:GetTrailStatus", lambda: bool(client.get_trail_status(Name=name).get("IsLogging"))
    )
    return Trail(str(row.get("Name", name)), covers, logging)


def _subscriptions(clients: Clients, topic: str) -> Subscriptions | Unanswered:
    def question() -> Subscriptions:
        pages = clients("sns", None, None).get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        arns = [str(row.get("SubscriptionArn", "")) for page in pages for row in page.get("Subscriptions", [])]
        pending = sum(not arn.startswith("arn:") for arn in arns)  # such as PendingConfirmation
        return Subscriptions(len(arns) - pending, pending)

    return ask("sns:ListSubscriptionsByTopic", question)


def _alarms(clients: Clients, stack_name: str) -> Mapping[str, str] | Unanswered:
    def question() -> Mapping[str, str]:
        begins = f"{stack_name}-"
        pages = clients("cloudwatch", None, None).get_paginator("describe_alarms")
        found: dict[str, str] = {}
        for page in pages.paginate(AlarmNamePrefix=begins, AlarmTypes=["MetricAlarm", "CompositeAlarm"]):
            for row in (*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])):
                name = str(row["AlarmName"]).removeprefix(begins)
                if _ALARM.fullmatch(name):  # and not of a stack whose name begins with this one's
                    found[name.partition("-")[0]] = str(row.get("StateValue", ""))
        return found

    return ask("cloudwatch:DescribeAlarms", question)


def _messages(clients: Clients, url: str) -> int | Unanswered:
    def question() -> int:
        names = ["ApproximateNumberOfMessages"]
        answer = clients("sqs", None, None).get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    return ask("sqs:GetQueueAttributes", question)
