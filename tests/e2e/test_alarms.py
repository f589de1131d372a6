"""The alarms that people get, on the deployed product: a late start, a tick that died, a model that nobody planned.

The functions, queue, bus, topics and metrics are the stack's. `preheat_local.alarms` judges the alarms, from
their own definitions and with the time that a test gives: no test waits for an alarm.
"""

import json
import runpy
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from preheat.app.ports.store import Store
from preheat.bootstrap.audit import Auditor
from preheat.domain.calendar.schedule import Schedule, ShiftWindow, Weekday
from preheat.domain.plan.hosted_model import HostedModel
from preheat.domain.plan.plan import ModelId, Target, Units
from preheat.domain.record.record import LedgerEntry
from preheat_local import LocalAws, run_local_aws
from preheat_local.alarms import AlarmState, judge_alarms
from preheat_local.emulator.launcher import read_embedded_metrics
from preheat_local.store import open_local_store

LATE, GOOD, STRAY = ModelId("late"), ModelId("good"), ModelId("stray")
ROOT = Path(__file__).parents[2]
WITHIN_SECONDS = 180  # beside other work; it takes seconds
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class AlarmBench:
    """The stack with three models, and the messages to its two topics so far."""

    aws: LocalAws
    store: Store
    resources: dict[str, str]  # the resource's name in the stack -> its own name
    queues: dict[str, str]
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def listen(self, topic: str, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for such a message of a topic."""

        def has_heard() -> bool:
            sqs, queue = self.aws.client("sqs"), self.queues[topic]
            for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
                self.told.setdefault(topic, []).append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return any(wanted(one) for one in self.told.get(topic, []))

        eventually(has_heard)

    def hear(self, topic: str, alarm: str, state: AlarmState) -> None:
        """Wait until a topic has the message that an alarm came into a state."""
        self.listen(topic, lambda one: alarm in one.get("AlarmName", "") and one["NewStateValue"] == state)

    def invoke(self, function: str) -> Any:
        """Run a function as its schedule does, now."""
        name = self.resources[function]
        return json.loads(self.aws.client("lambda").invoke(FunctionName=name, Payload=b"{}")["Payload"].read())

    def audit_at(self, at: datetime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        """Run the function `audit` at another time, here, and put what its lines embed as CloudWatch does."""
        lambdas, name = self.aws.client("lambda"), self.resources["AuditFunction"]
        given = lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        for key, value in (given | self.aws.environment()).items():
            monkeypatch.setenv(key, value)
        run = runpy.run_path(str(ROOT / "functions" / "audit" / "handler.py"))["handler"]
        names = run.__wrapped__.__globals__  # the handler itself, within what masks its errors
        auditor = names["auditor"]
        names["auditor"] = Auditor(replace(auditor.audit, clock=MovedClock(at)))
        capsys.readouterr()
        assert run({}, None)["at_risk"] is not None
        data = [datum for line in capsys.readouterr().out.splitlines() for datum in read_embedded_metrics(line)]
        assert {datum.at for datum in data} == {at.timestamp()}
        for datum in data:
            dimensions = [{"Name": key, "Value": value} for key, value in datum.dimensions.items()]
            one = {"MetricName": datum.name, "Dimensions": dimensions, "Unit": datum.unit, "Value": datum.value}
            one["Timestamp"] = datetime.fromtimestamp(datum.at, UTC)
            self.aws.client("cloudwatch").put_metric_data(Namespace=datum.namespace, MetricData=[one])

    def state(self, alarm: str, at: datetime) -> AlarmState:
        """Judge one alarm at an instant."""
        (state,) = judge_alarms(self.aws, now=at, names=frozenset({alarm})).values()
        return state

    def statistic(self, metric: str, statistic: str, **dimensions: str) -> dict[datetime, float]:
        """A statistic of one of Preheat's metrics in each minute of the last hour, as CloudWatch's API has it."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        stat = {
            "Metric": {"Namespace": "Preheat", "MetricName": metric, "Dimensions": named},
            "Period": 60,
            "Stat": statistic,
        }
        now = datetime.now(UTC)
        (found,) = self.aws.client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "asked", "MetricStat": stat}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(hours=1),
        )["MetricDataResults"]
        return dict(zip((at.astimezone(UTC) for at in found["Timestamps"]), found["Values"], strict=True))


@dataclass(frozen=True)
class MovedClock:
    """A clock that does not move."""

    at: datetime

    def now(self) -> datetime:
        """The one time."""
        return self.at


def eventually[T](found: Callable[[], T]) -> T:
    deadline = time.monotonic() + WITHIN_SECONDS
    while not (it := found()):
        assert time.monotonic() < deadline, "it did not come to hold within the deadline"
        time.sleep(1)
    return it


def make_model(
    model_id: ModelId, announced_at: datetime, begin: datetime | None, lead: timedelta = 5 * SECOND
) -> HostedModel:
    schedules: tuple[Schedule, ...] = ()
    if begin is not None:
        end = begin + timedelta(hours=2)
        days = (end.date() - begin.date()).days
        shift = ShiftWindow(frozenset({Weekday(begin.weekday())}), begin.time(), end.time(), end_day=days)
        schedules = (Schedule(f"shift-of-{model_id}", "UTC", (shift,)),)
    slack = 15 * SECOND  # a first pass takes seconds, because its function loads; more during other work
    return HostedModel(model_id, Target(f"plant-{model_id}", "1"), Units(), schedules, lead, slack, announced_at)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlarmBench]:
    names = [part for name in (LATE, GOOD, STRAY) for part in ("--model", f"plant-{name}/1")]
    arguments = [*names, "--start-latency", "1", "--stop-latency", "1"]
    with run_local_aws(tmp_path_factory.mktemp("alarms"), simulator_arguments=arguments) as aws:
        described = aws.client("cloudformation").describe_stack_resources(StackName=aws.stack_name)["StackResources"]
        resources = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in described}
        sqs, sns, queues = aws.client("sqs"), aws.client("sns"), {}
        for topic in ("AlarmsTopic", "LateModelsTopic", "PagingTopic"):
            queues[topic] = sqs.create_queue(QueueName=f"heard-{topic}")["QueueUrl"]
            arn = sqs.get_queue_attributes(QueueUrl=queues[topic], AttributeNames=["QueueArn"])["Attributes"][
                "QueueArn"
            ]
            policy = {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
            text = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
            sqs.set_queue_attributes(QueueUrl=queues[topic], Attributes={"Policy": text})
            raw = {"RawMessageDelivery": "true"}
            sns.subscribe(TopicArn=resources[topic], Protocol="sqs", Endpoint=arn, Attributes=raw)
        now = datetime.now(UTC).replace(microsecond=0)
        # One shift began three minutes ago and was known yesterday: nothing can make its model punctual now.
        known = now - timedelta(days=1)
        models = [
            make_model(LATE, known, now - 3 * MINUTE),
            make_model(GOOD, known, now + 75 * SECOND, lead=50 * SECOND),
            make_model(STRAY, known, None),
        ]
        store = open_local_store(aws)
        store.apply(models, expected_version=store.read_plan_version(), at=now)
        bench = AlarmBench(aws, store, resources, queues)
        bench.invoke("TickFunction")
        yield bench


def test_a_late_start_is_reported_by_name_within_two_minutes_and_raises_its_alarm(bench: AlarmBench) -> None:
    bench.listen(
        "LateModelsTopic", lambda one: one.get("detail-type") == "Model Late" and one["detail"]["model"] == LATE
    )
    (entry,) = (entry for entry in bench.store.read_ledger(LATE) if entry.late)
    sent_at = datetime.now(UTC)
    assert sent_at - entry.at < 2 * MINUTE
    eventually(lambda: bench.statistic("StartsLate", "Sum", service="preheat"))
    assert bench.state("ModelLateAlarm", sent_at) is AlarmState.ALARM
    for topic, name in (("AlarmsTopic", "ModelLateAlarm"), ("PagingTopic", "PagingAlarm")):
        bench.hear(topic, name, AlarmState.ALARM)
    assert bench.state("ModelLateAlarm", sent_at + 10 * MINUTE) is AlarmState.OK


def test_a_model_that_a_person_starts_outside_demand_raises_the_alarm_until_it_is_stopped(
    bench: AlarmBench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    eventually(lambda: bench.store.load_many([GOOD])[GOOD].effort)  # at the moved clock nothing else would explain it
    assert bench.invoke("AuditFunction") == {"at_risk": 0}
    now = datetime.now(UTC)
    # Only every third run lists the services: the last of those, moved to, and not waited for.
    listing_at = datetime.fromtimestamp(now.timestamp() // 900 * 900 + 60, UTC)
    bench.audit_at(listing_at - 15 * MINUTE, monkeypatch, capsys)
    assert bench.state("UnscheduledModelAlarm", listing_at - 14 * MINUTE) is AlarmState.OK
    names = {"service": "lookoutvision", "project": f"plant-{STRAY}", "version": "1"}
    httpx.post(f"{bench.aws.simulator_url}/_simulator/person/start", json=names).raise_for_status()
    bench.audit_at(listing_at, monkeypatch, capsys)
    assert bench.state("UnscheduledModelAlarm", listing_at) is AlarmState.ALARM
    bench.hear("AlarmsTopic", "UnscheduledModelAlarm", AlarmState.ALARM)
    # Without a later look nothing is known, and the model still runs.
    assert bench.state("UnscheduledModelAlarm", listing_at + timedelta(hours=2)) is AlarmState.ALARM
    httpx.post(f"{bench.aws.simulator_url}/_simulator/person/stop", json=names).raise_for_status()
    bench.audit_at(listing_at + 15 * MINUTE, monkeypatch, capsys)
    assert bench.state("UnscheduledModelAlarm", listing_at + 15 * MINUTE) is AlarmState.OK
    bench.hear("AlarmsTopic", "UnscheduledModelAlarm", AlarmState.OK)


def test_a_tick_that_is_killed_raises_the_heartbeat_alarm_within_six_minutes(bench: AlarmBench) -> None:
    scheduler, name = bench.aws.client("scheduler"), bench.resources["TickSchedule"].rsplit("/", maxsplit=1)[-1]
    (found,) = (each for each in scheduler.list_schedules()["Schedules"] if each["Name"] == name)
    kept = scheduler.get_schedule(Name=name, GroupName=found["GroupName"])
    asked = {key: kept[key] for key in ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    bench.invoke("TickFunction")
    eventually(lambda: bench.statistic("PickupDelay", "SampleCount", service="preheat"))
    scheduler.update_schedule(**asked, State="DISABLED")
    try:
        killed_at = datetime.now(UTC)
        assert bench.state("TickMissingAlarm", killed_at) is AlarmState.OK
        assert bench.state("TickMissingAlarm", killed_at + 6 * MINUTE) is AlarmState.ALARM
        bench.hear("AlarmsTopic", "TickMissingAlarm", AlarmState.ALARM)
    finally:
        scheduler.update_schedule(**asked, State="ENABLED")
    assert bench.state("TickMissingAlarm", datetime.now(UTC)) is AlarmState.OK
    bench.hear("AlarmsTopic", "TickMissingAlarm", AlarmState.OK)


def test_the_metrics_read_through_cloudwatch_are_those_of_the_ledger(bench: AlarmBench) -> None:
    def entries() -> list[LedgerEntry]:
        return [entry for model_id in (LATE, GOOD, STRAY) for entry in bench.store.read_ledger(model_id)]

    def both_ready() -> bool:
        return {entry.model_id for entry in entries() if entry.margin is not None} == {LATE, GOOD}

    eventually(both_ready)
    measures: dict[str, Callable[[LedgerEntry], float | None]] = {
        "TimeToHosted": lambda entry: entry.time_to_hosted.total_seconds() if entry.time_to_hosted else None,
        "HostedMargin": lambda entry: entry.margin.total_seconds() if entry.margin is not None else None,
        "StartsLate": lambda entry: 1 if entry.late else None,
        "StartsOnTime": lambda entry: 1 if entry.late is False else None,
    }

    def of_ledger(schedule: str | None) -> dict[str, dict[datetime, Any]]:
        found = {}
        for name, measure in measures.items():
            sums: defaultdict[datetime, float] = defaultdict(float)
            for entry in entries():
                value = measure(entry) if schedule in (None, entry.schedule) else None
                if value is not None:
                    sums[entry.at.replace(second=0, microsecond=0)] += value
            found[name] = {minute: pytest.approx(total) for minute, total in sums.items()}
        return found

    def of_cloudwatch(schedule: str | None) -> dict[str, dict[datetime, float]]:
        more = {} if schedule is None else {"schedule": schedule}
        return {name: bench.statistic(name, "Sum", service="preheat", **more) for name in measures}

    eventually(lambda: of_cloudwatch(None) == of_ledger(None))
    for schedule in (None, f"shift-of-{LATE}", f"shift-of-{GOOD}"):
        assert of_cloudwatch(schedule) == of_ledger(schedule)
    shown = of_ledger(None)
    assert shown["StartsLate"]
    assert shown["StartsOnTime"]
