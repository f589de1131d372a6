"""The alarms compared with the emitted metrics, with their pages, and with the dashboard."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from preheat.app.audit import audit
from preheat.app.audit.audit import Audited, Stuck, UnscheduledRun, Violation
from preheat.app.ports.hosting import Running, Site
from preheat.app.reconcile.reconcile import Result
from preheat.app.requests.desk import Taken
from preheat.domain.demand.request import Reply, RequestId
from preheat.domain.plan.plan import Backend, ModelId, Target
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat.domain.verdict.causes import VerdictCause, VerdictState
from preheat.domain.verdict.verdict import Verdict
from preheat.observability.audit import report_audit
from preheat.observability.publish import BY_SCHEDULE, emit_entry, read_times
from preheat.observability.reconcile import emit_schedule
from preheat.observability.requests import emit_asked, emit_rejection
from preheat.observability.tick import emit_pickup_delay

type OfType = Callable[[str], dict[str, dict[str, Any]]]

ALARM = "AWS::CloudWatch::Alarm"


def repeat(times: int, tell: Callable[[], None]) -> None:
    """Report it several times in a period."""
    for _ in range(times):
        tell()


NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
WELD = ModelId("weld-seams")
QUIET = Audited(NOW, unscheduled=())
LATE = LedgerEntry(
    WELD, 3, NOW, Phase.STARTING, Phase.STARTING, Action.LATE, "late", Target("line-1", "3"), "early", late=True
)
HOSTED = replace(LATE, action=Action.OBSERVE, late=False, margin=timedelta(1), time_to_hosted=timedelta(1))
FOUND = replace(
    QUIET,
    at_risk=(Verdict(WELD, NOW, VerdictState.AT_RISK, VerdictCause.QUOTA),),
    unknown=(Verdict(WELD, NOW, VerdictState.UNKNOWN, VerdictCause.READ_DENIED),),
    stuck=(Stuck(Verdict(WELD, NOW, VerdictState.LATE, VerdictCause.HANGING), Phase.STARTING, NOW),),
    unscheduled=(UnscheduledRun(Running(Site(Backend.SAGEMAKER), "a", "b", Observed.HOSTED), None, "so", None),),
)
RESULT = Result(WELD, Action.LOOK, "so", Phase.IDLE, None, ())

ACCEPTED = Reply(RequestId("a"), None, None, "x", NOW, accepted=True, code="accepted", reason="so", digest="0")

RAISED: dict[str, Callable[[], None]] = {
    "ModelLateAlarm": lambda: emit_entry(LATE),
    "ModelLostAlarm": lambda: emit_entry(replace(LATE, action=Action.OBSERVE, late=None, lost=True)),
    "StartFailedAlarm": lambda: emit_entry(replace(LATE, action=Action.FAIL, late=None)),
    "ModelAtRiskAlarm": lambda: report_audit(FOUND),
    "CapacityAlarm": lambda: emit_entry(replace(LATE, action=Action.CAPACITY, late=None)),
    "ModelUnknownAlarm": lambda: report_audit(FOUND),
    "ModelStuckAlarm": lambda: report_audit(FOUND),
    "UnscheduledModelAlarm": lambda: report_audit(FOUND),
    "HostedUnitHoursAlarm": lambda: repeat(4, lambda: report_audit(replace(QUIET, hosted_units=101))),
    "AskedUnitHoursAlarm": lambda: repeat(3, lambda: emit_asked(Taken(ACCEPTED, unit_hours=80.1), at=NOW)),
    "LedgerTamperedAlarm": lambda: report_audit(replace(QUIET, violations=(Violation(WELD, "S7", "gap"),))),
    "PickupDelayAlarm": lambda: emit_pickup_delay(timedelta(minutes=4), at=NOW),
    "RequestsRejectedAlarm": lambda: emit_rejection(
        Taken(Reply(RequestId("a"), None, None, "x", NOW, accepted=False, code="bad", reason="so", digest="0")), at=NOW
    ),
    "SchedulesNotEvaluatedAlarm": lambda: emit_schedule(replace(RESULT, unevaluated="so"), at=NOW),
    "HolidayHorizonAlarm": lambda: emit_schedule(replace(RESULT, closed_until=date(2026, 12, 24)), at=NOW),
    "TickMissingAlarm": lambda: None,
    "AuditMissingAlarm": lambda: None,
}
CALM: dict[str, Callable[[], None]] = dict.fromkeys(RAISED, lambda: report_audit(QUIET)) | {
    "ModelLateAlarm": lambda: emit_entry(HOSTED),
    "HostedUnitHoursAlarm": lambda: repeat(4, lambda: report_audit(replace(QUIET, hosted_units=100))),
    "AskedUnitHoursAlarm": lambda: repeat(3, lambda: emit_asked(Taken(ACCEPTED, unit_hours=80), at=NOW)),
    "PickupDelayAlarm": lambda: emit_pickup_delay(timedelta(seconds=90), at=NOW),
    "TickMissingAlarm": lambda: emit_pickup_delay(timedelta(), at=NOW),
}


def read_emitted(
    capsys: pytest.CaptureFixture[str], tell: Callable[[], None]
) -> list[tuple[str, dict[str, str], float]]:
    """Every datum that CloudWatch would read from the output: metric, dimensions, value."""
    tell()
    found = []
    for line in map(json.loads, (one for one in capsys.readouterr().out.splitlines() if '"_aws"' in one)):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            assert directive["Namespace"] == "Preheat"
            for names in directive["Dimensions"]:
                dimensions = {name: line[name] for name in names}
                for metric in directive["Metrics"]:
                    found += [(metric["Name"], dimensions, value) for value in line[metric["Name"]]]
    return found


def breaches(alarm: dict[str, Any], data: list[tuple[str, dict[str, str], float]], parameters: dict[str, Any]) -> bool:
    """Return whether the alarm goes off if every period holds `data`, as CloudWatch's documentation has it."""
    threshold = alarm["Threshold"]
    if isinstance(threshold, dict):
        threshold = parameters[threshold["Ref"]]["Default"]
    wanted = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    values = [value for name, dimensions, value in data if (name, dimensions) == (alarm["MetricName"], wanted)]
    if not values:
        return bool(alarm["TreatMissingData"] == "breaching")
    statistics: dict[str, Callable[[], float]] = {
        "Sum": lambda: sum(values),
        "Maximum": lambda: max(values),
        "Minimum": lambda: min(values),
        "SampleCount": lambda: len(values),
    }
    value = statistics[alarm["Statistic"]]()
    above = alarm["ComparisonOperator"] == "GreaterThanThreshold"
    return bool(value > threshold if above else value < threshold)


def test_every_alarm_on_our_own_metrics_has_something_that_raises_it(of_type: OfType) -> None:
    assert {name for name, alarm in of_type(ALARM).items() if alarm["Namespace"] == "Preheat"} == set(RAISED)


@pytest.mark.parametrize("name", RAISED)
def test_an_alarm_is_raised_by_its_fault_and_not_by_a_calm_hour(
    of_type: OfType, template: dict[str, Any], capsys: pytest.CaptureFixture[str], name: str
) -> None:
    alarm, parameters = of_type(ALARM)[name], template["Parameters"]
    assert breaches(alarm, read_emitted(capsys, RAISED[name]), parameters)
    assert not breaches(alarm, read_emitted(capsys, CALM[name]), parameters)


def everything(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, dict[str, str], float]]:
    return [datum for tell in (*RAISED.values(), *CALM.values()) for datum in read_emitted(capsys, tell)]


def test_every_metric_is_read_by_an_alarm_or_the_dashboard_and_is_on_the_page(
    of_type: OfType, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {name for name, _, _ in everything(capsys)}
    read = {alarm["MetricName"] for alarm in of_type(ALARM).values() if alarm["Namespace"] == "Preheat"}
    shown = {metric[1] for metric in on_dashboard(of_type) if metric[0] == "Preheat"}
    assert names == read | shown
    page = (root / "docs" / "telemetry.md").read_text()
    assert set(re.findall(r"^\| `([A-Z][A-Za-z]+)` \|", page, re.MULTILINE)) == names


def test_a_schedule_is_a_dimension_of_the_four_that_a_planner_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    found = everything(capsys)
    assert {frozenset(dimensions) for _, dimensions, _ in found} == {
        frozenset({"service"}),
        frozenset({"service", "schedule"}),
    }
    assert {name for name, dimensions, _ in found if "schedule" in dimensions} == BY_SCHEDULE


def on_dashboard(of_type: OfType) -> list[list[Any]]:
    body = json.loads(of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"])
    metrics = [metric for widget in body["widgets"] for metric in widget["properties"].get("metrics", ())]
    return [metric for metric in metrics if isinstance(metric[0], str)]


def test_the_dashboard_shows_what_there_is(
    of_type: OfType, template: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    ours = {name for name, dimensions, _ in everything(capsys) if set(dimensions) == {"service"}}
    shown = on_dashboard(of_type)
    assert len(shown) >= 15
    for namespace, name, dimension, value, *_ in shown:
        if namespace == "Preheat":
            assert (name in ours, dimension, value) == (True, "service", "preheat"), name
        else:
            assert namespace in ("AWS/SQS", "AWS/Lambda")
            assert re.sub(r"\$\{(\w+).*\}", r"\1", value) in template["Resources"]


PAID = tuple(Stretch(NOW, NOW + timedelta(hours=1), 2, cause) for cause in Cause)
STARTED = replace(LATE, action=Action.START, late=None, attempt=2, ready_at=NOW + timedelta(minutes=30))
STOPPED = replace(LATE, action=Action.STOP, late=None, needed_until=NOW - timedelta(minutes=3), paid=PAID)


def test_what_the_dashboard_asks_of_the_log_is_written_there_and_is_on_the_page(
    of_type: OfType, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = json.loads(of_type("AWS::CloudWatch::Dashboard")["Dashboard"]["DashboardBody"]["Fn::Sub"])
    queries = [each["properties"]["query"] for each in body["widgets"] if each["type"] == "log"]
    assert len(queries) == 3
    queries += [each["QueryString"] for each in of_type("AWS::Logs::QueryDefinition").values()]
    assert all(query.startswith("SOURCE '${PublishLogs}' | ") for query in queries[:3])
    # An embedded metric is a list on its line, and Logs Insights knows its elements, not the list.
    text = " ".join(queries)
    names = {name for name, _, _ in everything(capsys)}
    assert not [name for name in names if re.search(rf"\b{name}\b(?!\.0)", text)]
    assert set(re.findall(r"ispresent\((\w+)\.0\)", text)) == {
        "StartsOnTime",
        "StartsLate",
        "HostedMargin",
        "TimeToHosted",
    }
    written = set()
    for name, value in (read_times(STARTED) | read_times(STOPPED)).items():
        written |= {f"{name}.{part}" for part in value} if isinstance(value, dict) else {name}
    asked = set(re.findall(r"(?:sum|max)\(([a-z_.]+)\)", " ".join(queries[:3])))
    assert asked <= written
    assert {f"unit_seconds.{cause}" for cause in Cause} <= asked
    assert set(re.findall(r"\b([A-Z][A-Za-z]+)\.0", text)) <= names
    page = (root / "docs" / "telemetry.md").read_text()
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", page, re.MULTILINE)) == {
        "unit_seconds.cause" if name.startswith("unit_seconds.") else name for name in written
    }


def test_each_alarm_says_what_to_do_and_has_its_section(of_type: OfType, root: Path) -> None:
    names = {*of_type(ALARM), *of_type("AWS::CloudWatch::CompositeAlarm")}
    page = (root / "docs" / "alarms.md").read_text()
    assert sorted(re.findall(r"^## (\w+)$", page, re.MULTILINE)) == sorted(names)
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        assert len(section.splitlines()) >= 3
    headings = {
        re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", (root / "docs" / "runbook.md").read_text(), re.MULTILINE)
    }
    assert set(re.findall(r"\]\(runbook\.md#([\w-]+)\)", page)) <= headings


def test_every_function_and_every_queue_that_keeps_failures_is_watched(of_type: OfType) -> None:
    watched = {(alarm["MetricName"], json.dumps(alarm["Dimensions"][0]["Value"])) for alarm in of_type(ALARM).values()}
    for function in of_type("AWS::Serverless::Function"):
        for metric in ("Errors", "Throttles"):
            assert (metric, json.dumps({"Ref": function})) in watched, function
    for queue in of_type("AWS::SQS::Queue"):
        if queue not in ("WorkQueue", "RequestQueue", "RejectedRequestsQueue"):  # the metric counts rejected requests
            value = json.dumps({"Fn::GetAtt": f"{queue}.QueueName"})
            assert ("ApproximateNumberOfMessagesVisible", value) in watched, queue


@pytest.mark.parametrize("name", ["TickMissingAlarm", "AuditMissingAlarm"])
def test_a_heartbeat_is_missed_within_the_minutes_that_its_words_say(of_type: OfType, name: str) -> None:
    alarm = of_type(ALARM)[name]
    said = re.search(r"for (\d+) to (\d+) minutes", alarm["AlarmDescription"])
    assert said is not None
    # CloudWatch reads up to as many older periods again before it takes data for missing.
    least = alarm["Period"] * alarm["EvaluationPeriods"]
    assert (int(said[1]) * 60, int(said[2]) * 60) == (least, 2 * least)
    if name == "TickMissingAlarm":
        assert 2 * least <= 360


def test_a_late_model_raises_its_alarm_within_two_minutes_of_the_entry(of_type: OfType) -> None:
    alarm = of_type(ALARM)["ModelLateAlarm"]
    # The entry's datum falls into a period that has to end, and CloudWatch looks once a minute.
    assert alarm["Period"] * alarm["EvaluationPeriods"] + 60 <= 120
    assert alarm["AlarmActions"] == [{"Ref": "AlarmsTopic"}]


def test_a_late_model_is_named_to_the_topic_once_for_its_demand(of_type: OfType) -> None:
    rule = of_type("AWS::Events::Rule")["LateModels"]
    assert rule["EventBusName"] == {"Ref": "EventBus"}
    assert rule["EventPattern"] == {
        "source": ["preheat"],
        "detail-type": ["Model At Risk", "Model Late", "Model Lost"],
        "detail": {"request_id": [{"exists": False}]},
    }
    assert [target["Arn"] for target in rule["Targets"]] == [{"Ref": "LateModelsTopic"}]


def test_the_composite_alarm_names_alarms_that_exist(of_type: OfType) -> None:
    rule = of_type("AWS::CloudWatch::CompositeAlarm")["PagingAlarm"]["AlarmRule"]["Fn::Sub"]
    named = set(re.findall(r'[A-Z_]+\("\$\{(\w+)\}"\)', rule))
    assert {"ModelLateAlarm", "ModelAtRiskAlarm", "TickMissingAlarm"} <= named <= set(of_type(ALARM))


def test_essential_monitoring_has_all_that_pages_and_what_the_page_names(template: dict[str, Any], root: Path) -> None:
    alarms = {name: one for name, one in template["Resources"].items() if one["Type"] == ALARM}
    essential = {name for name, one in alarms.items() if one.get("Condition") is None}
    assert {one["Condition"] for name, one in alarms.items() if name not in essential} == {"MonitorsFully"}
    paging = set(re.findall(r"\$\{(\w+)\}", template["Resources"]["PagingAlarm"]["Properties"]["AlarmRule"]["Fn::Sub"]))
    page = (root / "docs" / "alarms.md").read_text().partition("`Monitoring=essential`")[2].partition("\n\n")[0]
    assert essential == (paging & set(alarms)) | (set(re.findall(r"\w+Alarm", page)) - {"PagingAlarm"})
    numbers = {15: "fifteen", 16: "sixteen", 17: "seventeen"}  # PagingAlarm counts too
    assert f"has {numbers[len(essential) + 1]} alarms" in page
    described = template["Parameters"]["Monitoring"]["Description"]
    assert f"{len(alarms) - len(essential)} of the {len(alarms) + 1} alarms" in described


def test_no_heartbeat_pages_before_the_first_tick_of_a_new_stack(of_type: OfType) -> None:
    rule = of_type("AWS::CloudWatch::CompositeAlarm")["PagingAlarm"]["AlarmRule"]["Fn::Sub"]
    heartbeats = {name for name, alarm in of_type(ALARM).items() if alarm["TreatMissingData"] == "breaching"}
    assert heartbeats == {"TickMissingAlarm", "AuditMissingAlarm"}
    terms = [" ".join(term.split()) for term in rule.split(" OR")]
    assert [term for term in terms if any(name in term for name in heartbeats)] == [
        '(ALARM("${TickMissingAlarm}") AND NOT INSUFFICIENT_DATA("${PickupDelayAlarm}"))'
    ]
    # An alarm that ignores missing data has INSUFFICIENT_DATA from its creation until its first datum, and never again.
    tick, pickup = of_type(ALARM)["TickMissingAlarm"], of_type(ALARM)["PickupDelayAlarm"]
    assert pickup["TreatMissingData"] == "ignore"
    assert (pickup["Namespace"], pickup["MetricName"]) == (tick["Namespace"], tick["MetricName"])


def test_the_audit_comes_as_often_as_it_counts_on(of_type: OfType) -> None:
    minutes = audit.EVERY // timedelta(minutes=1)
    assert of_type("AWS::Scheduler::Schedule")["AuditSchedule"]["ScheduleExpression"] == f"rate({minutes} minutes)"
    assert of_type("AWS::Serverless::Function")["AuditFunction"]["Timeout"] < audit.EVERY.total_seconds()


def test_what_an_audit_reports_is_watched_over_its_whole_interval(of_type: OfType) -> None:
    reported = dict.fromkeys(("ModelAtRiskAlarm", "ModelUnknownAlarm", "ModelStuckAlarm"), audit.EVERY)
    for name, interval in (reported | {"UnscheduledModelAlarm": audit.LISTS_EVERY}).items():
        assert of_type(ALARM)[name]["Period"] == interval.total_seconds(), name
    assert of_type(ALARM)["UnscheduledModelAlarm"]["TreatMissingData"] == "ignore"


def test_an_alarm_about_an_age_is_raised_after_the_minutes_of_its_words(of_type: OfType) -> None:
    ages = {"WorkAgeAlarm": 60, "RequestAgeAlarm": 60, "PickupDelayAlarm": 60, "PublishBehindAlarm": 60_000}
    for name, minute in ages.items():
        said = re.search(r"over (\d+|a) minutes?", of_type(ALARM)[name]["AlarmDescription"])
        assert said is not None, name
        assert of_type(ALARM)[name]["Threshold"] == (1 if said[1] == "a" else int(said[1])) * minute, name


def test_every_log_line_that_an_alarm_quotes_is_one_that_a_function_writes(of_type: OfType, root: Path) -> None:
    sources = [*(root / "layers/preheat/preheat").rglob("*.py"), *(root / "functions").rglob("*.py")]
    written = " ".join(path.read_text(encoding="utf-8") for path in sources)
    page = (root / "docs" / "alarms.md").read_text(encoding="utf-8")
    quoted = {
        line
        for alarm in of_type(ALARM).values()
        for line in re.findall(r'log line "([^"]+)"', alarm["AlarmDescription"])
    }
    quoted |= set(re.findall(r"[Ll](?:og|ine|ook for)[^.`]*`([a-z]+(?: [a-z]+)+)`", page))
    assert len(quoted) >= 8
    assert not [line for line in quoted if f'"{line}"' not in written]
