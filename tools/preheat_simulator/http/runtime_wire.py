"""Owns the wire format of the SageMaker runtime: an endpoint in the path, bytes in, bytes out. It knows no rule.

Its model is botocore's own; this module lists the answers that the model does not name. It ignores headers that a
simulated endpoint has no use for.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from botocore.loaders import Loader
from botocore.model import ServiceModel

from preheat_simulator.components import ComponentService
from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.status import Operation
from preheat_simulator.http.shapes import find_violations
from preheat_simulator.http.wire import NotInTheModelError, Response, WireFormat, read_caller
from preheat_simulator.sagemaker import EndpointService

SERVICE: Final = "sagemaker-runtime"
COMPONENT_HEADER: Final = "x-amzn-sagemaker-inference-component"
PATH: Final = re.compile(r"/endpoints/(?P<name>[^/]+)/invocations")
UNMODELLED: Final = {"AccessDeniedException": 403, "ThrottlingException": 400}
# The runtime's own word where the control plane has another.
CODES: Final = {"ValidationException": "ValidationError"}


@cache
def load_model() -> ServiceModel:
    """Read botocore's own model of the runtime."""
    return ServiceModel(Loader().load_service_model(SERVICE, "service-2"), service_name=SERVICE)


class RuntimeWire(WireFormat):
    """The runtime's REST in front of whichever service `service()` returns at the time of a call."""

    body_type = "application/json"

    def __init__(
        self,
        service: Callable[[], EndpointService | ComponentService],
        components: Callable[[], ComponentService] | None = None,
    ) -> None:
        """`components` answers the calls that name an inference component; None: `service` answers all."""
        super().__init__(load_model())
        self._service, self._components = service, components

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """See `WireFormat.handle`."""
        found = PATH.fullmatch(path)
        if method != "POST" or query or found is None:
            message = f"{method} {path} is no operation that this simulator carries"
            return self._respond(404, {}, {"Message": message})
        lowered = {name.lower(): value for name, value in headers.items()}
        operation = self._model.operation_model(Operation.INVOKE_ENDPOINT)
        members = operation.input_shape.members
        given = {"EndpointName": found["name"], "Body": body}
        wrong = [each for name, value in given.items() for each in find_violations(value, members[name], name)]
        component, caller = lowered.get(COMPONENT_HEADER), read_caller(lowered)
        service = self._components() if component is not None and self._components is not None else self._service()
        try:
            if wrong:
                message = f"{len(wrong)} validation error(s): {'; '.join(wrong)}"
                service.refuse(Operation.INVOKE_ENDPOINT, None, None, None, message=message, caller=caller)
            if isinstance(service, ComponentService):
                answer = service.invoke(component or "", body, caller=caller)
            else:
                answer = service.invoke_endpoint(found["name"], body, caller=caller)
        except ServiceError as error:
            return self._error(error)
        response = self._respond(200, {"x-Amzn-Invoked-Production-Variant": "all"}, {})
        return Response(200, response.headers | {"Content-Length": str(len(answer))}, answer)

    def _error(self, error: ServiceError) -> Response:
        code = CODES.get(error.code, error.code)
        shapes = {shape.name: shape for shape in self._model.operation_model(Operation.INVOKE_ENDPOINT).error_shapes}
        if code not in {*shapes, *UNMODELLED}:
            raise NotInTheModelError(f"InvokeEndpoint does not answer {code}")
        status = UNMODELLED.get(code) or int(shapes[code].metadata["error"]["httpStatusCode"])
        return self._respond(status, {"x-amzn-ErrorType": code}, {"Message": error.message})
