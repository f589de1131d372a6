"""The port `Scaling` over Application Auto Scaling: pages, errors, and a restore writes the values of the read."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from preheat.adapters.hosting.scaling import EndpointScaling
from preheat.app.ports.errors import AccessRefused, AnswerLost, HostingError, ModelGone, Throttled
from preheat.domain.plan.plan import Backend, Target
from preheat_simulator.core.latency import make_fixed
from preheat_simulator.http.transport import make_scaling_client
from preheat_simulator.sagemaker import VARIANT, EndpointService

TARGET = Target("weld", "weld-v3", Backend.SAGEMAKER)
RESOURCE = f"endpoint/weld/variant/{VARIANT}"
OF_IT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": RESOURCE,
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


class ScalingBench:
    def __init__(self) -> None:
        self.service = EndpointService(lambda: datetime(2026, 11, 23, tzinfo=UTC), start_latency=make_fixed(0))
        self.service.add_model("weld", "weld-v3")
        self.service.create_endpoint("weld", "weld-v3")
        self.client: Any = make_scaling_client(self.service)
        self.scaling = EndpointScaling(lambda _target, _service: self.client)


@pytest.fixture
def bench() -> ScalingBench:
    return ScalingBench()


def test_an_endpoint_that_does_not_scale_has_nothing_to_keep(bench: ScalingBench) -> None:
    reading = bench.scaling.read(TARGET, [VARIANT])
    assert (reading.text, reading.targets, reading.policies) == ("", 0, 0)


def test_what_is_restored_is_what_was_read(bench: ScalingBench) -> None:
    suspended = {"DynamicScalingInSuspended": True}
    bench.service.scaling.register({**OF_IT, "MinCapacity": 1, "MaxCapacity": 4, "SuspendedState": suspended})
    step = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [{"ScalingAdjustment": 1}]}
    steps = {"PolicyName": "steps", "PolicyType": "StepScaling", "StepScalingPolicyConfiguration": step}
    bench.service.scaling.put_policy({**OF_IT, **steps})
    before = bench.service.scaling.targets(), bench.service.scaling.policies()
    reading = bench.scaling.read(TARGET, [VARIANT])
    assert (reading.targets, reading.policies) == (1, 1)
    bench.service.scaling.deregister(OF_IT)
    assert bench.service.scaling.targets() == []
    for _ in range(2):  # doing it twice has the effect of doing it once
        bench.scaling.restore(TARGET, reading.text)
        assert (bench.service.scaling.targets(), bench.service.scaling.policies()) == before


def test_all_pages_are_read(bench: ScalingBench) -> None:
    pages = [{"ScalableTargets": [], "NextToken": "more"}, {"ScalableTargets": []}]
    with Stubber(bench.client) as stubbed:
        for page in pages:
            stubbed.add_response("describe_scalable_targets", page)
        bench.scaling.read(TARGET, [VARIANT])
        stubbed.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDeniedException", AccessRefused),
        ("FailedResourceAccessException", AccessRefused),
        ("ThrottlingException", Throttled),
        ("ConcurrentUpdateException", Throttled),
        ("ObjectNotFoundException", ModelGone),
        ("InternalServiceException", AnswerLost),
        ("SomethingNew", AnswerLost),
    ],
)
def test_each_error_of_the_service_is_one_of_the_ports(
    bench: ScalingBench, code: str, error: type[HostingError]
) -> None:
    with Stubber(bench.client) as stubbed:
        stubbed.add_client_error("describe_scalable_targets", code, "no")
        with pytest.raises(error, match="no"):
            bench.scaling.read(TARGET, [VARIANT])
