"""Alarms on the local AWS: judges each by its own definition, because the emulator's CloudWatch judges none correctly.

The emulator judges only when somebody puts a datum, ignores dimensions, and knows neither missing data nor periods.
This module reads an alarm as deployed and reads its data through CloudWatch's API. It sets the alarm's state through
the same API, which notifies the alarm's topics and raises the composite alarms. The caller gives `now`, so that tests
move time.

Limits: alarms on one metric with a plain statistic (no metric math, no percentiles); data at the resolution of the
period. CloudWatch looks back over an unstated number of periods; here it is two more than the evaluation needs, as in
its documentation's example. So this shows the wiring of an alarm and that it crosses, not to the second when.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Any, Self

from preheat_local.aws import LocalAws
from preheat_local.errors import LocalAwsError

LOOKS_BACK = 2  # periods beyond the evaluated ones, in which CloudWatch looks for data before any is missing
STATISTICS = frozenset({"SampleCount", "Average", "Sum", "Minimum", "Maximum"})
CROSSES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": gt,
    "GreaterThanOrEqualToThreshold": ge,
    "LessThanThreshold": lt,
    "LessThanOrEqualToThreshold": le,
}


class AlarmState(StrEnum):
    """The state of an alarm, in CloudWatch's words."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT = "INSUFFICIENT_DATA"


class MissingData(StrEnum):
    """How an alarm treats missing data (TreatMissingData)."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


@dataclass(frozen=True, slots=True)
class Alarm:
    """The definition of an alarm on one metric; `raised_by` of `evaluated` periods have to cross."""

    name: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period: timedelta
    evaluated: int
    raised_by: int
    threshold: float
    comparison: str
    missing: MissingData

    @classmethod
    def read(cls, described: Mapping[str, Any]) -> Self:
        """Return the alarm that DescribeAlarms describes.

        Raises:
            LocalAwsError: it has something that is not judged here; the text names it.
        """
        name, comparison = described["AlarmName"], described.get("ComparisonOperator", "")
        if described.get("Metrics") or described.get("Statistic") not in STATISTICS or comparison not in CROSSES:
            shown = {key: described.get(key) for key in ("Metrics", "Statistic", "ComparisonOperator")}
            raise LocalAwsError(f"the local AWS cannot evaluate alarm {name}: {shown}")
        return cls(
            name,
            described["Namespace"],
            described["MetricName"],
            tuple((each["Name"], each["Value"]) for each in described.get("Dimensions", ())),
            described["Statistic"],
            timedelta(seconds=int(described["Period"])),
            int(described["EvaluationPeriods"]),
            int(described.get("DatapointsToAlarm") or described["EvaluationPeriods"]),
            float(described["Threshold"]),
            comparison,
            MissingData(described.get("TreatMissingData") or MissingData.MISSING),
        )

    def span(self, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when data counts at `now`: whole periods, the one that `now` is in being the last."""
        seconds = self.period.total_seconds()
        end = datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, now.tzinfo)
        return end - (self.evaluated + LOOKS_BACK) * self.period, end

    def judge(self, data: Mapping[datetime, float], before: AlarmState) -> AlarmState:
        """Return the state that `data`, the statistic by period within `span`, puts the alarm into.

        As CloudWatch documents it: the newest periods with data count, and only as many missing ones are filled in as
        are lacking. `before` is kept where missing data is ignored and the rest does not decide.
        """
        known = [CROSSES[self.comparison](data[at], self.threshold) for at in sorted(data)][-self.evaluated :]
        crossed, lacking = sum(known), self.evaluated - len(known)
        if crossed >= self.raised_by:
            return AlarmState.ALARM
        if lacking == 0 or self.missing is MissingData.NOT_BREACHING:
            return AlarmState.OK
        if self.missing is MissingData.BREACHING:
            return AlarmState.ALARM if crossed + lacking >= self.raised_by else AlarmState.OK
        if not all(known):
            return AlarmState.OK
        if self.missing is MissingData.IGNORE:
            return before
        return AlarmState.ALARM if known else AlarmState.INSUFFICIENT


def judge_alarms(aws: LocalAws, *, now: datetime, names: frozenset[str] | None = None) -> dict[str, AlarmState]:
    """Judge the alarms at `now` (all, or those with one of `names` in theirs), set what changed, return the states.

    Raises:
        LocalAwsError: an alarm cannot be judged here.
    """
    cloudwatch = aws.client("cloudwatch")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    states = {}
    for described in (each for page in pages for each in page["MetricAlarms"]):
        name = described["AlarmName"]
        if names is not None and not any(wanted in name for wanted in names):
            continue
        alarm, before = Alarm.read(described), AlarmState(described["StateValue"])
        states[name] = alarm.judge(_data(cloudwatch, alarm, now), before)
        if states[name] is not before:
            reason = f"judged at {now.isoformat()} on the local AWS"
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=states[name], StateReason=reason)
    return states


def _data(cloudwatch: Any, alarm: Alarm, now: datetime) -> dict[datetime, float]:
    begin, end = alarm.span(now)
    metric = {
        "Namespace": alarm.namespace,
        "MetricName": alarm.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in alarm.dimensions],
    }
    stat = {"Metric": metric, "Period": int(alarm.period.total_seconds()), "Stat": alarm.statistic}
    queries = [{"Id": "metric", "MetricStat": stat}]
    (found,) = cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=begin, EndTime=end)["MetricDataResults"]
    return dict(zip(found["Timestamps"], found["Values"], strict=True))
