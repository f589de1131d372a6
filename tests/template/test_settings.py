"""The variables that the template sets are those that the functions read, with values that they accept."""

from collections.abc import Callable
from typing import Any

import pytest

from preheat.bootstrap.settings import (
    VARIABLES,
    PublishSettings,
    ReconcileSettings,
    RequestsSettings,
    SettingsError,
    TickSettings,
    WatchSettings,
)
from preheat.domain.plan.plan import STANDS_AT_MOST, Mode


def test_the_template_sets_every_variable_that_is_read_and_no_other(
    template: dict[str, Any], of_type: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    given = set(template["Globals"]["Function"]["Environment"]["Variables"])
    for function in of_type("AWS::Serverless::Function").values():
        given |= set(function.get("Environment", {}).get("Variables", {}))
    assert {name for name in given if name.startswith("PREHEAT_")} == {
        variable.name
        for variable in VARIABLES.values()
        if variable.name != "AWS_REGION"  # Lambda sets it itself
    }


def test_the_functions_accept_what_the_template_sets(lambda_environment: dict[str, str]) -> None:
    settings = ReconcileSettings.from_env(lambda_environment)
    assert settings.models_table == "ModelsTable"
    assert settings.hosting_endpoint_url is None
    assert TickSettings.from_env(lambda_environment).work_queue_url == settings.work_queue_url
    assert PublishSettings.from_env(lambda_environment).event_bus == "EventBus"
    assert len(WatchSettings.from_env(lambda_environment).own_role_arns) == 1


def test_the_function_requests_accepts_what_the_template_sets_for_it(
    template: dict[str, Any], lambda_environment: dict[str, str]
) -> None:
    own = template["Resources"]["RequestsFunction"]["Properties"]["Environment"]["Variables"]
    parameters = template["Parameters"]
    given = {
        name: str(parameters[value["Ref"]]["Default"]) if value["Ref"] in parameters else "https://sqs/rejected"
        for name, value in own.items()
    }
    settings = RequestsSettings.from_env(lambda_environment | given)
    assert settings.request_longest == STANDS_AT_MOST
    assert settings.admin_roles == ()


def test_each_number_of_days_that_the_template_allows_is_accepted(
    template: dict[str, Any], lambda_environment: dict[str, str]
) -> None:
    days = template["Parameters"]["RequestMaxDays"]
    assert (days["MinValue"], days["MaxValue"]) == (1, 30)
    for number in range(1, 31):
        settings = RequestsSettings.from_env(lambda_environment | {"PREHEAT_REQUEST_MAX_DAYS": str(number)})
        assert settings.request_longest.days == number
    for wrong in ("0", "31", "7.0", ""):
        with pytest.raises(SettingsError):
            RequestsSettings.from_env(lambda_environment | {"PREHEAT_REQUEST_MAX_DAYS": wrong})


def test_each_mode_that_the_template_allows_is_a_mode(template: dict[str, Any]) -> None:
    mode = template["Parameters"]["Mode"]
    assert set(mode["AllowedValues"]) == set(Mode)
    assert mode["Default"] == Mode.OBSERVE  # nothing starts or stops before somebody asks for it


def test_zone_rules_come_from_the_package_and_metrics_have_their_names(template: dict[str, Any]) -> None:
    given = template["Globals"]["Function"]["Environment"]["Variables"]
    assert given["PYTHONTZPATH"] == ""
    assert given["POWERTOOLS_SERVICE_NAME"] == "preheat"
    assert given["POWERTOOLS_METRICS_NAMESPACE"] == "Preheat"
