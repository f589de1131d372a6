"""Targets: each service's names follow that service's rules, and two models of one resource are an error."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.day import TARGETS, a_model

from preheat.domain.plan.plan import Backend, Target, Units

LONGEST = {
    Backend.LOOKOUT_VISION: 255,
    Backend.REKOGNITION: 255,
    Backend.SAGEMAKER: 63,
    Backend.SAGEMAKER_COMPONENT: 63,
}


@pytest.mark.parametrize("backend", LONGEST)
def test_a_name_is_taken_up_to_its_services_length_and_no_further(backend: Backend) -> None:
    replace(TARGETS[backend], project="a" * LONGEST[backend])
    with pytest.raises(ValueError, match="is not 1 to"):
        replace(TARGETS[backend], project="a" * (LONGEST[backend] + 1))


@pytest.mark.parametrize(
    ("backend", "field", "name"),
    [
        (Backend.LOOKOUT_VISION, "project", "line.1"),
        (Backend.LOOKOUT_VISION, "version", "v3"),
        (Backend.LOOKOUT_VISION, "version", "latest"),
        (Backend.REKOGNITION, "project", "line 1"),
        (Backend.REKOGNITION, "version", ""),
        (Backend.SAGEMAKER, "project", "line_1"),
        (Backend.SAGEMAKER, "project", "line-"),
        (Backend.SAGEMAKER, "version", "v.3"),
        (Backend.SAGEMAKER, "region", "Frankfurt"),
        (Backend.REKOGNITION, "role", "arn:aws:iam::1:role/preheat"),
        (Backend.SAGEMAKER_COMPONENT, "version", "v3"),
        (Backend.SAGEMAKER_COMPONENT, "project", "line_1"),
        (Backend.FUNCTION, "project", "plant-backend"),
        (Backend.FUNCTION, "project", "arn:aws:lambda:eu-central-1:111122223333:function:*"),
        (Backend.FUNCTION, "version", ""),
        (Backend.FUNCTION, "role", "arn:aws:iam::111122223333:role/preheat"),
        (Backend.FUNCTION, "parameters", "x" * 2_001),
        (Backend.REKOGNITION, "parameters", "{}"),
    ],
)
def test_what_a_service_would_refuse_is_no_target(backend: Backend, field: str, name: str) -> None:
    changed: dict[str, Any] = {field: name}
    with pytest.raises(ValueError, match="is not"):
        replace(TARGETS[backend], **changed)


def test_a_version_is_a_resource_of_its_own_and_an_endpoint_one_whatever_its_config() -> None:
    for backend in (Backend.LOOKOUT_VISION, Backend.REKOGNITION):
        assert TARGETS[backend].resource() != replace(TARGETS[backend], version="9").resource()
    endpoint = TARGETS[Backend.SAGEMAKER]
    assert endpoint.resource() == replace(endpoint, version="v9").resource()
    assert endpoint.resource() != replace(endpoint, region="eu-west-1").resource()
    assert endpoint.resource() == replace(endpoint, project=endpoint.project.upper()).resource()


def test_an_endpoint_takes_no_units_for_its_config_names_the_instances() -> None:
    with pytest.raises(ValueError, match="takes no units"):
        a_model("08:00-16:00", target=TARGETS[Backend.SAGEMAKER], units=Units(2))
    assert a_model("08:00-16:00", target=TARGETS[Backend.REKOGNITION], units=Units(2)).lead == timedelta(minutes=30)


def test_a_target_is_written_with_all_that_is_not_the_stacks_own() -> None:
    role = "arn:aws:iam::111122223333:role/preheat"
    assert str(Target("weld", "v3", Backend.REKOGNITION, "eu-west-1", role)) == (
        f"rekognition:weld/v3 in eu-west-1 by {role}"
    )
    assert str(Target("weld", "3")) == "lookoutvision:weld/3"
