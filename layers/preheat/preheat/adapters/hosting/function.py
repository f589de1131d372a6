"""A user's own Lambda function behind the port `Hosting`: each call is one synchronous invocation.

Owns the contract's first version: the request, the answer and the words of both. docs/backend-function.md explains it,
and two JSON Schemas publish it. The function decides what it starts. An answer outside the contract counts as lost. The
call may have had its effect, and only a look shows it.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from preheat.adapters.hosting.calling import call_service, translate_by_code
from preheat.app.ports.errors import (
    AccessRefused,
    AnswerLost,
    HostingError,
    InvalidCall,
    ModelGone,
    QuotaExceeded,
    Throttled,
    WrongState,
)
from preheat.domain.plan.hosted_model import Readiness
from preheat.domain.plan.plan import Target
from preheat.domain.printable import printable
from preheat.domain.record.attempt import WORDS_MAX, Attempt
from preheat.domain.record.lifecycle import Observed
from preheat.domain.record.observation import Observation

CONTRACT: Final = 1
ANSWER_MAX: Final = 65_536  # bytes
SERVING_MAX: Final = 1_000_000

STATUSES: Final = {
    "stopped": Observed.STOPPED,
    "starting": Observed.STARTING,
    "hosted": Observed.HOSTED,
    "stopping": Observed.STOPPING,
    "failed": Observed.FAILED,
    "busy": Observed.BUSY,
    "unfit": Observed.UNFIT,
    "gone": Observed.GONE,
}
"""The words of an answer's `status`, each with its meaning."""

ERROR_TYPES: Final[Mapping[str, type[HostingError]]] = {
    error.answer.value: error
    for error in (AnswerLost, Throttled, WrongState, QuotaExceeded, AccessRefused, InvalidCall, ModelGone)
}
"""The words of an error's `type`: the port's closed set."""

ERRORS: Final[Mapping[str, type[HostingError]]] = {
    "AccessDeniedException": AccessRefused,
    "EC2ThrottledException": Throttled,
    "InvalidParameterValueException": InvalidCall,
    "InvalidRequestContentException": InvalidCall,
    "KMSAccessDeniedException": AccessRefused,
    "RequestTooLargeException": InvalidCall,
    "ResourceConflictException": AnswerLost,
    "ResourceNotFoundException": AnswerLost,  # a function that is away says nothing about its model, which may run on
    "ResourceNotReadyException": AnswerLost,
    "ServiceException": AnswerLost,
    "SnapStartNotReadyException": AnswerLost,
    "TooManyRequestsException": Throttled,
    "UnrecognizedClientException": AccessRefused,
}
"""Answers of Lambda itself; anything else counts as a lost answer."""


class FunctionHosting:
    """The port `Hosting` over a botocore client of Lambda (with `calling.INVOKE_CONFIG`)."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def describe(self, target: Target) -> Observation:
        """See `ports.Hosting`. The status `gone` is ModelGone; a status that the contract does not have is UNKNOWN."""
        answer = self._invoke("describe", target)
        status, detail = str(answer.get("status")), str(answer.get("detail") or "")
        shown = f"{_quote(status)}: {_quote(detail)}" if detail else _quote(status)
        observed = STATUSES.get(status, Observed.UNKNOWN)
        serving = answer.get("serving") if observed is Observed.HOSTED else None
        if observed is Observed.GONE:
            raise ModelGone(f"describe: {shown}")
        return Observation(
            observed,
            shown,
            no_capacity=observed is Observed.FAILED and answer.get("no_capacity") is True,
            serving=serving,
            units=serving,
        )

    def probe(self, target: Target, readiness: Readiness) -> None:
        """See `ports.Hosting`. The contract has no inference: a function reports `hosted` once the model answers."""
        found = f"{target}: a function makes no inference of {readiness.content_type}"
        raise InvalidCall(f"{found}; it reports hosted once the model answers")

    def start(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._invoke("start", attempt.target, attempt)

    def stop(self, attempt: Attempt) -> None:
        """See `ports.Hosting`."""
        self._invoke("stop", attempt.target, attempt)

    def _invoke(self, operation: str, target: Target, attempt: Attempt | None = None) -> Mapping[str, Any]:
        payload = json.dumps(make_request(operation, target, attempt), separators=(",", ":")).encode()
        answer = call_service(
            "Invoke",
            self._call,
            translate_by_code(ERRORS),
            FunctionName=target.project,
            InvocationType="RequestResponse",
            Payload=payload,
        )
        body = answer["body"]
        if answer.get("FunctionError"):
            raise AnswerLost(f"{operation}: the function failed: {_quote(body[:WORDS_MAX].decode(errors='replace'))}")
        return read_answer(operation, body)

    def _call(self, **arguments: Any) -> dict[str, Any]:
        """Invoke, and read the body too: the connection may break off in it, and that is part of the call."""
        answer = self._client.invoke(**arguments)
        stream = answer.get("Payload")
        return {**answer, "body": stream.read(ANSWER_MAX + 1) if stream is not None else b""}


def make_request(operation: str, target: Target, attempt: Attempt | None = None) -> dict[str, Any]:
    """Return the request of one operation; of a call, also what it starts or stops, and under which token."""
    request = {
        "version": CONTRACT,
        "operation": operation,
        "model": target.version,
        "parameters": json.loads(target.parameters) if target.parameters else {},
    }
    if attempt is not None:
        request |= {
            "units": attempt.units.minimum,
            "client_token": attempt.client_token,
            "attempt": attempt.generation,
        }
    return request


def read_answer(operation: str, body: bytes) -> Mapping[str, Any]:
    """Return a function's answer, checked against the contract.

    Raises:
        HostingError: the typed error that it holds.
        AnswerLost: it is no answer of the contract.
    """
    if len(body) > ANSWER_MAX:
        raise AnswerLost(f"{operation}: the answer takes more than {ANSWER_MAX:,} bytes")
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise AnswerLost(f"{operation}: the answer is not JSON: {_quote(str(error))}") from error
    if not isinstance(answer, dict):
        raise AnswerLost(f"{operation}: the answer is not a JSON object")
    if "error" in answer:
        raise _read_error(operation, answer["error"])
    status, serving = answer.get("status"), answer.get("serving")
    if not isinstance(status, str):
        raise AnswerLost(f"{operation}: the answer has no status; accepted: {', '.join(STATUSES)}")
    if serving is not None and (type(serving) is not int or not 0 <= serving <= SERVING_MAX):
        raise AnswerLost(f"{operation}: serving {_quote(repr(serving))} is not a whole number from 0, or null")
    return answer


def _read_error(operation: str, given: object) -> HostingError:
    """Return the error that an answer holds; one of a type that the contract does not have is a lost answer."""
    if not isinstance(given, dict):
        return AnswerLost(f"{operation}: the answer's error is not an object with a type and a message")
    kind = ERROR_TYPES.get(given["type"]) if isinstance(given.get("type"), str) else None
    message = f"{operation}: {_quote(str(given.get('message') or 'the function gave no message'))}"
    if kind is None:
        accepted = ", ".join(ERROR_TYPES)
        return AnswerLost(f"{message} (error type {_quote(repr(given.get('type')))}; accepted: {accepted})")
    return kind(message)


def _quote(text: str) -> str:
    """Return foreign text as a short, printable excerpt."""
    return printable(text[:WORDS_MAX])
