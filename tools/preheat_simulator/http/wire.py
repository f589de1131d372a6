"""Owns the wire format: one HTTP request in, one HTTP response out, as a service model describes them. No sockets.

Here is what all services share, and Lookout for Vision's REST; the JSON of the others is in `json_wire`. It checks
requests against the model's shapes, also where botocore's client is lax. It checks answers too: an answer that the
service could not give is an error, not a pass. It checks no signatures. It knows no rule of hosting.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl
from uuid import UUID

from botocore.model import OperationModel, ServiceModel, StructureShape

from preheat.adapters.hosting.service_model import load_service_model
from preheat_simulator.core.calls import Caller
from preheat_simulator.core.errors import ServiceError
from preheat_simulator.core.status import Operation
from preheat_simulator.http.operations import OPERATIONS
from preheat_simulator.http.routes import Routes
from preheat_simulator.http.shapes import find_violations, format_json, parse_text
from preheat_simulator.lookout import LookoutService

ACCESS_DENIED: Final = "AccessDeniedException"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; header names as on the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


class NotInTheModelError(Exception):
    """The simulator was about to answer what the service model does not allow: a bug of the simulator."""


class WireFormat(ABC):
    """A wire format in front of a service of one model; `body_type` is the Content-Type of its answers."""

    body_type: ClassVar[str]

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._ids = Random(1)  # noqa: S311 - request ids need to differ, not to be secret

    @abstractmethod
    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one request; `path` and `query` as sent, percent-encoded.

        Raises AnswerLost when a fault drops the answer: the caller closes the connection. Raises NotInTheModelError for
        a bug of the simulator.
        """

    def deny(self, sentence: str) -> Response:
        """Return the service's own refusal of a caller without the right to its call."""
        return self._respond(403, {"x-amzn-ErrorType": ACCESS_DENIED}, {"Message": sentence})

    @staticmethod
    def _insist(operation: OperationModel, content: object, shape: StructureShape) -> None:
        if wrong := list(find_violations(content, shape, "")):
            raise NotInTheModelError(f"{operation.name}: {'; '.join(wrong)}")

    def _respond(self, status: int, headers: dict[str, str], content: object) -> Response:
        body = json.dumps(content).encode()
        own = {
            "Content-Type": self.body_type,
            "Content-Length": str(len(body)),
            "x-amzn-RequestId": str(UUID(int=self._ids.getrandbits(128), version=4)),
        }
        return Response(status, own | headers, body)


class Wire(WireFormat):
    """The REST of Lookout for Vision, in front of whichever service `service()` returns at the time of a call."""

    body_type = "application/json"

    def __init__(self, service: Callable[[], LookoutService]) -> None:
        super().__init__(load_service_model())
        self._service = service
        self._routes = Routes(self._model)

    def handle(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Response:
        """See `WireFormat.handle`."""
        found = self._routes.find(method, path)
        if found is None:
            message = f"{method} {path} is no operation that this simulator carries"
            return self._respond(404, {}, {"error": message})
        operation, labels = found
        lowered = {name.lower(): value for name, value in headers.items()}
        params, wrong = self._read(operation, labels, dict(parse_qsl(query, keep_blank_values=True)), lowered, body)
        caller = read_caller(lowered)
        try:
            if wrong:
                self._service().refuse(
                    Operation(operation.name),
                    params.get("ProjectName"),
                    params.get("ModelVersion"),
                    params.get("ClientToken"),
                    message=f"{len(wrong)} validation error(s): {'; '.join(wrong)}",
                    caller=caller,
                )
            answer = OPERATIONS[Operation(operation.name)](self._service(), params, caller)
        except ServiceError as error:
            return self._error(operation, error)
        return self._answer(operation, answer)

    def _read(
        self,
        operation: OperationModel,
        labels: Mapping[str, str],
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> tuple[dict[str, Any], list[str]]:
        """Return the input's members and a sentence for each rule that they break."""
        shape = operation.input_shape
        sources = {"uri": labels, "querystring": query, "header": headers}
        payload = shape.serialization.get("payload")
        document, unreadable = ({}, []) if payload else read_json(body)
        params: dict[str, Any] = {}
        for name, member in shape.members.items():
            wire_name = member.serialization.get("name", name)
            location = member.serialization.get("location")
            if name == payload:
                params[name] = body
            elif location is not None:
                key = wire_name.lower() if location == "header" else wire_name
                if key in sources[location]:
                    params[name] = parse_text(sources[location][key], member)
            elif document.get(wire_name) is not None:
                params[name] = document[wire_name]
        return params, unreadable or list(find_violations(params, shape, ""))

    def _answer(self, operation: OperationModel, answer: dict[str, Any]) -> Response:
        self._insist(operation, answer, operation.output_shape)
        return self._respond(operation.http.get("responseCode", 200), {}, format_json(answer, operation.output_shape))

    def _error(self, operation: OperationModel, error: ServiceError) -> Response:
        shape = next((shape for shape in operation.error_shapes if shape.name == error.code), None)
        if shape is None:
            raise NotInTheModelError(f"{operation.name} does not answer {error.code}")
        members: dict[str, Any] = {"Message": error.message, **error.members}
        self._insist(operation, members, shape)
        headers = {"x-amzn-ErrorType": error.code}
        for name in [name for name in members if shape.members[name].serialization.get("location") == "header"]:
            headers[shape.members[name].serialization["name"]] = str(members.pop(name))
        return self._respond(shape.metadata["error"]["httpStatusCode"], headers, format_json(members, shape))


def read_json(body: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return the members of a JSON object, and a sentence if it is none."""
    if not body:
        return {}, []
    try:
        document = json.loads(body)
    except ValueError:
        return {}, ["body: it is not JSON"]
    if not isinstance(document, dict):
        return {}, ["body: it is not a JSON object"]
    return document, []


def read_caller(headers: Mapping[str, str]) -> Caller:
    """Return who calls, by the SDK's own markers."""
    attempt = None
    for part in headers.get("amz-sdk-request", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "attempt" and value.isdigit():
            attempt = int(value)
    return Caller(invocation_id=headers.get("amz-sdk-invocation-id"), attempt=attempt)
