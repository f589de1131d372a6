"""Tracing: an X-Ray subsegment for each remote call, where the stack asks for it and Lambda samples the invocation.

Owns the subsegment's form and its way to the daemon next to the function. Hooks into botocore's own events, so that no
call has to know of it. It never fails or delays a call: what the daemon does not take is lost.

Source: X-Ray segment documents, https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html
"""

import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from botocore.session import Session

from preheat.observability import correlation

TRACE, DAEMON = "_X_AMZN_TRACE_ID", "AWS_XRAY_DAEMON_ADDRESS"  # set by Lambda, the first again for each invocation
HEADER = b'{"format": "json", "version": 1}\n'
CALL = "preheat_call"  # which call began when, in the context that botocore keeps for each; absent: no report
# The services' words for a throttled call, under any HTTP status.
THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
SERVER_ERROR, TOO_MANY, CLIENT_ERROR = 500, 429, 400  # HTTP statuses that X-Ray distinguishes


def trace_calls(session: Session) -> Session:
    """Return the session, with every call of the clients that it makes from now on reported to X-Ray."""
    session.register("before-call", _begin)
    session.register("after-call", _note_answer)
    session.register("after-call-error", _note_failure)
    return session


def _begin(model: Any, context: dict[str, Any], **_: object) -> None:
    if _read_fields().get("Sampled") == "1":
        context[CALL] = model, time.time()


def _note_answer(context: Mapping[str, Any], parsed: Mapping[str, Any], **_: object) -> None:
    told = parsed.get("ResponseMetadata", {})
    status, code = told.get("HTTPStatusCode", 0), parsed.get("Error", {}).get("Code", "")
    aws = {"request_id": told.get("RequestId"), "retries": told.get("RetryAttempts")}
    _tell(context, aws, {"http": {"response": {"status": status}}} | _judge(status, code))


def _note_failure(exception: BaseException, context: Mapping[str, Any], **_: object) -> None:
    _tell(context, {}, {"fault": True} | _name_cause(type(exception).__name__))


def _judge(status: int, code: str) -> dict[str, Any]:
    if status == TOO_MANY or code in THROTTLES:
        return {"error": True, "throttle": True} | _name_cause(code)
    if status >= CLIENT_ERROR:
        return {"fault" if status >= SERVER_ERROR else "error": True} | _name_cause(code)
    return {}


def _name_cause(kind: str) -> dict[str, Any]:
    """Name an error by its kind alone: its text may name accounts and roles."""
    return {"cause": {"exceptions": [{"id": _make_id(), "type": kind, "remote": True}]}}


def _tell(context: Mapping[str, Any], aws: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    trace, begun, cause = _read_fields(), context.get(CALL), correlation.read_cause()
    if begun is None or not {"Root", "Parent"} <= trace.keys():
        return
    model, begun_at = begun
    known = {"operation": model.name, "region": context.get("client_region"), **aws}
    document = {
        "type": "subsegment",
        "trace_id": trace["Root"],
        "parent_id": trace["Parent"],
        "id": _make_id(),
        "name": str(model.service_model.service_id),
        "namespace": "aws",
        "start_time": begun_at,
        "end_time": time.time(),
        "aws": {name: value for name, value in known.items() if value is not None},
        **({"annotations": {"correlation_id": cause}} if cause else {}),
        **outcome,
    }
    host, _, port = os.environ.get(DAEMON, "").rpartition(":")
    with suppress(OSError, ValueError, OverflowError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.setblocking(False)
        way.sendto(HEADER + json.dumps(document).encode(), (host, int(port)))


def _read_fields() -> dict[str, str]:
    """Return the fields of the invocation's trace header: `Root=1-…;Parent=…;Sampled=1`, with others between them."""
    return dict(pair.split("=", 1) for pair in os.environ.get(TRACE, "").split(";") if "=" in pair)


def _make_id() -> str:
    return os.urandom(8).hex()
