"""The variables that the template sets are those that the functions read, with values that they accept."""

from collections.abc import Callable
from typing import Any

from preheat.domain.plan import Mode
from preheat.settings import VARIABLES, PublishSettings, ReconcileSettings, TickSettings, WatchSettings


def test_the_template_sets_every_variable_that_is_read_and_no_other(
    template: dict[str, Any], of_type: Callable[[str], dict[str, dict[str, Any]]]
) -> None:
    given = set(template["Globals"]["Function"]["Environment"]["Variables"])
    for function in of_type("AWS::Serverless::Function").values():
        given |= set(function.get("Environment", {}).get("Variables", {}))
    assert {name for name in given if name.startswith("PREHEAT_")} == {variable.name for variable in VARIABLES.values()}


def test_the_functions_accept_what_the_template_sets(lambda_environment: dict[str, str]) -> None:
    settings = ReconcileSettings.from_env(lambda_environment)
    assert settings.models_table == "ModelsTable"
    assert settings.hosting_endpoint_url is None
    assert TickSettings.from_env(lambda_environment).work_queue_url == settings.work_queue_url
    assert PublishSettings.from_env(lambda_environment).event_bus == "EventBus"
    assert len(WatchSettings.from_env(lambda_environment).own_role_arns) == 1


def test_each_mode_that_the_template_allows_is_a_mode(template: dict[str, Any]) -> None:
    mode = template["Parameters"]["Mode"]
    assert set(mode["AllowedValues"]) == set(Mode)
    assert mode["Default"] == Mode.ACT


def test_zone_rules_come_from_the_package_and_metrics_have_their_names(template: dict[str, Any]) -> None:
    given = template["Globals"]["Function"]["Environment"]["Variables"]
    assert given["PYTHONTZPATH"] == ""
    assert given["POWERTOOLS_SERVICE_NAME"] == "preheat"
    assert given["POWERTOOLS_METRICS_NAMESPACE"] == "Preheat"
