"""The clients of the stack's own account: one for each service and region, and none that needs a role."""

import pytest
from botocore.session import Session
from tests.day import TARGETS

from preheat.domain.plan import Backend, Target
from preheat.hosting.clients import StackClients
from preheat.hosting.router import HostingRouter
from preheat.ports import InvalidCall


@pytest.fixture
def clients() -> StackClients:
    session = Session(profile=None)
    session.set_credentials("a", "b")
    session.set_config_variable("region", "eu-central-1")
    return StackClients(session, {Backend.REKOGNITION: "http://127.0.0.1:9/labels", Backend.SAGEMAKER: None})


@pytest.mark.parametrize("backend", Backend)
def test_a_client_is_of_the_targets_service_and_made_once(clients: StackClients, backend: Backend) -> None:
    client = clients(TARGETS[backend])
    assert (client.meta.service_model.service_name, client.meta.region_name) == (backend.value, "eu-central-1")
    assert clients(TARGETS[backend]) is client


def test_an_endpoint_is_the_given_one_or_the_services_own(clients: StackClients) -> None:
    assert clients(TARGETS[Backend.REKOGNITION]).meta.endpoint_url == "http://127.0.0.1:9/labels"
    assert "sagemaker.eu-west-1" in clients(Target("a", "b", Backend.SAGEMAKER, "eu-west-1")).meta.endpoint_url


def test_a_target_with_a_role_harms_itself_alone(clients: StackClients) -> None:
    role = "arn:aws:iam::111122223333:role/preheat"
    with pytest.raises(InvalidCall, match="assumes no role"):
        HostingRouter(clients, "preheat").describe(Target("a", "b", Backend.SAGEMAKER, role=role))
