"""Pairs of a start and a stop from EventBridge Scheduler, KEDA and autoscaling: a start runs to the next stop."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tools.conftest import Workbench
from tests.tools.preheat_plantfile.importing.calendars import runs_of

from preheat_plantfile.importing.autoscaling import read_actions
from preheat_plantfile.importing.cron import UnreadableCron, read_aws, read_unix
from preheat_plantfile.importing.eventbridge_scheduler import read_schedules
from preheat_plantfile.importing.keda import read_triggers
from preheat_plantfile.importing.report import ImportReport, NotImportedError
from preheat_plantfile.reading import parse_plant
from preheat_plantfile.writing import PlantText, write_plant

WEEK = ("2026-11-23", "2026-11-29")  # Monday to Sunday
type Read = Callable[[str], tuple[PlantText, ImportReport]]


def make_entry(name: str, expression: str, operation: str, **more: Any) -> dict[str, Any]:
    return {
        "Name": name,
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": f"arn:aws:scheduler:::aws-sdk:rekognition:{operation}ProjectVersion",
            "Input": json.dumps({"ProjectVersionArn": "arn:aws:rekognition:eu-west-1:1:project/weld/version/v3/1599"}),
        },
    } | more


def pair(start: str, stop: str) -> str:
    """Return two schedules, as `aws scheduler get-schedule` prints them one after the other."""
    return "\n".join(
        json.dumps(make_entry(name, f"cron({expression})", name), indent=4)
        for name, expression in (("start", start), ("stop", stop))
    )


def days(*names: str, hours: str = "06:00 {0} 22:00") -> list[str]:
    return [f"11-{name} " + hours.format(f"11-{name}") for name in names]


@pytest.mark.parametrize(
    ("start", "stop", "expected"),
    [
        pytest.param("0 6 ? * MON-FRI *", "0 22 ? * MON-FRI *", days("23", "24", "25", "26", "27"), id="same days"),
        pytest.param("0 6 ? * 2-6 *", "0 22 * * ? *", days("23", "24", "25", "26", "27"), id="Sunday is 1"),
        pytest.param(
            "0 22 ? * MON,WED *",
            "0 6 ? * TUE,THU *",
            ["11-23 22:00 11-24 06:00", "11-25 22:00 11-26 06:00"],
            id="overnight",
        ),
        pytest.param("0 6 ? * MON *", "0 22 ? * FRI *", ["11-23 06:00 11-27 22:00"], id="over several days"),
        pytest.param(
            "0 22 ? * SAT-SUN *",
            "0 2 ? * SUN-MON *",
            ["11-23 00:00 11-23 02:00", "11-28 22:00 11-29 02:00", "11-29 22:00 11-30 00:00"],
            id="over the end of the week",
        ),
        pytest.param(
            "0 6,14 ? * MON *",
            "0 10,18 ? * MON *",
            ["11-23 06:00 11-23 10:00", "11-23 14:00 11-23 18:00"],
            id="twice a day",
        ),
        pytest.param("0 6 ? * 2#4 *", "0 22 ? * MON#4 *", days("23"), id="the fourth Monday"),
        pytest.param("30 6 25 11 ? 2026", "0 22 25 11 ? 2026", ["11-25 06:30 11-25 22:00"], id="a day of a year"),
        pytest.param(
            "0 6 ? * TUE-FRI *",
            "0 22 ? * MON-WED *",
            ["11-23 00:00 11-23 22:00", *days("24", "25"), "11-26 06:00 11-30 00:00"],
            id="a stop that comes days later",
        ),
    ],
)  # fmt: skip
def test_a_start_runs_to_the_stop_that_follows_it(start: str, stop: str, expected: list[str]) -> None:
    plant, report = read_schedules(pair(start, stop))
    assert runs_of(plant, *WEEK) == expected
    assert (report.conclusion(), list(plant.models)) == ("carried over 2 of 2 schedules", ["weld-v3"])


def test_one_time_schedules_and_bounds_are_carried_over() -> None:
    once = [
        make_entry("start", "at(2026-11-28T06:00:00)", "start"),
        make_entry("stop", "at(2026-11-28T12:00:00)", "stop"),
        make_entry("start-2", "cron(0 6 ? * * *)", "start", StartDate="2026-11-24T12:00Z", EndDate="2026-11-25T22:30Z"),
        make_entry("stop-2", "cron(0 8 ? * * *)", "stop"),
    ]  # fmt: skip
    plant, _ = read_schedules(json.dumps({"Schedules": once}))
    expected = ["11-24 06:00 11-24 08:00", "11-25 06:00 11-25 08:00", "11-28 06:00 11-28 12:00"]
    assert runs_of(plant, *WEEK) == expected


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (make_entry("x", "rate(5 minutes)", "start"), "x: found rate(5 minutes), which names no time of day"),
        (make_entry("x", "cron(0 6 * *)", "start"), "accepted: cron(minute hour day-of-month"),
        (make_entry("x", "cron(0 25 ? * * *)", "start"), "accepted: an hour, not '25'"),
        (make_entry("x", "cron(0 6 ? * MON *)", "start", State="DISABLED"), "x: its State is DISABLED"),
        (make_entry("x", "cron(0 6 ? * MON *)", "describe"), "says whether it starts or stops something"),
        (
            make_entry("x", "cron(0 6 ? * MON *)", "start", ScheduleExpressionTimezone="Mars"),
            "its zone: found 'Mars'",
        ),
        (make_entry("x", "cron(0 6 ? * MON *)", "start"), "no stop of weld-v3 follows this start"),
        (make_entry("x", "cron(0 6 ? * MON *)", "stop"), "no start of it comes before this stop"),
        ({"Name": "x", "Arn": "arn"}, "x: it has no ScheduleExpression, as list-schedules prints it"),
        (
            make_entry("x", "cron(0 6 ? * MON 2026)", "start", StartDate="2027-06-01T00:00:00Z"),
            "x: no date of it lies between its first and its last date",
        ),
        (
            make_entry("x", "cron(0 6 ? * MON *)", "start", StartDate="2027-06-01T00:00:00Z", EndDate=1_700_000_000),
            "x: no date of it lies between its first and its last date",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_said(entry: dict[str, Any], reason: str) -> None:
    plant, report = read_schedules(json.dumps({"Schedules": [entry]}))
    assert plant.models == {}
    assert any(reason in line for line in report.lines()), list(report.lines())
    assert report.conclusion() == "carried over nothing of 1 schedule"


def test_years_with_a_gap_are_a_window_for_each_run_of_years() -> None:
    plant, report = read_schedules(pair("0 6 ? * MON 2026,2028-2029", "0 8 ? * MON 2026,2028-2029"))
    (schedule,) = plant.schedules.values()
    bounds = [(window["from"], window["until"]) for window in schedule.windows]
    assert bounds == [("2026-01-01", "2026-12-31"), ("2028-01-01", "2029-12-31")]
    assert (report.kept, report.losses) == (2, [])
    entries = [
        make_entry("on", "cron(0 6 ? * MON 2026,2028)", "start", StartDate="2027-06-01T00:00:00Z"),
        make_entry("off", "cron(0 8 ? * MON 2026,2028)", "stop"),
    ]
    plant, _ = read_schedules(json.dumps(entries))
    (schedule,) = plant.schedules.values()
    assert [window["from"] for window in schedule.windows] == ["2028-01-01"]


def test_a_stop_in_another_zone_than_its_start_is_named() -> None:
    entries = [
        make_entry("on", "cron(0 6 ? * MON *)", "start"),
        make_entry("off", "cron(0 8 ? * MON *)", "stop", ScheduleExpressionTimezone="UTC"),
    ]
    plant, report = read_schedules(json.dumps(entries))
    assert plant.models == {}
    assert any("its stops are in another zone, UTC" in line for line in report.lines())


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("PressShopStart", {}),
        ("press-shop-scale-up", {"Arn": "arn:aws:lambda:eu-west-1:1:function:scaler"}),
        ("press_shop", {"Arn": "arn:aws:lambda:::x", "Input": '{"action": "start"}'}),
        ("press-shop", {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:updateService", "Input": '{"DesiredCount": 2}'}),
    ],
)
def test_what_a_schedule_does_is_read_from_its_target_else_from_its_name(name: str, target: dict[str, Any]) -> None:
    start = {"Name": name, "ScheduleExpression": "cron(0 6 ? * MON *)", "Target": target}
    stop = {"Name": "stop-press-shop", "ScheduleExpression": "cron(0 8 ? * MON *)"}
    plant, _ = read_schedules(json.dumps([start, stop]))
    assert list(plant.models) == ["press-shop"]


TEMPLATE = """Resources:
  WeldStart:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 6 ? * MON *)
      ScheduleExpressionTimezone: Europe/Berlin
      Target: {Arn: !Sub "arn:aws:scheduler:::aws-sdk:sagemaker:createEndpoint", RoleArn: !GetAtt Role.Arn}
  WeldStop:
    Type: AWS::Scheduler::Schedule
    Properties:
      ScheduleExpression: cron(0 8 ? * MON *)
      ScheduleExpressionTimezone: Europe/Berlin
      Target: {Arn: "arn:aws:scheduler:::aws-sdk:sagemaker:deleteEndpoint", RoleArn: !GetAtt Role.Arn}
"""


def test_a_template_with_tags_is_read() -> None:
    plant, _ = read_schedules(TEMPLATE)
    assert runs_of(plant, *WEEK) == ["11-23 06:00 11-23 08:00"]


SCALED = """apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: weld-seams}
spec:
  minReplicaCount: 1
  triggers:
    - type: cron
      metadata: {timezone: Europe/Berlin, start: 0 6 * * 1-5, end: 30 21 * * 1-5, desiredReplicas: "4"}
    - type: cron
      metadata: {timezone: Europe/Berlin, start: 0 22 * * 6, end: 0 4 * * 0, desiredReplicas: "1"}
    - type: cron
      metadata: {timezone: Europe/Berlin, start: 0 6 1 * 1, end: nonsense}
    - type: aws-sqs-queue
      metadata: {queueLength: "5"}
---
kind: Deployment
metadata: {name: other}
"""


def test_a_cron_trigger_of_keda_is_a_shift_window() -> None:
    plant, report = read_triggers(SCALED)
    expected = [f"11-{day} 06:00 11-{day} 21:30" for day in (23, 24, 25, 26, 27)] + ["11-28 22:00 11-29 04:00"]
    assert (runs_of(plant, *WEEK), list(plant.models)) == (expected, ["weld-seams"])
    lines = list(report.lines())
    assert report.conclusion() == "carried over 2 of 4 triggers"
    for reason in (
        "weld-seams, trigger 3: its end: found 'nonsense'",
        "weld-seams, trigger 4: it is of type 'aws-sqs-queue': only a cron trigger says when",
        "weld-seams: its minReplicaCount of 1",
        "weld-seams, trigger 1: its desiredReplicas of '4'",
    ):
        assert any(reason in line for line in lines), (reason, lines)


def test_a_list_of_scaled_objects_is_read() -> None:
    trigger = {"type": "cron", "metadata": {"timezone": "Europe/Berlin", "start": "0 6 * * MON", "end": "0 8 * * MON"}}
    items = [{"kind": "ScaledObject", "metadata": {"name": name}, "spec": {"triggers": [trigger]}} for name in "ab"]
    plant, _ = read_triggers(json.dumps({"kind": "List", "items": items}))
    assert list(plant.models) == ["a", "b"]


def group(name: str, recurrence: str, desired: int | None, **more: Any) -> dict[str, Any]:
    found = {
        "AutoScalingGroupName": "press shop",
        "ScheduledActionName": name,
        "Recurrence": recurrence,
        "TimeZone": "Europe/Berlin",
    }
    return found | ({} if desired is None else {"DesiredCapacity": desired}) | more


def test_scaling_a_group_up_starts_and_to_nothing_stops() -> None:
    actions = [
        group("morning", "0 6 * * 1-5", 2),
        group("peak", "0 10 * * 1-5", 5),
        group("night", "0 22 * * 1-5", 0),
        group("open", "0 7 * * 6", None, MaxSize=4),
        group("once", "", 1, Recurrence=None, StartTime="2026-11-29T07:00:00Z"),
        group("off", "", None, Recurrence=None, StartTime="2026-11-29T09:00:00Z", MinSize=0, MaxSize=0),
    ]
    plant, report = read_actions(json.dumps({"ScheduledUpdateGroupActions": actions}))
    expected = [f"11-{day} 06:00 11-{day} 22:00" for day in (23, 24, 25, 26, 27)] + ["11-29 08:00 11-29 10:00"]
    assert (runs_of(plant, *WEEK), list(plant.models)) == (expected, ["press-shop"])
    assert any("open: it names no least capacity" in line for line in report.lines())


def test_scheduled_actions_of_an_endpoint_that_never_scales_to_nothing_are_read_as_high_and_low() -> None:
    def action(name: str, schedule: str, least: int) -> dict[str, Any]:
        return {
            "ScheduledActionName": name,
            "ResourceId": "endpoint/weld/variant/AllTraffic",
            "Schedule": schedule,
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": least, "MaxCapacity": 4},
        }

    actions = [action("up", "cron(0 6 ? * MON-FRI *)", 4), action("down", "cron(0 22 ? * * *)", 1)]
    plant, report = read_actions(json.dumps({"ScheduledActions": actions}))
    assert runs_of(plant, *WEEK) == days("23", "24", "25", "26", "27")
    assert list(plant.models) == ["weld"]
    assert any(
        "weld: it never scales to 0; the import reads its least capacity, 1, as a stop" in line
        for line in report.lines()
    )


@pytest.mark.parametrize("read", [read_schedules, read_triggers, read_actions])
@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '"text"', "- 1\n- 2", "{", "a: [", "[" * 10_000, "x: &a [*a]", "\x00"]
)
def test_what_is_no_such_document_is_refused(read: Read, text: str) -> None:
    with pytest.raises(NotImportedError) as raised:
        read(text)
    assert raised.value.problems


@pytest.mark.parametrize("command", ["eventbridge-scheduler", "keda", "autoscaling"])
def test_each_import_is_a_command(bench: Workbench, command: str) -> None:
    path = bench.folder / "in"
    path.write_text(
        {
            "eventbridge-scheduler": pair("0 6 ? * MON *", "0 8 ? * MON *"),
            "keda": SCALED,
            "autoscaling": json.dumps(
                {"ScheduledUpdateGroupActions": [group("a", "0 6 * * 1", 1), group("b", "0 8 * * 1", 0)]}
            ),
        }[command]
    )  # fmt: skip
    result = bench.preheat("import", command, str(path))
    assert result.exit_code == 0, result.output
    assert bench.preheat("validate", bench.plant(result.stdout)).exit_code == 0
    path.write_text("{}")
    refused = bench.preheat("import", command, str(path))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "1 problem; no plant file written" in refused.stderr


FIELDS = st.sampled_from(
    [
        "*",
        "?",
        "0",
        "6",
        "6,14",
        "1-5",
        "MON",
        "MON-FRI",
        "L",
        "LW",
        "15W",
        "MON#2",
        "5L",
        "*/15",
        "0/8",
        "2026",
        "99",
        "",
    ]
)


@given(st.lists(FIELDS, min_size=4, max_size=7), st.booleans())
def test_an_expression_is_read_or_refused_and_what_is_read_becomes_a_valid_plant(fields: list[str], unix: bool) -> None:
    text = " ".join(fields)
    try:
        read_unix(text) if unix else read_aws(f"cron({text})")
    except UnreadableCron:
        return
    if unix:
        trigger = {"type": "cron", "metadata": {"start": text, "end": "30 23 * * *"}}
        item = {"kind": "ScaledObject", "metadata": {"name": "a"}, "spec": {"triggers": [trigger]}}
        plant, _ = read_triggers(json.dumps(item))
    else:
        stop = make_entry("stop", "cron(30 23 * * ? *)", "stop")
        plant, _ = read_schedules(json.dumps([make_entry("start", f"cron({text})", "start"), stop]))
    parse_plant(write_plant(plant, "a test").encode(), "imported")


def test_what_no_date_fulfils_is_lost() -> None:
    never = "0 6 30 2 *"
    scaled = SCALED.replace("0 6 * * 1-5", never).replace("30 21 * * 1-5", "0 8 30 2 *")
    assert "weld-seams, trigger 1: no date fulfils it" in read_triggers(scaled)[1].losses
    plant, report = read_schedules(pair("0 6 31 APR ? *", "0 8 31 APR ? *"))
    assert (plant.models, len(report.losses)) == ({}, 2)
    assert all(loss.endswith(": no date fulfils it") for loss in report.losses)
    plant, report = read_schedules(pair("0 6 29 FEB ? 2027", "0 8 29 FEB ? 2027"))
    assert (plant.models, len(report.losses)) == ({}, 2)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"Recurrence": "0 6 30 2 *"}, "a: no date fulfils it"),
        (
            {"StartTime": "2027-01-02T00:00:00Z", "EndTime": "2026-12-01T00:00:00Z"},
            "a: no date of it lies between its first and its last date",
        ),
    ],
)
def test_an_action_that_never_happens_is_lost_alone(more: dict[str, Any], told: str) -> None:
    actions = [group("a", "0 6 * * 1", 1) | more, group("b", "0 6 * * 2", 1), group("c", "0 8 * * 2", 0)]
    plant, report = read_actions(json.dumps({"ScheduledUpdateGroupActions": actions, "NextToken": "x"}))
    assert (list(plant.models), report.losses) == (
        ["press-shop"],
        ["the list is incomplete (NextToken); export all pages", told],
    )
