"""The settings: read once, checked whole, reported all together."""

import os
import subprocess
import sys
from dataclasses import fields
from typing import Any, get_origin, get_type_hints

import pytest

from preheat.bootstrap.settings import (
    VARIABLES,
    AuditSettings,
    PublishSettings,
    ReconcileSettings,
    RequestsSettings,
    SettingsError,
    StoreSettings,
    TickSettings,
    WatchSettings,
)
from preheat.domain.plan.plan import UNIT_HOURS_MAX, Mode

TABLES = {
    "PREHEAT_MODELS_TABLE": "preheat-ModelsTable-1AB",
    "PREHEAT_LEDGER_TABLE": "preheat-LedgerTable-1AB",
    "PREHEAT_PLANS_TABLE": "preheat.plans_1",
}
WORK = TABLES | {"PREHEAT_WORK_QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/work"}
STACK = WORK | {"PREHEAT_STACK_NAME": "preheat"}
QUEUE = "arn:aws:sqs:eu-central-1:111122223333:replies"
AUDIT = STACK | {"AWS_REGION": "eu-central-1", "PREHEAT_PROJECT_PREFIX": "line-"}
PUBLISH = {
    "PREHEAT_LEDGER_TABLE": "ledger",
    "PREHEAT_EVENT_BUS": "preheat",
    "PREHEAT_UNPUBLISHED_QUEUE_ARN": QUEUE.replace("replies", "unpublished"),
}


def test_each_program_gets_the_settings_that_it_needs_and_no_more() -> None:
    surroundings = {"PATH": "/bin", "PREHEAT_SLACK_SECONDS": "120"}
    assert StoreSettings.from_env(TABLES | surroundings) == StoreSettings(*TABLES.values())
    assert TickSettings.from_env(WORK | surroundings) == TickSettings(*WORK.values())


def test_what_is_not_set_has_its_default() -> None:
    settings = ReconcileSettings.from_env(STACK)
    assert (settings.mode, settings.hosting_endpoint_url) == (Mode.ACT, None)


@pytest.mark.parametrize("mode", Mode)
def test_a_mode_is_read_by_its_name(mode: Mode) -> None:
    assert ReconcileSettings.from_env(STACK | {"PREHEAT_MODE": mode.value}).mode is mode


@pytest.mark.parametrize(
    ("text", "url"), [("", None), ("http://127.0.0.1:8700", "http://127.0.0.1:8700"), ("https://a/b", "https://a/b")]
)
def test_an_empty_endpoint_is_the_services_own(text: str, url: str | None) -> None:
    assert ReconcileSettings.from_env(STACK | {"PREHEAT_HOSTING_ENDPOINT_URL": text}).hosting_endpoint_url == url


def test_all_that_is_missing_or_wrong_is_reported_at_once_with_what_is_accepted() -> None:
    wrong = {
        "PREHEAT_MODELS_TABLE": "a/b",
        "PREHEAT_LEDGER_TABLE": "",
        "PREHEAT_WORK_QUEUE_URL": "work",
        "PREHEAT_MODE": "Act",
        "PREHEAT_HOSTING_ENDPOINT_URL": "ftp://h",
        "PREHEAT_STACK_NAME": "1st stack",
    }
    with pytest.raises(SettingsError) as told:
        ReconcileSettings.from_env(wrong)
    assert str(told.value).splitlines() == [
        "PREHEAT_MODELS_TABLE is 'a/b'; accepted: the name of a DynamoDB table, 3 to 255 of [a-zA-Z0-9_.-]",
        "PREHEAT_LEDGER_TABLE is ''; accepted: the name of a DynamoDB table, 3 to 255 of [a-zA-Z0-9_.-]",
        "PREHEAT_PLANS_TABLE is not set; accepted: the name of a DynamoDB table, 3 to 255 of [a-zA-Z0-9_.-]",
        "PREHEAT_MODE is 'Act'; accepted: act, observe, paused",
        "PREHEAT_HOSTING_ENDPOINT_URL is 'ftp://h'; accepted: an http or https URL, or empty for the service's default",
        "PREHEAT_WORK_QUEUE_URL is 'work'; accepted: the URL of an SQS queue",
        "PREHEAT_STACK_NAME is '1st stack'; accepted: the stack's name: 1 to 128 of [a-zA-Z0-9-]",
    ]


def test_each_reader_gives_what_its_field_takes() -> None:
    told: list[Any] = [
        ReconcileSettings.from_env(STACK | {"PREHEAT_HOSTING_ENDPOINT_URL": "http://127.0.0.1:1/"}),
        WatchSettings.from_env(WORK),
        PublishSettings.from_env(PUBLISH),
        AuditSettings.from_env(AUDIT | {"PREHEAT_HOSTING_ENDPOINT_URL": "http://127.0.0.1:1/"}),
        RequestsSettings.from_env(WORK | {"PREHEAT_REJECTED_QUEUE_URL": "https://q/r"}),
    ]
    assert {field.name for settings in told for field in fields(settings)} == set(VARIABLES)
    for settings in told:
        for name, kind in get_type_hints(type(settings)).items():
            assert isinstance(getattr(settings, name), tuple if get_origin(kind) is tuple else kind)


def test_lists_are_read_whole_and_one_wrong_part_is_named() -> None:
    queues = "arn:aws:sqs:eu-central-1:111122223333:a,arn:aws:sqs:eu-central-1:111122223333:b"
    told = WORK | {"PREHEAT_REJECTED_QUEUE_URL": "https://q/r", "PREHEAT_REPLY_QUEUE_ARNS": queues}
    settings = RequestsSettings.from_env(told | {"PREHEAT_ADMIN_ROLES": "AROAEXAMPLE1"})
    assert settings.admin_roles == ("AROAEXAMPLE1",)
    assert PublishSettings.from_env(PUBLISH | {"PREHEAT_REPLY_QUEUE_ARNS": queues}).reply_queue_arns == tuple(
        queues.split(",")
    )
    with pytest.raises(SettingsError, match=r"PREHEAT_ADMIN_ROLES holds 'AIDAUSER'; accepted: ids of IAM roles"):
        RequestsSettings.from_env(told | {"PREHEAT_ADMIN_ROLES": "AROAEXAMPLE1,AIDAUSER"})


def test_what_a_cold_start_loads_of_these_holds_neither_pydantic_nor_tracing_nor_boto3() -> None:
    loaded = ("bootstrap.settings", "observability.reconcile", "adapters.sqs.sqs", "adapters.dynamodb.store")
    load = "; ".join([*(f"import preheat.{each}" for each in loaded), "import sys"])
    show = "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    found = subprocess.run(
        [sys.executable, "-c", f"{load}; {show}"], check=True, capture_output=True, text=True, env=dict(os.environ)
    ).stdout.split()
    assert {"pynamodb", "botocore", "aws_lambda_powertools"} <= set(found)
    assert {"pydantic", "aws_xray_sdk", "boto3", "typer", "moto"} & set(found) == set()


def test_publish_gets_no_table_but_the_ledger_and_replies_nowhere_unless_set() -> None:
    settings = PublishSettings.from_env(PUBLISH)
    assert (settings.ledger_table, settings.event_bus, settings.reply_queue_arns) == ("ledger", "preheat", ())
    listed = PublishSettings.from_env(PUBLISH | {"PREHEAT_REPLY_QUEUE_ARNS": f"{QUEUE},{QUEUE}-2"})
    assert listed.reply_queue_arns == (QUEUE, f"{QUEUE}-2")


@pytest.mark.parametrize("text", [f"{QUEUE},", f"{QUEUE}, {QUEUE}", "*", f"{QUEUE}.fifo", "https://a/b"])
def test_a_reply_queue_is_named_by_its_arn(text: str) -> None:
    with pytest.raises(SettingsError, match="PREHEAT_REPLY_QUEUE_ARNS holds"):
        PublishSettings.from_env(PUBLISH | {"PREHEAT_REPLY_QUEUE_ARNS": text})


def test_a_budget_of_requests_is_at_most_what_a_model_can_use_in_a_day() -> None:
    given = WORK | {"PREHEAT_REJECTED_QUEUE_URL": "https://q/r"}
    most = RequestsSettings.from_env(given | {"PREHEAT_REQUEST_MAX_UNIT_HOURS": str(UNIT_HOURS_MAX)})
    assert most.request_unit_hours == UNIT_HOURS_MAX
    with pytest.raises(SettingsError, match=f"{UNIT_HOURS_MAX + 1} is more than {UNIT_HOURS_MAX}"):
        RequestsSettings.from_env(given | {"PREHEAT_REQUEST_MAX_UNIT_HOURS": str(UNIT_HOURS_MAX + 1)})


def test_watch_knows_which_calls_are_by_preheat() -> None:
    role = "arn:aws:iam::111122223333:role/preheat-ReconcileRole"
    assert WatchSettings.from_env(WORK).own_role_arns == ()
    settings = WatchSettings.from_env(WORK | {"PREHEAT_OWN_ROLE_ARNS": f"{role},{role}-member"})
    assert settings.own_role_arns == (role, f"{role}-member")
    with pytest.raises(SettingsError, match="PREHEAT_OWN_ROLE_ARNS holds"):
        WatchSettings.from_env(WORK | {"PREHEAT_OWN_ROLE_ARNS": "reconcile"})
