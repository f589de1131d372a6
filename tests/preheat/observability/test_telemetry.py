"""The output for CloudWatch: one EMF line an entry, one log line a pass."""

import io
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from preheat.app.audit.audit import Audited
from preheat.app.reconcile.reconcile import Result
from preheat.app.requests.desk import Taken
from preheat.app.tick import Ticked
from preheat.domain.demand.request import Reply, RequestId, Subject, Verb
from preheat.domain.plan.plan import ModelId, Target
from preheat.domain.record.paid import Cause, Stretch
from preheat.domain.record.record import Action, LedgerEntry, Phase
from preheat.observability import audit, correlation, publish, reconcile, requests, tick
from preheat.observability.logs import TEXT_MAX, logger
from preheat.observability.masking import mask, serialize_line

SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)
HOSTED = LedgerEntry(
    model_id=ModelId("weld-seams"),
    sequence=3,
    at=SIX - timedelta(seconds=21),
    from_phase=Phase.STARTING,
    to_phase=Phase.HOSTED,
    action=Action.OBSERVE,
    reason="Hosted as required",
    target=Target("line-1", "3"),
    schedule="early",
    time_to_hosted=timedelta(minutes=11, milliseconds=250),
    margin=timedelta(seconds=21),
    late=False,
)
BARE = replace(HOSTED, time_to_hosted=None, margin=None, late=None)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def metrics_of(line: dict[str, Any]) -> dict[str, tuple[str, list[float]]]:
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    return {metric["Name"]: (metric["Unit"], line[metric["Name"]]) for metric in directive["Metrics"]}


def test_an_entry_is_one_line_in_two_dimension_sets_at_its_own_time(capsys: pytest.CaptureFixture[str]) -> None:
    publish.emit_entry(HOSTED)
    (line,) = lines(capsys)
    assert line == {
        "_aws": {
            "Timestamp": int(HOSTED.at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "Preheat",
                    "Dimensions": [["service"], ["service", "schedule"]],
                    "Metrics": [
                        {"Name": "TimeToHosted", "Unit": "Seconds"},
                        {"Name": "HostedMargin", "Unit": "Seconds"},
                        {"Name": "StartsOnTime", "Unit": "Count"},
                    ],
                }
            ],
        },
        "service": "preheat",
        "schedule": "early",
        "model_id": "weld-seams",
        "sequence": 3,
        "TimeToHosted": [660.25],
        "HostedMargin": [21.0],
        "StartsOnTime": [1.0],
    }


def test_the_inference_that_proved_a_model_ready_is_a_property_and_no_series(
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish.emit_entry(replace(HOSTED, inference_latency=timedelta(milliseconds=412.5)))
    (line,) = lines(capsys)
    assert line["inference_latency_ms"] == 412.5
    assert set(metrics_of(line)) == {"TimeToHosted", "HostedMargin", "StartsOnTime"}


def test_an_entry_without_a_schedule_counts_for_the_service_alone(capsys: pytest.CaptureFixture[str]) -> None:
    publish.emit_entry(replace(HOSTED, schedule=None))
    (line,) = lines(capsys)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert "schedule" not in line


def test_an_entry_that_measures_nothing_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for action in set(Action) - {Action.FAIL, Action.CAPACITY}:
        publish.emit_entry(replace(BARE, action=action))
    assert lines(capsys) == []


def test_the_times_of_an_entry_are_the_ledgers() -> None:
    minute = timedelta(minutes=1)
    made = replace(BARE, action=Action.START, attempt=2, ready_at=BARE.at + 30 * minute)
    assert publish.read_times(made) == {"attempt": 2, "lead_seconds": 1800}
    paid = (
        Stretch(SIX, SIX + minute, 2, Cause.IDLE),
        Stretch(SIX + minute, SIX + 4 * minute, 2, Cause.SHIFT),
        Stretch(SIX + 4 * minute, SIX + 4 * minute, 2, Cause.DRAIN),
    )
    stopped = replace(BARE, action=Action.STOP, needed_until=BARE.at - 3 * minute, paid=paid)
    assert publish.read_times(stopped) == {
        "stop_delay_seconds": 180,
        "idle_seconds": 60,
        "unit_seconds": {"idle": 120, "shift": 360},
    }
    assert publish.read_times(BARE) == {}


def test_a_late_start_counts_as_late_with_a_negative_margin(capsys: pytest.CaptureFixture[str]) -> None:
    publish.emit_entry(replace(HOSTED, margin=timedelta(seconds=-3), late=True, time_to_hosted=None))
    (line,) = lines(capsys)
    assert metrics_of(line) == {"HostedMargin": ("Seconds", [-3.0]), "StartsLate": ("Count", [1.0])}


@pytest.mark.parametrize(
    ("action", "from_phase", "to_phase", "counts"),
    [
        (Action.FAIL, Phase.STARTING, Phase.FAILED, True),
        (Action.REFUSE, Phase.STARTING, Phase.REFUSED, True),
        (Action.REFUSE, Phase.STARTING, Phase.GONE, True),
        (Action.REFUSE, Phase.STARTING, Phase.STARTING, False),  # the next pass tries again
        (Action.REFUSE, Phase.STOPPING, Phase.REFUSED, False),  # a stop
        (Action.OBSERVE, Phase.IDLE, Phase.GONE, False),  # no start happened
    ],
)
def test_a_start_that_used_all_attempts_or_was_refused_permanently_is_a_failure(
    capsys: pytest.CaptureFixture[str], action: Action, from_phase: Phase, to_phase: Phase, counts: bool
) -> None:
    publish.emit_entry(replace(BARE, action=action, from_phase=from_phase, to_phase=to_phase))
    assert [metrics_of(line) for line in lines(capsys)] == ([{"StartFailures": ("Count", [1.0])}] if counts else [])


def test_entries_of_one_invocation_are_lines_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(3):
        publish.emit_entry(replace(HOSTED, sequence=number, at=SIX + timedelta(seconds=number), schedule=f"s{number}"))
    found = lines(capsys)
    assert [line["sequence"] for line in found] == [0, 1, 2]
    assert [line["schedule"] for line in found] == ["s0", "s1", "s2"]
    assert [line["_aws"]["Timestamp"] - int(SIX.timestamp() * 1000) for line in found] == [0, 1000, 2000]
    assert all(line["TimeToHosted"] == [660.25] for line in found)


def test_the_pickup_delay_is_reported_also_when_it_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    tick.emit_pickup_delay(timedelta(), at=SIX)
    tick.emit_pickup_delay(timedelta(minutes=3), at=SIX)
    found = lines(capsys)
    assert [metrics_of(line) for line in found] == [
        {"PickupDelay": ("Seconds", [0.0])},
        {"PickupDelay": ("Seconds", [180.0])},
    ]
    assert all(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]] for line in found)


def test_units_are_counted_in_hours_in_each_run_that_lists_the_services_and_in_no_other(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for found in (Audited(SIX), Audited(SIX, unscheduled=(), hosted_units=6)):
        audit.report_audit(found)
    unlisted, listed = lines(capsys)
    assert metrics_of(unlisted) == {"ModelsAtRisk": ("Count", [0.0])}
    assert metrics_of(listed) == {
        "ModelsAtRisk": ("Count", [0.0]),
        "UnscheduledModels": ("Count", [0.0]),
        "HostedUnitHours": ("None", [1.5]),  # each unit runs for a quarter of an hour until the next such run
    }


@pytest.mark.parametrize(
    ("facts", "levels"),
    [
        ({}, []),
        ({"resynced": ()}, []),
        ({"resynced": (HOSTED.model_id,)}, ["WARNING"]),
        ({"unsent": (HOSTED.model_id,)}, ["WARNING"]),
    ],
)
def test_a_tick_that_repairs_the_index_or_cannot_send_is_a_warning(
    caplog: pytest.LogCaptureFixture, facts: dict[str, Any], levels: list[str]
) -> None:
    tick.log_tick(replace(Ticked((HOSTED.model_id,), (), timedelta()), **facts))
    assert [record.levelname for record in caplog.records] == levels


FORGED = '{"_aws": {"CloudWatchMetrics": []}}\n\u001b[31m'


def test_text_from_outside_stays_one_capped_field_of_one_line() -> None:
    result = Result(ModelId("weld-seams"), Action.LOOK, FORGED + "x" * 5000, Phase.IDLE, SIX, incomplete=True)
    line = _format_line(result)
    assert "_aws" not in line
    assert line["reason"].startswith(FORGED)
    assert len(line["reason"]) == TEXT_MAX


def test_a_transition_is_one_line_with_a_constant_message_and_facts_as_fields() -> None:
    made = replace(HOSTED, action=Action.START, reason="needed", client_token="t-1")  # noqa: S106 - no secret
    line = _format_line(Result(ModelId("weld-seams"), Action.START, "needed (accepted)", Phase.STARTING, SIX, (made,)))
    facts = ("message", "service", "level", "model_id", "sequence", "from", "to", "action", "reason", "client_token")
    assert {name: line[name] for name in facts} == {
        "message": "transition",
        "service": "preheat",
        "level": "INFO",
        "model_id": "weld-seams",
        "sequence": 3,
        "from": HOSTED.from_phase,
        "to": HOSTED.to_phase,
        "action": "start",
        "reason": "needed (accepted)",
        "client_token": "t-1",
    }


def test_each_transition_of_a_pass_has_the_reason_of_its_own_entry(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    adopted = replace(HOSTED, reason="Hosted as required")
    start = replace(HOSTED, sequence=4, action=Action.START, reason="Starting")
    result = Result(HOSTED.model_id, Action.START, "Starting (accepted)", Phase.STARTING, SIX, (adopted, start))
    reconcile.log_pass(result)
    assert [record.__dict__["reason"] for record in caplog.records] == ["Hosted as required", "Starting (accepted)"]


@pytest.mark.parametrize(
    ("facts", "levels"),
    [
        ({}, []),
        ({"entries": (HOSTED,)}, ["INFO"]),
        ({"entries": (HOSTED, HOSTED)}, ["INFO", "INFO"]),
        ({"incomplete": True}, ["WARNING"]),
        ({"unevaluated": "no such zone"}, ["WARNING"]),
        ({"unexpected": (KeyError("State"), RuntimeError("a bug"))}, ["ERROR", "ERROR"]),
    ],
)
def test_a_pass_that_changed_nothing_is_no_line_at_info_and_each_transition_is_one(
    caplog: pytest.LogCaptureFixture, facts: dict[str, Any], levels: list[str]
) -> None:
    reconcile.log_pass(Result(ModelId("weld-seams"), Action.LOOK, "so", **facts))
    assert [record.levelname for record in caplog.records] == levels


def test_a_round_of_glances_is_no_line_at_info_and_each_unexpected_error_is_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reconcile.log_glances([ModelId("weld-seams"), ModelId("paint")], [ModelId("paint")])
    reconcile.log_glances([ModelId("weld-seams"), ModelId("paint")], [], [TypeError("a bug")])
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("cause", ["6a7e8feb-b491-4cf7-a9f1-123456789012", "request-1"])
def test_every_line_names_what_it_was_caused_by(cause: str) -> None:
    result = Result(ModelId("weld-seams"), Action.LOOK, "so", entries=(HOSTED,))
    assert "correlation_id" not in _format_line(result)
    with correlation.name_cause(None, "no id\n", cause):
        assert _format_line(result)["correlation_id"] == cause


@pytest.mark.parametrize("field", ["from", "reason", "correlation_id", "client_token"])
def test_an_account_is_masked_in_every_field_of_a_line(field: str) -> None:
    assert "123456789012" not in serialize_line({field: "of 123456789012", "inner": {field: ["123456789012"]}})


def test_an_account_is_masked_in_the_name_of_a_field_and_in_a_value_that_json_has_no_form_for() -> None:
    assert json.loads(serialize_line({"sites": {"123456789012": "eu"}})) == {"sites": {"[account]": "eu"}}
    assert json.loads(serialize_line({"error": ValueError("of 123456789012")})) == {"error": "of [account]"}


def test_accounts_roles_and_addresses_are_masked_wherever_a_log_line_quotes_them() -> None:
    told = (
        "AssumeRole: AccessDenied: User: arn:aws:sts::123456789012:assumed-role/preheat-Reconcile/preheat is not "
        "authorized to perform: sts:AssumeRole on resource: arn:aws:iam::210987654321:role/line/preheat-member; "
        "arn:aws:rekognition:eu-central-1:210987654321:project/parts, ask plant.owner@example.com"
    )
    line = _format_line(Result(ModelId("weld-seams"), Action.LOOK, told, Phase.IDLE, SIX, incomplete=True))
    assert line["reason"] == (
        "AssumeRole: AccessDenied: User: arn:aws:sts::[account]:assumed-role/[name] is not "
        "authorized to perform: sts:AssumeRole on resource: arn:aws:iam::[account]:role/[name]; "
        "arn:aws:rekognition:eu-central-1:[account]:project/parts, ask [address]"
    )


def test_what_a_traceback_quotes_is_masked_too() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        int("arn:aws:iam::210987654321:role/preheat-member")
    except ValueError:
        logger.exception("pass failed")
    finally:
        logger._logger.removeHandler(handler)
    assert "210987654321" not in stream.getvalue()
    assert "preheat-member" not in stream.getvalue().replace("role/[name]", "")


@pytest.mark.parametrize(
    "text", ["1234567890123", "a-123456789012", "0a123456789012", "preheat-start-1-123456789012ab", "2026-11-23 06:00"]
)
def test_longer_numbers_ids_and_times_are_no_accounts(text: str) -> None:
    assert mask(text) == text


def make_taken(**changes: Any) -> Taken:
    reply = Reply(
        RequestId("line-7.1"),
        Verb.HOLD,
        Subject(schedule="early"),
        "account:111122223333",
        SIX,
        accepted=False,
        code="expired",
        reason="it came after its end",
        digest="d",
    )
    again, unit_hours = changes.pop("again", False), changes.pop("unit_hours", 0.0)
    return Taken(replace(reply, **changes), again=again, unit_hours=unit_hours)


def test_an_accepted_request_counts_with_all_that_it_may_cost(capsys: pytest.CaptureFixture[str]) -> None:
    for each in (make_taken(), make_taken(accepted=True), make_taken(accepted=True, unit_hours=7.5)):
        requests.emit_asked(each, at=SIX)
    (line,) = lines(capsys)
    assert metrics_of(line) == {"AskedUnitHours": ("None", [7.5])}
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_a_refused_request_is_counted_once_without_a_dimension_that_it_chooses(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for each in (make_taken(), make_taken(again=True), make_taken(accepted=True)):
        requests.emit_rejection(each, at=SIX)
    (line,) = lines(capsys)
    assert metrics_of(line) == {"RequestsRejected": ("Count", [1.0])}
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert (line["code"], line["request_id"]) == ("expired", "line-7.1")


@pytest.mark.parametrize(("accepted", "level"), [(True, logging.INFO), (False, logging.WARNING)])
def test_a_request_is_one_line_a_refusal_at_warning(
    caplog: pytest.LogCaptureFixture, accepted: bool, level: int
) -> None:
    caplog.set_level(logging.DEBUG)
    requests.log_request(make_taken(accepted=accepted))
    (record,) = caplog.records
    assert (record.levelno, record.message) == (level, "requested")
    told = record.__dict__
    assert (told["request_id"], told["subject"], told["code"]) == ("line-7.1", "schedule#early", "expired")


@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_a_log_line_is_json_whatever_stands_in_it(facts: Any) -> None:
    json.loads(serialize_line(facts))


def _format_line(result: Result) -> dict[str, Any]:
    """Return the one line that the logger writes, by its own formatter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    try:
        reconcile.log_pass(result)
    finally:
        logger._logger.removeHandler(handler)
    (text,) = stream.getvalue().splitlines()
    line: dict[str, Any] = json.loads(text)
    return line


def test_a_request_deleted_by_hand_is_named_and_raises_the_alarm_of_the_ledger(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = Result(ModelId("weld-seams"), Action.LOOK, "no demand")
    reconcile.report_missing(result, at=SIX)
    assert capsys.readouterr().out == ""
    reconcile.report_missing(replace(result, missing=("weld-seams/hold-1",)), at=SIX)
    metric = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (metric["LedgerTampered"], metric["model_id"]) == ([1.0], "weld-seams")
    reconcile.report_missing(replace(result, missing=("weld-seams/hold-1", "weld-seams/hold-2")), at=SIX)
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["LedgerTampered"] == [2.0]


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({}, {}),
        ({"closed_until": SIX.date() + timedelta(days=90)}, {}),
        ({"closed_until": SIX.date() + timedelta(days=89)}, {"HolidayHorizonDays": 89}),
        ({"closed_until": SIX.date() - timedelta(days=1)}, {"HolidayHorizonDays": -1}),
        ({"unevaluated": "no such zone"}, {"SchedulesNotEvaluated": 1}),
        (
            {"unevaluated": "no such zone", "closed_until": SIX.date() + timedelta(days=90)},
            {"SchedulesNotEvaluated": 1},
        ),
    ],
)
def test_a_schedule_that_needs_a_person_is_a_metric(
    facts: dict[str, Any], told: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    result = replace(Result(HOSTED.model_id, Action.LOOK, "kept"), **facts)
    reconcile.emit_schedule(result, at=SIX)
    out = capsys.readouterr().out
    line = json.loads(out) if out else {}
    assert {name: line[name][0] for name in ("SchedulesNotEvaluated", "HolidayHorizonDays") if name in line} == told
    assert bool(line) == bool(told)
