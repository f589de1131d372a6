"""The client of a readiness inference: one try, and a minute for the answer; every other client waits 5 seconds."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import Session

from preheat.adapters.client import AwsService
from preheat.adapters.clock import VirtualClock
from preheat.adapters.hosting.calling import CONFIG, INFERENCE_SERVICES
from preheat.adapters.hosting.clients import HostingClients
from preheat.adapters.hosting.members import MemberSessions, make_sts_client
from preheat.adapters.hosting.router import HostingRouter
from preheat.app.ports.plans import Membership
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Backend, Target
from preheat_lab.simulation.hosting import ONE_TRY, SERVICES
from preheat_simulator.components import ComponentService
from preheat_simulator.http.transport import make_client, make_runtime
from preheat_simulator.sagemaker import EndpointService

TARGETS = {
    Backend.LOOKOUT_VISION: Target("line-1", "3"),
    Backend.REKOGNITION: Target("line-1", "v3", Backend.REKOGNITION),
    Backend.SAGEMAKER: Target("line-1", "line-1-v3", Backend.SAGEMAKER),
    Backend.SAGEMAKER_COMPONENT: Target("line-1", "", Backend.SAGEMAKER_COMPONENT),
}
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)

IN_SERVICE = {"sagemaker": "InService", "sagemaker-component": "InService", "rekognition": "RUNNING"}


def clients() -> HostingClients:
    session = Session()
    session.set_credentials("test", "test")
    session.set_config_variable("region", "eu-central-1")
    members = MemberSessions(lambda: make_sts_client(session), VirtualClock(SIX), lambda _: Membership(1, "preheat-0"))
    return HostingClients(session, dict.fromkeys(Backend, "http://127.0.0.1:9"), members)


@pytest.mark.parametrize("backend", TARGETS)
def test_a_client_that_infers_waits_a_minute_and_tries_once(backend: Backend) -> None:
    made, target = clients(), TARGETS[backend]
    waits, usual = made(target, INFERENCE_SERVICES[backend]), made(target)
    assert (waits.meta.config.connect_timeout, waits.meta.config.read_timeout) == (3, 60)
    assert waits.meta.config.retries["total_max_attempts"] == 1
    assert usual.meta.config.read_timeout == CONFIG.read_timeout == 5
    assert made(target, INFERENCE_SERVICES[backend]) is waits
    assert made(target) is usual


@pytest.mark.parametrize("backend", TARGETS)
def test_an_inference_goes_through_that_client_and_nothing_else_does(backend: Backend) -> None:
    target, asked = TARGETS[backend], []
    service = SERVICES[backend](lambda: SIX)
    service.add_model(target.project, target.version)
    service.person_starts(target.project, target.version)
    service.set_status(target.project, target.version, IN_SERVICE.get(backend, "HOSTED"))
    runtime = make_runtime(service, config=ONE_TRY) if isinstance(service, EndpointService | ComponentService) else None
    usual = make_client(service, config=ONE_TRY)

    def client(target: Target, service: AwsService | None = None) -> Any:
        asked.append(service)
        return usual if service is None else runtime or usual

    router = HostingRouter(client, "preheat")
    router.describe(target)
    assert set(asked) == {None}
    router.probe(target, Readiness(b"a picture", "image/jpeg"))
    assert asked.count(INFERENCE_SERVICES[backend]) == 1
