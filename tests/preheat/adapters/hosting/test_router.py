"""The router: each backend has its own adapter, also where two of them share a client."""

from typing import Any

from preheat.adapters.hosting.component import ComponentHosting
from preheat.adapters.hosting.router import HostingRouter
from preheat.adapters.hosting.sagemaker import SageMakerHosting
from preheat.domain.plan.plan import Backend, Target


def test_an_endpoint_and_a_component_of_one_client_have_an_adapter_each() -> None:
    client: Any = object()
    router = HostingRouter(lambda *_: client, "preheat")
    endpoint, component = Target("line", "line-1", Backend.SAGEMAKER), Target("part", "", Backend.SAGEMAKER_COMPONENT)
    for _ in range(2):
        assert isinstance(router._adapter(endpoint), SageMakerHosting)
        assert isinstance(router._adapter(component), ComponentHosting)
    assert router._adapter(endpoint) is router._adapter(endpoint)
