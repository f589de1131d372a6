"""The session policy: exactly the calls that the listed models need, on exactly those models."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from preheat.adapters.hosting.session_policy import POLICY_MAX, RolePlace, part, read_place, write_policy
from preheat.app.ports.plans import Listed
from preheat.domain.plan.plan import Backend, Target

HERE = RolePlace("aws", "eu-central-1", "210987654321")


def find_allowed(*listed: Listed) -> dict[str, set[str]]:
    """Return the allowed resources of each action."""
    found: dict[str, set[str]] = {}
    document: dict[str, Any] = json.loads(write_policy(listed, HERE))
    for statement in document["Statement"]:
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            found.setdefault(action, set()).update(statement["Resource"])
    return found


def test_a_role_shows_partition_and_account() -> None:
    assert read_place("arn:aws-us-gov:iam::210987654321:role/a/b", "us-gov-west-1") == RolePlace(
        "aws-us-gov", "us-gov-west-1", "210987654321"
    )


def test_a_lookout_model_may_be_started_stopped_and_checked() -> None:
    model = "arn:aws:lookoutvision:eu-central-1:210987654321:model/line-1/3"
    assert find_allowed(Listed(Target("line-1", "3"))) == {
        "lookoutvision:DescribeModel": {model},
        "lookoutvision:StartModel": {model},
        "lookoutvision:StopModel": {model},
    }


def test_an_inference_is_allowed_only_where_one_is_planned() -> None:
    asked, not_asked = Listed(Target("line-1", "3"), inference=True), Listed(Target("line-2", "1"))
    assert find_allowed(asked, not_asked)["lookoutvision:DetectAnomalies"] == {
        "arn:aws:lookoutvision:eu-central-1:210987654321:model/line-1/3"
    }


def test_a_rekognition_version_is_reached_by_names_for_its_arn_ends_in_a_number_of_the_service() -> None:
    begin = "arn:aws:rekognition:eu-central-1:210987654321:project/parts"
    version = f"{begin}/version/parts.1/*"
    assert find_allowed(Listed(Target("parts", "parts.1", Backend.REKOGNITION), inference=True)) == {
        "rekognition:StartProjectVersion": {version},
        "rekognition:StopProjectVersion": {version},
        "rekognition:DescribeProjectVersions": {f"{begin}/*"},
        "rekognition:DescribeProjects": {"*"},
        "rekognition:DetectCustomLabels": {version},
    }


def test_an_endpoint_is_named_in_lower_case_and_its_config_may_only_be_used() -> None:
    begin = "arn:aws:sagemaker:eu-central-1:210987654321"
    endpoint, config = f"{begin}:endpoint/weld", f"{begin}:endpoint-config/weld-2"
    key = "arn:aws:kms:eu-central-1:210987654321:key/*"
    scalable = "arn:aws:application-autoscaling:eu-central-1:210987654321:scalable-target/*"
    alarms = "arn:aws:cloudwatch:eu-central-1:210987654321:alarm:TargetTracking-endpoint/Weld/*"
    assert find_allowed(Listed(Target("Weld", "Weld-2", Backend.SAGEMAKER), inference=True)) == {
        "sagemaker:CreateEndpoint": {endpoint, config},
        "sagemaker:DeleteEndpoint": {endpoint},
        "sagemaker:DescribeEndpoint": {endpoint},
        "sagemaker:DescribeEndpointConfig": {config},
        "sagemaker:AddTags": {endpoint},
        "sagemaker:ListTags": {endpoint},
        "sagemaker:InvokeEndpoint": {endpoint},
        "kms:CreateGrant": {key},
        "kms:DescribeKey": {key},
        "sagemaker:UpdateEndpointWeightsAndCapacities": {endpoint},
        "application-autoscaling:DescribeScalableTargets": {"*"},
        "application-autoscaling:DescribeScalingPolicies": {"*"},
        "application-autoscaling:DeregisterScalableTarget": {scalable},
        "application-autoscaling:PutScalingPolicy": {scalable},
        "application-autoscaling:RegisterScalableTarget": {scalable},
        "cloudwatch:DeleteAlarms": {alarms},
        "cloudwatch:DescribeAlarms": {alarms},
        "cloudwatch:PutMetricAlarm": {alarms},
    }


def test_every_config_that_an_endpoint_may_be_made_of_may_be_used_and_no_other() -> None:
    begin = "arn:aws:sagemaker:eu-central-1:210987654321:endpoint-config"
    found = find_allowed(Listed(Target("weld", "Weld-1", Backend.SAGEMAKER), fallbacks=("Weld-2", "weld-3")))
    configs = {f"{begin}/weld-{number}" for number in (1, 2, 3)}
    assert found["sagemaker:DescribeEndpointConfig"] == configs
    assert {one for one in found["sagemaker:CreateEndpoint"] if ":endpoint-config/" in one} == configs


def test_a_listed_target_covers_its_endpoint_of_each_of_its_configs() -> None:
    weld = Target("weld", "weld-1", Backend.SAGEMAKER)
    listed = Listed(weld, fallbacks=("weld-2",))
    assert [listed.covers(weld.of_config(name)) for name in ("weld-1", "weld-2", "weld-3")] == [True, True, False]
    assert not listed.covers(Target("paint", "weld-1", Backend.SAGEMAKER))


targets = st.one_of(
    st.builds(Target, st.from_regex(r"[a-z][a-z0-9-]{0,80}", fullmatch=True), st.just("1")),
    st.builds(Target, st.from_regex(r"[a-z.]{1,255}", fullmatch=True), st.just("v.1"), st.just(Backend.REKOGNITION)),
    st.builds(Target, st.from_regex(r"[a-z]{1,63}", fullmatch=True), st.just("c"), st.just(Backend.SAGEMAKER)),
)


@given(st.lists(st.builds(Listed, targets, st.booleans()), max_size=40, unique_by=lambda one: one.target))
def test_however_many_models_each_is_in_one_policy_that_assume_role_takes(listed: list[Listed]) -> None:
    groups = part(listed, HERE)
    assert sorted((one for group in groups for one in group), key=lambda one: str(one.target)) == sorted(
        listed, key=lambda one: str(one.target)
    )
    assert all(len(write_policy(group, HERE)) <= 2048 for group in groups)
    assert all(len(write_policy(group, HERE)) <= POLICY_MAX for group in groups if len(group) > 1)
    assert groups == part(list(reversed(listed)), HERE)
