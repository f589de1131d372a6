"""Owns how a real botocore client reaches the simulator in process: through its own before-send event, no socket.

Everything the client does stays real: parameters, signing, retries, parsing. It knows neither operations nor states.
"""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError
from botocore.session import Session

from preheat.adapters.hosting.service_model import make_lookout_client, make_lookout_session
from preheat.domain.plan.plan import Backend
from preheat_simulator.components import ComponentService
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.errors import SimulatedAnswerLost
from preheat_simulator.http.json_wire import AUTO_SCALING, MODELS, JsonWire
from preheat_simulator.http.runtime_wire import SERVICE as RUNTIME
from preheat_simulator.http.runtime_wire import RuntimeWire
from preheat_simulator.http.wire import Wire, WireFormat
from preheat_simulator.lookout import LookoutService
from preheat_simulator.sagemaker import EndpointService


def attach(client: Any, wire: WireFormat) -> None:
    """Send every call of a client to `wire` from now on; a lost answer is a closed connection."""

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        url = urlsplit(request.url)
        headers = {name: _text(value) for name, value in request.headers.items()}
        try:
            response = wire.handle(request.method, url.path, url.query, headers, _bytes(request.body))
        except SimulatedAnswerLost as error:
            raise ConnectionClosedError(endpoint_url=request.url, request=request) from error
        return AWSResponse(request.url, response.status, response.headers, _Raw(response.body))

    client.meta.events.register(f"before-send.{client.meta.service_model.service_id.hyphenize()}", send)


def make_client(service: Answering, *, region: str = "eu-central-1", config: Config | None = None) -> Any:
    """Return a botocore client of a simulated service, with made-up credentials, that talks to it in process."""
    client = make_unattached_client(service.words.backend, "http://simulator.invalid", region=region, config=config)
    attach(
        client,
        Wire(lambda: service) if isinstance(service, LookoutService) else JsonWire(service.words, lambda: service),
    )
    return client


def make_unattached_client(
    backend: Backend, endpoint_url: str, *, region: str = "eu-central-1", config: Config | None = None
) -> Any:
    """Return a botocore client of a service with made-up credentials, for a simulator at `endpoint_url`."""
    session = _session()
    if backend is Backend.LOOKOUT_VISION:
        return make_lookout_client(region=region, endpoint_url=endpoint_url, config=config, session=session)
    return session.create_client(
        MODELS.get(backend, backend.value), region_name=region, endpoint_url=endpoint_url, config=config
    )


def make_scaling_client(service: EndpointService, *, config: Config | None = None) -> Any:
    """Return a botocore client of Application Auto Scaling that talks to a simulated service in process."""
    where = {"region_name": "eu-central-1", "endpoint_url": "http://simulator.invalid"}
    client = _session().create_client(AUTO_SCALING, **where, config=config)
    attach(client, JsonWire(service.words, lambda: service, AUTO_SCALING))
    return client


def make_runtime(service: EndpointService | ComponentService, *, config: Config | None = None) -> Any:
    """Return a botocore client of the SageMaker runtime that talks to a simulated service in process."""
    client = make_unattached_runtime("http://simulator.invalid", config=config)
    attach(client, RuntimeWire(lambda: service))
    return client


def make_unattached_runtime(endpoint_url: str, *, region: str = "eu-central-1", config: Config | None = None) -> Any:
    """Return a botocore client of the SageMaker runtime with made-up credentials, for a simulator at `endpoint_url`."""
    return _session().create_client(RUNTIME, region_name=region, endpoint_url=endpoint_url, config=config)


@cache
def _session() -> Session:
    """One for all clients: to read the services' models again costs ten times what a client does."""
    session = make_lookout_session(Session(profile=None))
    session.set_credentials("simulator", "simulator")
    return session


class _Raw(BytesIO):
    """A body as botocore reads one from its HTTP library."""

    def stream(self, **_: object) -> Iterator[bytes]:
        while part := self.read(65536):
            yield part


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    return bytes(body.read()) if hasattr(body, "read") else bytes(body)
