"""Owns the wire format of Rekognition and SageMaker: AWS JSON 1.1, the operation named in a header.

Their models are botocore's own. Only this module lists the errors that a service sends although its model does not name
them: SageMaker models one error. It knows no rule of hosting.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from preheat.domain.plan.plan import Backend
from preheat_simulator import components
from preheat_simulator import rekognition as custom_labels
from preheat_simulator import sagemaker as endpoints
from preheat_simulator.core.answering import Answering
from preheat_simulator.core.calls import Caller
from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.status import Operation
from preheat_simulator.core.words import COMPONENT, REKOGNITION, SAGEMAKER, Words
from preheat_simulator.http.shapes import find_violations, format_json, parse_json
from preheat_simulator.http.wire import ACCESS_DENIED, NotInTheModelError, Response, WireFormat, read_caller, read_json

type JsonHandler = Callable[[Any, dict[str, Any], Caller], dict[str, Any]]

HANDLERS: Final[dict[Operation, JsonHandler]] = {
    **custom_labels.HANDLERS,
    **endpoints.HANDLERS,
    **components.HANDLERS,
}
UNMODELLED: Final = {
    Backend.REKOGNITION: frozenset[str](),
    Backend.SAGEMAKER: frozenset(
        {"AccessDeniedException", "InternalFailure", "ThrottlingException", "ValidationException"}
    ),
}
UNMODELLED[Backend.SAGEMAKER_COMPONENT] = UNMODELLED[Backend.SAGEMAKER]
MODELS: Final = {Backend.SAGEMAKER_COMPONENT: Backend.SAGEMAKER.value}
"""The service model of a backend that is a part of another service."""
AUTO_SCALING: Final = "application-autoscaling"
PREFIXES: Final = {
    "RekognitionService": (REKOGNITION, REKOGNITION.backend.value),
    "SageMaker": (SAGEMAKER, SAGEMAKER.backend.value),
    "AnyScaleFrontendService": (SAGEMAKER, AUTO_SCALING),
}
"""The start of the header X-Amz-Target, up to the dot: whose account answers, and the service model."""


def find_account(target: str) -> tuple[Words, str] | None:
    """Return whose account answers a call with this X-Amz-Target, and the service model; None: no JSON service."""
    prefix, _, operation = target.partition(".")
    if prefix == "SageMaker" and operation in components.HANDLERS:
        return COMPONENT, SAGEMAKER.backend.value
    return PREFIXES.get(prefix)


@cache
def load_model(service: str) -> ServiceModel:
    """Read botocore's own model of a service; SageMaker's is large, so this reads it at the first need."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service_name=service)


class JsonWire(WireFormat):
    """AWS JSON 1.1 in front of whichever service `service()` returns at the time of a call."""

    body_type = "application/x-amz-json-1.1"

    def __init__(self, words: Words, service: Callable[[], Answering], model: str | None = None) -> None:
        """`model` names the service model; None: the one of the words' own service."""
        super().__init__(load_model(model or MODELS.get(words.backend, words.backend.value)))
        self._words, self._service = words, service
        self._carried = set(HANDLERS) & set(words.operations) & set(self._model.operation_names)

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """See `WireFormat.handle`."""
        lowered = {name.lower(): value for name, value in headers.items()}
        name = lowered.get("x-amz-target", "").partition(".")[2]
        if (method, path, query) != ("POST", "/", "") or name not in self._carried:
            message = f"{method} {path} {name}: no operation that this simulator carries"
            return self._respond(400, {}, {"__type": "UnknownOperationException", "message": message})
        operation, simulated = self._model.operation_model(name), Operation(name)
        params, unreadable = read_json(body)
        given = {member: value for member, value in params.items() if value is not None}
        params = parse_json(given, operation.input_shape)
        wrong = unreadable or list(find_violations(params, operation.input_shape, ""))
        service, caller = self._service(), read_caller(lowered)
        try:
            if wrong:
                message = f"{len(wrong)} validation error(s): {'; '.join(wrong)}"
                service.refuse(simulated, None, None, None, message=message, caller=caller)
            answer = HANDLERS[simulated](service, params, caller)
        except ServiceError as error:
            return self._error(operation, error)
        if operation.output_shape is None:
            return self._respond(200, {}, {})
        self._insist(operation, answer, operation.output_shape)
        return self._respond(200, {}, format_json(answer, operation.output_shape))

    def deny(self, sentence: str) -> Response:
        """See `WireFormat.deny`."""
        return self._respond(400, {}, {"__type": ACCESS_DENIED, "message": sentence})

    def _error(self, operation: OperationModel, error: ServiceError) -> Response:
        modelled = {shape.name for shape in operation.error_shapes}
        if error.code not in modelled | UNMODELLED[self._words.backend]:
            raise NotInTheModelError(f"{operation.name} does not answer {error.code}")
        core = next((core for core, said in self._words.codes.items() if said == error.code), error.code)
        return self._respond(self._words.http.get(core, 400), {}, {"__type": error.code, "message": error.message})
